// SPDX-License-Identifier: Apache-2.0
#include "broker/cipher.h"

#include <limits.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

enum { IV_BYTES = 12, TAG_BYTES = 16 };

_Static_assert(IV_BYTES + TAG_BYTES == CIPHER_OVERHEAD_BYTES, "IV and tag");

DEFINE_CLEANUP(cleanup_cipher_p, EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)

/* Initialises `ctx` and feeds it the additional data. */
static bool begin(EVP_CIPHER_CTX *ctx, const struct secret *key, const uint8_t *iv, const void *aad,
		  size_t aad_size, bool encrypt)
{
	int n;

	return ctx && aad_size <= INT_MAX && key->size == CIPHER_KEY_BYTES &&
	       EVP_CipherInit_ex2(ctx, EVP_aes_256_gcm(), key->bytes, iv, encrypt, NULL) == 1 &&
	       EVP_CipherUpdate(ctx, NULL, &n, aad, (int)aad_size) == 1;
}

int cipher_seal(const struct secret *key, const void *aad, size_t aad_size, const uint8_t *plain,
		size_t size, uint8_t *out, struct error *err)
{
	CLEANUP(cleanup_cipher_p) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t *body = out + IV_BYTES;
	int n;

	if (RAND_bytes(out, IV_BYTES) != 1 || size > INT_MAX ||
	    !begin(ctx, key, out, aad, aad_size, true) ||
	    EVP_CipherUpdate(ctx, body, &n, plain, (int)size) != 1 ||
	    EVP_CipherFinal_ex(ctx, body + n, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, body + size) != 1)
		return error_crypto(err, "encrypting for the store");
	return 0;
}

int cipher_open(const struct secret *key, const void *aad, size_t aad_size, const uint8_t *sealed,
		size_t size, struct secret **plain, struct error *err)
{
	CLEANUP(cleanup_cipher_p) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	cleanup_secret struct secret *secret = NULL;
	uint8_t tag[TAG_BYTES];
	int n;

	if (size <= CIPHER_OVERHEAD_BYTES || size > INT_MAX)
		return error_mismatch(err, "%zu encrypted bytes are too few or too many", size);
	size_t body = size - CIPHER_OVERHEAD_BYTES;
	if (secret_new(body, &secret, err) < 0)
		return -1;
	memcpy(tag, sealed + size - TAG_BYTES, TAG_BYTES);
	if (!begin(ctx, key, sealed, aad, aad_size, false) ||
	    EVP_CipherUpdate(ctx, secret->bytes, &n, sealed + IV_BYTES, (int)body) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag) != 1)
		return error_crypto(err, "decrypting from the store");
	if (EVP_CipherFinal_ex(ctx, secret->bytes + n, &n) != 1) {
		ERR_clear_error();
		return error_mismatch(err, "it does not decrypt: another store key, or altered");
	}
	*plain = take_ptr(secret);
	return 0;
}
