// SPDX-License-Identifier: Apache-2.0
/* ttrpc's frames, the receiving side of a server: protocol 1.2 of containerd/ttrpc (PROTOCOL.md),
 * unary calls. Pure: whoever has the socket asks where the next bytes go and says how many came.
 *
 *     +----------------+-------------+--------+---------+------
 *     | size, 4 bytes  | stream, 4   | type 1 | flags 1 | data
 *     +----------------+-------------+--------+---------+------       numbers are big-endian */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum {
	TTRPC_HEADER_BYTES = 10,
	TTRPC_DATA_MAX_BYTES = 4 << 20, /* PROTOCOL.md, "Message Frame" */
	TTRPC_SKIP_BYTES = 4096,
};

enum ttrpc_type {
	TTRPC_REQUEST = 1,
	TTRPC_RESPONSE = 2,
	TTRPC_DATA = 3,
};

/* google.rpc.Code, those in use here. */
enum ttrpc_status {
	TTRPC_OK = 0,
	TTRPC_INVALID_ARGUMENT = 3,
	TTRPC_PERMISSION_DENIED = 7,
	TTRPC_RESOURCE_EXHAUSTED = 8,
	TTRPC_UNIMPLEMENTED = 12,
	TTRPC_INTERNAL = 13,
};

struct ttrpc_header {
	uint32_t size, stream;
	uint8_t type, flags;
};

void ttrpc_header_parse(const uint8_t bytes[TTRPC_HEADER_BYTES], struct ttrpc_header *header);
void ttrpc_header_write(const struct ttrpc_header *header, uint8_t bytes[TTRPC_HEADER_BYTES]);

/* Whether this is a unary request from a client. Any other status refuses it, and *why says why;
 * the answer goes to its stream. That stream IDs increase is not asked for: PROTOCOL.md does not,
 * and kata-agent's client numbers calls that overlap before it queues them, so that they may come
 * in another order. */
enum ttrpc_status ttrpc_header_check(const struct ttrpc_header *header, const char **why);

enum ttrpc_event {
	TTRPC_MORE,    /* nothing is complete */
	TTRPC_FRAME,   /* header and data are there, until the next ttrpc_reader_place() */
	TTRPC_REFUSED, /* only the header is; the data is skipped. `status` and `why` go back */
};

struct ttrpc_reader {
	struct ttrpc_header header;
	uint8_t *data; /* of header.size bytes when complete */
	enum ttrpc_status status;
	const char *why;
	/* private */
	size_t *budget; /* shared with other readers: how many more bytes may be held */
	uint8_t header_bytes[TTRPC_HEADER_BYTES], skipped[TTRPC_SKIP_BYTES];
	size_t have, capacity; /* bytes of this frame so far; of `data` */
	bool skipping, refused, complete;
};

void ttrpc_reader_init(struct ttrpc_reader *reader, size_t *budget);
void ttrpc_reader_clear(struct ttrpc_reader *reader);

/* Where the next bytes go, and how many at most (never 0): never more than the present frame has
 * left, so a frame ends where a read ends. Memory grows with what arrives and not with what a
 * header announces. */
void ttrpc_reader_place(struct ttrpc_reader *reader, uint8_t **place, size_t *size);

/* `size` bytes are there. A frame that breaks a rule, is too large or finds the budget spent is
 * TTRPC_REFUSED once, as soon as that is known. */
enum ttrpc_event ttrpc_reader_take(struct ttrpc_reader *reader, size_t size);

/* Nothing of a frame has arrived. */
static inline bool ttrpc_reader_idle(const struct ttrpc_reader *reader)
{
	return reader->have == 0 || reader->complete;
}
