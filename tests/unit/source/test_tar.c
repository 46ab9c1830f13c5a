// SPDX-License-Identifier: Apache-2.0
/* tar_read() on archives made by hand: each of tar's ways, and each defect. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "builder/source/tar.h"
#include "tests/unit/source/recorder.h"
#include "tests/unit/source/tar_bytes.h"

static struct tar_bytes tar;
static struct recorder recorder;
static struct error error;

struct pieces {
	const uint8_t *bytes;
	size_t size, piece;
	uint8_t *held; /* a copy of the exact size, so that a read past it is seen */
};

static int next(void *context, const uint8_t **bytes, size_t *size, struct error *err)
{
	struct pieces *p = context;
	size_t n = p->size < p->piece ? p->size : p->piece;

	(void)err;
	free(p->held);
	p->held = NULL;
	if (n == 0)
		return 0;
	p->held = malloc(n);
	memcpy(p->held, p->bytes, n);
	*bytes = p->held;
	*size = n;
	p->bytes += n;
	p->size -= n;
	return 1;
}

static int read_in_pieces(size_t piece)
{
	struct pieces pieces = { .bytes = tar.bytes, .size = tar.size, .piece = piece };
	const struct tar_input input = { &pieces, next };
	bool no_data = recorder.no_data;

	recorder = (struct recorder){ .no_data = no_data };
	const struct layer_visitor visitor = recorder_visitor(&recorder);
	int result = tar_read(&input, &visitor, &error);
	free(pieces.held);
	return result;
}

/* In whole buffers, in blocks, and in pieces that cut blocks. */
static const size_t piece_sizes[] = { 1 << 20, 512, 1000 };

static void expect(const char *text)
{
	for (size_t i = 0; i < sizeof(piece_sizes) / sizeof(piece_sizes[0]); i++) {
		if (read_in_pieces(piece_sizes[i]) < 0)
			fail_msg("pieces of %zu: %s", piece_sizes[i], error.text);
		assert_string_equal(recorder.text, text);
	}
}

static void expect_error(const char *part)
{
	for (size_t i = 0; i < 2; i++) {
		if (read_in_pieces(piece_sizes[i]) == 0)
			fail_msg("was read, without \"%s\":\n%s", part, recorder.text);
		assert_int_equal(error.kind, ERROR_INPUT);
		if (!strstr(error.text, part))
			fail_msg("\"%s\" does not say \"%s\"", error.text, part);
	}
}

static int start(void **state)
{
	(void)state;
	tar.size = tar.header = 0;
	recorder = (struct recorder){ 0 };
	return 0;
}

#define HELLO "a430d84680aabd0b" /* FNV-1a of "hello" */

static void test_every_type(void **state)
{
	(void)state;
	tar_header(&tar, "dir/", '5', 0, "");
	tar_member(&tar, "dir/file", '0', "hello");
	tar_member(&tar, "old", '\0', "hello");
	tar_member(&tar, "contiguous", '7', "hello");
	tar_member(&tar, "old-dir/", '0', "");
	tar_header(&tar, "hard", '1', 0, "dir/file");
	tar_header(&tar, "soft", '2', 0, "dir/file");
	memcpy(tar_header(&tar, "char", '3', 0, "") + 329, "0000001\0000000003", 15);
	tar_seal(&tar);
	memcpy(tar_header(&tar, "block", '4', 0, "") + 329, "0000010\0000000020", 15);
	tar_seal(&tar);
	tar_header(&tar, "fifo", '6', 0, "");
	tar_end(&tar);
	expect("040644 0:0 0 0.000000000 dir/\n"
	       "100644 0:0 5 0.000000000 dir/file #" HELLO "\n"
	       "100644 0:0 5 0.000000000 old #" HELLO "\n"
	       "100644 0:0 5 0.000000000 contiguous #" HELLO "\n"
	       "040644 0:0 0 0.000000000 old-dir/\n"
	       "100644 0:0 0 0.000000000 hard => dir/file\n"
	       "120644 0:0 0 0.000000000 soft -> dir/file\n"
	       "020644 0:0 0 0.000000000 char dev 1:3\n"
	       "060644 0:0 0 0.000000000 block dev 8:16\n"
	       "010644 0:0 0 0.000000000 fifo\n");
}

static void test_names_are_bytes(void **state)
{
	(void)state;
	tar_member(&tar, "latin1-\xe4", '0', "");
	TAR_PAX(&tar, "path=nfd-a\xcc\x88");
	tar_member(&tar, "x", '0', "hello");
	TAR_PAX(&tar, "path=nfc-\xc3\xa4/");
	tar_member(&tar, "x", '0', "");
	TAR_PAX(&tar, "path=not-utf8-\xff");
	tar_member(&tar, "x", '0', "hello");
	TAR_PAX(&tar, "linkpath=a\xcc\x88\xff", "path=link-\xff");
	tar_header(&tar, "x", '2', 0, "y");
	TAR_PAX(&tar, "path=new\nline");
	tar_member(&tar, "x", '0', "");
	TAR_PAX(&tar, "hdrcharset=BINARY", "path=binary-\xff");
	tar_member(&tar, "x", '0', "");
	tar_member(&tar, "../up/../and//./down", '0', "");
	tar_member(&tar, "/absolute", '0', "");
	tar_end(&tar);
	expect("100644 0:0 0 0.000000000 latin1-\xe4\n"
	       "100644 0:0 5 0.000000000 nfd-a\xcc\x88 #" HELLO "\n"
	       "040644 0:0 0 0.000000000 nfc-\xc3\xa4/\n"
	       "100644 0:0 5 0.000000000 not-utf8-\xff #" HELLO "\n"
	       "120644 0:0 0 0.000000000 link-\xff -> a\xcc\x88\xff\n"
	       "100644 0:0 0 0.000000000 new\nline\n"
	       "100644 0:0 0 0.000000000 binary-\xff\n"
	       "100644 0:0 0 0.000000000 ../up/../and//./down\n"
	       "100644 0:0 0 0.000000000 /absolute\n");
}

static void test_long_names(void **state)
{
	static char name[301], want[1024];

	(void)state;
	memset(name, 'n', 300);
	tar_member(&tar, "././@LongLink", 'L', name);
	tar_member(&tar, "short", '0', "hello");
	tar_member(&tar, "././@LongLink", 'K', name);
	tar_header(&tar, "soft", '2', 0, "short");
	memcpy(tar_header(&tar, "file", '0', 0, "") + 345, "prefix/dir", 10);
	tar_seal(&tar);
	tar_end(&tar);
	(void)snprintf(want, sizeof(want),
		       "100644 0:0 5 0.000000000 %s #" HELLO "\n"
		       "120644 0:0 0 0.000000000 soft -> %s\n"
		       "100644 0:0 0 0.000000000 prefix/dir/file\n",
		       name, name);
	expect(want);
}

static void test_pax_values(void **state)
{
	(void)state;
	TAR_PAX(&tar, "mtime=1700000000.123456789", "uid=4000000000", "gid=70000", "uname=nobody",
		"comment=ignored", "VENDOR.thing=ignored", "atime=1.5", "SCHILY.fflags=nodump",
		"SCHILY.acl.access=nonsense", "LIBARCHIVE.creationtime=17");
	tar_member(&tar, "a", '0', "");
	TAR_PAX(&tar, "mtime=-1.25");
	tar_member(&tar, "b", '0', "");
	TAR_PAX(&tar, "mtime=-86400");
	tar_member(&tar, "c", '0', "");
	TAR_PAX(&tar, "size=5");
	tar_header(&tar, "d", '0', 0, "");
	tar_raw(&tar, "hello", 5);
	tar_end(&tar);
	expect("100644 4000000000:70000 0 1700000000.123456789 a\n"
	       "100644 0:0 0 -2.750000000 b\n"
	       "100644 0:0 0 -86400.000000000 c\n"
	       "100644 0:0 5 0.000000000 d #" HELLO "\n");
}

static void test_xattrs(void **state)
{
	static const char capability[] = "\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0";
	static char body[256];
	size_t size;

	(void)state;
	size = pax_record(body, sizeof(body), "SCHILY.xattr.security.capability", capability, 20);
	size += pax_record(body + size, sizeof(body) - size, "SCHILY.xattr.user.a=b", "", 0);
	size += pax_record(body + size, sizeof(body) - size, "LIBARCHIVE.xattr.user.two",
			   "Mg==", 4);
	size += pax_record(body + size, sizeof(body) - size, "SCHILY.xattr.user.two", "2", 1);
	tar_header(&tar, "pax", 'x', size, "");
	tar_raw(&tar, body, size);
	tar_member(&tar, "ping", '0', "");
	tar_end(&tar);
	/* "=" ends a keyword, so the second is the attribute user.a with the value "b=" */
	expect("100644 0:0 0 0.000000000 ping security.capability="
	       "0100000200040000000000000000000000000000 user.a=623d user.two=32\n");
}

static void test_pax_link_path_of_a_file_makes_no_link(void **state)
{
	(void)state;
	TAR_PAX(&tar, "linkpath=elsewhere");
	tar_member(&tar, "a", '0', "hello");
	tar_end(&tar);
	expect("100644 0:0 5 0.000000000 a #" HELLO "\n");
}

static void test_global_headers_change_nothing(void **state)
{
	(void)state;
	tar_pax(&tar, 'g', (const char *const[]){ "comment=0123456789abcdef", "uid=7", NULL });
	tar_member(&tar, "a", '0', "hello");
	tar_end(&tar);
	expect("100644 0:0 5 0.000000000 a #" HELLO "\n");
}

static void test_hard_links_with_content_give_none(void **state)
{
	(void)state;
	TAR_PAX(&tar, "size=5");
	tar_header(&tar, "hard", '1', 0, "file");
	tar_raw(&tar, "hello", 5);
	tar_member(&tar, "next", '0', "hello");
	tar_end(&tar);
	expect("100644 0:0 0 0.000000000 hard => file\n"
	       "100644 0:0 5 0.000000000 next #" HELLO "\n");
}

/* "hello" at 1,000 and "hello" at 2,000 of 3,000 bytes, in each of GNU tar's ways. */
#define SPARSE " 0.000000000 sparse #%016llx\n100644 0:0 5 0.000000000 next #" HELLO "\n"

static const char *sparse_text(void)
{
	static char want[256];
	static uint8_t content[3000];
	struct recorder r = { .hash = 0xcbf29ce484222325u };

	memcpy(content + 1000, "hello", 5);
	memcpy(content + 2000, "hello", 5);
	recorder_hash(&r, content, sizeof(content));
	(void)snprintf(want, sizeof(want), "100644 0:0 3000" SPARSE, (unsigned long long)r.hash);
	return want;
}

static void sparse_tail(void)
{
	tar_raw(&tar, "hellohello", 10);
	tar_member(&tar, "next", '0', "hello");
	tar_end(&tar);
}

static void test_sparse_0_0(void **state)
{
	(void)state;
	TAR_PAX(&tar, "GNU.sparse.size=3000", "GNU.sparse.numblocks=2", "GNU.sparse.offset=1000",
		"GNU.sparse.numbytes=5", "GNU.sparse.offset=2000", "GNU.sparse.numbytes=5");
	tar_header(&tar, "sparse", '0', 10, "");
	sparse_tail();
	expect(sparse_text());
	assert_int_equal(recorder.data_bytes, 15);
}

static void test_sparse_0_1(void **state)
{
	(void)state;
	TAR_PAX(&tar, "GNU.sparse.size=3000", "GNU.sparse.numblocks=2", "GNU.sparse.name=sparse",
		"GNU.sparse.map=1000,5,2000,5");
	tar_header(&tar, "GNUSparseFile.1/sparse", '0', 10, "");
	sparse_tail();
	expect(sparse_text());
}

static void test_sparse_1_0(void **state)
{
	(void)state;
	TAR_PAX(&tar, "GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.name=sparse",
		"GNU.sparse.realsize=3000");
	tar_header(&tar, "GNUSparseFile.1/sparse", '0', 522, "");
	tar_raw(&tar, "2\n1000\n5\n2000\n5\n", 16);
	tar_pad(&tar);
	sparse_tail();
	expect(sparse_text());
}

static void test_sparse_old_gnu(void **state)
{
	(void)state;
	uint8_t *h = tar_header(&tar, "sparse", 'S', 10, "");
	memcpy(h + 257, "ustar  ", 8);
	memcpy(h + 386, "00000001750\00000000000005", 23);
	memcpy(h + 410, "00000003720\00000000000005", 23);
	memcpy(h + 483, "00000005670", 11);
	tar_seal(&tar);
	sparse_tail();
	expect(sparse_text());
}

static void test_sparse_lies(void **state)
{
	(void)state;
	TAR_PAX(&tar, "GNU.sparse.size=30", "GNU.sparse.map=1000,5,2000,5");
	tar_header(&tar, "sparse", '0', 10, "");
	sparse_tail();
	expect_error("not inside its size");
	start(NULL);
	TAR_PAX(&tar, "GNU.sparse.size=3000", "GNU.sparse.map=2000,5,1000,5");
	tar_header(&tar, "sparse", '0', 10, "");
	sparse_tail();
	expect_error("out of order");
	start(NULL);
	TAR_PAX(&tar, "GNU.sparse.size=3000", "GNU.sparse.map=1000,5,2000,500");
	tar_header(&tar, "sparse", '0', 10, "");
	sparse_tail();
	expect_error("505 bytes of content are promised, 10 are there");
	start(NULL);
	TAR_PAX(&tar, "GNU.sparse.size=3000", "GNU.sparse.map=0,3000");
	tar_header(&tar, "sparse", '0', 10, "");
	sparse_tail();
	expect_error("3000 bytes of content are promised, 10 are there");
	start(NULL);
	TAR_PAX(&tar, "GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.realsize=3000");
	tar_header(&tar, "sparse", '0', 10, "");
	tar_raw(&tar, "9999999999", 10);
	tar_end(&tar);
	expect_error("damaged tar archive");
	start(NULL);
	TAR_PAX(&tar, "GNU.sparse.size=3000", "GNU.sparse.map=-1,9223372036854775807");
	tar_header(&tar, "sparse", '0', 10, "");
	sparse_tail();
	expect_error("damaged tar archive");
}

static void test_unwanted_content_is_passed_over(void **state)
{
	(void)state;
	recorder.no_data = true;
	TAR_PAX(&tar, "GNU.sparse.size=3000", "GNU.sparse.map=1000,5,2000,5");
	tar_header(&tar, "sparse", '0', 10, "");
	sparse_tail();
	expect("100644 0:0 3000 0.000000000 sparse\n100644 0:0 5 0.000000000 next\n");
}

static void test_ends(void **state)
{
	(void)state;
	expect(""); /* no byte at all */
	tar_end(&tar);
	expect(""); /* the end alone */
	start(NULL);
	tar_member(&tar, "a", '0', "hello");
	expect("100644 0:0 5 0.000000000 a #" HELLO "\n"); /* no end */
	tar_zeros(&tar, 512);
	expect("100644 0:0 5 0.000000000 a #" HELLO "\n"); /* half an end */
	tar_member(&tar, "b", '0', "hello");
	expect_error("one block of zeros, and data after it");
	start(NULL);
	tar_member(&tar, "a", '0', "hello");
	tar_end(&tar);
	tar_member(&tar, "behind the end", '0', "hello");
	expect("100644 0:0 5 0.000000000 a #" HELLO "\n");
}

static void test_cut_archives(void **state)
{
	static const size_t cuts[] = { 1, 300, 511, 513, 700, 1023, 1025, 1500, 1537, 1540 };

	(void)state;
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		start(NULL);
		TAR_PAX(&tar, "path=abc");
		tar_member(&tar, "a", '0', "hello");
		tar.size = cuts[i];
		expect_error("damaged tar archive");
	}
}

static void test_damaged_headers(void **state)
{
	static const struct {
		size_t at;
		const char *bytes;
		size_t size;
		const char *why;
	} rows[] = {
		{ 156, "Z", 1, "unknown type of member 'Z'" },
		{ 156, "M", 1, "unknown type of member 'M'" },
		{ 156, "N", 1, "unknown type of member 'N'" },
		{ 156, "\x80", 1, "unknown type of member 0x80" },
		{ 108, "\xff\xff\xff\xff\xff\xff\xff\xfe", 8, "uid -2 is not in 0..4294967294" },
		{ 108, "\x80\0\0\1\0\0\0\0", 8, "uid 4294967296 is not in" },
		{ 116, "\x80\0\0\0\xff\xff\xff\xff", 8, "gid 4294967295 is not in" },
		{ 124, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12, "negative size" },
		{ 124, "\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12, "size overflow" },
		{ 124, "\x80\xff\0\0\0\0\0\0\0\0\0\1", 12, "size overflow" },
		{ 124, "\x80\0\0\0\x3f\xff\xff\xff\xff\xff\xff\xff", 12, "runcated" },
		{ 0, "\0", 1, "name of a member is empty" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start(NULL);
		memcpy(tar_header(&tar, "a", '0', 0, "") + rows[i].at, rows[i].bytes, rows[i].size);
		tar_seal(&tar);
		tar_end(&tar);
		expect_error(rows[i].why);
	}
	start(NULL);
	tar_header(&tar, "a", '0', 0, "")[0] = 'b';
	tar_end(&tar);
	expect_error("Damaged tar archive");
	start(NULL);
	tar_header(&tar, "a", '2', 0, "");
	tar_end(&tar);
	expect_error("a: target of a symbolic link is empty");
	start(NULL);
	tar_header(&tar, "a", '1', 0, "");
	tar_end(&tar);
	expect_error("a: target of a hard link is empty");
	start(NULL);
	memcpy(tar_header(&tar, "a", '3', 0, "") + 329, "0010000\0000000003", 15);
	tar_seal(&tar);
	tar_end(&tar);
	expect_error("a: device number 4096:3 is past");
}

static void test_pax_lies(void **state)
{
	static const char *const bodies[] = {
		"x path=a\n", "999 path=a\n", "5 path=a\n", "9999999 path=a\n",
		"0 path=a\n", "9 path=ab",    "8 patha\n",  "5 =a\n\n",
	};
	static const char *const records[][2] = {
		{ "size=-5", "negative" },
		{ "size=99999999999999999999999", "overflow" },
		{ "uid=-1", "uid -1 is not in" },
		{ "uid=99999999999", "uid 99999999999 is not in" },
		{ "GNU.sparse.realsize=-4", "out of range" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		start(NULL);
		tar_member(&tar, "pax", 'x', bodies[i]);
		tar_member(&tar, "a", '0', "hello");
		tar_end(&tar);
		expect_error("damaged tar archive");
	}
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		start(NULL);
		TAR_PAX(&tar, records[i][0]);
		tar_member(&tar, "a", '0', "hello");
		tar_end(&tar);
		expect_error(records[i][1]);
	}
}

static void long_name(size_t size, char *record)
{
	memcpy(record, "path=", 5);
	memset(record + 5, 'n', size);
	record[5 + size] = '\0';
}

static void test_name_lengths(void **state)
{
	static char record[65536 + 6];

	(void)state;
	long_name(65536, record);
	TAR_PAX(&tar, record);
	tar_member(&tar, "a", '0', "");
	tar_end(&tar);
	expect_error("name of a member of 65536 bytes, at most 4096");
	start(NULL);
	long_name(4096, record);
	TAR_PAX(&tar, record);
	tar_member(&tar, "a", '0', "");
	tar_end(&tar);
	assert_int_equal(read_in_pieces(512), 0);
}

static void test_special_headers_without_end(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++)
		TAR_PAX(&tar, "path=b");
	tar_member(&tar, "a", '0', "");
	tar_end(&tar);
	expect_error("damaged tar archive");
	start(NULL);
	tar_header(&tar, "pax", 'x', 2 << 20, "");
	tar_end(&tar);
	expect_error("Special header too large");
}

/* A stream that goes on for ever, made of one piece again and again. */
struct endless {
	const uint8_t *bytes;
	size_t size;
	uint64_t given;
};

static int next_endless(void *context, const uint8_t **bytes, size_t *size, struct error *err)
{
	struct endless *e = context;

	(void)err;
	if (e->given == 0) {
		*bytes = tar.bytes;
		*size = tar.size;
	} else {
		*bytes = e->bytes;
		*size = e->size;
	}
	e->given += *size;
	return 1;
}

static void test_what_has_no_end_is_given_up(void **state)
{
	static uint8_t zeros[1 << 20], numbers[1 << 20];
	struct endless endless = { .bytes = numbers, .size = sizeof(numbers) };
	const struct tar_input input = { &endless, next_endless };
	const struct layer_visitor visitor = recorder_visitor(&recorder);

	(void)state;
	for (size_t i = 0; i < sizeof(numbers); i++)
		numbers[i] = i % 2 ? '\n' : '0';
	TAR_PAX(&tar, "GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.realsize=3000",
		"size=1000000000000");
	tar_header(&tar, "sparse", '0', 0, "");
	tar_raw(&tar, "1000000000\n0\n", 13);
	assert_int_equal(tar_read(&input, &visitor, &error), -1);
	assert_string_equal(error.text, "the header of a member is larger than 4 MiB");
	assert_true(endless.given < 8 << 20);

	start(NULL);
	tar_end(&tar);
	endless = (struct endless){ .bytes = zeros, .size = sizeof(zeros) };
	assert_int_equal(tar_read(&input, &visitor, &error), -1);
	assert_string_equal(error.text, "more than 64 MiB after the end of the archive");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_every_type, start),
		cmocka_unit_test_setup(test_names_are_bytes, start),
		cmocka_unit_test_setup(test_long_names, start),
		cmocka_unit_test_setup(test_pax_values, start),
		cmocka_unit_test_setup(test_xattrs, start),
		cmocka_unit_test_setup(test_pax_link_path_of_a_file_makes_no_link, start),
		cmocka_unit_test_setup(test_global_headers_change_nothing, start),
		cmocka_unit_test_setup(test_hard_links_with_content_give_none, start),
		cmocka_unit_test_setup(test_sparse_0_0, start),
		cmocka_unit_test_setup(test_sparse_0_1, start),
		cmocka_unit_test_setup(test_sparse_1_0, start),
		cmocka_unit_test_setup(test_sparse_old_gnu, start),
		cmocka_unit_test_setup(test_sparse_lies, start),
		cmocka_unit_test_setup(test_unwanted_content_is_passed_over, start),
		cmocka_unit_test_setup(test_ends, start),
		cmocka_unit_test_setup(test_cut_archives, start),
		cmocka_unit_test_setup(test_damaged_headers, start),
		cmocka_unit_test_setup(test_pax_lies, start),
		cmocka_unit_test_setup(test_name_lengths, start),
		cmocka_unit_test_setup(test_special_headers_without_end, start),
		cmocka_unit_test_setup(test_what_has_no_end_is_given_up, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
