// SPDX-License-Identifier: Apache-2.0
/* Reading and writing whole ranges of file descriptors: short counts and EINTR are handled here,
 * once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"

/* Exactly `size` bytes at `offset`. A file that ends before that is ERROR_INPUT. */
int pread_exact(int fd, void *buf, size_t size, uint64_t offset, struct error *err) MUST_CHECK;

/* Up to `size` bytes at the file position; fewer only at the end of the file. -1: ERROR_SYSTEM. */
ssize_t read_upto(int fd, void *buf, size_t size, struct error *err) MUST_CHECK;

int pwrite_all(int fd, const void *buf, size_t size, uint64_t offset, struct error *err) MUST_CHECK;
int write_all(int fd, const void *buf, size_t size, struct error *err) MUST_CHECK;

/* A whole file of at most `limit` bytes; a longer one is ERROR_INPUT. The caller frees *bytes,
 * which has a NUL after its `size` bytes. Messages name `path`. */
int file_read(const char *path, size_t limit, uint8_t **bytes, size_t *size, struct error *err)
	MUST_CHECK;
int file_read_at(int dirfd, const char *path, size_t limit, uint8_t **bytes, size_t *size,
		 struct error *err) MUST_CHECK;

/* Bytes in a regular file or a block device. */
int file_size(int fd, uint64_t *size, struct error *err) MUST_CHECK;

/* All of the `size` bytes are zero. */
bool is_zero(const void *bytes, size_t size);
