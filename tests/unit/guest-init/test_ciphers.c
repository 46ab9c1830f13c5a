// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/guest-init/check.h"

#include <openssl/evp.h>

#include "guest-init/ciphers.h"

static void the_ciphers_of_answers(void **state)
{
	static const char *const names[] = { "AES-256-GCM", "AES-256-WRAP" };

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(names); i++) {
		EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, names[i], NULL);
		assert_non_null(cipher);
		EVP_CIPHER_free(cipher);
	}
}

static void no_others(void **state)
{
	(void)state;
	assert_null(EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL));
	assert_null(EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL));
}

static void what_is_no_cipher_is_as_ever(void **state)
{
	uint8_t digest[EVP_MAX_MD_SIZE];

	(void)state;
	assert_int_equal(EVP_Digest("abc", 3, digest, NULL, EVP_sha256(), NULL), 1);
	assert_int_equal(digest[0], 0xba); /* FIPS 180-4's example */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ciphers_of_answers),
		cmocka_unit_test(no_others),
		cmocka_unit_test(what_is_no_cipher_is_as_ever),
	};
	struct error err;

	if (ciphers_few(&err) < 0)
		return error_report("test_ciphers", &err);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
