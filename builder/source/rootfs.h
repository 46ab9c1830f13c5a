// SPDX-License-Identifier: Apache-2.0
/* The parts of rootfs.c's walk. Private to builder/source/. */
#pragma once

#include <sys/stat.h>

#include "builder/source/source.h"

/* Names of a directory, sorted by bytes, without "." and "..". The caller frees with
 * directory_names_free(). */
struct directory_names {
	char **names;
	size_t count;
};
int directory_names_read(int fd, struct directory_names *names, struct error *err) MUST_CHECK;
void directory_names_free(struct directory_names *names);

/* The extended attributes of an open file, in the order of their names. With `by_path`, those of
 * what an O_PATH descriptor names. The caller frees with file_xattrs_free(). */
struct file_xattrs {
	struct layer_xattr *list;
	size_t count;
	char *names;     /* what the names of `list` point into */
	uint8_t *values; /* and the values */
};
int file_xattrs_read(int fd, bool by_path, struct file_xattrs *xattrs, struct error *err)
	MUST_CHECK;
void file_xattrs_free(struct file_xattrs *xattrs);

/* The paths at which files with several names were met first. */
struct link_table;
int link_table_new(struct link_table **table, struct error *err) MUST_CHECK;
void link_table_free(struct link_table *table);
DEFINE_CLEANUP(cleanup_link_table_p, struct link_table, link_table_free)
/* *first receives the path this file was met at before, or NULL: then it is noted as `path`. */
int link_table_meet(struct link_table *table, const struct stat *st, const char *path,
		    const char **first, struct error *err) MUST_CHECK;
