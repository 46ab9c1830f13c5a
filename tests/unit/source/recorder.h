// SPDX-License-Identifier: Apache-2.0
/* A visitor that writes down what it is shown, a line for each entry, so that a test compares text:
 *
 *     100644 0:0 5 0.000000000 name                 mode, owner, size, time, path
 *     100644 0:0 0 0.000000000 other => name        a hard link
 *     120777 0:0 0 0.000000000 link -> name         a symbolic link
 *     020644 0:0 0 0.000000000 null dev 1:3
 *
 * then " NAME=HEX" for each extended attribute, and " #HEX" of the content, holes as zeros. */
#pragma once

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "builder/source/source.h"

struct recorder {
	char text[1 << 16];
	size_t used;
	uint64_t size, next, hash; /* of the content being shown */
	size_t entries, fail_at;   /* 1: the first entry fails */
	uint64_t data_bytes;       /* that were not in holes */
	bool no_data;
};

__attribute__((format(printf, 2, 3))) static inline void record(struct recorder *r,
								const char *format, ...)
{
	va_list list;

	va_start(list, format);
	int n = vsnprintf(r->text + r->used, sizeof(r->text) - r->used, format, list);
	va_end(list);
	r->used += (size_t)n;
	if (r->used >= sizeof(r->text))
		abort();
}

/* FNV-1a; `bytes` NULL: zeros. */
static inline void recorder_hash(struct recorder *r, const uint8_t *bytes, uint64_t size)
{
	for (uint64_t i = 0; i < size; i++)
		r->hash = (r->hash ^ (bytes ? bytes[i] : 0)) * 0x100000001b3u;
}

static inline int recorder_entry(void *context, const struct layer_entry *entry, bool *want_data,
				 struct error *err)
{
	struct recorder *r = context;

	if (++r->entries == r->fail_at)
		return error_input(err, "the visitor had enough");
	record(r, "%06o %u:%u %llu %lld.%09u %s", entry->mode, entry->uid, entry->gid,
	       (unsigned long long)entry->size, (long long)entry->mtime_sec, entry->mtime_nsec,
	       entry->path);
	if (entry->hardlink)
		record(r, " => %s", entry->hardlink);
	if (entry->symlink)
		record(r, " -> %s", entry->symlink);
	if (S_ISCHR(entry->mode) || S_ISBLK(entry->mode))
		record(r, " dev %u:%u", entry->major, entry->minor);
	for (size_t i = 0; i < entry->xattr_count; i++) {
		record(r, " %s=", entry->xattrs[i].name);
		for (size_t j = 0; j < entry->xattrs[i].size; j++)
			record(r, "%02x", entry->xattrs[i].value[j]);
	}
	*want_data = !r->no_data && S_ISREG(entry->mode) && !entry->hardlink && entry->size > 0;
	r->size = entry->size;
	r->next = 0;
	r->hash = 0xcbf29ce484222325u;
	if (!*want_data)
		record(r, "\n");
	return 0;
}

static inline int recorder_data(void *context, uint64_t offset, const uint8_t *bytes, size_t size,
				struct error *err)
{
	struct recorder *r = context;

	if (offset < r->next || offset + size > r->size)
		return error_input(err, "the reader broke its promise");
	recorder_hash(r, NULL, offset - r->next);
	recorder_hash(r, bytes, size);
	r->next = offset + size;
	r->data_bytes += size;
	return 0;
}

static inline int recorder_end(void *context, struct error *err)
{
	struct recorder *r = context;

	(void)err;
	recorder_hash(r, NULL, r->size - r->next);
	record(r, " #%016llx\n", (unsigned long long)r->hash);
	return 0;
}

static inline struct layer_visitor recorder_visitor(struct recorder *r)
{
	return (struct layer_visitor){ r, recorder_entry, recorder_data, recorder_end };
}
