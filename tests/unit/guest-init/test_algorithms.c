// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/guest-init/check.h"

#include <openssl/evp.h>
#include <openssl/kdf.h>

#include "guest-init/algorithms.h"

/* FIPS 180-2, appendix B.1 */
static const uint8_t digest_of_abc[] = {
	0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
	0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
	0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
};

static void keep_what_keys_take(void **state)
{
	static const char *const ciphers[] = { "AES-256-GCM", "AES-256-WRAP" };
	const EVP_MD *const digests[] = { EVP_sha256(), EVP_sha384(), EVP_sha512() };
	uint8_t digest[EVP_MAX_MD_SIZE];

	(void)state;
	for (size_t i = LENGTH_OF(digests); i-- > 0;)
		assert_int_equal(EVP_Digest("abc", 3, digest, NULL, digests[i], NULL), 1);
	assert_memory_equal(digest, digest_of_abc, sizeof(digest_of_abc));
	for (size_t i = 0; i < LENGTH_OF(ciphers); i++) {
		EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, ciphers[i], NULL);
		assert_non_null(cipher);
		EVP_CIPHER_free(cipher);
	}
}

static void have_no_others(void **state)
{
	uint8_t digest[EVP_MAX_MD_SIZE];

	(void)state;
	assert_int_equal(EVP_Digest("abc", 3, digest, NULL, EVP_sha1(), NULL), 0);
	assert_null(EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL));
	assert_null(EVP_KDF_fetch(NULL, "HKDF", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keep_what_keys_take),
		cmocka_unit_test(have_no_others),
	};
	struct error err;

	if (algorithms_few(&err) < 0)
		return error_report("test_algorithms", &err);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
