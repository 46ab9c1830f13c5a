// SPDX-License-Identifier: Apache-2.0
#include "guest-init/algorithms.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/provider.h>

#include "common/error.h"

#define PROVIDER "few"

enum { KEPT_MAX = 3 };

/* By the first of the names that the default provider gives them. */
static const char *const digests[KEPT_MAX] = { "SHA2-256", "SHA2-384", "SHA2-512" };
static const char *const ciphers[KEPT_MAX] = { "AES-256-GCM", "AES-256-WRAP" };

static OSSL_PROVIDER *whole;

static bool wanted(const char *names, const char *const wanted_names[KEPT_MAX])
{
	size_t size = strcspn(names, ":");

	for (size_t i = 0; i < KEPT_MAX && wanted_names[i]; i++)
		if (strlen(wanted_names[i]) == size && !memcmp(names, wanted_names[i], size))
			return true;
	return false;
}

/* provider-base(7), OSSL_FUNC_provider_query_operation */
static const OSSL_ALGORITHM *query(void *context, int operation, int *no_cache)
{
	static OSSL_ALGORITHM kept_digests[KEPT_MAX + 1], kept_ciphers[KEPT_MAX + 1];
	bool hash = operation == OSSL_OP_DIGEST;
	OSSL_ALGORITHM *kept = hash ? kept_digests : kept_ciphers;
	size_t count = 0;

	(void)context;
	*no_cache = 0;
	if (!hash && operation != OSSL_OP_CIPHER)
		return NULL;
	for (const OSSL_ALGORITHM *a = OSSL_PROVIDER_query_operation(whole, operation, no_cache);
	     a && a->algorithm_names && count < KEPT_MAX; a++)
		if (wanted(a->algorithm_names, hash ? digests : ciphers))
			kept[count++] = *a;
	kept[count] = (OSSL_ALGORITHM){ .algorithm_names = NULL };
	return kept;
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

int algorithms_few(struct error *err)
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
