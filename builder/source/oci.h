// SPDX-License-Identifier: Apache-2.0
/* The JSON of an image: index, manifest and config (OCI image specification, image-index.md,
 * manifest.md and config.md; Docker's manifest list, manifest and config of version 2, schema 2,
 * differ in media types alone), and the choice of a manifest in an index. Pure. Private to
 * builder/source/. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "builder/source/platform.h"
#include "common/cleanup.h"
#include "common/error.h"

enum {
	OCI_JSON_BYTES = 4 << 20, /* an index, manifest or config is at most this large */
	OCI_LAYERS = 1024,        /* and names at most this many layers */
};

/* Texts are borrowed from the JSON it stands in; NULL where there is none. */
struct oci_descriptor {
	const char *media_type;
	const char *digest; /* checked: sha256 */
	uint64_t size_bytes;
	const char *os, *architecture, *variant; /* of its platform */
	const char *ref_name;                    /* annotation org.opencontainers.image.ref.name */
	const char *artifact_type;
};

struct oci_index {
	json_t *json;
	size_t count;
	struct oci_descriptor *manifests;
};

struct oci_manifest {
	json_t *json;
	struct oci_descriptor config;
	size_t layer_count;
	struct oci_descriptor *layers; /* from the bottom */
};

struct oci_config {
	json_t *json;
	const char *os, *architecture, *variant; /* NULL where it has none */
	int64_t created;                         /* Unix seconds; -1 where it has none */
	size_t diff_id_count;
	const char **diff_ids; /* checked: sha256 */
};

/* Each fails with ERROR_INPUT on what is no such document: wrong or missing members, a wrong
 * mediaType, both "manifests" and "layers", schema 1, an artifact that is no image, a digest that
 * is not sha256. Unknown members are allowed, as the specification wants. */
int oci_index_parse(const uint8_t *bytes, size_t size, struct oci_index *index, struct error *err)
	MUST_CHECK;
int oci_manifest_parse(const uint8_t *bytes, size_t size, struct oci_manifest *manifest,
		       struct error *err) MUST_CHECK;
int oci_config_parse(const uint8_t *bytes, size_t size, struct oci_config *config,
		     struct error *err) MUST_CHECK;

void oci_index_clear(struct oci_index *index);
void oci_manifest_clear(struct oci_manifest *manifest);
void oci_config_clear(struct oci_config *config);
#define cleanup_oci_index    CLEANUP(oci_index_clear)
#define cleanup_oci_manifest CLEANUP(oci_manifest_clear)
#define cleanup_oci_config   CLEANUP(oci_config_clear)

/* The entry of a layout's index.json that is meant: those tagged `tag`, or without a tag the only
 * image there is; among several, the one for `platform`. ERROR_INPUT lists the tags there are. */
int oci_index_choose_tag(const struct oci_index *index, const char *tag,
			 const struct platform *platform, const struct oci_descriptor **chosen,
			 struct error *err) MUST_CHECK;

/* The entry for `platform`: the best variant, of equals the first. Where no manifest's platform
 * fits, the only entry that names none. */
int oci_index_choose_platform(const struct oci_index *index, const struct platform *platform,
			      const struct oci_descriptor **chosen, struct error *err) MUST_CHECK;

/* RFC 3339, section 5.6 ("2025-01-01T00:00:00.5+01:00") to Unix seconds, fractions dropped.
 * ERROR_INPUT if `text` is not that. */
int oci_time_parse(const char *text, int64_t *seconds, struct error *err) MUST_CHECK;
