// SPDX-License-Identifier: Apache-2.0
#include "attest/kbs_jwe.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "common/base64url.h"
#include "common/cleanup.h"
#include "common/json.h"
#include "common/sha2.h"

enum {
	HEADER_MAX_BYTES = 4096,
	KEY_BYTES = 32,                /* A256KW's, and A256GCM's */
	WRAPPED_BYTES = KEY_BYTES + 8, /* RFC 3394 */
	IV_BYTES = 12,                 /* RFC 7518, section 5.3 */
	TAG_BYTES = 16,
};

DEFINE_CLEANUP(cipher_free, EVP_CIPHER, EVP_CIPHER_free)
DEFINE_CLEANUP(cipher_context_free, EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)

/* Of KEY_BYTES, zeroed when its scope ends. */
struct content_key {
	uint8_t bytes[KEY_BYTES];
};

static void content_key_clear(struct content_key *key)
{
	OPENSSL_cleanse(key, sizeof(*key));
}

/* A JWE in flattened JSON, decoded; `aad` is borrowed from the text. */
struct jwe {
	const char *aad;
	json_t *epk;
	uint8_t wrapped[WRAPPED_BYTES], iv[IV_BYTES], tag[TAG_BYTES];
	uint8_t *ciphertext;
	size_t size;
};

static void jwe_release(struct jwe *jwe)
{
	json_decref(jwe->epk);
	free(jwe->ciphertext);
}

static int read_bytes(const json_t *json, const char *name, uint8_t **bytes, size_t *size,
		      struct error *err)
{
	const char *text;

	if (json_get_string(json, "JWE", name, &text, err) < 0)
		return -1;
	if (base64url_decode(text, bytes, size, err) < 0)
		return error_input(err, "JWE: \"%s\" is not base64url", name);
	return 0;
}

static int read_array(const json_t *json, const char *name, uint8_t *array, size_t array_size,
		      struct error *err)
{
	cleanup_free uint8_t *bytes = NULL;
	size_t size;

	if (read_bytes(json, name, &bytes, &size, err) < 0)
		return -1;
	if (size != array_size)
		return error_input(err, "JWE: \"%s\" is %zu bytes, not %zu", name, size,
				   array_size);
	memcpy(array, bytes, size);
	return 0;
}

/* No other algorithm, and no member that would change what these do (apu, apv, zip, crit). */
static int read_header(const json_t *json, json_t **epk, struct error *err)
{
	static const char *const members[] = { "alg", "enc", "epk", NULL };
	static const char *const epk_members[] = { "crv", "kty", "x", "y", NULL };
	cleanup_free uint8_t *text = NULL;
	cleanup_json json_t *header = NULL;
	const char *alg, *enc;
	json_t *point;
	size_t size;

	if (read_bytes(json, "protected", &text, &size, err) < 0 ||
	    json_parse(text, size, HEADER_MAX_BYTES, &header, err) < 0 ||
	    json_get_string(header, "JWE header", "alg", &alg, err) < 0 ||
	    json_get_string(header, "JWE header", "enc", &enc, err) < 0)
		return -1;
	if (strcmp(alg, KBS_KEY_ALGORITHM) != 0 || strcmp(enc, KBS_CONTENT_ALGORITHM) != 0)
		return error_input(err,
				   "encrypted with %s and %s, not " KBS_KEY_ALGORITHM
				   " and " KBS_CONTENT_ALGORITHM,
				   alg, enc);
	if (json_only_members(header, "JWE header", members, err) < 0 ||
	    json_get_object(header, "JWE header", "epk", &point, err) < 0 ||
	    json_only_members(point, "epk", epk_members, err) < 0)
		return -1;
	*epk = json_incref(point);
	return 0;
}

static int read_jwe(const json_t *json, struct jwe *result, struct error *err)
{
	static const char *const members[] = { "protected",  "encrypted_key", "iv",
					       "ciphertext", "tag",           NULL };
	CLEANUP(jwe_release) struct jwe jwe = { 0 };

	if (json_get_string(json, "JWE", "protected", &jwe.aad, err) < 0 ||
	    json_only_members(json, "JWE", members, err) < 0 ||
	    read_header(json, &jwe.epk, err) < 0 ||
	    read_array(json, "encrypted_key", jwe.wrapped, sizeof(jwe.wrapped), err) < 0 ||
	    read_array(json, "iv", jwe.iv, sizeof(jwe.iv), err) < 0 ||
	    read_array(json, "tag", jwe.tag, sizeof(jwe.tag), err) < 0 ||
	    read_bytes(json, "ciphertext", &jwe.ciphertext, &jwe.size, err) < 0)
		return -1;
	*result = jwe;
	jwe = (struct jwe){ 0 };
	return 0;
}

/* RFC 7518, section 4.6.2: the one-step KDF of SP 800-56A, here of one round, with empty PartyUInfo
 * and PartyVInfo. Each length is 32 bits, big-endian; the last number is that of the key's bits. */
static void derive(const uint8_t *z, size_t z_size, struct content_key *key)
{
	static const uint8_t round[] = { 0, 0, 0, 1 };
	static const uint8_t info[] = "\0\0\0\x0e" KBS_KEY_ALGORITHM "\0\0\0\0"
				      "\0\0\0\0"
				      "\0\0\1\0";
	uint8_t text[sizeof(round) + KBS_COORDINATE_MAX_BYTES + sizeof(info) - 1];

	_Static_assert(sizeof(KBS_KEY_ALGORITHM) - 1 == 0x0e, "the length in `info`");
	_Static_assert((int)KEY_BYTES == SHA2_256_BYTES, "one round");
	memcpy(text, round, sizeof(round));
	memcpy(text + sizeof(round), z, z_size);
	memcpy(text + sizeof(round) + z_size, info, sizeof(info) - 1);
	sha2_256(text, sizeof(round) + z_size + sizeof(info) - 1, key->bytes);
	OPENSSL_cleanse(text, sizeof(text));
}

static bool unwrap(const struct content_key *wrapping, const uint8_t wrapped[WRAPPED_BYTES],
		   struct content_key *key)
{
	CLEANUP(cipher_free) EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-WRAP", NULL);
	CLEANUP(cipher_context_free) EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	uint8_t plain[WRAPPED_BYTES];
	int size;

	if (!cipher || !context)
		return false;
	bool done = EVP_DecryptInit_ex2(context, cipher, wrapping->bytes, NULL, NULL) > 0 &&
		    EVP_DecryptUpdate(context, plain, &size, wrapped, WRAPPED_BYTES) > 0 &&
		    size == KEY_BYTES;
	if (done)
		memcpy(key->bytes, plain, KEY_BYTES);
	OPENSSL_cleanse(plain, sizeof(plain));
	return done;
}

/* Straight into `out`, so that the plaintext is never in memory of another kind. */
static bool open_content(const struct jwe *jwe, const struct content_key *key, uint8_t *out)
{
	CLEANUP(cipher_free) EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	CLEANUP(cipher_context_free) EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int size;

	return cipher && context &&
	       EVP_DecryptInit_ex2(context, cipher, key->bytes, jwe->iv, NULL) > 0 &&
	       EVP_DecryptUpdate(context, NULL, &size, (const uint8_t *)jwe->aad,
				 (int)strlen(jwe->aad)) > 0 &&
	       EVP_DecryptUpdate(context, out, &size, jwe->ciphertext, (int)jwe->size) > 0 &&
	       EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES,
				   (void *)(uintptr_t)jwe->tag) > 0 &&
	       EVP_DecryptFinal_ex(context, out + jwe->size, &size) > 0;
}

static bool decrypt(const struct jwe *jwe, const struct kbs_key *own, const struct kbs_key *theirs,
		    uint8_t *out)
{
	CLEANUP(content_key_clear) struct content_key wrapping, key;
	uint8_t z[KBS_COORDINATE_MAX_BYTES];

	bool agreed = kbs_key_agree(own, theirs, z);
	if (agreed)
		derive(z, own->coordinate_bytes, &wrapping);
	OPENSSL_cleanse(z, sizeof(z));
	return agreed && unwrap(&wrapping, jwe->wrapped, &key) && open_content(jwe, &key, out);
}

int kbs_jwe_decrypt(const json_t *private_key, const uint8_t *text, size_t text_size,
		    struct secret **plaintext, size_t *size, struct error *err)
{
	cleanup_json json_t *json = NULL;
	CLEANUP(jwe_release) struct jwe jwe = { 0 };
	cleanup_kbs_numbers struct kbs_key own = { .group = NULL }, theirs = { .group = NULL };
	cleanup_secret struct secret *secret = NULL;

	if (json_parse(text, text_size, KBS_JWE_MAX_BYTES, &json, err) < 0 ||
	    read_jwe(json, &jwe, err) < 0 ||
	    kbs_key_load(jwe.epk, "epk", KBS_KEY_PUBLIC, &theirs, err) < 0 ||
	    kbs_key_load(private_key, "key", KBS_KEY_PRIVATE, &own, err) < 0)
		return -1;
	if (!json_equal(json_object_get(jwe.epk, "crv"), json_object_get(private_key, "crv")))
		return error_input(err, "epk is not on the key's curve");
	if (secret_new(jwe.size ? jwe.size : 1, &secret, err) < 0)
		return -1;
	if (!decrypt(&jwe, &own, &theirs, secret->bytes)) {
		ERR_clear_error();
		return error_mismatch(err, "the JWE does not decrypt with this key");
	}
	*plaintext = take_ptr(secret);
	*size = jwe.size;
	return 0;
}
