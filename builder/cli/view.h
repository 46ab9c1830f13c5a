// SPDX-License-Identifier: Apache-2.0
/* An image as the reading commands see it: opened, with its key if one is given, and one volume's
 * file system open at a path. */
#pragma once

#include "builder/ext4/ext4.h"
#include "builder/seal/volume_reader.h"

struct view {
	const char *image_path; /* the caller's */
	struct image *image;
	struct secret *key;
	struct volume_reader *volume;
	struct ext4_reader *files;
	const struct descriptor_volume *descriptor;
};

/* What the commands take by option; NULL: not given. */
struct view_options {
	const char *key;  /* path of a key file */
	const char *seal; /* the seal digest that the image must have */
};

/* Opens the image, and the key if there is one. ERROR_MISMATCH: another seal digest. */
int view_open(const char *image_path, const struct view_options *options, struct view *view,
	      struct error *err) MUST_CHECK;

/* Opens the volume that is mounted at or above `path` (absolute or not) in the running guest, and
 * finds what is there, through a symbolic link too: the inode's number and what ext4_stat() says of
 * it. Errors name the image. */
int view_find(struct view *view, const char *path, uint32_t *number, struct ext4_file *file,
	      struct error *err) MUST_CHECK;

/* Opens one of the image's volumes, closing the one open before. */
int view_open_volume(struct view *view, const struct descriptor_volume *volume, struct error *err)
	MUST_CHECK;

void view_release(struct view *view);
#define cleanup_view CLEANUP(view_release)
