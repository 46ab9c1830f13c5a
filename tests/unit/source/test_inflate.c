// SPDX-License-Identifier: Apache-2.0
/* gzip and zstd data, whole and damaged, in pieces of many sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include "builder/source/inflate.h"

enum { PLAIN_BYTES = 100000 };

static uint8_t plain[PLAIN_BYTES], packed[3 * PLAIN_BYTES], unpacked[2 * PLAIN_BYTES + 1];
static size_t packed_size;
static struct error error;

/* Text that compresses somewhat and has references far back. */
static void make_plain(void)
{
	uint32_t x = 1;

	for (size_t i = 0; i < PLAIN_BYTES; i++) {
		x = x * 1103515245 + 12345;
		plain[i] = i > 40000 && (x >> 28) < 12 ? plain[i - 32000] : (uint8_t)(x >> 26);
	}
}

static void add_gzip(const uint8_t *bytes, size_t size)
{
	static struct isal_zstream stream;

	isal_deflate_stateless_init(&stream);
	stream.gzip_flag = IGZIP_GZIP;
	stream.end_of_stream = 1;
	stream.next_in = (uint8_t *)(uintptr_t)bytes;
	stream.avail_in = (uint32_t)size;
	stream.next_out = packed + packed_size;
	stream.avail_out = (uint32_t)(sizeof(packed) - packed_size);
	assert_int_equal(isal_deflate_stateless(&stream), COMP_OK);
	packed_size = sizeof(packed) - stream.avail_out;
}

static void add_zstd(const uint8_t *bytes, size_t size)
{
	size_t n =
		ZSTD_compress(packed + packed_size, sizeof(packed) - packed_size, bytes, size, 3);

	assert_false(ZSTD_isError(n));
	packed_size += n;
}

static void add(const void *bytes, size_t size)
{
	memcpy(packed + packed_size, bytes, size);
	packed_size += size;
}

/* The size unpacked, or -1; input in pieces of `in`, output of `out`. */
static int64_t unpack(size_t in, size_t out)
{
	enum layer_format format = inflate_detect(packed, packed_size);
	cleanup_inflater struct inflater *inflater = NULL;
	struct span span = { packed, 0 };
	size_t fed = 0, size = 0, produced;

	assert_int_not_equal(format, LAYER_TAR);
	assert_int_equal(inflater_new(format, &inflater, &error), 0);
	for (;;) {
		size_t room = sizeof(unpacked) - size < out ? sizeof(unpacked) - size : out;
		assert_int_not_equal(room, 0);
		if (inflater_step(inflater, &span, unpacked + size, room, &produced, &error) < 0)
			return -1;
		size += produced;
		if (produced == room)
			continue;
		assert_int_equal(span.size, 0);
		if (fed == packed_size)
			break;
		span.bytes = packed + fed;
		span.size = packed_size - fed < in ? packed_size - fed : in;
		fed += span.size;
	}
	return inflater_end(inflater, &error) < 0 ? -1 : (int64_t)size;
}

static const size_t pieces[][2] = {
	{ 1 << 20, 1 << 20 }, { 1, 1 << 20 },  { 1 << 20, 997 }, { 7, 1300 },
	{ 4096, 32768 },      { 1000, 65536 }, { 3, 100000 },
};
enum { PIECES = sizeof(pieces) / sizeof(pieces[0]) };

static void expect_plain(size_t copies)
{
	for (size_t i = 0; i < PIECES; i++) {
		int64_t size = unpack(pieces[i][0], pieces[i][1]);
		if (size < 0)
			fail_msg("pieces %zu: %s", i, error.text);
		assert_int_equal(size, copies * PLAIN_BYTES);
		for (size_t j = 0; j < copies; j++)
			assert_memory_equal(unpacked + j * PLAIN_BYTES, plain, PLAIN_BYTES);
	}
}

static void expect_error(const char *why)
{
	for (size_t i = 0; i < PIECES; i++) {
		/* ISA-L saves 32 KiB at the end of each call: tiny pieces take their time */
		if (packed_size > 10000 && pieces[i][0] < 1000)
			continue;
		if (unpack(pieces[i][0], pieces[i][1]) >= 0)
			fail_msg("pieces %zu: was taken", i);
		assert_int_equal(error.kind, ERROR_INPUT);
		if (!strstr(error.text, why))
			fail_msg("pieces %zu: \"%s\"", i, error.text);
	}
}

static int start(void **state)
{
	(void)state;
	packed_size = 0;
	return 0;
}

static void test_gzip(void **state)
{
	(void)state;
	add_gzip(plain, PLAIN_BYTES);
	expect_plain(1);
	packed[packed_size] = packed[packed_size + 1] = 0;
	packed_size += 2;
	expect_plain(1); /* zeros behind it */
}

static void test_gzip_members(void **state)
{
	(void)state;
	for (size_t at = 0; at < PLAIN_BYTES; at += 1000)
		add_gzip(plain + at, 1000);
	add_gzip(plain, 0); /* eStargz ends with an empty one */
	add_gzip(plain, PLAIN_BYTES);
	expect_plain(2);
}

static void test_gzip_header_flags(void **state)
{
	uint8_t member[PLAIN_BYTES + 1000];
	size_t size;

	(void)state;
	add_gzip(plain, PLAIN_BYTES);
	size = packed_size - 10;
	memcpy(member, packed + 10, size);
	packed_size = 0;
	/* FEXTRA with four bytes, FNAME, FCOMMENT */
	add("\x1f\x8b\x08\x1c\1\2\3\4\0\3\4\0SG\0\0name\0comment\0", 29);
	add(member, size);
	expect_plain(1);
}

static void test_damaged_gzip(void **state)
{
	static const size_t cuts[] = { 2, 3, 9, 10, 11, 100, 5000 };
	size_t whole;

	(void)state;
	add_gzip(plain, PLAIN_BYTES);
	whole = packed_size;
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		packed_size = cuts[i];
		expect_error("ends too early");
	}
	for (size_t i = 1; i <= 8; i++) { /* in the CRC and the length */
		packed_size = whole - i;
		expect_error("ends too early");
		packed_size = whole;
		packed[whole - i] ^= 1;
		expect_error("wrong checksum or length");
		packed[whole - i] ^= 1;
	}
	packed[whole / 2] ^= 0x55;
	expect_error("damaged gzip data");
	packed[whole / 2] ^= 0x55;
	add("garbage", 7);
	expect_error("garbage after the end");
	packed_size = whole;
	add("\0\0", 2);
	add_gzip(plain, 10);
	expect_error("garbage after the end");
	packed_size = whole;
	add("\x1f", 1);
	expect_error("ends too early");
	packed_size = whole;
	add("\x1f\x8c\x08\0\0\0\0\0\0\0\0\0", 12);
	expect_error("no gzip header");
}

static void test_zstd_frames(void **state)
{
	(void)state;
	add_zstd(plain, PLAIN_BYTES);
	expect_plain(1);
	add("\x5e\x2a\x4d\x18\4\0\0\0skip", 12); /* skippable */
	add_zstd(plain, 50000);
	add_zstd(plain + 50000, 50000);
	add("\x50\x2a\x4d\x18\0\0\0\0", 8);
	expect_plain(2);
	packed_size = 0;
	add("\x5e\x2a\x4d\x18\4\0\0\0skip", 12);
	add_zstd(plain, PLAIN_BYTES);
	expect_plain(1);
}

static void test_damaged_zstd(void **state)
{
	size_t whole;

	(void)state;
	add_zstd(plain, PLAIN_BYTES);
	whole = packed_size;
	for (size_t cut = 4; cut < whole; cut += whole / 7) {
		packed_size = cut;
		expect_error("ends too early");
	}
	packed_size = whole;
	add("garbage", 7);
	expect_error("damaged zstd data");
	packed_size = whole;
	add("\x28\xb5\x2f", 3);
	expect_error("ends too early");
	packed_size = whole;
	packed[whole / 2] ^= 0x55;
	packed[whole / 2 + 1] ^= 0x55;
	for (size_t i = 0; i < PIECES;
	     i++) /* without a checksum some damage passes: the digest's task */
		(void)unpack(pieces[i][0], pieces[i][1]);
	packed_size = 0;
	add("\x28\xb5\x2f\xfd\x00\xb8\x01\0\0", 9); /* a window of 2^33 bytes */
	expect_error("too much memory");
}

static void test_what_is_what(void **state)
{
	(void)state;
	assert_int_equal(inflate_detect((const uint8_t *)"\x1f\x8b", 2), LAYER_GZIP);
	assert_int_equal(inflate_detect((const uint8_t *)"\x28\xb5\x2f\xfd", 4), LAYER_ZSTD);
	assert_int_equal(inflate_detect((const uint8_t *)"\x53\x2a\x4d\x18", 4), LAYER_ZSTD);
	assert_int_equal(inflate_detect((const uint8_t *)"\x28\xb5\x2f", 3), LAYER_TAR);
	assert_int_equal(inflate_detect((const uint8_t *)"etc/", 4), LAYER_TAR);
	assert_int_equal(inflate_detect(NULL, 0), LAYER_TAR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_gzip, start),
		cmocka_unit_test_setup(test_gzip_members, start),
		cmocka_unit_test_setup(test_gzip_header_flags, start),
		cmocka_unit_test_setup(test_damaged_gzip, start),
		cmocka_unit_test_setup(test_zstd_frames, start),
		cmocka_unit_test_setup(test_damaged_zstd, start),
		cmocka_unit_test(test_what_is_what),
	};

	make_plain();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
