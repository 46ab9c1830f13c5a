// SPDX-License-Identifier: Apache-2.0
/* An encrypted answer, read with a fixed key; and the same text taken for a public key. */
#include <assert.h>

#include "attest/kbs_jwe.h"
#include "common/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of no use elsewhere: the seeds are encrypted to it. */
static const char key_text[] = "{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ECDH-ES+A256KW\","
			       "\"x\":\"djJlSzL23XPxegFgB7THpBMoPNhXLzZw_ooqEjRLRq4\",\"y\":"
			       "\"7KoohWoJoMwIiS8HhUUoqN3FyR0NNnX5k_Gu-QWscBY\",\"d\":"
			       "\"Je0Rqj1UxtIhvsnJ0Hf2JQCDFCVgNMQzD8zC0JG8Vsw\"}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_secret struct secret *plaintext = NULL;
	cleanup_json json_t *key = NULL, *json = NULL;
	struct error err;
	size_t n;

	assert(json_parse((const uint8_t *)key_text, sizeof(key_text) - 1, 4096, &key, &err) == 0);
	(void)!kbs_jwe_decrypt(key, data, size, &plaintext, &n, &err);
	if (json_parse(data, size, KBS_JWE_MAX_BYTES, &json, &err) == 0)
		(void)!kbs_key_check(json, &err);
	return 0;
}
