// SPDX-License-Identifier: Apache-2.0
/* The broker's store: one SQLite file with the resources, the audit log, known endorsement-key
 * certificates and the key that signs tokens. Secrets in it are encrypted under keys derived from
 * the store key, which lies elsewhere; with them are bound the path and the policy they were added
 * with. The file is in WAL mode and every commit is synchronous, so what was said to be written
 * survives `kill -9` and a power failure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "common/cleanup.h"
#include "common/error.h"
#include "common/secret.h"

enum {
	STORE_KEY_BYTES = 32,
	STORE_SECRET_MAX_BYTES = 64 << 10,
	STORE_POLICY_MAX_BYTES = 1 << 20,
	STORE_RESOURCES_MAX = 100000,
};

struct store;

/* Makes the store `path` and its key file `key_path`, both of mode 0600. Neither may exist. On
 * failure neither stays. */
int store_create(const char *path, const char *key_path, struct error *err) MUST_CHECK;

/* Opens a store. With `key` NULL nothing can be decrypted, added or logged: for reading. The key is
 * copied. ERROR_INPUT: no store of this version. ERROR_MISMATCH: another store's key. One store
 * may be used by several threads, and the file by several processes, at once. */
int store_open(const char *path, const struct secret *key, struct store **store, struct error *err)
	MUST_CHECK;

/* A fresh store in memory, for tests. */
int store_open_memory(const struct secret *key, struct store **store, struct error *err) MUST_CHECK;

void store_free(struct store *store);
DEFINE_CLEANUP(cleanup_store_p, struct store, store_free)
#define cleanup_store CLEANUP(cleanup_store_p)

/* The key that signs tokens, a private JWK on P-256; borrowed. NULL without a store key. */
const json_t *store_token_key(const struct store *store);

/* --- resources ------------------------------------------------------------------------------ */

struct resource {
	struct secret *secret;
	char *policy; /* POLICY.json as it was added, NUL-terminated */
	size_t policy_size;
};
void resource_clear(struct resource *resource);
#define cleanup_resource CLEANUP(resource_clear)

/* Adds a resource and an audit row for it, in one transaction. `policy` is a text that
 * snp_policy_parse() accepts. ERROR_INPUT: no valid path, there is one already, or it is too large;
 * `now_ms` is Unix time in milliseconds. */
int store_add(struct store *store, const char *path, const struct secret *secret,
	      const char *policy, size_t policy_size, int64_t now_ms, struct error *err) MUST_CHECK;

/* ERROR_INPUT where there is none of that path. */
int store_remove(struct store *store, const char *path, int64_t now_ms, struct error *err)
	MUST_CHECK;

/* The resource, or one with a NULL secret where there is none of that path. ERROR_MISMATCH: the row
 * was altered. */
int store_get(struct store *store, const char *path, struct resource *resource, struct error *err)
	MUST_CHECK;

/* What is there, by path, without secrets: [{"path", "bytes", "added" (ms), "policy"}, ...]. The
 * caller owns *list. */
int store_list(struct store *store, json_t **list, struct error *err) MUST_CHECK;

/* --- endorsement-key certificates ----------------------------------------------------------- */

enum { STORE_VEK_NAME_BYTES = 192, STORE_VEKS_MAX = 20000 };

/* Keeps a certificate (DER) that was verified, under a name that says chip and TCB. One of that
 * name is left as it is, and so is a store that has STORE_VEKS_MAX. */
int store_vek_keep(struct store *store, const char *name, const uint8_t *der, size_t size,
		   struct error *err) MUST_CHECK;

/* The caller frees *der; NULL where there is none. */
int store_vek_find(struct store *store, const char *name, uint8_t **der, size_t *size,
		   struct error *err) MUST_CHECK;
