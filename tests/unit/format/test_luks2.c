// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/format/specimen.h"

#include <stdio.h>

#include "format/luks2_disk.h"

static void specimen_header(uint8_t header[LUKS2_HEADER_BYTES])
{
	uint8_t key[LUKS2_KEY_BYTES];
	struct derive_luks2 derived;
	struct error err;

	specimen_key(key);
	assert_done(derive_luks2(key, sizeof(key), "pod", &derived, &err), &err);
	assert_done(luks2_encode(key, &derived, "pod", header, &err), &err);
}

static void golden_bytes(void **state)
{
	uint8_t header[LUKS2_HEADER_BYTES];

	(void)state;
	specimen_header(header);
	assert_golden(GOLDEN("luks2"), header, sizeof(header));
}

static void read_back_equal(void **state)
{
	uint8_t header[LUKS2_HEADER_BYTES];
	uint8_t key[LUKS2_KEY_BYTES];
	struct derive_luks2 derived;
	struct luks2 luks2;
	struct error err;

	(void)state;
	specimen_header(header);
	specimen_key(key);
	assert_done(derive_luks2(key, sizeof(key), "pod", &derived, &err), &err);
	assert_done(luks2_parse(header, sizeof(header), &luks2, &err), &err);
	assert_true(uuid_equal(&luks2.uuid, &derived.uuid));
	assert_string_equal(luks2.label, "pod");
	assert_memory_equal(luks2.digest_salt, derived.digest_salt, sizeof(luks2.digest_salt));
	assert_memory_equal(luks2.primary_salt, derived.primary_salt, sizeof(luks2.primary_salt));
	assert_memory_equal(luks2.secondary_salt, derived.secondary_salt,
			    sizeof(luks2.secondary_salt));
}

static void a_wrong_key_is_a_mismatch(void **state)
{
	uint8_t header[LUKS2_HEADER_BYTES];
	uint8_t key[LUKS2_KEY_BYTES];
	struct luks2 luks2;
	struct error err;

	(void)state;
	specimen_header(header);
	specimen_key(key);
	assert_done(luks2_parse(header, sizeof(header), &luks2, &err), &err);
	assert_done(luks2_verify_key(&luks2, key, &err), &err);
	key[63] ^= 1;
	assert_refused("wrong key", luks2_verify_key(&luks2, key, &err), &err, ERROR_MISMATCH,
		       "wrong key");
}

static void a_label_that_does_not_fit_is_refused(void **state)
{
	uint8_t header[LUKS2_HEADER_BYTES] = { 7 };
	uint8_t key[LUKS2_KEY_BYTES];
	struct derive_luks2 derived = { 0 };
	struct error err;

	(void)state;
	specimen_key(key);
	assert_refused("long",
		       luks2_encode(key, &derived,
				    "a-label-of-forty-eight-characters-does-not-fit-x", header,
				    &err),
		       &err, ERROR_INPUT, "label of 48 characters, at most 47");
	assert_refused("space", luks2_encode(key, &derived, "a label", header, &err), &err,
		       ERROR_INPUT, "label is not [a-z0-9-]*");
	assert_int_equal(header[0], 7);
}

/* So that the field under test is what is refused. */
static void renew_checksum(uint8_t *copy)
{
	luks2_checksum(copy, copy + offsetof(struct luks2_disk_header, checksum));
}

enum { SECONDARY = LUKS2_COPY_BYTES };

static void each_broken_field_is_refused(void **state)
{
	static const struct {
		const char *name;
		size_t at;
		const char *bytes;
		size_t size;
		bool renew;
		const char *why;
	} rows[] = {
		{ "magic", 0, "SKUL", 4, true, "LUKS2 header: no LUKS2 magic" },
		{ "version", 7, "\1", 1, true, "LUKS version 1, not 2" },
		{ "header size", 14, "\x80", 1, true, "header of 32768 bytes, not 16384" },
		{ "huge header", 8, "\xff\xff\xff\xff", 4, true, "header of 18446744069414600704" },
		{ "sequence ID", 23, "\2", 1, true, "sequence ID 2, not 1" },
		{ "label", 24, "P", 1, true, "label is not [a-z0-9-]*" },
		{ "label after its end", 24 + 40, "x", 1, true, "label is not [a-z0-9-]*" },
		{ "checksum algorithm", 72, "sha512", 6, true, "checksum algorithm is not sha256" },
		{ "UUID", 168, "x", 1, true, "is not a UUID" },
		{ "UUID after its end", 168 + 39, "x", 1, true, "UUID goes on" },
		{ "subsystem", 208, "x", 1, true, "has a subsystem" },
		{ "offset", 262, "\x40", 1, true, "says it is at byte 16384, not 0" },
		{ "padding", 264, "\1", 1, true, "reserved bytes" },
		{ "padding at the end", 4095, "\1", 1, true, "reserved bytes" },
		{ "checksum", 448, "\0\0", 2, false, "wrong checksum" },
		{ "checksum's rest", 511, "\1", 1, false, "wrong checksum" },
		{ "salt", 104, "x", 1, false, "LUKS2 header: wrong checksum" },
		{ "JSON", 4100, "x", 1, false, "LUKS2 header: wrong checksum" },
		{ "JSON is not", 4096, "[", 1, true, "not valid JSON" },
		{ "JSON after its end", 16383, "}", 1, true, "JSON area goes on" },
		{ "no JSON", 4096, "\0", 1, true, "JSON area goes on" },
		{ "secondary magic", SECONDARY, "LUKS", 4, true,
		  "secondary LUKS2 header: no LUKS2" },
		{ "secondary offset", SECONDARY + 262, "\0", 1, true, "at byte 0, not 16384" },
		{ "secondary checksum", SECONDARY + 448, "\0\0", 2, false, "wrong checksum" },
		{ "secondary label", SECONDARY + 24, "x", 1, true, "not the same as the primary" },
		{ "secondary UUID", SECONDARY + 168, "0", 1, true, "not the same as the primary" },
		{ "secondary JSON", SECONDARY + 4098, "C", 1, true, "not the same as the primary" },
	};
	uint8_t good[LUKS2_HEADER_BYTES];

	(void)state;
	specimen_header(good);
	for (size_t i = 0; i < LENGTH_OF(rows); i++) {
		uint8_t bad[LUKS2_HEADER_BYTES];
		struct luks2 luks2 = { .label = "untouched" };
		struct error err;
		memcpy(bad, good, sizeof(bad));
		memcpy(bad + rows[i].at, rows[i].bytes, rows[i].size);
		if (rows[i].renew)
			renew_checksum(rows[i].at < SECONDARY ? bad : bad + SECONDARY);
		assert_refused(rows[i].name, luks2_parse(bad, sizeof(bad), &luks2, &err), &err,
			       ERROR_INPUT, rows[i].why);
		assert_string_equal(luks2.label, "untouched");
	}
}

/* The header with the first `from` in the JSON of both copies replaced by `to`. */
static void replace_in_json(const uint8_t *good, const char *from, const char *to, uint8_t *bad)
{
	const char *json = (const char *)good + LUKS2_BINARY_BYTES;
	const char *at = strstr(json, from);
	char text[LUKS2_JSON_BYTES] = { 0 };

	assert_non_null(at);
	(void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - json), json, to,
		       at + strlen(from));
	memcpy(bad, good, LUKS2_HEADER_BYTES);
	for (size_t copy = 0; copy < 2; copy++) {
		memcpy(bad + copy * LUKS2_COPY_BYTES + LUKS2_BINARY_BYTES, text, sizeof(text));
		renew_checksum(bad + copy * LUKS2_COPY_BYTES);
	}
}

static void each_broken_member_is_refused(void **state)
{
	static const struct {
		const char *from, *to, *why;
	} rows[] = {
		/* CVE-2025-59054 and the like: the header that asks for no encryption */
		{ "aes-xts-plain64", "cipher_null-ecb",
		  "\"encryption\" of segment is \"cipher_null-ecb\", not \"aes-xts-plain64\"" },
		{ "aes-xts-plain64", "aes-cbc-plain64", "\"encryption\" of segment" },
		{ "\"type\":\"crypt\"", "\"type\":\"linear\"",
		  "\"type\" of segment is \"linear\"" },
		{ "\"offset\":\"16777216\"", "\"offset\":\"32768\"", "\"offset\" of segment" },
		{ "\"offset\":\"16777216\"", "\"offset\":16777216", "\"offset\" of segment" },
		{ "dynamic", "4096", "\"size\" of segment is \"4096\", not \"dynamic\"" },
		{ "\"iv_tweak\":\"0\"", "\"iv_tweak\":\"8\"", "\"iv_tweak\" of segment is \"8\"" },
		{ "\"sector_size\":4096", "\"sector_size\":512",
		  "\"sector_size\" of segment is 512" },
		{ "\"segments\":{\"0\"", "\"segments\":{\"1\"", "segments has an unknown member" },
		{ "\"segments\":{\"0\":", "\"segments\":{\"1\":{},\"0\":", "unknown member \"1\"" },
		{ "\"keyslots\":{}", "\"keyslots\":{\"0\":{}}", "has keyslots" },
		{ "\"tokens\":{}", "\"tokens\":{\"0\":{}}", "has tokens" },
		{ ",\"tokens\":{}", "", "has no \"tokens\"" },
		{ "\"tokens\":{}", "\"tokens\":[]",
		  "\"tokens\" of LUKS2 metadata is not an object" },
		{ "pbkdf2", "argon2i", "\"type\" of digest is \"argon2i\"" },
		{ "sha256", "sha1", "\"hash\" of digest is \"sha1\"" },
		{ "\"iterations\":1000", "\"iterations\":2147483647", "\"iterations\" of digest" },
		{ "\"salt\":\"", "\"salt\":\"!", "\"salt\" of digest: not base64" },
		{ "\"salt\":\"", "\"salt\":\"AAAA", "\"salt\" of digest is 35 bytes, not 32" },
		{ "\"digest\":\"", "\"digest\":\"AAAA", "\"digest\" of digest is 35 bytes" },
		{ "\"json_size\":\"12288\"", "\"json_size\":\"4096\"", "not in the form" },
		{ "\"keyslots_size\":\"16744448\"", "\"keyslots_size\":\"0\"", "not in the form" },
		{ "\"config\":{", "\"config\":{\"requirements\":[],", "not in the form" },
		{ "\"segments\":[\"0\"]", "\"segments\":[]", "not in the form" },
		{ "\"keyslots\":[]", "\"keyslots\":[\"0\"]", "not in the form" },
		{ "{\"config\"", "{ \"config\"", "not in the form" },
	};
	uint8_t good[LUKS2_HEADER_BYTES];

	(void)state;
	specimen_header(good);
	for (size_t i = 0; i < LENGTH_OF(rows); i++) {
		uint8_t bad[LUKS2_HEADER_BYTES];
		struct luks2 luks2 = { .label = "untouched" };
		struct error err;
		replace_in_json(good, rows[i].from, rows[i].to, bad);
		assert_refused(rows[i].to, luks2_parse(bad, sizeof(bad), &luks2, &err), &err,
			       ERROR_INPUT, rows[i].why);
		assert_string_equal(luks2.label, "untouched");
	}
}

static void deep_json_is_refused(void **state)
{
	uint8_t good[LUKS2_HEADER_BYTES];
	uint8_t bad[LUKS2_HEADER_BYTES];
	char deep[10001] = "";
	struct luks2 luks2;
	struct error err;

	(void)state;
	specimen_header(good);
	memset(deep, '[', sizeof(deep) - 1);
	replace_in_json(good, "{", deep, bad);
	assert_refused("deep", luks2_parse(bad, sizeof(bad), &luks2, &err), &err, ERROR_INPUT,
		       "not valid JSON");
}

static void a_short_header_is_refused(void **state)
{
	uint8_t good[LUKS2_HEADER_BYTES];
	struct luks2 luks2;
	struct error err;

	(void)state;
	specimen_header(good);
	assert_refused("short", luks2_parse(good, sizeof(good) - 1, &luks2, &err), &err,
		       ERROR_INPUT, "of 32767 bytes, not 32768");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_bytes),
		cmocka_unit_test(read_back_equal),
		cmocka_unit_test(a_wrong_key_is_a_mismatch),
		cmocka_unit_test(a_label_that_does_not_fit_is_refused),
		cmocka_unit_test(each_broken_field_is_refused),
		cmocka_unit_test(each_broken_member_is_refused),
		cmocka_unit_test(deep_json_is_refused),
		cmocka_unit_test(a_short_header_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
