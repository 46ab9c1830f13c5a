// SPDX-License-Identifier: Apache-2.0
/* docker-archive: references. Old archives hold a folder for each layer, with layer.tar or a link
 * to another's; newer ones are OCI image layouts with a manifest.json beside. Both are read by
 * manifest.json. */
#include <stdio.h>
#include <string.h>

#include "builder/source/backend.h"
#include "builder/source/digest.h"
#include "builder/source/docker_manifest.h"
#include "builder/source/oci.h"

/* The digest that the name of a member is made of: "blobs/sha256/HEX" or, of a config, "HEX.json".
 * False where it is none. */
static bool digest_in_name(const char *name, const char *before, const char *after,
			   char digest[DIGEST_TEXT_BYTES])
{
	struct error ignored;
	size_t size = strlen(before);

	if (strncmp(name, before, size) != 0 || strlen(name) != size + 64 + strlen(after) ||
	    strcmp(name + size + 64, after) != 0)
		return false;
	char text[DIGEST_TEXT_BYTES];
	(void)snprintf(text, sizeof(text), "sha256:%.64s", name + size);
	if (digest_check(text, &ignored) < 0)
		return false;
	strcpy(digest, text);
	return true;
}

static int set_config(struct source_image *image, const struct docker_image *docker,
		      const struct platform *platform, struct error *err)
{
	cleanup_free uint8_t *bytes = NULL;
	char digest[DIGEST_TEXT_BYTES];
	size_t size;

	if (blobs_read(image->backend->blobs, docker->config, OCI_JSON_BYTES, &bytes, &size, err) <
	    0)
		return error_prefix(err, "config");
	bool named = digest_in_name(docker->config, "", ".json", digest) ||
		     digest_in_name(docker->config, "blobs/sha256/", "", digest);
	return image_set_config(image, bytes, size, named ? digest : NULL, docker->layer_count,
				platform, err);
}

static int set_layer(struct source_image *image, size_t i, const char *name, struct error *err)
{
	cleanup_blob struct blob blob = { .fd = -1 };

	if (blobs_open(image->backend->blobs, name, &blob, err) < 0)
		return error_prefix(err, "layer %zu of %zu", i + 1, image->layer_count);
	image->backend->layers[i].name = strdup(name);
	if (!image->backend->layers[i].name)
		return error_memory(err);
	image->layers[i].size_bytes = blob.size_bytes;
	/* where the name is the blob's digest, that is the cheaper one to check */
	(void)digest_in_name(name, "blobs/sha256/", "", image->layers[i].digest);
	return 0;
}

int image_open_docker_archive(struct source_image *image, const struct reference *reference,
			      const struct platform *platform, struct error *err)
{
	cleanup_docker_manifest struct docker_manifest manifest = { 0 };
	struct blobs **blobs = &image->backend->blobs;
	cleanup_free uint8_t *bytes = NULL;
	size_t size;

	if (blobs_open_archive(reference->path, blobs, err) < 0)
		return -1;
	if (blobs_read(*blobs, "manifest.json", OCI_JSON_BYTES, &bytes, &size, err) < 0)
		return error_prefix(err, "not an archive of docker save (is it oci-archive:?)");
	if (docker_manifest_parse(bytes, size, reference->name, &manifest, err) < 0 ||
	    set_config(image, &manifest.image, platform, err) < 0)
		return -1;
	if (manifest.image.repo_tag) {
		image->name = strdup(manifest.image.repo_tag);
		if (!image->name)
			return error_memory(err);
	}
	for (size_t i = 0; i < manifest.image.layer_count; i++)
		if (set_layer(image, i, manifest.image.layers[i], err) < 0)
			return -1;
	return 0;
}
