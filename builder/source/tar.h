// SPDX-License-Identifier: Apache-2.0
/* A tar stream to a visitor's entries, on libarchive: ustar, GNU and pax in all their ways. Pure.
 * Private to builder/source/.
 *
 * Where tar's readers differ, this one does what the extractors of container images do: a stream
 * that ends between two members ends the archive, and what follows the two zero blocks is ignored
 * (up to 64 MiB); one zero block with data after it, a wrong checksum, a cut member and a type that
 * is not known are errors. A pax header for all members that follow ("g") changes nothing. */
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include "builder/source/source.h"

struct tar_input {
	void *context;
	/* The next piece, valid until the next call: 1, or 0 at the end, or -1 with *err. All but
	 * the last should be multiples of 512 bytes: the type of a member is seen only where its
	 * header is not cut. */
	int (*next)(void *context, const uint8_t **bytes, size_t *size, struct error *err);
};

/* Visits every member; then reads the input to its end, which is where its digests are judged. */
int tar_read(const struct tar_input *input, const struct layer_visitor *visitor, struct error *err)
	MUST_CHECK;

enum { TAR_TYPE_UNKNOWN = -1 };

/* One member from libarchive's words to ours, checked. `type` is its typeflag, or TAR_TYPE_UNKNOWN
 * (of a sparse file, whose header lies further back). *xattrs is grown as needed, for reuse; the
 * entry borrows from it and from `from`. */
int tar_entry_convert(struct archive_entry *from, int type, struct layer_xattr **xattrs,
		      struct layer_entry *entry, struct error *err) MUST_CHECK;
