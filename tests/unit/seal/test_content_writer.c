// SPDX-License-Identifier: Apache-2.0
/* Pieces of a file become runs of blocks: holes of whole blocks stay holes, smaller gaps become
 * zeros. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/mman.h>

#include "builder/seal/content_writer.h"
#include "builder/stack/content_checksum.h"
#include "common/io.h"

enum { PIECES_MAX = 4, RUNS_MAX = 4 };

struct piece {
	uint64_t offset;
	size_t size;
};

struct want_run {
	uint32_t file_block, blocks;
};

static const struct {
	const char *name;
	struct piece pieces[PIECES_MAX]; /* ended by one of size 0 */
	struct want_run runs[RUNS_MAX];  /* ended by one of 0 blocks */
} cases[] = {
	{ "empty", { { 0, 0 } }, { { 0, 0 } } },
	{ "one byte", { { 0, 1 } }, { { 0, 1 } } },
	{ "one block", { { 0, 4096 } }, { { 0, 1 } } },
	{ "a byte over a block", { { 0, 4097 } }, { { 0, 2 } } },
	{ "two pieces that meet", { { 0, 5000 }, { 5000, 100 } }, { { 0, 2 } } },
	{ "two pieces that meet at a block", { { 0, 4096 }, { 4096, 4096 } }, { { 0, 2 } } },
	{ "a gap within a block", { { 0, 10 }, { 20, 10 } }, { { 0, 1 } } },
	{ "a gap up to the next block", { { 0, 10 }, { 4096, 10 } }, { { 0, 1 }, { 1, 1 } } },
	{ "a gap into the next block", { { 0, 10 }, { 5000, 10 } }, { { 0, 1 }, { 1, 1 } } },
	{ "a hole of a block", { { 0, 4096 }, { 8192, 4096 } }, { { 0, 1 }, { 2, 1 } } },
	{ "a hole first", { { 1 << 20, 512 } }, { { 256, 1 } } },
	{ "a hole first, not at a block", { { (1 << 20) + 100, 8192 } }, { { 256, 3 } } },
	{ "three runs",
	  { { 0, 1 }, { 100000, 1 }, { 200000, 1 } },
	  { { 0, 1 }, { 24, 1 }, { 48, 1 } } },
	{ "over a segment's end", { { 0, (1 << 20) + 1 } }, { { 0, 257 } } },
};

static uint8_t source[2 << 20];

/* What the file's allocated blocks hold, block after block. */
static size_t expected(const struct piece *pieces, const struct want_run *runs, uint8_t *blocks)
{
	size_t used = 0;

	for (; runs->blocks; runs++) {
		uint64_t start = (uint64_t)runs->file_block * PIPELINE_BLOCK_BYTES;
		uint64_t end = start + (uint64_t)runs->blocks * PIPELINE_BLOCK_BYTES;
		memset(blocks + used, 0, (size_t)(end - start));
		for (const struct piece *p = pieces; p->size; p++)
			if (p->offset >= start && p->offset < end)
				memcpy(blocks + used + (p->offset - start), source + p->offset,
				       p->size);
		used += (size_t)(end - start);
	}
	return used;
}

static void check_case(size_t c)
{
	const uint64_t weight = 1;
	const struct sha256_salt salt = { 0 };
	const struct pipeline_options options = {
		.fd = memfd_create("image", MFD_CLOEXEC),
		.spill_fd = memfd_create("spill", MFD_CLOEXEC),
		.salt = &salt,
		.threads = 1,
		.segments = 8,
	};
	cleanup_pipeline struct pipeline *pipeline = NULL;
	cleanup_weave struct weave *weave = NULL;
	CLEANUP(content_writer_free) struct content_writer writer;
	cleanup_free uint8_t *want = malloc(sizeof(source) + PIPELINE_BLOCK_BYTES);
	cleanup_free uint8_t *got = malloc(sizeof(source) + PIPELINE_BLOCK_BYTES);
	struct error err;

	assert_true(want && got);
	assert_int_equal(pipeline_new(&options, &pipeline, &err), 0);
	assert_int_equal(weave_new(pipeline, 1, &weight, 0, 100000, &weave, &err), 0);
	content_writer_init(&writer, weave_lane(weave, 0));
	content_writer_begin(&writer);
	for (const struct piece *p = cases[c].pieces; p->size; p++)
		assert_int_equal(
			content_writer_piece(&writer, p->offset, source + p->offset, p->size, &err),
			0);
	assert_int_equal(content_writer_end(&writer, &err), 0);
	size_t run = 0;
	for (; cases[c].runs[run].blocks; run++) {
		assert_true(run < writer.run_count);
		assert_int_equal(writer.runs[run].file_block, cases[c].runs[run].file_block);
		assert_int_equal(writer.runs[run].blocks, cases[c].runs[run].blocks);
	}
	assert_int_equal(writer.run_count, run);
	assert_int_equal(lane_end(weave_lane(weave, 0), &err), 0);
	assert_int_equal(pipeline_drain(pipeline, &err), 0);
	size_t size = expected(cases[c].pieces, cases[c].runs, want);
	assert_int_equal(weave_end_block(weave), size / PIPELINE_BLOCK_BYTES);
	assert_int_equal(pread_exact(options.fd, got, size, 0, &err), 0);
	assert_memory_equal(got, want, size);
	assert_int_equal(writer.checksum, content_checksum_update(0, want, size));
	(void)close(options.fd);
	(void)close(options.spill_fd);
}

static void pieces_become_runs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(source); i++)
		source[i] = (uint8_t)(1 + i % 251);
	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		print_message("# %s\n", cases[c].name);
		check_case(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(pieces_become_runs) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
