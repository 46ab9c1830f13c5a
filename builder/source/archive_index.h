// SPDX-License-Identifier: Apache-2.0
/* Where the members of a tar file lie. Private to builder/source/. */
#pragma once

#include <stdint.h>

#include "common/error.h"

struct archive_index;

/* Reads the headers of the uncompressed tar file `fd`, seeking over the contents. */
int archive_index_read(int fd, struct archive_index **index, struct error *err) MUST_CHECK;
void archive_index_free(struct archive_index *index);

/* The content of member `name`, the last of that name; links are followed inside the archive. */
int archive_index_find(const struct archive_index *index, const char *name, uint64_t *offset,
		       uint64_t *size_bytes, struct error *err) MUST_CHECK;
