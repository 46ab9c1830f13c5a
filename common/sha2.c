// SPDX-License-Identifier: Apache-2.0
#define OPENSSL_SUPPRESS_DEPRECATED
#include "common/sha2.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

void sha2_256(const void *bytes, size_t size, uint8_t digest[SHA2_256_BYTES])
{
	SHA256_CTX context;

	(void)SHA256_Init(&context);
	(void)SHA256_Update(&context, bytes, size);
	(void)SHA256_Final(digest, &context);
	OPENSSL_cleanse(&context, sizeof(context));
}

void sha2_384(const void *bytes, size_t size, uint8_t digest[SHA2_384_BYTES])
{
	SHA512_CTX context;

	(void)SHA384_Init(&context);
	(void)SHA384_Update(&context, bytes, size);
	(void)SHA384_Final(digest, &context);
	OPENSSL_cleanse(&context, sizeof(context));
}

void sha2_512(const void *bytes, size_t size, uint8_t digest[SHA2_512_BYTES])
{
	SHA512_CTX context;

	(void)SHA512_Init(&context);
	(void)SHA512_Update(&context, bytes, size);
	(void)SHA512_Final(digest, &context);
	OPENSSL_cleanse(&context, sizeof(context));
}
