// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/format/specimen.h"

static void text_and_back(void **state)
{
	const char *text = "00112233-4455-6677-8899-aabbccddeeff";
	char again[UUID_TEXT_BYTES];
	struct uuid uuid;
	struct error err;

	(void)state;
	assert_done(uuid_from_text(text, &uuid, &err), &err);
	for (size_t i = 0; i < 16; i++)
		assert_int_equal(uuid.bytes[i], 0x11 * i);
	uuid_to_text(&uuid, again);
	assert_string_equal(again, text);
}

static void other_texts_are_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"00112233-4455-6677-8899-aabbccddeef",
		"00112233-4455-6677-8899-aabbccddeeff0",
		"00112233-4455-6677-8899-AABBCCDDEEFF",
		"001122334-455-6677-8899-aabbccddeeff",
		"00112233-4455-6677-8899-aabbccddeefg",
		"00112233-4455-6677-8899-aabbccddeef\n",
		"{0112233-4455-6677-8899-aabbccddeef}",
	};
	struct uuid uuid = { { 7 } };
	struct error err;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(texts); i++)
		assert_refused(texts[i], uuid_from_text(texts[i], &uuid, &err), &err, ERROR_INPUT,
			       "UUID");
	assert_int_equal(uuid.bytes[0], 7);
}

static void a_root_hash_gives_two(void **state)
{
	uint8_t root_hash[32];
	struct uuid data;
	struct uuid hash;
	char text[UUID_TEXT_BYTES];

	(void)state;
	count_up(root_hash, sizeof(root_hash), 0);
	uuid_from_root_hash(root_hash, &data, &hash);
	uuid_to_text(&data, text);
	assert_string_equal(text, "00010203-0405-0607-0809-0a0b0c0d0e0f");
	uuid_to_text(&hash, text);
	assert_string_equal(text, "10111213-1415-1617-1819-1a1b1c1d1e1f");
	assert_true(uuid_equal(&data, &data));
	assert_false(uuid_equal(&data, &hash));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_and_back),
		cmocka_unit_test(other_texts_are_refused),
		cmocka_unit_test(a_root_hash_gives_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
