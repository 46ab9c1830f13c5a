// SPDX-License-Identifier: Apache-2.0
#include "attest/kbs_jwe.h"

#include <string.h>

#include <jose/jwe.h>
#include <openssl/crypto.h>

#include "common/json.h"

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
	cleanup_json json_t *jwe = json_pack("{s:{s:s, s:s}}", "protected", "alg",
					     KBS_KEY_ALGORITHM, "enc", KBS_CONTENT_ALGORITHM);
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
