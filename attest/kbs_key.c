// SPDX-License-Identifier: Apache-2.0
#include "attest/kbs_key.h"

#include <string.h>
#include <sys/random.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include "common/base64url.h"
#include "common/json.h"

enum {
	UNCOMPRESSED = 4, /* SEC 1, section 2.3.3 */
	POINT_MAX_BYTES = 1 + 2 * KBS_COORDINATE_MAX_BYTES,
	P256_BYTES = 32,
};

DEFINE_CLEANUP(bn_free, BIGNUM, BN_clear_free)
DEFINE_CLEANUP(group_free, EC_GROUP, EC_GROUP_free)
DEFINE_CLEANUP(point_free, EC_POINT, EC_POINT_clear_free)

static const struct curve {
	const char *name;
	int nid;
	size_t coordinate_bytes;
} curves[] = { { "P-256", NID_X9_62_prime256v1, P256_BYTES },
	       { "P-521", NID_secp521r1, KBS_COORDINATE_MAX_BYTES } };

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
	BN_set_flags(number, BN_FLG_CONSTTIME);
	*d = number;
	return 0;
}

void kbs_key_release(struct kbs_key *key)
{
	EC_POINT_free(key->point);
	BN_clear_free(key->d);
	EC_GROUP_free(key->group);
	*key = (struct kbs_key){ .group = NULL };
}

int kbs_key_load(const json_t *json, const char *where, enum kbs_key_part part,
		 struct kbs_key *result, struct error *err)
{
	uint8_t point[POINT_MAX_BYTES] = { UNCOMPRESSED };
	cleanup_kbs_numbers struct kbs_key key = { .group = NULL };
	const struct curve *curve = NULL;

	if (read_curve(json, where, &curve, err) < 0 ||
	    read_number(json, where, curve, "x", point + 1, err) < 0 ||
	    read_number(json, where, curve, "y", point + 1 + curve->coordinate_bytes, err) < 0 ||
	    (part == KBS_KEY_PRIVATE && read_private(json, where, curve, &key.d, err) < 0))
		return -1;
	key.coordinate_bytes = curve->coordinate_bytes;
	key.group = EC_GROUP_new_by_curve_name(curve->nid);
	key.point = key.group ? EC_POINT_new(key.group) : NULL;
	if (!key.point)
		return error_memory(err);
	/* the check that the point is on the curve is in there */
	int on_curve = EC_POINT_oct2point(key.group, key.point, point,
					  1 + 2 * curve->coordinate_bytes, NULL);
	if (!on_curve) {
		ERR_clear_error();
		return error_input(err, "%s: not a point on %s", where, curve->name);
	}
	*result = key;
	key = (struct kbs_key){ .group = NULL };
	return 0;
}

bool kbs_key_agree(const struct kbs_key *own, const struct kbs_key *theirs,
		   uint8_t z[KBS_COORDINATE_MAX_BYTES])
{
	CLEANUP(point_free) EC_POINT *shared = EC_POINT_new(own->group);
	CLEANUP(bn_free) BIGNUM *x = BN_secure_new();

	return shared && x && EC_GROUP_cmp(own->group, theirs->group, NULL) == 0 &&
	       EC_POINT_mul(own->group, shared, NULL, theirs->point, own->d, NULL) &&
	       EC_POINT_get_affine_coordinates(own->group, shared, x, NULL, NULL) &&
	       BN_bn2binpad(x, z, (int)own->coordinate_bytes) == (int)own->coordinate_bytes;
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

/* From 1 to the group's order - 1, each as likely as the others, in `number` and in `bytes`. */
static int draw(const EC_GROUP *group, BIGNUM *number, uint8_t bytes[P256_BYTES], struct error *err)
{
	BN_set_flags(number, BN_FLG_CONSTTIME);
	do {
		if (getrandom(bytes, P256_BYTES, 0) != P256_BYTES)
			return error_system(err, "getrandom");
		if (!BN_bin2bn(bytes, P256_BYTES, number))
			return error_memory(err);
	} while (BN_is_zero(number) || BN_cmp(number, EC_GROUP_get0_order(group)) >= 0);
	return 0;
}

static bool multiply_generator(const EC_GROUP *group, const BIGNUM *d,
			       uint8_t point[1 + 2 * P256_BYTES])
{
	CLEANUP(point_free) EC_POINT *public = EC_POINT_new(group);

	return public && EC_POINT_mul(group, public, d, NULL, NULL, NULL) &&
	       EC_POINT_point2oct(group, public, POINT_CONVERSION_UNCOMPRESSED, point,
				  1 + 2 * P256_BYTES, NULL) == 1 + 2 * P256_BYTES;
}

int kbs_key_generate(json_t **private_key, struct error *err)
{
	CLEANUP(group_free) EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	CLEANUP(bn_free) BIGNUM *number = BN_secure_new();
	uint8_t point[1 + 2 * P256_BYTES], d[P256_BYTES];

	if (!group || !number)
		return error_memory(err);
	if (draw(group, number, d, err) < 0)
		return -1;
	bool made = multiply_generator(group, number, point);
	json_t *key = made ? jwk_make(point + 1, point + 1 + P256_BYTES, d) : NULL;
	OPENSSL_cleanse(d, sizeof(d));
	if (!made)
		return error_crypto(err, "making a key on P-256");
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
	cleanup_kbs_numbers struct kbs_key point = { .group = NULL };
	const char *alg;

	if (json_get_string(key, "tee-pubkey", "alg", &alg, err) < 0)
		return -1;
	if (strcmp(alg, KBS_KEY_ALGORITHM) != 0)
		return error_input(err, "tee-pubkey: algorithm \"%s\" is not " KBS_KEY_ALGORITHM,
				   alg);
	if (json_only_members(key, "tee-pubkey", members, err) < 0)
		return -1;
	return kbs_key_load(key, "tee-pubkey", KBS_KEY_PUBLIC, &point, err);
}
