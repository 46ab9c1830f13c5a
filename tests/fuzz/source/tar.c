// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "builder/source/tar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct pieces {
	const uint8_t *data;
	size_t left;
	uint8_t piece[4096];
};

struct shown {
	uint64_t size, next;
	size_t entries;
};

static int next(void *context, const uint8_t **bytes, size_t *size, struct error *err)
{
	struct pieces *p = context;
	size_t n = p->left < sizeof(p->piece) ? p->left : sizeof(p->piece);

	(void)err;
	memcpy(p->piece, p->data, n);
	p->data += n;
	p->left -= n;
	*bytes = p->piece;
	*size = n;
	return n > 0;
}

/* Aborts where a promise of struct layer_entry or layer_visitor is broken. */
static int entry(void *context, const struct layer_entry *e, bool *want_data, struct error *err)
{
	struct shown *s = context;

	(void)err;
	if (!*e->path || (e->hardlink && !*e->hardlink) || (e->symlink && !*e->symlink) ||
	    e->mtime_nsec > 999999999 || !(e->mode & 0170000))
		abort();
	for (size_t i = 0; i < e->xattr_count; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(e->xattrs[i].name, e->xattrs[j].name) == 0)
				abort();
	*s = (struct shown){ .size = e->size, .entries = s->entries + 1 };
	*want_data = s->entries % 3 != 0;
	return 0;
}

static int content(void *context, uint64_t offset, const uint8_t *bytes, size_t size,
		   struct error *err)
{
	struct shown *s = context;

	(void)bytes;
	(void)err;
	if (offset < s->next || size == 0 || offset + size > s->size)
		abort();
	s->next = offset + size;
	return 0;
}

static int end(void *context, struct error *err)
{
	(void)context;
	(void)err;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pieces pieces;
	struct shown shown = { 0 };
	const struct layer_visitor visitor = { &shown, entry, content, end };
	const struct tar_input input = { &pieces, next };
	struct error err;

	pieces.data = data;
	pieces.left = size;
	(void)tar_read(&input, &visitor, &err);
	return 0;
}
