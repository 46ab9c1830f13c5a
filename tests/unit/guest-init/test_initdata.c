// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/guest-init/fake_sys.h"

#include <zlib.h>

#include "common/io.h"
#include "guest-init/initdata.h"

#define DIGEST    "sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define KATA_DISK "../shared/vectors/kbs/initdata-block.img"
#define HEAD      "version = \"0.1.0\"\nalgorithm = \"sha256\"\n\n"

static void the_seal_is_found(void **state)
{
	static const char *const texts[] = {
		HEAD "[data]\n\"podseal.seal\" = \"" DIGEST "\"\n",
		HEAD "[data]\r\n'podseal.seal'='" DIGEST "' # the image\r\n",
		HEAD "[other]\n\"podseal.seal\" = \"x\"\n[ \"data\" ] # ours\n"
		     "\"policy.rego\" = '''\n[data]\n\"podseal.seal\" = \"y\"\n'''\n"
		     "\"aa.toml\" = \"\"\"\n[token]\nurl = 'a' \\\"\"\" \n\"\"\"\n"
		     "\t\"podseal.seal\" = '''" DIGEST "'''",
	};
	uint8_t digest[SEAL_DIGEST_BYTES];
	struct error err;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(texts); i++) {
		memset(digest, 0, sizeof(digest));
		assert_done(initdata_seal_digest(texts[i], digest, &err), &err);
		assert_int_equal(digest[15], 0xff);
	}
}

static void other_texts_are_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "", "no \"podseal.seal\" in its [data]" },
		{ "\"podseal.seal\" = \"" DIGEST "\"\n", "no \"podseal.seal\" in its [data]" },
		{ "[data]\npodseal.seal = \"" DIGEST "\"\n", "line 2: no \"=\" after a key" },
		{ "[data.x]\n", "line 1: a table without" },
		{ "[[data]]\n", "line 1: no key" },
		{ "[data]\n[data]\n", "line 2: a second [data]" },
		{ "[data]\n\"podseal.seal\"=\"" DIGEST "\"\n\"podseal.seal\"=\"" DIGEST "\"",
		  "line 3: a second \"podseal.seal\"" },
		{ "[data]\n\"podseal.se\\u0061l\" = \"" DIGEST "\"\n", "an escape in a key" },
		{ "[data]\n\"podseal.seal\" = 7\n", "line 2: a value that is not a string" },
		{ "[data]\n\"podseal.seal\" = \"sha256:00\"\n", "9 characters, not 71" },
		{ "[data]\n\"podseal.seal\" = \"" DIGEST "\" \"x\"\n", "more than one thing" },
		{ "[data]\nx = '''\n\n", "line 2: a string without an end" },
		{ "[data]\nx = \"\n\"\n", "line 2: a string without an end" },
	};
	uint8_t digest[SEAL_DIGEST_BYTES] = { 7 };
	struct error err;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(rows); i++)
		assert_refused(rows[i].text, initdata_seal_digest(rows[i].text, digest, &err), &err,
			       ERROR_INPUT, rows[i].why);
	assert_int_equal(digest[0], 7);
}

/* As gzip does it. The caller frees the bytes. */
static uint8_t *compress_text(const char *text, size_t size, size_t *gzip_bytes)
{
	size_t capacity = size + 1024;
	uint8_t *gzip = malloc(capacity);
	z_stream stream = { .next_in = (z_const Bytef *)text,
			    .avail_in = (uInt)size,
			    .next_out = gzip,
			    .avail_out = (uInt)capacity };

	assert_non_null(gzip);
	assert_int_equal(
		deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	*gzip_bytes = stream.total_out;
	(void)deflateEnd(&stream);
	return gzip;
}

static void a_disk_is_read(void **state)
{
	struct fake fake;
	struct error err;
	size_t gzip_bytes, size;
	cleanup_free uint8_t *gzip = compress_text(HEAD, strlen(HEAD), &gzip_bytes);
	cleanup_free char *toml = NULL;
	uint8_t disk[4096] = "initdata";
	char dev[80];

	(void)state;
	fake_make(&fake);
	(void)snprintf(dev, sizeof(dev), "%s/dev", fake.root);
	fake_text(&fake, "class/block/vda/dev", "254:0\n");
	fake_text(&fake, "class/block/vda/size", "8\n");
	fake_text(&fake, "class/block/vda/device/vendor", "0x1af4\n");
	fake_text(&fake, "dev/vda", "initdat");
	assert_refused("none", initdata_read(fake.fd, dev, &toml, &size, &err), &err, ERROR_INPUT,
		       "no disk holds initdata");
	disk[8] = (uint8_t)gzip_bytes;
	memcpy(disk + INITDATA_HEADER_BYTES, gzip, gzip_bytes);
	fake_write(&fake, "dev/vda", disk, sizeof(disk));
	assert_done(initdata_read(fake.fd, dev, &toml, &size, &err), &err);
	assert_int_equal(size, strlen(HEAD));
	assert_string_equal(toml, HEAD);
	disk[8] = 0;
	fake_write(&fake, "dev/vda", disk, sizeof(disk));
	assert_refused("empty", initdata_read(fake.fd, dev, &toml, &size, &err), &err, ERROR_INPUT,
		       "/dev/vda: initdata of 0 bytes");
	fake_remove(&fake);
}

static void damaged_or_endless_gzip_is_refused(void **state)
{
	static char zeros[INITDATA_TOML_MAX_BYTES + 1];
	struct error err;
	size_t gzip_bytes, size;
	char *toml = NULL;
	uint8_t *gzip = compress_text("abc", 3, &gzip_bytes);

	(void)state;
	assert_refused("cut", initdata_unpack(gzip, gzip_bytes - 1, &toml, &size, &err), &err,
		       ERROR_INPUT, "not one gzip member");
	gzip[gzip_bytes - 6] ^= 1;
	assert_refused("checksum", initdata_unpack(gzip, gzip_bytes, &toml, &size, &err), &err,
		       ERROR_INPUT, "not one gzip member");
	free(gzip);
	gzip = compress_text("abc", 3, &gzip_bytes);
	gzip[gzip_bytes] = 0;
	assert_refused("tail", initdata_unpack(gzip, gzip_bytes + 1, &toml, &size, &err), &err,
		       ERROR_INPUT, "not one gzip member");
	free(gzip);
	gzip = compress_text("a\0c", 3, &gzip_bytes);
	assert_refused("zero", initdata_unpack(gzip, gzip_bytes, &toml, &size, &err), &err,
		       ERROR_INPUT, "a zero byte");
	free(gzip);
	gzip = compress_text(zeros, sizeof(zeros), &gzip_bytes);
	assert_refused("bomb", initdata_unpack(gzip, gzip_bytes, &toml, &size, &err), &err,
		       ERROR_INPUT, "more than 1048576 bytes");
	free(gzip);
	assert_null(toml);
}

/* What a test of Kata's own code wrote. */
static void a_disk_of_kata_is_read(void **state)
{
	cleanup_free uint8_t *disk = NULL;
	cleanup_free char *toml = NULL;
	size_t disk_bytes, gzip_bytes, size;
	struct error err;

	(void)state;
	if (access(KATA_DISK, R_OK) < 0) {
		print_message("# SKIP " KATA_DISK " is absent\n");
		skip();
	}
	assert_done(file_read(KATA_DISK, 1 << 20, &disk, &disk_bytes, &err), &err);
	assert_done(initdata_header_parse(disk, &gzip_bytes, &err), &err);
	assert_true(gzip_bytes <= disk_bytes - INITDATA_HEADER_BYTES);
	assert_done(initdata_unpack(disk + INITDATA_HEADER_BYTES, gzip_bytes, &toml, &size, &err),
		    &err);
	assert_string_equal(toml, "some content");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_seal_is_found),
		cmocka_unit_test(other_texts_are_refused),
		cmocka_unit_test(a_disk_is_read),
		cmocka_unit_test(a_disk_of_kata_is_read),
		cmocka_unit_test(damaged_or_endless_gzip_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
