// SPDX-License-Identifier: Apache-2.0
/* What images a layout or an archive holds. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "builder/source/blobs.h"
#include "builder/source/oci.h"
#include "builder/source/source.h"
#include "common/json.h"

enum { LISTED_IMAGES = 4096 };

struct listing {
	const char *path;
	int (*visit)(void *context, const char *reference, const char *name, struct error *err);
	void *context;
};

static int report(const struct listing *l, const char *transport, const char *choice,
		  const char *name, struct error *err)
{
	cleanup_free char *reference = NULL;

	if (asprintf(&reference, "%s:%s%s%s", transport, l->path, choice ? ":" : "",
		     choice ? choice : "") < 0) {
		reference = NULL;
		return error_memory(err);
	}
	return l->visit(l->context, reference, name, err);
}

/* The same name again is the same image for another platform. */
static bool named_before(const struct oci_index *index, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (index->manifests[k].ref_name &&
		    strcmp(index->manifests[k].ref_name, index->manifests[i].ref_name) == 0)
			return true;
	return false;
}

static int list_layout(const struct listing *l, const struct blobs *blobs, const char *transport,
		       struct error *err)
{
	cleanup_free uint8_t *bytes = NULL;
	cleanup_oci_index struct oci_index index = { 0 };
	size_t size = 0, named = 0;

	if (blobs_read(blobs, "index.json", OCI_JSON_BYTES, &bytes, &size, err) < 0)
		return error_prefix(err, "not an OCI image layout");
	if (oci_index_parse(bytes, size, &index, err) < 0)
		return error_prefix(err, "index.json");
	if (index.count > LISTED_IMAGES)
		return error_input(err, "index.json names %zu images, at most %d", index.count,
				   LISTED_IMAGES);
	for (size_t i = 0; i < index.count; i++) {
		const char *name = index.manifests[i].ref_name;
		if (!name)
			continue;
		named++;
		if (!named_before(&index, i) && report(l, transport, name, name, err) < 0)
			return -1;
	}
	return named ? 0 : report(l, transport, NULL, NULL, err);
}

static int list_docker_image(const struct listing *l, const json_t *image, size_t number,
			     struct error *err)
{
	json_t *tags = NULL, *tag;
	char choice[32];
	size_t i;

	if (json_opt_array(image, "an image of manifest.json", "RepoTags", LISTED_IMAGES, &tags,
			   err) < 0)
		return -1;
	(void)snprintf(choice, sizeof(choice), "@%zu", number);
	if (json_array_size(tags) == 0)
		return report(l, "docker-archive", choice, NULL, err);
	json_array_foreach (tags, i, tag) {
		if (!json_is_string(tag))
			return error_input(err, "a tag in manifest.json is not a string");
		if (report(l, "docker-archive", choice, json_string_value(tag), err) < 0)
			return -1;
	}
	return 0;
}

static int list_docker(const struct listing *l, const uint8_t *bytes, size_t size,
		       struct error *err)
{
	cleanup_json json_t *images = NULL;
	json_t *image;
	size_t i;

	if (json_parse(bytes, size, OCI_JSON_BYTES, &images, err) < 0)
		return error_prefix(err, "manifest.json");
	if (!json_is_array(images) || json_array_size(images) > LISTED_IMAGES)
		return error_input(err, "manifest.json is not an array of at most %d images",
				   LISTED_IMAGES);
	json_array_foreach (images, i, image)
		if (list_docker_image(l, image, i, err) < 0)
			return -1;
	return 0;
}

static int list(const struct listing *l, struct error *err)
{
	cleanup_blobs struct blobs *blobs = NULL;
	cleanup_free uint8_t *bytes = NULL;
	struct error ignored;
	struct stat st;
	size_t size = 0;

	if (strchr(l->path, ':'))
		return error_input(err, "a path with a colon cannot be part of a reference");
	if (stat(l->path, &st) == 0 && S_ISDIR(st.st_mode)) {
		if (blobs_open_directory(l->path, &blobs, err) < 0)
			return -1;
		return list_layout(l, blobs, "oci", err);
	}
	if (blobs_open_archive(l->path, &blobs, err) < 0)
		return -1;
	/* an archive of docker save may be a layout as well, but only manifest.json has the full
	 * names */
	if (blobs_read(blobs, "manifest.json", OCI_JSON_BYTES, &bytes, &size, &ignored) == 0)
		return list_docker(l, bytes, size, err);
	return list_layout(l, blobs, "oci-archive", err);
}

int source_list(const char *path,
		int (*visit)(void *context, const char *reference, const char *name,
			     struct error *err),
		void *context, struct error *err)
{
	const struct listing listing = { path, visit, context };

	if (list(&listing, err) < 0)
		return error_prefix(err, "%s", path);
	return 0;
}
