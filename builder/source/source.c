// SPDX-License-Identifier: Apache-2.0
#include "builder/source/source.h"

#include <string.h>

#include "builder/source/backend.h"
#include "builder/source/digest.h"
#include "builder/source/oci.h"

static int image_new(const char *reference, struct source_image **image, struct error *err)
{
	cleanup_source_image struct source_image *made = calloc(1, sizeof(*made));

	if (!made)
		return error_memory(err);
	made->created = -1;
	made->reference = strdup(reference);
	made->backend = calloc(1, sizeof(*made->backend));
	if (made->backend)
		made->backend->rootfs_fd = -1;
	if (!made->reference || !made->backend)
		return error_memory(err);
	*image = take_ptr(made);
	return 0;
}

static int open_kind(struct source_image *image, const struct reference *reference,
		     const struct platform *platform, struct error *err)
{
	switch (reference->kind) {
	case REFERENCE_OCI:
	case REFERENCE_OCI_ARCHIVE:
		return image_open_oci(image, reference, platform, err);
	case REFERENCE_DOCKER_ARCHIVE:
		return image_open_docker_archive(image, reference, platform, err);
	case REFERENCE_ROOTFS:
		return image_open_rootfs(image, reference, err);
	}
	return error_usage(err, "unknown kind of reference");
}

int source_open(const char *text, const struct source_options *options, struct source_image **image,
		struct error *err)
{
	cleanup_reference struct reference reference = { 0 };
	cleanup_source_image struct source_image *made = NULL;
	struct platform platform;

	if (platform_parse(options->arch, &platform, err) < 0 || image_new(text, &made, err) < 0)
		return -1;
	if (reference_parse(text, &reference, err) < 0 ||
	    open_kind(made, &reference, &platform, err) < 0)
		return error_prefix(err, "%s", text);
	*image = take_ptr(made);
	return 0;
}

static void backend_free(struct source_backend *backend, size_t layer_count)
{
	for (size_t i = 0; backend->layers && i < layer_count; i++)
		free(backend->layers[i].name);
	free(backend->layers);
	blobs_free(backend->blobs);
	cleanup_fd_p(&backend->rootfs_fd);
	free(backend);
}

void source_image_free(struct source_image *image)
{
	if (!image)
		return;
	if (image->backend)
		backend_free(image->backend, image->layer_count);
	json_decref(image->config);
	free(image->layers);
	free(image->name);
	free(image->reference);
	free(image);
}

int image_set_layer_count(struct source_image *image, size_t count, struct error *err)
{
	cleanup_free struct source_layer *layers = calloc(count + 1, sizeof(*layers));
	cleanup_free struct backend_layer *backend = calloc(count + 1, sizeof(*backend));

	if (!layers || !backend)
		return error_memory(err);
	image->layers = take_ptr(layers);
	image->backend->layers = take_ptr(backend);
	image->layer_count = count;
	return 0;
}

/* An index was asked for the platform already; a layout of one image is asked here. */
static int check_platform(const struct oci_config *config, const struct platform *platform,
			  struct error *err)
{
	if (config->os && *config->os && strcmp(config->os, "linux") != 0)
		return error_input(err, "an image for %.50s, not Linux", config->os);
	if (config->architecture && *config->architecture &&
	    platform_rank(platform, config->architecture, config->variant) < 0)
		return error_input(err, "an image for %.50s%s%.50s, not %s%s%s (see --arch)",
				   config->architecture,
				   config->variant && *config->variant ? "/" : "",
				   config->variant ? config->variant : "", platform->architecture,
				   *platform->variant ? "/" : "", platform->variant);
	return 0;
}

int image_set_config(struct source_image *image, const uint8_t *bytes, size_t size,
		     const char *digest, size_t layer_count, const struct platform *platform,
		     struct error *err)
{
	cleanup_oci_config struct oci_config config = { 0 };
	char found[DIGEST_TEXT_BYTES];

	if (digest_of(bytes, size, found, err) < 0)
		return -1;
	if (digest && strcmp(digest, found) != 0)
		return error_input(err, "digest of the config is %s, should be %s", found, digest);
	if (oci_config_parse(bytes, size, &config, err) < 0)
		return error_prefix(err, "config");
	if (check_platform(&config, platform, err) < 0)
		return -1;
	if (config.diff_id_count != layer_count)
		return error_input(err, "the config has %zu diff IDs for %zu layers",
				   config.diff_id_count, layer_count);
	if (image_set_layer_count(image, layer_count, err) < 0)
		return -1;
	for (size_t i = 0; i < layer_count; i++)
		strcpy(image->layers[i].diff_id, config.diff_ids[i]);
	strcpy(image->config_digest, found);
	image->created = config.created;
	image->config = take_ptr(config.json);
	return 0;
}
