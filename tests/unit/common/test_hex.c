// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "common/hex.h"

static void hex_goes_there_and_back(void **state)
{
	uint8_t bytes[256], back[256];
	char text[2 * sizeof(bytes) + 1];
	struct error err = { 0 };
	size_t size = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	hex_encode(bytes, sizeof(bytes), text);
	assert_int_equal(strlen(text), 512);
	assert_memory_equal(text, "000102", 6);
	assert_string_equal(text + 506, "fdfeff");
	assert_int_equal(hex_decode(text, back, sizeof(back), &err), 0);
	assert_memory_equal(back, bytes, sizeof(bytes));
	assert_int_equal(hex_decode("aBcD", back, 2, &err), 0);
	assert_memory_equal(back, "\xab\xcd", 2);
	assert_int_equal(hex_decode_any("", back, 0, &size, &err), 0);
	assert_int_equal(size, 0);
	assert_int_equal(hex_decode_any("00ff", back, sizeof(back), &size, &err), 0);
	assert_int_equal(size, 2);
}

static void hex_of_the_wrong_length_or_letters_is_refused(void **state)
{
	static const char *const wrong[] = { "",
					     "0",
					     "000",
					     "00000",
					     "0g00",
					     "00 0",
					     " 000",
					     "000 ",
					     "0x00",
					     "-000",
					     "0\xff"
					     "00" };
	uint8_t bytes[2] = { 7, 7 };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct error err = { 0 };
		if (hex_decode(wrong[i], bytes, sizeof(bytes), &err) != -1)
			fail_msg("\"%s\" was taken", wrong[i]);
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_int_equal(bytes[0] + bytes[1], 14);
	}
}

static void hex_longer_than_its_place_is_refused(void **state)
{
	struct error err = { 0 };
	uint8_t bytes[2] = { 7, 7 };
	size_t size = 99;

	(void)state;
	assert_int_equal(hex_decode_any("000000", bytes, sizeof(bytes), &size, &err), -1);
	assert_string_equal(err.text, "3 bytes in hexadecimal, at most 2");
	assert_int_equal(hex_decode_any("000", bytes, sizeof(bytes), &size, &err), -1);
	assert_string_equal(err.text, "an odd number of hexadecimal digits (3)");
	assert_int_equal(size, 99);
}

static void base64_agrees_with_rfc_4648(void **state)
{
	/* RFC 4648, section 10 */
	static const char *const rows[][2] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err = { 0 };
		const char *plain = rows[i][0];
		cleanup_free char *text = base64_encode((const uint8_t *)plain, strlen(plain));
		cleanup_free uint8_t *bytes = NULL;
		size_t size = 99;
		assert_string_equal(text, rows[i][1]);
		assert_int_equal(base64_decode(text, &bytes, &size, &err), 0);
		assert_int_equal(size, strlen(plain));
		assert_memory_equal(bytes, plain, size);
	}
}

static void base64_goes_there_and_back_at_every_length(void **state)
{
	uint8_t plain[100];

	(void)state;
	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)(i * 73 + 251);
	for (size_t size = 0; size <= sizeof(plain); size++) {
		struct error err = { 0 };
		cleanup_free char *text = base64_encode(plain, size);
		cleanup_free uint8_t *bytes = NULL;
		size_t back = 0;
		assert_int_equal(base64_decode(text, &bytes, &back, &err), 0);
		assert_int_equal(back, size);
		assert_memory_equal(bytes, plain, size);
	}
}

/* Each string of bytes has one encoding: two that mean the same would let one thing have two names.
 */
static void base64_in_any_other_form_is_refused(void **state)
{
	static const char *const wrong[] = {
		"Z",      "Zg",   "Zg=",      "Zg===",   "=",     "==",    "====",   "Z===",
		"Zm=v",   "Z=9v", "Zg==Zm9v", "=Zg=",    " Zg==", "Zg== ", "Zg==\n", "Zm9v\n",
		"Zm\n9v", "Zm9-", "Zm9_",     "Zm9\xff", "Zh==", /* bits under the padding that are
								    not zero */
		"Zn==",   "Zm9=", "Zm+=",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct error err = { 0 };
		uint8_t *bytes = NULL;
		size_t size = 99;
		if (base64_decode(wrong[i], &bytes, &size, &err) != -1)
			fail_msg("\"%s\" was taken", wrong[i]);
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_null(bytes);
		assert_int_equal(size, 99);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hex_goes_there_and_back),
		cmocka_unit_test(hex_of_the_wrong_length_or_letters_is_refused),
		cmocka_unit_test(hex_longer_than_its_place_is_refused),
		cmocka_unit_test(base64_agrees_with_rfc_4648),
		cmocka_unit_test(base64_goes_there_and_back_at_every_length),
		cmocka_unit_test(base64_in_any_other_form_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
