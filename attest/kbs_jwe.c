// SPDX-License-Identifier: Apache-2.0
#include "attest/kbs_jwe.h"

#include <string.h>

#include <jose/b64.h>
#include <jose/io.h>
#include <jose/jwe.h>
#include <jose/jwk.h>
#include <jose/openssl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include "common/json.h"

#define KEY_ALGORITHM     "ECDH-ES+A256KW"
#define CONTENT_ALGORITHM "A256GCM"

enum { COORDINATE_MAX_BYTES = 66, HEADER_MAX_BYTES = 4096 };

static const struct curve {
	const char *name;
	size_t coordinate_bytes;
} curves[] = { { "P-256", 32 }, { "P-521", 66 } };

static const struct curve *curve_find(const char *name)
{
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (!strcmp(name, curves[i].name))
			return &curves[i];
	return NULL;
}

/* libjose's own log goes nowhere: its functions say only that they failed. */
static bool is_base64url(const json_t *text, size_t size)
{
	uint8_t bytes[COORDINATE_MAX_BYTES];

	return jose_b64_dec(text, NULL, 0) == size &&
	       jose_b64_dec(text, bytes, sizeof(bytes)) == size;
}

/* {crv, kty, x, y} of a known curve, with full coordinates that are a point of it. */
static int point_check(const json_t *key, const char *where, struct error *err)
{
	const char *kty, *crv, *x, *y;

	if (json_get_string(key, where, "kty", &kty, err) < 0 ||
	    json_get_string(key, where, "crv", &crv, err) < 0 ||
	    json_get_string(key, where, "x", &x, err) < 0 ||
	    json_get_string(key, where, "y", &y, err) < 0)
		return -1;
	if (strcmp(kty, "EC") != 0)
		return error_input(err, "%s: key type \"%s\" is not EC", where, kty);
	const struct curve *curve = curve_find(crv);
	if (!curve)
		return error_input(err, "%s: curve \"%s\" is not P-256 or P-521", where, crv);
	if (!is_base64url(json_object_get(key, "x"), curve->coordinate_bytes) ||
	    !is_base64url(json_object_get(key, "y"), curve->coordinate_bytes))
		return error_input(err, "%s: a coordinate is not %zu bytes in base64url", where,
				   curve->coordinate_bytes);
	EVP_PKEY *point = jose_openssl_jwk_to_EVP_PKEY(NULL, key);
	ERR_clear_error();
	if (!point)
		return error_input(err, "%s: not a point on %s", where, crv);
	EVP_PKEY_free(point);
	return 0;
}

int kbs_key_generate(json_t **private_key, struct error *err)
{
	cleanup_kbs_key json_t *key = json_pack("{s:s, s:s}", "kty", "EC", "crv", "P-256");

	if (!key)
		return error_memory(err);
	/* the algorithm comes after: libjose would take it to ask for P-521 */
	if (!jose_jwk_gen(NULL, key) ||
	    json_object_set_new(key, "alg", json_string(KEY_ALGORITHM)) < 0)
		return error_crypto(err, "making a key on P-256");
	*private_key = take_ptr(key);
	return 0;
}

void kbs_key_free(json_t *private_key)
{
	const char *d = json_string_value(json_object_get(private_key, "d"));

	if (d) /* jansson has no other way to the bytes it holds */
		OPENSSL_cleanse((void *)(uintptr_t)d, strlen(d));
	json_decref(private_key);
}

int kbs_key_public(const json_t *private_key, json_t **public_key, struct error *err)
{
	const char *crv, *x, *y;

	if (json_get_string(private_key, "key", "crv", &crv, err) < 0 ||
	    json_get_string(private_key, "key", "x", &x, err) < 0 ||
	    json_get_string(private_key, "key", "y", &y, err) < 0)
		return -1;
	json_t *key = json_pack("{s:s, s:s, s:s, s:s, s:s}", "kty", "EC", "crv", crv, "alg",
				KEY_ALGORITHM, "x", x, "y", y);
	if (!key)
		return error_memory(err);
	*public_key = key;
	return 0;
}

int kbs_key_check(const json_t *key, struct error *err)
{
	static const char *const members[] = { "kty", "crv", "alg", "x", "y", NULL };
	const char *alg;

	if (json_get_string(key, "tee-pubkey", "alg", &alg, err) < 0)
		return -1;
	if (strcmp(alg, KEY_ALGORITHM) != 0)
		return error_input(err, "tee-pubkey: algorithm \"%s\" is not " KEY_ALGORITHM, alg);
	if (json_only_members(key, "tee-pubkey", members, err) < 0)
		return -1;
	return point_check(key, "tee-pubkey", err);
}

/* libjose leaves the ephemeral key in the unprotected header; ours belongs into the protected one,
 * before the content is encrypted with that as additional data. libjose then writes it compact and
 * with sorted members: the order in which guest-components writes again what it has parsed. */
static int header_protect(json_t *jwe, struct error *err)
{
	json_t *epk = json_object_get(json_object_get(jwe, "header"), "epk");
	json_t *point =
		json_pack("{s:O, s:s, s:O, s:O}", "crv", json_object_get(epk, "crv"), "kty", "EC",
			  "x", json_object_get(epk, "x"), "y", json_object_get(epk, "y"));

	if (json_object_set_new(json_object_get(jwe, "protected"), "epk", point) < 0 ||
	    json_object_del(jwe, "header") < 0)
		return error_system_text(err, "making the header of a JWE failed");
	return 0;
}

static void cek_free(json_t *cek)
{
	const char *k = json_string_value(json_object_get(cek, "k"));

	if (k)
		OPENSSL_cleanse((void *)(uintptr_t)k, strlen(k));
	json_decref(cek);
}
DEFINE_CLEANUP(cleanup_cek_p, json_t, cek_free)

int kbs_jwe_encrypt(const json_t *public_key, const uint8_t *plaintext, size_t size, char **text,
		    struct error *err)
{
	cleanup_json json_t *jwe = json_pack("{s:{s:s, s:s}}", "protected", "alg", KEY_ALGORITHM,
					     "enc", CONTENT_ALGORITHM);
	CLEANUP(cleanup_cek_p) json_t *cek = json_object();
	json_t *key =
		(json_t *)(uintptr_t)public_key; /* libjose reads it; a reference is counted */

	if (!jwe || !cek)
		return error_memory(err);
	if (kbs_key_check(public_key, err) < 0)
		return -1;
	if (size == 0 || size > KBS_PLAINTEXT_MAX_BYTES)
		return error_input(err, "a resource of %zu bytes, from 1 to %d", size,
				   KBS_PLAINTEXT_MAX_BYTES);
	if (!jose_jwe_enc_jwk(NULL, jwe, NULL, key, cek))
		return error_crypto(err, "encrypting a content key");
	if (header_protect(jwe, err) < 0)
		return -1;
	if (!jose_jwe_enc_cek(NULL, jwe, cek, plaintext, size))
		return error_crypto(err, "encrypting a resource");
	char *out = json_dumps(jwe, JSON_COMPACT);
	if (!out)
		return error_memory(err);
	*text = out;
	return 0;
}

/* Algorithms are checked before libjose sees them: it knows many more, one of them (PBES2) with a
 * cost that the sender chooses. */
static int header_check(const json_t *jwe, const json_t *private_key, struct error *err)
{
	static const char *const members[] = { "alg", "enc", "epk", NULL };
	static const char *const epk_members[] = { "crv", "kty", "x", "y", NULL };
	const json_t *encoded = json_object_get(jwe, "protected");
	uint8_t text[HEADER_MAX_BYTES];
	cleanup_json json_t *header = NULL;
	const char *alg, *enc;
	json_t *epk;

	size_t size = jose_b64_dec(encoded, NULL, 0);
	if (size > sizeof(text) || jose_b64_dec(encoded, text, sizeof(text)) != size)
		return error_input(err, "the protected header is not base64url");
	if (json_parse(text, size, sizeof(text), &header, err) < 0 ||
	    json_get_string(header, "JWE header", "alg", &alg, err) < 0 ||
	    json_get_string(header, "JWE header", "enc", &enc, err) < 0)
		return -1;
	if (strcmp(alg, KEY_ALGORITHM) != 0 || strcmp(enc, CONTENT_ALGORITHM) != 0)
		return error_input(err,
				   "encrypted with %s and %s, not " KEY_ALGORITHM
				   " and " CONTENT_ALGORITHM,
				   alg, enc);
	if (json_only_members(header, "JWE header", members, err) < 0 ||
	    json_get_object(header, "JWE header", "epk", &epk, err) < 0 ||
	    json_only_members(epk, "epk", epk_members, err) < 0 || point_check(epk, "epk", err) < 0)
		return -1;
	if (!json_equal(json_object_get(epk, "crv"), json_object_get(private_key, "crv")))
		return error_input(err, "epk is not on the key's curve");
	return 0;
}

/* Straight into `out`, so that the plaintext is never in memory of another kind. */
static bool decrypt_into(const json_t *jwe, const json_t *private_key, void *out, size_t *size)
{
	const json_t *text = json_object_get(jwe, "ciphertext");
	jose_io_auto_t *sink = jose_io_buffer(NULL, out, size);
	jose_io_auto_t *content = sink ? jose_jwe_dec_io(NULL, jwe, NULL, private_key, sink) : NULL;
	jose_io_auto_t *bytes = content ? jose_b64_dec_io(content) : NULL;

	return bytes && bytes->feed(bytes, json_string_value(text), json_string_length(text)) &&
	       bytes->done(bytes);
}

int kbs_jwe_decrypt(const json_t *private_key, const uint8_t *text, size_t text_size,
		    struct secret **plaintext, size_t *size, struct error *err)
{
	static const char *const members[] = { "protected",  "encrypted_key", "iv",
					       "ciphertext", "tag",           NULL };
	cleanup_json json_t *jwe = NULL;
	cleanup_secret struct secret *secret = NULL;
	const char *value;

	if (json_parse(text, text_size, KBS_JWE_MAX_BYTES, &jwe, err) < 0)
		return -1;
	for (size_t i = 0; members[i]; i++)
		if (json_get_string(jwe, "JWE", members[i], &value, err) < 0)
			return -1;
	if (json_only_members(jwe, "JWE", members, err) < 0 ||
	    header_check(jwe, private_key, err) < 0)
		return -1;
	size_t n = jose_b64_dec(json_object_get(jwe, "ciphertext"), NULL, 0);
	if (n == SIZE_MAX)
		return error_input(err, "the ciphertext is not base64url");
	if (secret_new(n ? n : 1, &secret, err) < 0)
		return -1;
	if (!decrypt_into(jwe, private_key, secret->bytes, &n)) {
		ERR_clear_error();
		return error_mismatch(err, "the JWE does not decrypt with this key");
	}
	*plaintext = take_ptr(secret);
	*size = n;
	return 0;
}
