// SPDX-License-Identifier: Apache-2.0
#include "vectors.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "attest/id_block.h"
#include "attest/laboratory.h"
#include "attest/snp_signature.h"
#include "common/cleanup.h"

static EVP_PKEY *key_new(const char *curve)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve);

	assert_non_null(key);
	return key;
}

static const struct id_block block = {
	.launch_digest = { 1, 2, 3 },
	.family_id = { 4 },
	.image_id = { 5 },
	.guest_svn = 6,
	.policy = 0x30000,
};

static void both_signatures_verify_where_the_firmware_looks(void **state)
{
	EVP_PKEY *id_key = key_new("P-384"), *author_key = key_new("P-384");
	uint8_t digest[SNP_DIGEST_BYTES];
	struct id_block_signed s;
	unsigned n = sizeof(digest);

	(void)state;
	assert_ok(id_block_sign(&block, id_key, author_key, &s, &err));
	/* the block: digest, family, image, version 1, SVN, policy */
	assert_memory_equal(s.block, block.launch_digest, 48);
	assert_int_equal(s.block[0x30], 4);
	assert_int_equal(s.block[0x40], 5);
	assert_int_equal(s.block[0x50], 1);
	assert_int_equal(s.block[0x54], 6);
	assert_int_equal(s.block[0x5a], 3);
	/* R and S of the ID key over the block, of the author key over the ID key */
	assert_ok(snp_ecdsa_verify(id_key, s.block, sizeof(s.block), s.auth + 0x40,
				   s.auth + 0x40 + 72, &err));
	assert_ok(snp_ecdsa_verify(author_key, s.auth + 0x240, 1028, s.auth + 0x680,
				   s.auth + 0x680 + 72, &err));
	assert_fails(ERROR_MISMATCH, "does not verify",
		     snp_ecdsa_verify(author_key, s.block, sizeof(s.block), s.auth + 0x40,
				      s.auth + 0x40 + 72, &err));
	assert_int_equal(s.auth[0], 1);
	assert_int_equal(s.auth[4], 1);
	assert_int_equal(s.auth[0x240], 2);
	assert_int_equal(s.auth[0x880], 2);
	/* the digests that reports show */
	assert_int_equal(EVP_Digest(s.auth + 0x240, 1028, digest, &n, EVP_sha384(), NULL), 1);
	assert_memory_equal(digest, s.id_key_digest, sizeof(digest));
	assert_int_equal(EVP_Digest(s.auth + 0x880, 1028, digest, &n, EVP_sha384(), NULL), 1);
	assert_memory_equal(digest, s.author_key_digest, sizeof(digest));
	EVP_PKEY_free(id_key);
	EVP_PKEY_free(author_key);
}

static void the_public_key_is_written_little_endian(void **state)
{
	EVP_PKEY *key = key_new("P-384");
	unsigned char point[97];
	struct id_block_signed s;
	size_t size;

	(void)state;
	assert_ok(id_block_sign(&block, key, NULL, &s, &err));
	assert_int_equal(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point,
							 sizeof(point), &size),
			 1);
	for (size_t i = 0; i < 48; i++) {
		assert_int_equal(s.auth[0x244 + i], point[48 - i]);
		assert_int_equal(s.auth[0x244 + 72 + i], point[96 - i]);
	}
	EVP_PKEY_free(key);
}

static void without_an_author_key_its_fields_are_zero(void **state)
{
	EVP_PKEY *key = key_new("P-384");
	struct id_block_signed s;

	(void)state;
	assert_ok(id_block_sign(&block, key, NULL, &s, &err));
	assert_true(is_zero(s.auth + 4, 4));
	assert_true(is_zero(s.auth + 0x680, ID_AUTH_BYTES - 0x680));
	assert_true(is_zero(s.author_key_digest, sizeof(s.author_key_digest)));
	EVP_PKEY_free(key);
}

static void keys_that_the_firmware_cannot_check_are_refused(void **state)
{
	EVP_PKEY *good = key_new("P-384"), *bad = key_new("P-256"), *read = NULL;
	cleanup_free char *pem = NULL, *bad_pem = NULL;
	struct id_block_signed s;

	(void)state;
	assert_fails(ERROR_INPUT, "ID key: ", id_block_sign(&block, bad, NULL, &s, &err));
	assert_fails(ERROR_INPUT, "author key: ", id_block_sign(&block, good, bad, &s, &err));
	assert_ok(laboratory_key_pem(good, &pem, &err));
	assert_ok(id_key_parse((uint8_t *)pem, strlen(pem), &read, &err));
	assert_int_equal(EVP_PKEY_eq(read, good), 1);
	assert_ok(laboratory_key_pem(bad, &bad_pem, &err));
	EVP_PKEY_free(read);
	assert_fails(ERROR_INPUT, "not a private key on P-384",
		     id_key_parse((uint8_t *)bad_pem, strlen(bad_pem), &read, &err));
	assert_fails(ERROR_INPUT, "not a private key",
		     id_key_parse((const uint8_t *)"", 0, &read, &err));
	EVP_PKEY_free(good);
	EVP_PKEY_free(bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_signatures_verify_where_the_firmware_looks),
		cmocka_unit_test(the_public_key_is_written_little_endian),
		cmocka_unit_test(without_an_author_key_its_fields_are_zero),
		cmocka_unit_test(keys_that_the_firmware_cannot_check_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
