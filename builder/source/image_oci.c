// SPDX-License-Identifier: Apache-2.0
/* oci: and oci-archive: references: from index.json to a manifest, its config and its layers (OCI
 * image specification, image-layout.md). */
#include <stdio.h>
#include <string.h>

#include "builder/source/backend.h"
#include "builder/source/digest.h"
#include "builder/source/oci.h"

/* An index may name an index; honest ones nest twice. */
enum { INDEX_DEPTH = 8 };

enum { BLOB_NAME_BYTES = 96 };

static void blob_name(const char *digest, char name[BLOB_NAME_BYTES])
{
	(void)snprintf(name, BLOB_NAME_BYTES, "blobs/sha256/%s", digest_hex(digest));
}

/* A small blob, whole, with its size and digest checked. */
static int read_checked(const struct blobs *blobs, const char *digest, uint64_t expected_bytes,
			uint8_t **bytes, size_t *size, struct error *err)
{
	cleanup_free uint8_t *buf = NULL;
	char name[BLOB_NAME_BYTES], found[DIGEST_TEXT_BYTES];
	size_t got;

	blob_name(digest, name);
	if (blobs_read(blobs, name, OCI_JSON_BYTES, &buf, &got, err) < 0)
		return -1;
	if (got != expected_bytes)
		return error_input(err, "%s: %zu bytes, should be %llu", name, got,
				   (unsigned long long)expected_bytes);
	if (digest_of(buf, got, found, err) < 0)
		return -1;
	if (strcmp(found, digest) != 0)
		return error_input(err, "%s: its digest is %s", name, found);
	*bytes = take_ptr(buf);
	*size = got;
	return 0;
}

static int read_manifest(const struct blobs *blobs, const char *digest, uint64_t size_bytes,
			 struct oci_manifest *manifest, struct error *err)
{
	cleanup_free uint8_t *bytes = NULL;
	size_t size;

	if (read_checked(blobs, digest, size_bytes, &bytes, &size, err) < 0)
		return error_prefix(err, "manifest");
	if (oci_manifest_parse(bytes, size, manifest, err) < 0)
		return error_prefix(err, "%s", digest);
	return 0;
}

/* What an index led to, copied out of its JSON. */
struct target {
	char digest[DIGEST_TEXT_BYTES];
	uint64_t size_bytes;
	bool is_index;
};

static void set_target(struct target *target, const struct oci_descriptor *descriptor)
{
	strcpy(target->digest, descriptor->digest);
	target->size_bytes = descriptor->size_bytes;
	target->is_index = media_type_is_index(descriptor->media_type);
}

static int descend(const struct blobs *blobs, const struct platform *platform,
		   struct target *target, struct error *err)
{
	for (int depth = 0; target->is_index; depth++) {
		cleanup_free uint8_t *bytes = NULL;
		cleanup_oci_index struct oci_index index = { 0 };
		const struct oci_descriptor *chosen;
		size_t size;
		if (depth == INDEX_DEPTH)
			return error_input(err, "indexes nest deeper than %d", INDEX_DEPTH);
		if (read_checked(blobs, target->digest, target->size_bytes, &bytes, &size, err) < 0)
			return error_prefix(err, "index");
		if (oci_index_parse(bytes, size, &index, err) < 0 ||
		    oci_index_choose_platform(&index, platform, &chosen, err) < 0)
			return error_prefix(err, "%s", target->digest);
		set_target(target, chosen);
	}
	return 0;
}

static int start(struct source_image *image, const struct reference *reference,
		 const struct platform *platform, struct target *target, struct error *err)
{
	cleanup_free uint8_t *bytes = NULL;
	cleanup_oci_index struct oci_index index = { 0 };
	const struct oci_descriptor *chosen;
	size_t size;

	if (blobs_read(image->backend->blobs, "index.json", OCI_JSON_BYTES, &bytes, &size, err) < 0)
		return error_prefix(err, "not an OCI image layout");
	if (oci_index_parse(bytes, size, &index, err) < 0)
		return error_prefix(err, "index.json");
	if (oci_index_choose_tag(&index, reference->name, platform, &chosen, err) < 0)
		return -1;
	if (chosen->ref_name) {
		image->name = strdup(chosen->ref_name);
		if (!image->name)
			return error_memory(err);
	}
	set_target(target, chosen);
	if (target->is_index)
		strcpy(image->index_digest, target->digest);
	return 0;
}

/* A layer that is missing or cut is told now and not in the middle of the work. */
static int set_layer(struct source_image *image, size_t i, const struct oci_descriptor *layer,
		     struct error *err)
{
	struct backend_layer *backend = &image->backend->layers[i];
	cleanup_blob struct blob blob = { .fd = -1 };
	char name[BLOB_NAME_BYTES];
	bool distributable = true;

	(void)media_type_is_layer(layer->media_type, &backend->format, &distributable);
	blob_name(layer->digest, name);
	backend->name = strdup(name);
	if (!backend->name)
		return error_memory(err);
	strcpy(image->layers[i].digest, layer->digest);
	image->layers[i].size_bytes = layer->size_bytes;
	if (blobs_open(image->backend->blobs, name, &blob, err) < 0)
		return error_prefix(err, "layer %zu of %zu%s", i + 1, image->layer_count,
				    distributable ? "" : ", which is non-distributable");
	if (blob.size_bytes != layer->size_bytes)
		return error_input(err, "layer %zu of %zu: %s: %llu bytes, should be %llu", i + 1,
				   image->layer_count, name, (unsigned long long)blob.size_bytes,
				   (unsigned long long)layer->size_bytes);
	return 0;
}

int image_open_oci(struct source_image *image, const struct reference *reference,
		   const struct platform *platform, struct error *err)
{
	cleanup_oci_manifest struct oci_manifest manifest = { 0 };
	struct blobs **blobs = &image->backend->blobs;
	cleanup_free uint8_t *config = NULL;
	struct target target;
	size_t size;

	if ((reference->kind == REFERENCE_OCI
		     ? blobs_open_directory(reference->path, blobs, err)
		     : blobs_open_archive(reference->path, blobs, err)) < 0)
		return -1;
	if (start(image, reference, platform, &target, err) < 0 ||
	    descend(*blobs, platform, &target, err) < 0 ||
	    read_manifest(*blobs, target.digest, target.size_bytes, &manifest, err) < 0)
		return -1;
	if (read_checked(*blobs, manifest.config.digest, manifest.config.size_bytes, &config, &size,
			 err) < 0)
		return error_prefix(err, "config");
	if (image_set_config(image, config, size, NULL, manifest.layer_count, platform, err) < 0)
		return -1;
	strcpy(image->manifest_digest, target.digest);
	for (size_t i = 0; i < manifest.layer_count; i++)
		if (set_layer(image, i, &manifest.layers[i], err) < 0)
			return -1;
	return 0;
}
