// SPDX-License-Identifier: Apache-2.0
#include "guest-init/imaged/ttrpc.h"

#include <stdlib.h>
#include <string.h>

#include "common/disk.h"

enum { KEPT_BYTES = 4096 }; /* from one frame to the next; most are smaller */

struct ttrpc_disk_header {
	be32 size, stream;
	uint8_t type, flags;
};
DISK_AT(struct ttrpc_disk_header, stream, 4);
DISK_AT(struct ttrpc_disk_header, type, 8);
DISK_SIZE(struct ttrpc_disk_header, TTRPC_HEADER_BYTES);

void ttrpc_header_parse(const uint8_t bytes[TTRPC_HEADER_BYTES], struct ttrpc_header *header)
{
	struct ttrpc_disk_header h;

	memcpy(&h, bytes, sizeof(h));
	*header = (struct ttrpc_header){
		.size = be32_get(h.size),
		.stream = be32_get(h.stream),
		.type = h.type,
		.flags = h.flags,
	};
}

void ttrpc_header_write(const struct ttrpc_header *header, uint8_t bytes[TTRPC_HEADER_BYTES])
{
	const struct ttrpc_disk_header h = {
		.size = be32_put(header->size),
		.stream = be32_put(header->stream),
		.type = header->type,
		.flags = header->flags,
	};

	memcpy(bytes, &h, sizeof(h));
}

enum ttrpc_status ttrpc_header_check(const struct ttrpc_header *header, const char **why)
{
	if (header->size > TTRPC_DATA_MAX_BYTES) {
		*why = "a frame has more than 4 MiB";
		return TTRPC_RESOURCE_EXHAUSTED;
	}
	if (header->stream % 2 == 0) {
		*why = "a client's stream ID is odd";
		return TTRPC_INVALID_ARGUMENT;
	}
	if (header->type != TTRPC_REQUEST) {
		*why = "a client sends requests, and no data after them";
		return TTRPC_INVALID_ARGUMENT;
	}
	if (header->flags != 0) {
		*why = "calls with streams are not answered here";
		return TTRPC_UNIMPLEMENTED;
	}
	return TTRPC_OK;
}

void ttrpc_reader_init(struct ttrpc_reader *reader, size_t *budget)
{
	*reader = (struct ttrpc_reader){ .budget = budget };
}

void ttrpc_reader_clear(struct ttrpc_reader *reader)
{
	*reader->budget += reader->capacity;
	free(reader->data);
	reader->data = NULL;
	reader->capacity = 0;
}

static void start_frame(struct ttrpc_reader *reader)
{
	reader->have = 0;
	reader->skipping = reader->refused = reader->complete = false;
	if (reader->capacity > KEPT_BYTES)
		ttrpc_reader_clear(reader);
}

static bool refuse(struct ttrpc_reader *reader, enum ttrpc_status status, const char *why)
{
	reader->status = status;
	reader->why = why;
	reader->skipping = reader->refused = true;
	return false;
}

/* Room for at least one more byte of the data. */
static bool grow(struct ttrpc_reader *reader)
{
	size_t wanted = reader->capacity ? 2 * reader->capacity : KEPT_BYTES;
	uint8_t *data;

	if (wanted > reader->header.size && reader->header.size > KEPT_BYTES)
		wanted = reader->header.size;
	if (wanted - reader->capacity > *reader->budget)
		return refuse(reader, TTRPC_RESOURCE_EXHAUSTED,
			      "too many large frames at the same time");
	data = realloc(reader->data, wanted);
	if (!data)
		return refuse(reader, TTRPC_RESOURCE_EXHAUSTED, "no memory for the frame");
	*reader->budget -= wanted - reader->capacity;
	reader->data = data;
	reader->capacity = wanted;
	return true;
}

void ttrpc_reader_place(struct ttrpc_reader *reader, uint8_t **place, size_t *size)
{
	size_t got, left;

	if (reader->complete)
		start_frame(reader);
	if (reader->have < TTRPC_HEADER_BYTES) {
		*place = reader->header_bytes + reader->have;
		*size = TTRPC_HEADER_BYTES - reader->have;
		return;
	}
	got = reader->have - TTRPC_HEADER_BYTES;
	left = reader->header.size - got;
	if (!reader->skipping && (got < reader->capacity || grow(reader))) {
		*place = reader->data + got;
		*size = left < reader->capacity - got ? left : reader->capacity - got;
		return;
	}
	*place = reader->skipped;
	*size = left < sizeof(reader->skipped) ? left : sizeof(reader->skipped);
}

enum ttrpc_event ttrpc_reader_take(struct ttrpc_reader *reader, size_t size)
{
	reader->have += size;
	if (reader->have < TTRPC_HEADER_BYTES)
		return TTRPC_MORE;
	if (reader->have == TTRPC_HEADER_BYTES) {
		const char *why = NULL;
		ttrpc_header_parse(reader->header_bytes, &reader->header);
		enum ttrpc_status status = ttrpc_header_check(&reader->header, &why);
		if (status != TTRPC_OK)
			(void)refuse(reader, status, why);
	}
	reader->complete = reader->have == TTRPC_HEADER_BYTES + (size_t)reader->header.size;
	if (reader->refused) {
		reader->refused = false;
		return TTRPC_REFUSED;
	}
	return reader->complete && !reader->skipping ? TTRPC_FRAME : TTRPC_MORE;
}
