// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "common/error.h"

static void each_level_adds_what_it_knows(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_int_equal(error_input(&err, "salt is %u bytes, at most %u", 300U, 256U), -1);
	assert_int_equal(error_prefix(&err, "%s", "pod.img"), -1);
	assert_int_equal(error_prefix(&err, "verifying volume %s", "root"), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_string_equal(err.text,
			    "verifying volume root: pod.img: salt is 300 bytes, at most 256");
}

static void a_prefix_may_quote_the_error_itself(void **state)
{
	struct error err = { 0 };

	(void)state;
	(void)error_mismatch(&err, "inner");
	(void)error_prefix(&err, "<%s>", err.text);
	assert_string_equal(err.text, "<inner>: inner");
	assert_int_equal(err.kind, ERROR_MISMATCH);
}

static void a_system_error_says_errno_in_words(void **state)
{
	struct error err = { 0 };

	(void)state;
	errno = ENOSPC;
	(void)error_system(&err, "writing");
	assert_string_equal(err.text, "writing: No space left on device");
	assert_int_equal(err.kind, ERROR_SYSTEM);
	(void)error_memory(&err);
	assert_string_equal(err.text, "out of memory");
}

static void a_crypto_error_says_openssls_reason_and_empties_its_queue(void **state)
{
	struct error err = { 0 };

	(void)state;
	ERR_clear_error();
	assert_null(EVP_MD_fetch(NULL, "no-such-digest", NULL));
	(void)error_crypto(&err, "hashing");
	assert_memory_equal(err.text, "hashing: ", 9);
	assert_non_null(strstr(err.text, "unsupported"));
	assert_int_equal(ERR_peek_error(), 0);
	(void)error_crypto(&err, "hashing");
	assert_string_equal(err.text, "hashing: the cryptographic library gave no reason");
}

static void a_message_that_is_too_long_is_cut(void **state)
{
	struct error err = { 0 };
	char longer[3 * ERROR_TEXT_BYTES];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	(void)error_input(&err, "%s", longer);
	assert_int_equal(strlen(err.text), ERROR_TEXT_BYTES - 1);
	errno = EIO;
	(void)error_system(&err, "%s", longer);
	assert_int_equal(strlen(err.text), ERROR_TEXT_BYTES - 1);
	for (int i = 0; i < 1000; i++)
		(void)error_prefix(&err, "level %d", i);
	assert_int_equal(strlen(err.text), ERROR_TEXT_BYTES - 1);
	assert_memory_equal(err.text, "level 999: level 998: ", 22);
}

static void control_bytes_are_escaped(void **state)
{
	static const char *const rows[][2] = {
		{ "plain", "plain" },
		{ "a\nb", "a\\x0ab" },
		{ "\x1b[2J", "\\x1b[2J" },
		{ "\x7f", "\\x7f" },
		{ "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "", "" },
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text_escape(rows[i][0], out, sizeof(out));
		assert_string_equal(out, rows[i][1]);
	}
}

static void escaped_text_is_cut_to_its_place_and_never_inside_an_escape(void **state)
{
	char out[8];

	(void)state;
	memset(out, '#', sizeof(out));
	text_escape("\n\n", out, 0);
	assert_int_equal(out[0], '#');
	text_escape("\n\n", out, 1);
	assert_string_equal(out, "");
	text_escape("\n\n", out, 5);
	assert_string_equal(out, "\\x0a");
	text_escape("\n\n", out, 8);
	assert_string_equal(out, "\\x0a");
	text_escape("0123456789", out, 8);
	assert_string_equal(out, "0123456");
}

/* What error_report() writes to standard error. */
static void report(const struct error *err, char *said, size_t size, int *code)
{
	int ends[2], saved = dup(STDERR_FILENO);

	assert_int_equal(pipe(ends), 0);
	assert_true(saved >= 0 && dup2(ends[1], STDERR_FILENO) >= 0);
	*code = error_report("podseal", err);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	(void)close(saved);
	(void)close(ends[1]);
	ssize_t n = read(ends[0], said, size - 1);
	assert_true(n >= 0);
	said[n] = '\0';
	(void)close(ends[0]);
}

static void a_report_is_one_line_and_its_kind_is_the_exit_code(void **state)
{
	struct error err = { 0 };
	char said[8192];
	int code = 0;

	(void)state;
	(void)error_usage(&err, "name \"%s\"", "a\nb");
	report(&err, said, sizeof(said), &code);
	assert_string_equal(said, "podseal: name \"a\\x0ab\"\n");
	assert_int_equal(code, 2);
}

static void the_longest_report_still_ends_its_line(void **state)
{
	struct error err = { .kind = ERROR_SYSTEM };
	char said[8192];
	int code = 0;

	(void)state;
	memset(err.text, '\n', sizeof(err.text) - 1);
	report(&err, said, sizeof(said), &code);
	assert_int_equal(code, 4);
	assert_int_equal(strlen(said), strlen("podseal: \n") + 4 * (ERROR_TEXT_BYTES - 1));
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_level_adds_what_it_knows),
		cmocka_unit_test(a_prefix_may_quote_the_error_itself),
		cmocka_unit_test(a_system_error_says_errno_in_words),
		cmocka_unit_test(a_crypto_error_says_openssls_reason_and_empties_its_queue),
		cmocka_unit_test(a_message_that_is_too_long_is_cut),
		cmocka_unit_test(control_bytes_are_escaped),
		cmocka_unit_test(escaped_text_is_cut_to_its_place_and_never_inside_an_escape),
		cmocka_unit_test(a_report_is_one_line_and_its_kind_is_the_exit_code),
		cmocka_unit_test(the_longest_report_still_ends_its_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
