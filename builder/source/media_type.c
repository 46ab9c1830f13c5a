// SPDX-License-Identifier: Apache-2.0
#include "builder/source/media_type.h"

#include <stddef.h>
#include <string.h>

#define OCI    "application/vnd.oci.image."
#define DOCKER "application/vnd.docker."

static const struct {
	const char *type;
	enum layer_format format;
	bool distributable;
} layers[] = {
	{ OCI "layer.v1.tar", LAYER_TAR, true },
	{ OCI "layer.v1.tar+gzip", LAYER_GZIP, true },
	{ OCI "layer.v1.tar+zstd", LAYER_ZSTD, true },
	{ OCI "layer.nondistributable.v1.tar", LAYER_TAR, false },
	{ OCI "layer.nondistributable.v1.tar+gzip", LAYER_GZIP, false },
	{ OCI "layer.nondistributable.v1.tar+zstd", LAYER_ZSTD, false },
	{ DOCKER "image.rootfs.diff.tar", LAYER_TAR, true },
	{ DOCKER "image.rootfs.diff.tar.gzip", LAYER_GZIP, true },
	{ DOCKER "image.rootfs.diff.tar.zstd", LAYER_ZSTD, true },
	{ DOCKER "image.rootfs.foreign.diff.tar", LAYER_TAR, false },
	{ DOCKER "image.rootfs.foreign.diff.tar.gzip", LAYER_GZIP, false },
	{ DOCKER "image.rootfs.foreign.diff.tar.zstd", LAYER_ZSTD, false },
};

bool media_type_is_index(const char *type)
{
	return strcmp(type, OCI "index.v1+json") == 0 ||
	       strcmp(type, DOCKER "distribution.manifest.list.v2+json") == 0;
}

bool media_type_is_manifest(const char *type)
{
	return strcmp(type, OCI "manifest.v1+json") == 0 ||
	       strcmp(type, DOCKER "distribution.manifest.v2+json") == 0;
}

bool media_type_is_config(const char *type)
{
	return strcmp(type, OCI "config.v1+json") == 0 ||
	       strcmp(type, DOCKER "container.image.v1+json") == 0;
}

bool media_type_is_layer(const char *type, enum layer_format *format, bool *distributable)
{
	for (size_t i = 0; i < sizeof(layers) / sizeof(layers[0]); i++) {
		if (strcmp(type, layers[i].type) != 0)
			continue;
		*format = layers[i].format;
		*distributable = layers[i].distributable;
		return true;
	}
	return false;
}

const char *layer_format_name(enum layer_format format)
{
	switch (format) {
	case LAYER_TAR:
		return "uncompressed";
	case LAYER_GZIP:
		return "gzip";
	case LAYER_ZSTD:
		return "zstd";
	case LAYER_ANY:
		break;
	}
	return "anything";
}
