// SPDX-License-Identifier: Apache-2.0
#include "attest/kbs_key.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include "common/base64url.h"
#include "common/json.h"

enum {
	UNCOMPRESSED = 4, /* SEC 1, section 2.3.3 */
	POINT_MAX_BYTES = 1 + 2 * KBS_COORDINATE_MAX_BYTES,
	P256_BYTES = 32,
};

DEFINE_CLEANUP(pkey_free, EVP_PKEY, EVP_PKEY_free)
DEFINE_CLEANUP(pkey_context_free, EVP_PKEY_CTX, EVP_PKEY_CTX_free)
DEFINE_CLEANUP(bn_free, BIGNUM, BN_clear_free)
DEFINE_CLEANUP(builder_free, OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
DEFINE_CLEANUP(params_free, OSSL_PARAM, OSSL_PARAM_free)

static const struct curve {
	const char *name;
	size_t coordinate_bytes;
} curves[] = { { "P-256", P256_BYTES }, { "P-521", KBS_COORDINATE_MAX_BYTES } };

static const struct curve *curve_find(const char *name)
{
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (!strcmp(name, curves[i].name))
			return &curves[i];
	return NULL;
}

static int read_curve(const json_t *key, const char *where, const struct curve **result,
		      struct error *err)
{
	const char *kty, *crv;

	if (json_get_string(key, where, "kty", &kty, err) < 0 ||
	    json_get_string(key, where, "crv", &crv, err) < 0)
		return -1;
	if (strcmp(kty, "EC") != 0)
		return error_input(err, "%s: key type \"%s\" is not EC", where, kty);
	const struct curve *curve = curve_find(crv);
	if (!curve)
		return error_input(err, "%s: curve \"%s\" is not P-256 or P-521", where, crv);
	*result = curve;
	return 0;
}

/* The member `name`, of as many bytes as the curve's coordinates have. */
static int read_number(const json_t *key, const char *where, const struct curve *curve,
		       const char *name, uint8_t *number, struct error *err)
{
	cleanup_free uint8_t *bytes = NULL;
	const char *text;
	size_t size;
	struct error ignored;

	if (json_get_string(key, where, name, &text, err) < 0)
		return -1;
	int decoded = base64url_decode(text, &bytes, &size, &ignored);
	if (decoded == 0 && size == curve->coordinate_bytes)
		memcpy(number, bytes, size);
	else
		decoded = error_input(err, "%s: \"%s\" is not %zu bytes in base64url", where, name,
				      curve->coordinate_bytes);
	if (bytes)
		OPENSSL_cleanse(bytes, size);
	return decoded;
}

/* `d`: the private number, or NULL. */
static EVP_PKEY *pkey_from(const struct curve *curve, const uint8_t *point, const BIGNUM *d)
{
	CLEANUP(builder_free) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	CLEANUP(pkey_context_free)
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *pkey = NULL;

	if (!builder || !context ||
	    !OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, curve->name, 0) ||
	    !OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point,
					      1 + 2 * curve->coordinate_bytes) ||
	    (d && !OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, d)))
		return NULL;
	CLEANUP(params_free) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
	if (!params || EVP_PKEY_fromdata_init(context) <= 0 ||
	    EVP_PKEY_fromdata(context, &pkey, d ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) <=
		    0)
		return NULL;
	return pkey;
}

static int read_private(const json_t *key, const char *where, const struct curve *curve, BIGNUM **d,
			struct error *err)
{
	uint8_t bytes[KBS_COORDINATE_MAX_BYTES];

	if (read_number(key, where, curve, "d", bytes, err) < 0)
		return -1;
	/* a secure one has its data in libcrypto's cleared memory, and is handled in constant time
	 */
	BIGNUM *number = BN_secure_new();
	if (number && !BN_bin2bn(bytes, (int)curve->coordinate_bytes, number)) {
		BN_clear_free(number);
		number = NULL;
	}
	OPENSSL_cleanse(bytes, sizeof(bytes));
	if (!number)
		return error_memory(err);
	*d = number;
	return 0;
}

int kbs_key_load(const json_t *key, const char *where, enum kbs_key_part part, EVP_PKEY **pkey,
		 struct error *err)
{
	uint8_t point[POINT_MAX_BYTES] = { UNCOMPRESSED };
	CLEANUP(bn_free) BIGNUM *d = NULL;
	const struct curve *curve = NULL;

	if (read_curve(key, where, &curve, err) < 0 ||
	    read_number(key, where, curve, "x", point + 1, err) < 0 ||
	    read_number(key, where, curve, "y", point + 1 + curve->coordinate_bytes, err) < 0 ||
	    (part == KBS_KEY_PRIVATE && read_private(key, where, curve, &d, err) < 0))
		return -1;
	EVP_PKEY *loaded = pkey_from(curve, point, d);
	ERR_clear_error();
	if (!loaded)
		return error_input(err, "%s: not a point on %s", where, curve->name);
	*pkey = loaded;
	return 0;
}

static json_t *jwk_make(const uint8_t *x, const uint8_t *y, const uint8_t *d)
{
	cleanup_free char *x_text = base64url_encode(x, P256_BYTES);
	cleanup_free char *y_text = base64url_encode(y, P256_BYTES);
	cleanup_free char *d_text = base64url_encode(d, P256_BYTES);
	json_t *key = NULL;

	if (x_text && y_text && d_text)
		key = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "kty", "EC", "crv", "P-256",
				"alg", KBS_KEY_ALGORITHM, "x", x_text, "y", y_text, "d", d_text);
	if (d_text)
		OPENSSL_cleanse(d_text, strlen(d_text));
	return key;
}

int kbs_key_generate(json_t **private_key, struct error *err)
{
	CLEANUP(pkey_free) EVP_PKEY *pkey = EVP_EC_gen("P-256");
	CLEANUP(bn_free) BIGNUM *number = NULL;
	uint8_t point[POINT_MAX_BYTES], d[P256_BYTES];
	size_t size;

	if (!pkey ||
	    !EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point),
					     &size) ||
	    size != 1 + 2 * P256_BYTES || point[0] != UNCOMPRESSED ||
	    !EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &number) ||
	    BN_bn2binpad(number, d, sizeof(d)) != sizeof(d))
		return error_crypto(err, "making a key on P-256");
	json_t *key = jwk_make(point + 1, point + 1 + P256_BYTES, d);
	OPENSSL_cleanse(d, sizeof(d));
	if (!key)
		return error_memory(err);
	*private_key = key;
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
				KBS_KEY_ALGORITHM, "x", x, "y", y);
	if (!key)
		return error_memory(err);
	*public_key = key;
	return 0;
}

int kbs_key_check(const json_t *key, struct error *err)
{
	static const char *const members[] = { "kty", "crv", "alg", "x", "y", NULL };
	EVP_PKEY *point;
	const char *alg;

	if (json_get_string(key, "tee-pubkey", "alg", &alg, err) < 0)
		return -1;
	if (strcmp(alg, KBS_KEY_ALGORITHM) != 0)
		return error_input(err, "tee-pubkey: algorithm \"%s\" is not " KBS_KEY_ALGORITHM,
				   alg);
	if (json_only_members(key, "tee-pubkey", members, err) < 0)
		return -1;
	if (kbs_key_load(key, "tee-pubkey", KBS_KEY_PUBLIC, &point, err) < 0)
		return -1;
	EVP_PKEY_free(point);
	return 0;
}
