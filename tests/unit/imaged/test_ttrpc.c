// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guest-init/imaged/ttrpc.h"

enum { BUDGET = 8 << 20 };

static const uint8_t frame[] = { 0, 0, 0, 3, 0, 0, 0, 5, 1, 0, 'a', 'b', 'c' };

/* Gives `reader` bytes, `step` at a time and never more than it has place for; the first event. */
static enum ttrpc_event feed(struct ttrpc_reader *reader, const uint8_t *bytes, size_t size,
			     size_t step, size_t *used)
{
	enum ttrpc_event event = TTRPC_MORE;
	uint8_t *place;
	size_t room;

	*used = 0;
	while (*used < size && event == TTRPC_MORE) {
		ttrpc_reader_place(reader, &place, &room);
		assert_true(room > 0);
		size_t n = step < room ? step : room;
		n = n < size - *used ? n : size - *used;
		memcpy(place, bytes + *used, n);
		*used += n;
		event = ttrpc_reader_take(reader, n);
	}
	return event;
}

static void a_frame_arrives_in_any_pieces(void **state)
{
	size_t budget = BUDGET, used;
	struct ttrpc_reader reader;

	(void)state;
	ttrpc_reader_init(&reader, &budget);
	for (size_t step = 1; step <= sizeof(frame); step++) {
		assert_true(ttrpc_reader_idle(&reader));
		assert_int_equal(feed(&reader, frame, sizeof(frame), step, &used), TTRPC_FRAME);
		assert_int_equal(used, sizeof(frame));
		assert_int_equal(reader.header.size, 3);
		assert_int_equal(reader.header.stream, 5);
		assert_memory_equal(reader.data, "abc", 3);
	}
	assert_int_equal(feed(&reader, frame, sizeof(frame) - 1, 4, &used), TTRPC_MORE);
	assert_false(ttrpc_reader_idle(&reader));
	ttrpc_reader_clear(&reader);
	assert_int_equal(budget, BUDGET);
}

static void a_frame_ends_where_a_read_ends(void **state)
{
	uint8_t two[2 * sizeof(frame)];
	size_t budget = BUDGET, used;
	struct ttrpc_reader reader;

	(void)state;
	memcpy(two, frame, sizeof(frame));
	memcpy(two + sizeof(frame), frame, sizeof(frame));
	ttrpc_reader_init(&reader, &budget);
	assert_int_equal(feed(&reader, two, sizeof(two), sizeof(two), &used), TTRPC_FRAME);
	assert_int_equal(used, sizeof(frame));
	ttrpc_reader_clear(&reader);
}

static void a_frame_may_be_empty(void **state)
{
	const uint8_t empty[] = { 0, 0, 0, 0, 0, 0, 0, 1, 1, 0 };
	size_t budget = BUDGET, used;
	struct ttrpc_reader reader;

	(void)state;
	ttrpc_reader_init(&reader, &budget);
	assert_int_equal(feed(&reader, empty, sizeof(empty), 10, &used), TTRPC_FRAME);
	assert_int_equal(reader.header.size, 0);
	assert_int_equal(feed(&reader, frame, sizeof(frame), 10, &used), TTRPC_FRAME);
	ttrpc_reader_clear(&reader);
}

static const struct {
	const char *what;
	struct ttrpc_header header;
	enum ttrpc_status status;
} headers[] = {
	{ "a request", { 7, 1, TTRPC_REQUEST, 0 }, TTRPC_OK },
	{ "the largest", { TTRPC_DATA_MAX_BYTES, UINT32_MAX, TTRPC_REQUEST, 0 }, TTRPC_OK },
	{ "one byte more",
	  { TTRPC_DATA_MAX_BYTES + 1, 1, TTRPC_REQUEST, 0 },
	  TTRPC_RESOURCE_EXHAUSTED },
	{ "2^32 - 1 bytes", { UINT32_MAX, 1, TTRPC_REQUEST, 0 }, TTRPC_RESOURCE_EXHAUSTED },
	{ "stream 0", { 7, 0, TTRPC_REQUEST, 0 }, TTRPC_INVALID_ARGUMENT },
	{ "a server's stream", { 7, 2, TTRPC_REQUEST, 0 }, TTRPC_INVALID_ARGUMENT },
	{ "a response", { 7, 1, TTRPC_RESPONSE, 0 }, TTRPC_INVALID_ARGUMENT },
	{ "stream data", { 7, 1, TTRPC_DATA, 0 }, TTRPC_INVALID_ARGUMENT },
	{ "type 0", { 7, 1, 0, 0 }, TTRPC_INVALID_ARGUMENT },
	{ "type 255", { 7, 1, 255, 0 }, TTRPC_INVALID_ARGUMENT },
	{ "remote closed", { 7, 1, TTRPC_REQUEST, 1 }, TTRPC_UNIMPLEMENTED },
	{ "remote open", { 7, 1, TTRPC_REQUEST, 2 }, TTRPC_UNIMPLEMENTED },
	{ "an unknown flag", { 7, 1, TTRPC_REQUEST, 128 }, TTRPC_UNIMPLEMENTED },
};

static void what_is_no_unary_request_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		uint8_t bytes[TTRPC_HEADER_BYTES];
		struct ttrpc_header read;
		const char *why = NULL;

		ttrpc_header_write(&headers[i].header, bytes);
		ttrpc_header_parse(bytes, &read);
		assert_int_equal(read.size, headers[i].header.size);
		assert_int_equal(read.stream, headers[i].header.stream);
		assert_int_equal(read.type, headers[i].header.type);
		assert_int_equal(read.flags, headers[i].header.flags);
		enum ttrpc_status status = ttrpc_header_check(&read, &why);
		if (status != headers[i].status || (why != NULL) != (status != TTRPC_OK))
			fail_msg("%s: status %d, %s", headers[i].what, status, why ? why : "-");
	}
}

/* A refused frame is told at once, its data is skipped, and what follows is read. */
static void a_refused_frame_is_skipped(void **state)
{
	size_t size = TTRPC_DATA_MAX_BYTES + 1 + TTRPC_HEADER_BYTES, budget = BUDGET, used, more;
	uint8_t *bytes = calloc(1, size + sizeof(frame));
	struct ttrpc_reader reader;

	(void)state;
	assert_non_null(bytes);
	ttrpc_header_write(&(struct ttrpc_header){ TTRPC_DATA_MAX_BYTES + 1, 9, 1, 0 }, bytes);
	memcpy(bytes + size, frame, sizeof(frame));
	ttrpc_reader_init(&reader, &budget);
	assert_int_equal(feed(&reader, bytes, size, 1 << 20, &used), TTRPC_REFUSED);
	assert_int_equal(used, TTRPC_HEADER_BYTES);
	assert_int_equal(reader.status, TTRPC_RESOURCE_EXHAUSTED);
	assert_int_equal(reader.header.stream, 9);
	assert_int_equal(budget, BUDGET);
	assert_int_equal(feed(&reader, bytes + used, size + sizeof(frame) - used, 1 << 20, &more),
			 TTRPC_FRAME);
	assert_int_equal(used + more, size + sizeof(frame));
	assert_memory_equal(reader.data, "abc", 3);
	ttrpc_reader_clear(&reader);
	free(bytes);
}

static void memory_grows_with_what_arrives(void **state)
{
	uint8_t header[TTRPC_HEADER_BYTES], some[100] = { 0 };
	size_t budget = BUDGET, used;
	struct ttrpc_reader reader;

	(void)state;
	ttrpc_header_write(&(struct ttrpc_header){ TTRPC_DATA_MAX_BYTES, 1, 1, 0 }, header);
	ttrpc_reader_init(&reader, &budget);
	assert_int_equal(feed(&reader, header, sizeof(header), 10, &used), TTRPC_MORE);
	assert_int_equal(feed(&reader, some, sizeof(some), 100, &used), TTRPC_MORE);
	assert_true(BUDGET - budget <= 4096);
	ttrpc_reader_clear(&reader);
}

/* What finds the budget spent is refused, and what fits into it afterwards is not. */
static void the_budget_is_kept(void **state)
{
	static uint8_t bytes[TTRPC_HEADER_BYTES + 65536];
	size_t budget = 20000, used, more;
	struct ttrpc_reader reader;

	(void)state;
	ttrpc_header_write(&(struct ttrpc_header){ 65536, 3, 1, 0 }, bytes);
	ttrpc_reader_init(&reader, &budget);
	assert_int_equal(feed(&reader, bytes, sizeof(bytes), 1000, &used), TTRPC_REFUSED);
	assert_int_equal(reader.status, TTRPC_RESOURCE_EXHAUSTED);
	assert_int_equal(reader.header.stream, 3);
	assert_int_equal(feed(&reader, bytes + used, sizeof(bytes) - used, 1000, &more),
			 TTRPC_MORE);
	assert_true(ttrpc_reader_idle(&reader));
	assert_int_equal(feed(&reader, frame, sizeof(frame), 1000, &used), TTRPC_FRAME);
	assert_memory_equal(reader.data, "abc", 3);
	ttrpc_reader_clear(&reader);
	assert_int_equal(budget, 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_arrives_in_any_pieces),
		cmocka_unit_test(a_frame_ends_where_a_read_ends),
		cmocka_unit_test(a_frame_may_be_empty),
		cmocka_unit_test(what_is_no_unary_request_is_refused),
		cmocka_unit_test(a_refused_frame_is_skipped),
		cmocka_unit_test(memory_grows_with_what_arrives),
		cmocka_unit_test(the_budget_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
