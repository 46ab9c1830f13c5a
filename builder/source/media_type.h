// SPDX-License-Identifier: Apache-2.0
/* The media types of OCI (image specification, media-types.md) and of Docker's image manifest
 * version 2, schema 2. Private to builder/source/. */
#pragma once

#include <stdbool.h>

enum layer_format {
	LAYER_ANY, /* whatever its first bytes say */
	LAYER_TAR,
	LAYER_GZIP,
	LAYER_ZSTD,
};

bool media_type_is_index(const char *type);
bool media_type_is_manifest(const char *type);
bool media_type_is_config(const char *type);

/* True for a layer's media type. `*distributable` is false for layers whose blob a registry may not
 * give out: "nondistributable", "foreign". */
bool media_type_is_layer(const char *type, enum layer_format *format, bool *distributable);

/* "gzip", for messages. */
const char *layer_format_name(enum layer_format format);
