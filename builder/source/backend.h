// SPDX-License-Identifier: Apache-2.0
/* What an opened image keeps for reading its layers, and the ways of opening one. Private to
 * builder/source/. */
#pragma once

#include "builder/source/blobs.h"
#include "builder/source/media_type.h"
#include "builder/source/platform.h"
#include "builder/source/reference.h"
#include "builder/source/source.h"

struct backend_layer {
	char *name;               /* of its blob; NULL for a rootfs */
	enum layer_format format; /* that its media type says; LAYER_ANY where it has none */
};

struct source_backend {
	struct blobs *blobs; /* NULL for a rootfs */
	int rootfs_fd;       /* -1, or a rootfs: directory or file */
	bool rootfs_is_directory;
	struct backend_layer *layers; /* as many as the image has */
};

/* Each fills `image`, which has its reference and an empty backend. */
int image_open_oci(struct source_image *image, const struct reference *reference,
		   const struct platform *platform, struct error *err) MUST_CHECK;
int image_open_docker_archive(struct source_image *image, const struct reference *reference,
			      const struct platform *platform, struct error *err) MUST_CHECK;
int image_open_rootfs(struct source_image *image, const struct reference *reference,
		      struct error *err) MUST_CHECK;

/* Makes room for `count` layers, of which nothing is known yet. */
int image_set_layer_count(struct source_image *image, size_t count, struct error *err) MUST_CHECK;

/* Reads and checks the config: `digest` is what it should have, or NULL. The image gets its config,
 * its digest and creation time, and its layers their diff IDs; the config has one for each of
 * `layer_count` layers, and is for `platform`. */
int image_set_config(struct source_image *image, const uint8_t *bytes, size_t size,
		     const char *digest, size_t layer_count, const struct platform *platform,
		     struct error *err) MUST_CHECK;

/* Visits the files of a rootfs directory as if they were a layer. */
int rootfs_read(int fd, const struct layer_visitor *visitor, _Atomic uint64_t *bytes_read,
		struct error *err) MUST_CHECK;

/* Sum of the sizes of its regular files. */
int rootfs_size(int fd, uint64_t *size_bytes, struct error *err) MUST_CHECK;
