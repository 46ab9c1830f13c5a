// SPDX-License-Identifier: Apache-2.0
/* The first half of the one pass: reads images, several at once and each from its top layer down,
 * flattens them, and streams the content of what stays visible into the weave. */
#pragma once

#include "builder/seal/meter.h"
#include "builder/seal/weave.h"
#include "builder/source/source.h"
#include "builder/stack/tree.h"

/* A small file of an image that the builder itself needs to read: its user database. */
struct kept_file {
	uint8_t *bytes; /* NULL: the image has no such file */
	size_t size;
};

struct content_image {
	const struct source_image *source;
	struct build_meter *meter;
	/* what content_read() makes */
	struct tree *tree;
	size_t unused_count;
	struct data_run *unused; /* places whose content turned out to be hidden */
	struct kept_file passwd, group;
};

void content_image_release(struct content_image *image);

struct content_limits {
	uint64_t files; /* entries of each image */
};

/* How many lanes 1..CONTENT_IMAGES_MAX images are read in. The same whatever the machine: it shapes
 * the image. */
enum { CONTENT_IMAGES_MAX = 256 };

unsigned content_lanes(size_t image_count);

/* The weight of each lane: writes content_lanes() of them. */
void content_weights(const struct content_image *images, size_t image_count,
		     uint64_t weights[LANES_MAX]);

/* Reads all images and ends the lanes 0..content_lanes()-1 of `weave`. */
int content_read(struct weave *weave, struct content_image *images, size_t image_count,
		 const struct content_limits *limits, struct error *err) MUST_CHECK;
