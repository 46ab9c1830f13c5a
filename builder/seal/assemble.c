// SPDX-License-Identifier: Apache-2.0
#include "builder/seal/assemble.h"

#include <limits.h>
#include <string.h>

#include "builder/stack/bundle.h"
#include "builder/stack/image_config.h"
#include "builder/stack/pod_record.h"
#include "common/json.h"
#include "common/sha2.h"

static int add_file(struct volume *volume, struct tree *tree, struct inode *directory,
		    const struct kata_file *file, int64_t timestamp, struct error *err)
{
	struct inode *inode = tree_inode(tree, S_IFREG | file->permissions);

	if (!inode)
		return error_memory(err);
	inode->mtime_sec = timestamp;
	if (volume_add_file(volume, inode, file->bytes, file->size, err) < 0)
		return -1;
	return tree_link(tree, directory, file->name, inode, err);
}

static int add_text(struct volume *volume, struct tree *tree, struct inode *directory,
		    const char *name, const char *text, size_t size, int64_t timestamp,
		    struct error *err)
{
	const struct kata_file file = { NULL, name, 0644, text, size };

	return add_file(volume, tree, directory, &file, timestamp, err);
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

/* A container's bundle, and what it was made from. */
struct made_bundle {
	struct image_config *image;
	json_t *config;
};

/* Those of a pod, in its order; the last one's `image` is NULL. */
static void made_bundles_free(struct made_bundle *bundles)
{
	for (struct made_bundle *b = bundles; b && b->image; b++) {
		image_config_free(b->image);
		json_decref(b->config);
	}
	free(bundles);
}
DEFINE_CLEANUP(cleanup_made_bundles_p, struct made_bundle, made_bundles_free)

static int make_bundle(const struct pod *pod, const struct pod_container *container,
		       const struct content_image *image, struct made_bundle *made,
		       struct error *err)
{
	if (image_config_decode(image->source->config, &made->image, err) < 0)
		return error_prefix(err, "%s", image->source->reference);
	const struct bundle_image bundle = {
		.config = made->image,
		.files = { image->passwd.bytes, image->group.bytes, image->passwd.size,
			   image->group.size },
		.name = image_name(container, image),
		.manifest_digest = image->source->manifest_digest,
	};
	return bundle_config(pod, container, &bundle, &made->config, err);
}

static int add_container(struct volume *volume, struct tree *tree, const char *pod_directory,
			 const struct pod_container *container, struct content_image *image,
			 const json_t *config, int64_t timestamp, struct error *err)
{
	cleanup_free char *text = NULL;
	size_t size;
	char path[PATH_MAX];
	struct inode *directory;

	(void)snprintf(path, sizeof(path), "%s%scontainers/%s", pod_directory,
		       *pod_directory ? "/" : "", container->name);
	if (bundle_config_text(config, &text, &size, err) < 0 ||
	    tree_make_directory(tree, path, timestamp, &directory, err) < 0 ||
	    add_text(volume, tree, directory, "config.json", text, size, timestamp, err) < 0)
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
	return add_text(volume, tree, directory, "pod.json", text, size, timestamp, err);
}

static int make_policy(const struct pod *pod, const struct content_image *images,
		       const struct made_bundle *bundles, bool allow_exec, char **text,
		       size_t *size, struct error *err)
{
	struct kata_policy_container containers[POD_MAX_CONTAINERS];

	for (size_t i = 0; i < pod->container_count; i++)
		containers[i] = (struct kata_policy_container){
			.config = bundles[i].config,
			.image = bundles[i].image,
			.image_name = image_name(&pod->containers[i], &images[i]),
			.manifest_digest = images[i].source->manifest_digest,
			.index_digest = images[i].source->index_digest,
		};
	return kata_policy_text(pod, containers, allow_exec, text, size, err);
}

static int add_policy(struct volume *volume, struct tree *tree, struct inode *pod_directory,
		      const char *text, size_t size, int64_t timestamp,
		      uint8_t digest[DESCRIPTOR_POLICY_BYTES], struct error *err)
{
	struct inode *directory = tree_inode(tree, S_IFDIR | 0755);

	if (!directory)
		return error_memory(err);
	directory->mtime_sec = timestamp;
	if (tree_link(tree, pod_directory, "kata", directory, err) < 0 ||
	    add_text(volume, tree, directory, "policy.rego", text, size, timestamp, err) < 0)
		return -1;
	sha2_256(text, size, digest);
	return 0;
}

int assemble_pod(struct volume *volume, struct tree *tree, const char *directory,
		 const struct pod *pod, struct content_image *images,
		 const struct kata_options *kata, int64_t timestamp,
		 uint8_t policy_digest[DESCRIPTOR_POLICY_BYTES], struct error *err)
{
	CLEANUP(cleanup_made_bundles_p)
	struct made_bundle *bundles = calloc(pod->container_count + 1, sizeof(*bundles));
	cleanup_free char *policy = NULL;
	size_t policy_size = 0;
	struct inode *top = tree->root;

	if (!bundles)
		return error_memory(err);
	if (*directory && tree_make_directory(tree, directory, timestamp, &top, err) < 0)
		return -1;
	for (size_t i = 0; i < pod->container_count; i++) {
		const struct pod_container *container = &pod->containers[i];
		if (make_bundle(pod, container, &images[i], &bundles[i], err) < 0 ||
		    add_container(volume, tree, directory, container, &images[i], bundles[i].config,
				  timestamp, err) < 0)
			return error_prefix(err, "container %s", container->name);
	}
	if (add_record(volume, tree, top, pod, images, timestamp, err) < 0)
		return -1;
	if (!kata)
		return 0;
	if (kata->policy)
		return add_policy(volume, tree, top, kata->policy, kata->policy_size, timestamp,
				  policy_digest, err);
	if (make_policy(pod, images, bundles, kata->allow_exec, &policy, &policy_size, err) < 0)
		return -1;
	return add_policy(volume, tree, top, policy, policy_size, timestamp, policy_digest, err);
}

int assemble_kata_base(struct volume *volume, struct tree *base, const struct kata_options *kata,
		       int64_t timestamp, struct error *err)
{
	struct kata_file files[KATA_FILE_COUNT];

	kata_files(&kata->programs, files);
	for (size_t i = 0; i < KATA_FILE_COUNT; i++) {
		struct inode *directory;
		if (tree_make_directory(base, files[i].directory, timestamp, &directory, err) < 0 ||
		    add_file(volume, base, directory, &files[i], timestamp, err) < 0)
			return error_prefix(err, "adding /%s/%s to the base", files[i].directory,
					    files[i].name);
	}
	return 0;
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
