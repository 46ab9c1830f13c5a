// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/image_set.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "builder/stack/pod_image.h"
#include "common/json.h"

enum { CANDIDATES_MAX = 4096 };

/* An image that was found in the directory. Opened once to learn its digests; opened again for each
 * container. */
struct found {
	char *reference;
	char *names[2];
	size_t name_count;
	struct source_image *image;
};

struct search {
	const struct source_options *options;
	const char *entry; /* the name of the layout or archive being listed */
	size_t count;
	struct found found[CANDIDATES_MAX];
};

static void search_free(struct search *s)
{
	for (size_t i = 0; s && i < s->count; i++) {
		free(s->found[i].reference);
		free(s->found[i].names[0]);
		free(s->found[i].names[1]);
		source_image_free(s->found[i].image);
	}
	free(s);
}
DEFINE_CLEANUP(cleanup_search_p, struct search, search_free)

/* skopeo names an image by a bare tag in a layout that is named for its repository: then both names
 * are good, and the first, which messages use, tells it from its neighbours. */
static int add_names(struct search *s, struct found *f, const char *name, struct error *err)
{
	char *with_layout;

	if (name && !strpbrk(name, ":/")) {
		if (asprintf(&with_layout, "%s:%s", s->entry, name) < 0)
			return error_memory(err);
		f->names[f->name_count++] = with_layout;
	}
	char *alone = strdup(name ? name : s->entry);
	if (!alone)
		return error_memory(err);
	f->names[f->name_count++] = alone;
	return 0;
}

static int add_found(void *context, const char *reference, const char *name, struct error *err)
{
	struct search *s = context;

	if (s->count == CANDIDATES_MAX)
		return error_input(err, "more than %d images", CANDIDATES_MAX);
	struct found *f = &s->found[s->count++];
	f->reference = strdup(reference);
	if (!f->reference)
		return error_memory(err);
	if (add_names(s, f, name, err) < 0)
		return -1;
	return source_open(reference, s->options, &f->image, err);
}

static bool is_archive(const char *name)
{
	size_t length = strlen(name);

	return length > 4 && strcmp(name + length - 4, ".tar") == 0;
}

static int look_at(struct search *s, const char *directory, const char *name, struct error *err)
{
	cleanup_free char *path = NULL, *layout = NULL;
	struct stat st;

	if (asprintf(&path, "%s/%s", directory, name) < 0) {
		path = NULL;
		return error_memory(err);
	}
	if (asprintf(&layout, "%s/index.json", path) < 0) {
		layout = NULL;
		return error_memory(err);
	}
	if (stat(layout, &st) < 0 && !is_archive(name))
		return 0;
	s->entry = name;
	return source_list(path, add_found, s, err);
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int search_directory(struct search *s, const char *directory, struct error *err)
{
	struct dirent **entries = NULL;
	int result = 0;
	int count = scandir(directory, &entries, visible, alphasort);

	if (count < 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? error_input(err, "%s: %s", directory, strerror(errno))
			       : error_system(err, "%s", directory);
	for (int i = 0; i < count; i++) {
		if (result == 0)
			result = look_at(s, directory, entries[i]->d_name, err);
		free(entries[i]);
	}
	free(entries);
	/* the directory may be one layout with all images in it */
	if (result == 0 && s->count == 0) {
		const char *slash = strrchr(directory, '/');
		s->entry = slash && slash[1] ? slash + 1 : directory;
		result = source_list(directory, add_found, s, err);
	}
	return result;
}

static int open_by_name(const struct search *s, const char *image,
			const struct source_options *options, struct source_image **opened,
			struct error *err)
{
	cleanup_free struct image_candidate *candidates = calloc(s->count + 1, sizeof(*candidates));
	size_t chosen = 0;

	if (!candidates)
		return error_memory(err);
	for (size_t i = 0; i < s->count; i++)
		candidates[i] = (struct image_candidate){
			.reference = s->found[i].reference,
			.name_count = s->found[i].name_count,
			.names = (const char *const *)s->found[i].names,
			.manifest_digest = s->found[i].image->manifest_digest,
			.index_digest = s->found[i].image->index_digest,
			.config_digest = s->found[i].image->config_digest,
		};
	if (image_choose(image, candidates, s->count, &chosen, err) < 0)
		return -1;
	return source_open(s->found[chosen].reference, options, opened, err);
}

static int open_pod(struct image_set *set, const struct pod *pod, const struct search *search,
		    const struct source_options *options, struct error *err)
{
	for (; set->count < pod->container_count; set->count++) {
		const struct pod_container *c = &pod->containers[set->count];
		struct source_image **image = &set->pod[set->count];
		if ((c->image_is_source ? source_open(c->image, options, image, err)
					: open_by_name(search, c->image, options, image, err)) < 0)
			return error_prefix(err, "container %s", c->name);
	}
	return 0;
}

int image_set_open(struct image_set *set, const char *base, const struct pod *pod,
		   const char *directory, const struct source_options *options, struct error *err)
{
	CLEANUP(cleanup_search_p) struct search *search = calloc(1, sizeof(*search));

	set->pod = calloc(pod->container_count + 1, sizeof(*set->pod));
	if (!search || !set->pod)
		return error_memory(err);
	search->options = options;
	if (directory && search_directory(search, directory, err) < 0)
		return -1;
	if (source_open(base, options, &set->base, err) < 0)
		return error_prefix(err, "base");
	return open_pod(set, pod, search, options, err);
}

void image_set_release(struct image_set *set)
{
	source_image_free(set->base);
	for (size_t i = 0; i < set->count; i++)
		source_image_free(set->pod[i]);
	free(set->pod);
}

const char *image_set_arch(const struct image_set *set)
{
	struct utsname machine = { 0 };
	const char *arch = NULL;
	struct error ignored;

	if (set->base->config &&
	    json_opt_string(set->base->config, "the config", "architecture", &arch, &ignored) ==
		    0 &&
	    arch)
		return arch;
	(void)uname(&machine);
	return strcmp(machine.machine, "aarch64") == 0 ? "arm64" : "amd64";
}
