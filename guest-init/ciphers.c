// SPDX-License-Identifier: Apache-2.0
#include "guest-init/ciphers.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/provider.h>

#include "common/error.h"

#define PROVIDER "few"

/* By the first of the names that the default provider gives them. */
static const char *const ciphers[] = { "AES-256-GCM", "AES-256-WRAP" };

enum { CIPHERS = sizeof(ciphers) / sizeof(ciphers[0]) };

static OSSL_PROVIDER *whole;

static bool wanted(const char *names)
{
	size_t size = strcspn(names, ":");

	for (size_t i = 0; i < CIPHERS; i++)
		if (strlen(ciphers[i]) == size && !memcmp(names, ciphers[i], size))
			return true;
	return false;
}

/* provider-base(7), OSSL_FUNC_provider_query_operation */
static const OSSL_ALGORITHM *query(void *context, int operation, int *no_cache)
{
	static OSSL_ALGORITHM few[CIPHERS + 1];
	size_t count = 0;

	(void)context;
	const OSSL_ALGORITHM *all = OSSL_PROVIDER_query_operation(whole, operation, no_cache);
	if (operation != OSSL_OP_CIPHER)
		return all;
	for (const OSSL_ALGORITHM *a = all; a && a->algorithm_names && count < CIPHERS; a++)
		if (wanted(a->algorithm_names))
			few[count++] = *a;
	few[count] = (OSSL_ALGORITHM){ .algorithm_names = NULL };
	return few;
}

/* The implementations are the default provider's, and so is the context that they are given. */
static int start(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
		 void **context)
{
	static const OSSL_DISPATCH table[] = {
		{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query },
		{ 0, NULL },
	};

	(void)handle;
	(void)in;
	*out = table;
	*context = OSSL_PROVIDER_get0_provider_ctx(whole);
	return 1;
}

int ciphers_few(struct error *err)
{
	/* nor its names of old for some 200 algorithms, which fetching one by name does without */
	(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_ADD_ALL_DIGESTS,
				  NULL);
	OSSL_LIB_CTX *few = OSSL_LIB_CTX_new();
	whole = OSSL_PROVIDER_load(NULL, "default");
	if (!few || !whole || !OSSL_PROVIDER_add_builtin(few, PROVIDER, start) ||
	    !OSSL_PROVIDER_load(few, PROVIDER))
		return error_crypto(err, "starting libcrypto");
	(void)OSSL_LIB_CTX_set0_default(few);
	return 0;
}
