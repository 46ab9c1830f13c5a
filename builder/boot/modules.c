// SPDX-License-Identifier: Apache-2.0
#include "builder/boot/modules.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "builder/boot/decompress.h"
#include "builder/boot/modules_alias.h"
#include "builder/boot/modules_dep.h"
#include "common/io.h"

enum { MODULE_MAX_BYTES = 64 << 20 };

struct selection {
	const char *directory;
	int directory_fd;
	struct modules_dep dep;
	uint8_t *builtin, *alias;
	size_t builtin_size, alias_size;
	bool *chosen; /* of dep.entries */
	size_t *queue;
	size_t queued;
	char *version;
};

static void selection_release(struct selection *s)
{
	if (s->directory_fd >= 0)
		(void)close(s->directory_fd);
	modules_dep_release(&s->dep);
	free(s->builtin);
	free(s->alias);
	free(s->chosen);
	free(s->queue);
	free(s->version);
}

/* The kernel's version is the directory's own name, also when that is a link's target or ".". */
static int read_version(const char *directory, char **version, struct error *err)
{
	cleanup_free char *path = realpath(directory, NULL);

	if (!path)
		return error_system(err, "%s", directory);
	*version = strdup(strrchr(path, '/') + 1);
	if (!*version)
		return error_memory(err);
	if (**version == '\0')
		return error_input(err, "%s: not a kernel's folder of modules", directory);
	return 0;
}

static int read_lists(struct selection *s, struct error *err)
{
	cleanup_free uint8_t *text = NULL;
	size_t size;

	if (file_read_at(s->directory_fd, "modules.dep", MODULES_LIST_MAX_BYTES, &text, &size,
			 err) < 0)
		return error_prefix(err, "%s: (depmod makes it)", s->directory);
	if (modules_dep_parse(text, size, &s->dep, err) < 0)
		return error_prefix(err, "%s/modules.dep", s->directory);
	if (file_read_at(s->directory_fd, "modules.builtin", MODULES_LIST_MAX_BYTES, &s->builtin,
			 &s->builtin_size, err) < 0 ||
	    file_read_at(s->directory_fd, "modules.alias", MODULES_LIST_MAX_BYTES, &s->alias,
			 &s->alias_size, err) < 0)
		return error_prefix(err, "%s", s->directory);
	s->chosen = calloc(s->dep.count + 1, sizeof(*s->chosen));
	s->queue = calloc(s->dep.count + 1, sizeof(*s->queue));
	return s->chosen && s->queue ? 0 : error_memory(err);
}

static void choose(struct selection *s, const struct modules_dep_entry *entry)
{
	size_t i = (size_t)(entry - s->dep.entries);

	if (s->chosen[i])
		return;
	s->chosen[i] = true;
	s->queue[s->queued++] = i;
}

static int choose_wanted(struct selection *s, struct error *err)
{
	for (const struct module_wanted *w = modules_wanted; w->name; w++) {
		const struct modules_dep_entry *entry = modules_dep_find(&s->dep, w->name);
		if (entry)
			choose(s, entry);
		else if (w->required && !modules_builtin_has(s->builtin, s->builtin_size, w->name))
			return error_input(err, "%s: this kernel has no %s (%s)", s->directory,
					   w->name, w->reason);
	}
	return 0;
}

static int choose_dependencies(struct selection *s, struct error *err)
{
	for (size_t next = 0; next < s->queued; next++) {
		const struct modules_dep_entry *entry = &s->dep.entries[s->queue[next]];
		for (size_t i = 0; i < entry->depends_count; i++) {
			const struct modules_dep_entry *needed =
				modules_dep_at(&s->dep, entry->depends[i]);
			if (!needed)
				return error_input(err,
						   "%s/modules.dep: %s needs %s, which it lacks",
						   s->directory, entry->path, entry->depends[i]);
			choose(s, needed);
		}
	}
	return 0;
}

/* Adds the module of `entry` at `path`, plain. */
static int add_module_at(const struct selection *s, const struct modules_dep_entry *entry,
			 const char *path, struct file_list *list, struct error *err)
{
	cleanup_free uint8_t *stored = NULL, *plain = NULL;
	size_t stored_size, plain_size;

	if (file_read_at(s->directory_fd, entry->path, MODULE_MAX_BYTES, &stored, &stored_size,
			 err) < 0)
		return error_prefix(err, "%s", s->directory);
	if (decompress(stored, stored_size, MODULE_MAX_BYTES, &plain, &plain_size, err) < 0)
		return error_prefix(err, "%s/%s", s->directory, entry->path);
	return file_list_add(list, path, 0644, &plain, plain_size, err);
}

/* Its file's name in the initrd, *length characters without what compressed it. The folders it lies
 * in below kernel/ stay here: a module's name is one of a kind, and each folder would have to be
 * made, walked and removed again before the pod starts. */
static const char *plain_name(const char *path, size_t *length)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	*length = modules_plain_length(name);
	return name;
}

static int add_module(const struct selection *s, const struct modules_dep_entry *entry,
		      struct file_list *list, struct error *err)
{
	cleanup_free char *path = NULL;
	size_t length;
	const char *name = plain_name(entry->path, &length);

	if (asprintf(&path, "/lib/modules/%s/%.*s", s->version, (int)length, name) < 0) {
		path = NULL;
		return error_memory(err);
	}
	return add_module_at(s, entry, path, list, err);
}

static void print_name(const char *path, const char *before, const char *after, FILE *stream)
{
	size_t length;
	const char *name = plain_name(path, &length);

	(void)fprintf(stream, "%s%.*s%s", before, (int)length, name, after);
}

static void print_dep(struct selection *s, FILE *stream)
{
	for (size_t i = 0; i < s->dep.count; i++) {
		const struct modules_dep_entry *e = &s->dep.entries[i];
		if (!s->chosen[i])
			continue;
		print_name(e->path, "", ":", stream);
		for (size_t k = 0; k < e->depends_count; k++)
			print_name(e->depends[k], " ", "", stream);
		(void)fputc('\n', stream);
	}
}

static bool chosen_by_name(void *context, const char *name, size_t length)
{
	const struct selection *s = context;

	for (size_t i = 0; i < s->queued; i++) {
		const char *path = s->dep.entries[s->queue[i]].path;
		if (modules_name_is(path, modules_plain_length(path), name, length))
			return true;
	}
	return false;
}

static void print_alias(struct selection *s, FILE *stream)
{
	modules_alias_select(s->alias, s->alias_size, chosen_by_name, s, stream);
}

static int add_list(struct selection *s, const char *name,
		    void (*print)(struct selection *s, FILE *stream), struct file_list *list,
		    struct error *err)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return error_memory(err);
	print(s, stream);
	bool failed = fclose(stream) != 0;
	cleanup_free uint8_t *bytes = (uint8_t *)text;
	cleanup_free char *path = NULL;
	if (failed)
		return error_memory(err);
	if (asprintf(&path, "/lib/modules/%s/%s", s->version, name) < 0) {
		path = NULL;
		return error_memory(err);
	}
	return file_list_add(list, path, 0644, &bytes, size, err);
}

static int selection_open(struct selection *s, struct error *err)
{
	s->directory_fd = open(s->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->directory_fd < 0)
		return error_system(err, "%s", s->directory);
	return read_version(s->directory, &s->version, err) < 0 ? -1 : read_lists(s, err);
}

int modules_add(struct file_list *list, const char *directory, struct error *err)
{
	CLEANUP(selection_release) struct selection s = { .directory = directory };

	if (selection_open(&s, err) < 0 || choose_wanted(&s, err) < 0 ||
	    choose_dependencies(&s, err) < 0)
		return -1;
	for (size_t i = 0; i < s.dep.count; i++)
		if (s.chosen[i] && add_module(&s, &s.dep.entries[i], list, err) < 0)
			return -1;
	if (add_list(&s, "modules.dep", print_dep, list, err) < 0)
		return -1;
	return add_list(&s, "modules.alias", print_alias, list, err);
}

int modules_add_in_order(struct file_list *list, const char *directory, const char *name,
			 const char *folder, struct error *err)
{
	CLEANUP(selection_release) struct selection s = { .directory = directory };

	if (selection_open(&s, err) < 0)
		return -1;
	const struct modules_dep_entry *entry = modules_dep_find(&s.dep, name);
	if (!entry)
		return modules_builtin_has(s.builtin, s.builtin_size, name)
			       ? 0
			       : error_input(err, "%s: this kernel has no %s", directory, name);
	choose(&s, entry);
	if (choose_dependencies(&s, err) < 0)
		return -1;
	/* modules.dep(5) names what is needed last of all to be loaded first of all */
	for (size_t i = 0; i < s.queued; i++) {
		cleanup_free char *path = NULL;
		if (asprintf(&path, "%s/%zu.ko", folder, i) < 0) {
			path = NULL;
			return error_memory(err);
		}
		if (add_module_at(&s, &s.dep.entries[s.queue[s.queued - 1 - i]], path, list, err) <
		    0)
			return -1;
	}
	return 0;
}
