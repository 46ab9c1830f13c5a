// SPDX-License-Identifier: Apache-2.0
/* What is sealed: the images in pod.json (builder/stack/pod_record.h has all of its members). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/error.h"
#include "common/image_name.h"

enum {
	SEALED_POD_MAX_BYTES = 1 << 20,
	SEALED_POD_MAX_CONTAINERS = 1024,
	SEALED_NAME_BYTES = 64, /* with the NUL: a DNS label */
};

struct sealed_container {
	char name[SEALED_NAME_BYTES]; /* its bundle is containers/NAME */
	bool has_image; /* false: made of files, or of an image whose name says nothing */
	struct image_name image;
	char manifest_digest[IMAGE_DIGEST_BYTES]; /* "" where the image had none */
};

struct sealed_pod {
	size_t count;
	struct sealed_container *containers;
};

/* pod.json as it lies in the image. ERROR_INPUT: not one of version 1, or a name that cannot be a
 * folder's. Release with sealed_pod_clear(). */
int sealed_pod_parse(const uint8_t *bytes, size_t size, struct sealed_pod *pod, struct error *err)
	MUST_CHECK;
void sealed_pod_clear(struct sealed_pod *pod);
#define cleanup_sealed_pod CLEANUP(sealed_pod_clear)
