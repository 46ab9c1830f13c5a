// SPDX-License-Identifier: Apache-2.0
#include "vectors.h"

#include "attest/kbs_jwe.h"
#include "common/hex.h"
#include "common/json.h"

static json_t *cases_read(void)
{
	json_t *root = NULL;
	size_t size;
	cleanup_free uint8_t *text = vector_read("kbs/jwe-ecdh-es-a256kw.json", &size);

	assert_ok(json_parse(text, size, 1 << 20, &root, &err));
	return root;
}

static int decrypt(const json_t *key, const json_t *jwe, struct secret **plaintext, size_t *size,
		   struct error *err)
{
	cleanup_free char *text = json_dumps(jwe, JSON_COMPACT);

	assert_non_null(text);
	return kbs_jwe_decrypt(key, (uint8_t *)text, strlen(text), plaintext, size, err);
}

static void the_vectors_decrypt(void **state)
{
	cleanup_json json_t *root = cases_read();
	json_t *row;
	size_t i;

	(void)state;
	json_array_foreach (json_object_get(root, "cases"), i, row) {
		cleanup_secret struct secret *plaintext = NULL;
		uint8_t want[128];
		size_t size, want_size;

		print_message("%s\n", json_string_value(json_object_get(row, "name")));
		assert_ok(hex_decode_any(json_string_value(json_object_get(row, "plaintext_hex")),
					 want, sizeof(want), &want_size, &err));
		assert_ok(decrypt(json_object_get(row, "recipient_private_jwk"),
				  json_object_get(row, "response"), &plaintext, &size, &err));
		assert_int_equal(size, want_size);
		assert_memory_equal(plaintext->bytes, want, size);
	}
	assert_int_equal(i, 4);
}

/* One bit of each base64url character in turn: the last may hold unused bits, which is why the
 * character is exchanged for one far from it. */
static void any_change_of_a_member_fails(void **state)
{
	static const char *const members[] = { "protected", "encrypted_key", "iv", "ciphertext",
					       "tag" };
	cleanup_json json_t *root = cases_read();
	json_t *row = json_array_get(json_object_get(root, "cases"), 1);
	json_t *key = json_object_get(row, "recipient_private_jwk");

	(void)state;
	for (size_t m = 0; m < 5; m++) {
		const char *text = json_string_value(
			json_object_get(json_object_get(row, "response"), members[m]));
		for (size_t i = 0; i < strlen(text); i++) {
			cleanup_json json_t *jwe = json_deep_copy(json_object_get(row, "response"));
			cleanup_free char *changed = strdup(text);
			struct secret *plaintext = NULL;
			struct error why;
			size_t size;

			assert_non_null(changed);
			changed[i] = changed[i] == 'Q' ? 'g' : 'Q';
			(void)json_object_set_new(jwe, members[m], json_string(changed));
			if (decrypt(key, jwe, &plaintext, &size, &why) == 0)
				fail_msg("decrypts with character %zu of %s changed", i,
					 members[m]);
			assert_null(plaintext);
		}
	}
}

static void what_is_encrypted_decrypts_and_has_the_order_clients_need(void **state)
{
	static const size_t sizes[] = { 1, 64, 100000 };
	cleanup_kbs_key json_t *key = NULL;
	cleanup_json json_t *public = NULL;

	(void)state;
	assert_ok(kbs_key_generate(&key, &err));
	assert_ok(kbs_key_public(key, &public, &err));
	assert_int_equal(json_object_size(public), 5);
	assert_ok(kbs_key_check(public, &err));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		cleanup_secret struct secret *plaintext = NULL;
		cleanup_free uint8_t *secret = malloc(sizes[i] + 1);
		cleanup_free char *text = NULL;
		cleanup_json json_t *jwe = NULL;
		size_t size;

		assert_non_null(secret);
		memset(secret, 0x5a, sizes[i]);
		assert_ok(kbs_jwe_encrypt(public, secret, sizes[i], &text, &err));
		assert_ok(json_parse((uint8_t *)text, strlen(text), 1 << 20, &jwe, &err));
		assert_int_equal(json_object_size(jwe), 5);
		/* base64url of
		 * {"alg":"ECDH-ES+A256KW","enc":"A256GCM","epk":{"crv":"P-256","kty":"EC","x":" */
		const char *header = json_string_value(json_object_get(jwe, "protected"));
		static const char start[] =
			"eyJhbGciOiJFQ0RILUVTK0EyNTZLVyIsImVuYyI6IkEyNTZHQ00iLCJlcGsi"
			"OnsiY3J2IjoiUC0yNTYiLCJrdHkiOiJFQyIsIng";
		assert_non_null(header);
		assert_memory_equal(header, start, sizeof(start) - 1);
		assert_ok(kbs_jwe_decrypt(key, (uint8_t *)text, strlen(text), &plaintext, &size,
					  &err));
		assert_int_equal(size, sizes[i]);
		assert_memory_equal(plaintext->bytes, secret, size);
	}
}

static void sizes_that_no_secret_has_are_refused(void **state)
{
	cleanup_kbs_key json_t *key = NULL;
	cleanup_json json_t *public = NULL;
	char *text = NULL;

	(void)state;
	assert_ok(kbs_key_generate(&key, &err));
	assert_ok(kbs_key_public(key, &public, &err));
	assert_fails(ERROR_INPUT, "0 bytes", kbs_jwe_encrypt(public, NULL, 0, &text, &err));
	assert_fails(
		ERROR_INPUT, "at most 2097152",
		kbs_jwe_decrypt(key, (const uint8_t *)"", KBS_JWE_MAX_BYTES + 1, NULL, NULL, &err));
}

static void keys_of_another_form_are_refused(void **state)
{
	static const struct {
		const char *member, *value, *why; /* value NULL: removed */
	} rows[] = {
		{ "kty", "RSA", "\"RSA\" is not EC" },
		{ "crv", "P-384", "not P-256 or P-521" },
		{ "crv", "secp256k1", "not P-256 or P-521" },
		{ "crv", "P-521", "not 66 bytes" },
		{ "alg", "RSA1_5", "\"RSA1_5\" is not ECDH-ES+A256KW" },
		{ "alg", "ECDH-ES", "is not ECDH-ES+A256KW" },
		{ "alg", NULL, "no \"alg\"" },
		{ "x", "AAAA", "not 32 bytes" },
		{ "x", "%%", "not 32 bytes" },
		{ "x", NULL, "no \"x\"" },
		{ "y", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "not a point on P-256" },
		{ "use", "enc", "use" },
		{ "d", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "d" },
	};
	cleanup_kbs_key json_t *key = NULL;

	(void)state;
	assert_ok(kbs_key_generate(&key, &err));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_json json_t *public = NULL;
		cleanup_free char *text = NULL;
		assert_ok(kbs_key_public(key, &public, &err));
		if (rows[i].value)
			(void)json_object_set_new(public, rows[i].member,
						  json_string(rows[i].value));
		else
			(void)json_object_del(public, rows[i].member);
		assert_fails(ERROR_INPUT, rows[i].why, kbs_key_check(public, &err));
		assert_fails(ERROR_INPUT, rows[i].why,
			     kbs_jwe_encrypt(public, (const uint8_t *)"k", 1, &text, &err));
	}
	cleanup_json json_t *number = json_integer(1);
	assert_fails(ERROR_INPUT, "not an object", kbs_key_check(number, &err));
}

/* Headers that ask for what we do not speak, some of it costly. */
static void other_algorithms_are_refused_before_they_run(void **state)
{
	static const struct {
		const char *header, *why;
	} rows[] = {
		{ "{\"alg\":\"PBES2-HS256+A128KW\",\"enc\":\"A256GCM\",\"p2c\":2147483647,"
		  "\"p2s\":\"AAAA\"}",
		  "encrypted with PBES2" },
		{ "{\"alg\":\"dir\",\"enc\":\"A256GCM\"}", "encrypted with dir" },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\"}", "encrypted with ECDH-ES and" },
		{ "{\"alg\":\"ECDH-ES+A256KW\",\"enc\":\"A128CBC-HS256\"}", "A128CBC" },
		{ "{\"alg\":\"ECDH-ES+A256KW\",\"enc\":\"A256GCM\",\"zip\":\"DEF\"}", "zip" },
		{ "{\"alg\":\"ECDH-ES+A256KW\",\"enc\":\"A256GCM\"}", "no \"epk\"" },
		{ "[]", "not an object" },
		{ "{", "not valid JSON" },
	};
	cleanup_json json_t *root = cases_read();
	json_t *row = json_array_get(json_object_get(root, "cases"), 0);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_json json_t *jwe = json_deep_copy(json_object_get(row, "response"));
		struct secret *plaintext;
		char encoded[512];
		size_t size;

		/* base64url has no padding and two other characters than base64 */
		cleanup_free char *base64 =
			base64_encode((const uint8_t *)rows[i].header, strlen(rows[i].header));
		(void)snprintf(encoded, sizeof(encoded), "%.*s", (int)strcspn(base64, "="), base64);
		for (char *c = encoded; *c; c++)
			*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
		(void)json_object_set_new(jwe, "protected", json_string(encoded));
		assert_fails(ERROR_INPUT, rows[i].why,
			     decrypt(json_object_get(row, "recipient_private_jwk"), jwe, &plaintext,
				     &size, &err));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vectors_decrypt),
		cmocka_unit_test(any_change_of_a_member_fails),
		cmocka_unit_test(what_is_encrypted_decrypts_and_has_the_order_clients_need),
		cmocka_unit_test(sizes_that_no_secret_has_are_refused),
		cmocka_unit_test(keys_of_another_form_are_refused),
		cmocka_unit_test(other_algorithms_are_refused_before_they_run),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
