// SPDX-License-Identifier: Apache-2.0
/* What an image says about running it: its config (OCI image specification, config.md; Docker
 * writes the same members, and null where it means "none"). */
#pragma once

#include <jansson.h>

#include "builder/stack/arena.h"
#include "builder/stack/text_list.h"
#include "common/error.h"

enum {
	IMAGE_CONFIG_MAX_ARGS = 4096, /* elements of Entrypoint, of Cmd, of Env */
	IMAGE_CONFIG_MAX_SET = 4096,  /* members of ExposedPorts, of Volumes, of Labels */
};

struct image_label {
	const char *name, *value;
};

/* Texts are NULL, and lists empty, where the image says nothing. */
struct image_config {
	struct arena *arena; /* owns all that follows */
	struct text_list entrypoint, cmd;
	struct text_list env;           /* "NAME=VALUE" each, checked */
	struct text_list exposed_ports; /* "80/tcp"; by name, in byte order */
	struct text_list volumes;       /* paths in the container; by name, in byte order */
	size_t label_count;
	struct image_label *labels; /* by name, in byte order */
	const char *user;           /* as written: user.h resolves it */
	const char *working_dir;
	const char *stop_signal; /* as written: "SIGTERM", "15" */
	const char *author;
	const char *created; /* RFC 3339, as written */
	const char *architecture, *os;
};

/* Decodes the image config `json` (source_image.config); NULL, as for a rootfs: source, gives an
 * empty config. Texts are copied. Members nobody here needs are left alone, as the specification
 * asks. ERROR_INPUT names the member that has the wrong type, or that is too long. */
int image_config_decode(const json_t *json, struct image_config **config, struct error *err)
	MUST_CHECK;
void image_config_free(struct image_config *config);
DEFINE_CLEANUP(cleanup_image_config_p, struct image_config, image_config_free)
#define cleanup_image_config CLEANUP(cleanup_image_config_p)
