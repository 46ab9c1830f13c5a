// SPDX-License-Identifier: Apache-2.0
/* What goes into an initrd, sorted by path, parents before children. Private to builder/boot/. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/cleanup.h"
#include "common/error.h"

struct file_list_entry {
	char *path;  /* without a leading slash */
	mode_t mode; /* with its type: S_IFDIR or S_IFREG */
	uint8_t *bytes;
	size_t size;
};

struct file_list {
	struct file_list_entry *entries;
	size_t count, capacity;
};

/* Adds a directory, mode 0755, and those above it, as far as they are not there. `path` is
 * absolute. */
int file_list_add_directory(struct file_list *list, const char *path, struct error *err) MUST_CHECK;

/* Adds a regular file and the directories above it. Takes *bytes (and sets it to NULL) on success.
 * A second file of the same path is ERROR_INPUT. */
int file_list_add(struct file_list *list, const char *path, mode_t permissions, uint8_t **bytes,
		  size_t size, struct error *err) MUST_CHECK;

const struct file_list_entry *file_list_find(const struct file_list *list, const char *path);

void file_list_release(struct file_list *list);
#define cleanup_file_list CLEANUP(file_list_release)

/* A cpio archive in the "new ASCII" format (newc; Linux, Documentation/driver-api/early-userspace/
 * buffer-format.rst), all owners 0 and all times `timestamp`. The caller frees *cpio. */
int file_list_to_cpio(const struct file_list *list, int64_t timestamp, uint8_t **cpio, size_t *size,
		      struct error *err) MUST_CHECK;
