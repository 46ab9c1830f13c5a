// SPDX-License-Identifier: Apache-2.0
#include "builder/seal/assemble.h"

#include <limits.h>
#include <string.h>

#include "builder/stack/bundle.h"
#include "builder/stack/image_config.h"
#include "builder/stack/pod_record.h"
#include "common/json.h"

static int add_file(struct volume *volume, struct tree *tree, struct inode *directory,
		    const char *name, const char *text, size_t size, int64_t timestamp,
		    struct error *err)
{
	struct inode *inode = tree_inode(tree, S_IFREG | 0644);

	if (!inode)
		return error_memory(err);
	inode->mtime_sec = timestamp;
	if (volume_add_file(volume, inode, text, size, err) < 0)
		return -1;
	return tree_link(tree, directory, name, inode, err);
}

/* Never the reference on the build host: equal inputs must give equal images wherever they lie.
 * What a layout calls the image counts only if it is more than a tag. */
static const char *image_name(const struct pod_container *container,
			      const struct content_image *image)
{
	const char *name = image->source->name;

	if (!container->image_is_source)
		return container->image;
	return name && strpbrk(name, "/:") ? name : NULL;
}

static int make_config(const struct pod *pod, const struct pod_container *container,
		       const struct content_image *image, char **text, size_t *size,
		       struct error *err)
{
	cleanup_image_config struct image_config *config = NULL;
	cleanup_json json_t *json = NULL;

	if (image_config_decode(image->source->config, &config, err) < 0)
		return error_prefix(err, "%s", image->source->reference);
	const struct bundle_image bundle = {
		.config = config,
		.files = { image->passwd.bytes, image->group.bytes, image->passwd.size,
			   image->group.size },
		.name = image_name(container, image),
		.manifest_digest = image->source->manifest_digest,
	};
	if (bundle_config(pod, container, &bundle, &json, err) < 0)
		return -1;
	return bundle_config_text(json, text, size, err);
}

static int add_container(struct volume *volume, struct tree *tree, const char *pod_directory,
			 const struct pod *pod, const struct pod_container *container,
			 struct content_image *image, int64_t timestamp, struct error *err)
{
	cleanup_free char *config = NULL;
	size_t size;
	char path[PATH_MAX];
	struct inode *directory;

	(void)snprintf(path, sizeof(path), "%s%scontainers/%s", pod_directory,
		       *pod_directory ? "/" : "", container->name);
	if (make_config(pod, container, image, &config, &size, err) < 0 ||
	    tree_make_directory(tree, path, timestamp, &directory, err) < 0 ||
	    add_file(volume, tree, directory, "config.json", config, size, timestamp, err) < 0)
		return -1;
	return tree_graft(tree, directory, "rootfs", take_ptr(image->tree), err);
}

static int add_record(struct volume *volume, struct tree *tree, struct inode *directory,
		      const struct pod *pod, const struct content_image *images, int64_t timestamp,
		      struct error *err)
{
	struct pod_record_image record[POD_MAX_CONTAINERS];
	cleanup_free char *text = NULL;
	size_t size;

	for (size_t i = 0; i < pod->container_count; i++)
		record[i] = (struct pod_record_image){
			.name = image_name(&pod->containers[i], &images[i]),
			.manifest_digest = images[i].source->manifest_digest,
			.config_digest = images[i].source->config_digest,
		};
	if (pod_record(pod, record, &text, &size, err) < 0)
		return -1;
	return add_file(volume, tree, directory, "pod.json", text, size, timestamp, err);
}

int assemble_pod(struct volume *volume, struct tree *tree, const char *directory,
		 const struct pod *pod, struct content_image *images, int64_t timestamp,
		 struct error *err)
{
	struct inode *top = tree->root;

	if (*directory && tree_make_directory(tree, directory, timestamp, &top, err) < 0)
		return -1;
	for (size_t i = 0; i < pod->container_count; i++) {
		const struct pod_container *container = &pod->containers[i];
		if (add_container(volume, tree, directory, pod, container, &images[i], timestamp,
				  err) < 0)
			return error_prefix(err, "container %s", container->name);
	}
	return add_record(volume, tree, top, pod, images, timestamp, err);
}

int assemble_check_base(const struct tree *base, struct error *err)
{
	static const char *const components[] = { "usr", "lib", "podseal" };
	const struct inode *at = base->root;

	for (size_t i = 0; i < 3; i++) {
		const struct dirent *entry =
			S_ISDIR(at->mode) ? tree_find(at, components[i]) : NULL;
		if (!entry)
			return 0;
		at = entry->inode;
	}
	if (S_ISDIR(at->mode) && !at->entries)
		return 0;
	return error_input(err,
			   "the base already holds /" POD_DIRECTORY ", which is the pod's place");
}
