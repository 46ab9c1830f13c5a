// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base64url.h"
#include "common/cleanup.h"

static void both_ways(void **state)
{
	static const struct {
		const char *text, *bytes;
		size_t size;
	} rows[] = {
		/* RFC 4648, section 10, without the padding */
		{ "", "", 0 },
		{ "Zg", "f", 1 },
		{ "Zm8", "fo", 2 },
		{ "Zm9v", "foo", 3 },
		{ "Zm9vYmE", "fooba", 5 },
		/* RFC 7515, appendix C */
		{ "A-z_4ME", "\x03\xec\xff\xe0\xc1", 5 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_free char *text =
			base64url_encode((const uint8_t *)rows[i].bytes, rows[i].size);
		cleanup_free uint8_t *bytes = NULL;
		struct error err;
		size_t size;

		assert_string_equal(text, rows[i].text);
		assert_int_equal(base64url_decode(rows[i].text, &bytes, &size, &err), 0);
		assert_int_equal(size, rows[i].size);
		assert_memory_equal(bytes, rows[i].bytes, size);
	}
}

static void what_has_another_form_is_refused(void **state)
{
	static const char *const rows[] = {
		"Z",       /* no byte has six bits */
		"Zm9vY",   /* the same, later */
		"Zg==",    /* padding */
		"A+z/4ME", /* the other alphabet */
		"Zh",      /* unused bits that are not zero */
		"Zm9v\n",  " Zg", "Zm 9",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t *bytes = NULL;
		struct error err;
		size_t size;

		if (base64url_decode(rows[i], &bytes, &size, &err) == 0)
			fail_msg("\"%s\" is taken", rows[i]);
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_null(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways),
		cmocka_unit_test(what_has_another_form_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
