// SPDX-License-Identifier: Apache-2.0
#include "builder/source/digest.h"

#include <string.h>

#include "common/hex.h"

enum { SHA256_BYTES = 32 };
static const char prefix[] = "sha256:";

int digest_check(const char *text, struct error *err)
{
	size_t prefix_size = sizeof(prefix) - 1;
	const char *colon = strchr(text, ':');

	if (colon && strncmp(text, prefix, prefix_size) != 0)
		return error_input(err, "digest algorithm \"%.*s\" is not supported, only sha256",
				   (int)(colon - text < 32 ? colon - text : 32), text);
	if (!colon || strlen(text) != prefix_size + 2 * (size_t)SHA256_BYTES ||
	    strspn(text + prefix_size, "0123456789abcdef") != 2 * (size_t)SHA256_BYTES)
		return error_input(err, "\"%.100s\" is not sha256: and 64 lower-case digits", text);
	return 0;
}

const char *digest_hex(const char *digest)
{
	return digest + sizeof(prefix) - 1;
}

int digest_start(EVP_MD_CTX **context, struct error *err)
{
	cleanup_md EVP_MD_CTX *md = EVP_MD_CTX_new();

	if (!md)
		return error_memory(err);
	if (EVP_DigestInit_ex2(md, EVP_sha256(), NULL) != 1)
		return error_crypto(err, "starting SHA-256");
	*context = take_ptr(md);
	return 0;
}

int digest_update(EVP_MD_CTX *context, const uint8_t *bytes, size_t size, struct error *err)
{
	return EVP_DigestUpdate(context, bytes, size) == 1 ? 0 : error_crypto(err, "SHA-256");
}

static int finish(EVP_MD_CTX *context, char digest[DIGEST_TEXT_BYTES], struct error *err)
{
	uint8_t bytes[SHA256_BYTES];

	if (EVP_DigestFinal_ex(context, bytes, NULL) != 1)
		return error_crypto(err, "SHA-256");
	memcpy(digest, prefix, sizeof(prefix) - 1);
	hex_encode(bytes, sizeof(bytes), digest + sizeof(prefix) - 1);
	return 0;
}

int digest_finish(EVP_MD_CTX *context, const char *wanted, const char *what, struct error *err)
{
	char found[DIGEST_TEXT_BYTES];

	if (finish(context, found, err) < 0)
		return -1;
	if (strcmp(found, wanted) != 0)
		return error_input(err, "%s is %s, should be %s", what, found, wanted);
	return 0;
}

int digest_of(const uint8_t *bytes, size_t size, char digest[DIGEST_TEXT_BYTES], struct error *err)
{
	cleanup_md EVP_MD_CTX *md = NULL;

	if (digest_start(&md, err) < 0 || digest_update(md, bytes, size, err) < 0)
		return -1;
	return finish(md, digest, err);
}
