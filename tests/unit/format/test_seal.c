// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/format/specimen.h"

static void encode_and_back(void **state)
{
	static const struct {
		const char *name;
		size_t descriptor_bytes, signature_bytes, partition_bytes;
	} rows[] = {
		{ "smallest", 1, 0, 4096 },
		{ "fills a block", 4032, 0, 4096 },
		{ "one byte more", 4033, 0, 8192 },
		{ "with a signature", 900, 700, 4096 },
		{ "signature fills a block", 4000, 32, 4096 },
		{ "largest", SEAL_DESCRIPTOR_MAX_BYTES, SEAL_SIGNATURE_MAX_BYTES, SEAL_MAX_BYTES },
	};
	static uint8_t descriptor[SEAL_DESCRIPTOR_MAX_BYTES];
	static uint8_t signature[SEAL_SIGNATURE_MAX_BYTES];

	(void)state;
	count_up(descriptor, sizeof(descriptor), 1);
	count_up(signature, sizeof(signature), 2);
	for (size_t i = 0; i < LENGTH_OF(rows); i++) {
		struct seal seal = { descriptor, rows[i].descriptor_bytes, signature,
				     rows[i].signature_bytes };
		cleanup_free uint8_t *partition = NULL;
		size_t size = 0;
		struct seal again;
		struct error err;
		assert_done(seal_encode(&seal, &partition, &size, &err), &err);
		assert_int_equal(size, rows[i].partition_bytes);
		assert_done(seal_parse(partition, size, &again, &err), &err);
		assert_int_equal(again.descriptor_bytes, seal.descriptor_bytes);
		assert_memory_equal(again.descriptor, descriptor, seal.descriptor_bytes);
		assert_int_equal(again.signature_bytes, seal.signature_bytes);
		if (seal.signature_bytes)
			assert_memory_equal(again.signature, signature, seal.signature_bytes);
		else
			assert_null(again.signature);
	}
}

static void golden_bytes(void **state)
{
	size_t descriptor_bytes;
	size_t signature_bytes;
	cleanup_free uint8_t *descriptor = golden(GOLDEN("descriptor.json"), &descriptor_bytes);
	cleanup_free uint8_t *signature = golden(GOLDEN("signature-p256.der"), &signature_bytes);
	struct seal seal = { descriptor, descriptor_bytes, signature, signature_bytes };
	cleanup_free uint8_t *partition = NULL;
	size_t size = 0;
	struct error err;

	(void)state;
	assert_done(seal_encode(&seal, &partition, &size, &err), &err);
	assert_golden(GOLDEN("seal"), partition, size);
}

static void each_broken_field_is_refused(void **state)
{
	static const struct {
		const char *name;
		size_t at;
		const char *bytes;
		size_t size;
		size_t partition_bytes;
		const char *why;
	} rows[] = {
		{ "nothing", 0, "", 0, 0, "of 0 bytes, at least 4096" },
		{ "short", 0, "", 0, 63, "of 63 bytes, at least 4096" },
		{ "magic", 7, "!", 1, 4096, "does not begin with \"podseal\"" },
		{ "version", 8, "\2", 1, 4096, "version 2, not 1" },
		{ "no descriptor", 12, "\0\0", 2, 4096, "descriptor of 0 bytes" },
		{ "large descriptor", 12, "\1\0\1", 3, 4096, "descriptor of 65537 bytes" },
		{ "huge descriptor", 12, "\xff\xff\xff\xff", 4, 4096, "of 4294967295 bytes" },
		{ "large signature", 16, "\1\0\1", 3, 4096, "signature of 65537 bytes" },
		{ "reserved", 63, "\1", 1, 4096, "reserved bytes" },
		{ "longer than said", 0, "", 0, 8192, "of 8192 bytes, its content needs 4096" },
		{ "content past the end", 12, "\0\x10", 2, 4096, "its content needs 8192" },
		{ "after the content", 4095, "\1", 1, 4096, "not zero after its content" },
	};
	uint8_t good[8192] = "podseal\0\1\0\0\0\x40\0\0\0\x20";

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(rows); i++) {
		uint8_t bad[sizeof(good)];
		struct seal seal = { .descriptor_bytes = 99 };
		struct error err;
		memcpy(bad, good, sizeof(bad));
		memcpy(bad + rows[i].at, rows[i].bytes, rows[i].size);
		assert_refused(rows[i].name, seal_parse(bad, rows[i].partition_bytes, &seal, &err),
			       &err, ERROR_INPUT, rows[i].why);
		assert_int_equal(seal.descriptor_bytes, 99);
	}
}

static void encode_refuses_what_does_not_fit(void **state)
{
	static uint8_t bytes[SEAL_DESCRIPTOR_MAX_BYTES + 1];
	struct seal none = { bytes, 0, NULL, 0 };
	struct seal large = { bytes, sizeof(bytes), NULL, 0 };
	struct seal large_signature = { bytes, 1, bytes, sizeof(bytes) };
	uint8_t *partition = NULL;
	size_t size = 0;
	struct error err;

	(void)state;
	assert_refused("none", seal_encode(&none, &partition, &size, &err), &err, ERROR_INPUT,
		       "descriptor of 0 bytes");
	assert_refused("large", seal_encode(&large, &partition, &size, &err), &err, ERROR_INPUT,
		       "descriptor of 65537 bytes");
	assert_refused("signature", seal_encode(&large_signature, &partition, &size, &err), &err,
		       ERROR_INPUT, "signature of 65537 bytes");
	assert_null(partition);
}

/* FIPS 180-2, appendix B.1 */
#define ABC_DIGEST "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void digest_and_its_text(void **state)
{
	uint8_t digest[SEAL_DIGEST_BYTES];
	uint8_t again[SEAL_DIGEST_BYTES];
	char text[SEAL_DIGEST_TEXT_BYTES];
	struct error err;

	(void)state;
	seal_digest((const uint8_t *)"abc", 3, digest);
	seal_digest_to_text(digest, text);
	assert_string_equal(text, ABC_DIGEST);
	assert_done(seal_digest_from_text(text, again, &err), &err);
	assert_memory_equal(digest, again, sizeof(digest));
}

static void other_texts_are_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"sha256:",
		ABC_DIGEST "00",
		"sha512:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a ",
	};
	uint8_t digest[SEAL_DIGEST_BYTES] = { 7 };
	struct error err;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(texts); i++)
		assert_refused(texts[i], seal_digest_from_text(texts[i], digest, &err), &err,
			       ERROR_INPUT, "");
	assert_int_equal(digest[0], 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encode_and_back),
		cmocka_unit_test(golden_bytes),
		cmocka_unit_test(each_broken_field_is_refused),
		cmocka_unit_test(encode_refuses_what_does_not_fit),
		cmocka_unit_test(digest_and_its_text),
		cmocka_unit_test(other_texts_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
