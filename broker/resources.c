// SPDX-License-Identifier: Apache-2.0
/* The store's resources and certificates. */
#include <string.h>

#include "attest/snp_policy.h"
#include "broker/audit_private.h"
#include "broker/cipher.h"
#include "broker/store_private.h"
#include "common/resource_path.h"

static const char aad_label[] = "podseal-broker resource 1"; /* with its NUL */

/* What a secret is bound to: the label, the path, the policy, each ended by a NUL. Neither a path
 * nor a policy (JSON text that was parsed) has a NUL in it. The caller frees *aad. */
static int aad_make(const char *path, const char *policy, size_t policy_size, char **aad,
		    size_t *size, struct error *err)
{
	size_t path_size = strlen(path) + 1;
	char *a = malloc(sizeof(aad_label) + path_size + policy_size + 1);

	if (!a)
		return error_memory(err);
	char *p = mempcpy(a, aad_label, sizeof(aad_label));
	p = mempcpy(p, path, path_size);
	p = mempcpy(p, policy, policy_size);
	*p++ = '\0';
	*aad = a;
	*size = (size_t)(p - a);
	return 0;
}

void resource_clear(struct resource *resource)
{
	secret_free(resource->secret);
	free(resource->policy);
	*resource = (struct resource){ 0 };
}

static int resource_seal(const struct store *store, const char *path, const struct secret *secret,
			 const char *policy, size_t policy_size, uint8_t **sealed,
			 struct error *err)
{
	cleanup_free char *aad = NULL;
	cleanup_free uint8_t *out = NULL;
	size_t aad_size;

	if (aad_make(path, policy, policy_size, &aad, &aad_size, err) < 0)
		return -1;
	out = malloc(secret->size + CIPHER_OVERHEAD_BYTES);
	if (!out)
		return error_memory(err);
	if (cipher_seal(store->secret_key, aad, aad_size, secret->bytes, secret->size, out, err) <
	    0)
		return -1;
	*sealed = take_ptr(out);
	return 0;
}

static int resource_exists(sqlite3 *db, const char *path, bool *exists, struct error *err)
{
	cleanup_statement sqlite3_stmt *s = NULL;

	if (sql_prepare(db, "SELECT 1 FROM resource WHERE path=?", &s, err) < 0)
		return -1;
	sql_bind_text(s, 1, path);
	return sql_step(s, exists, err);
}

static int count(sqlite3 *db, const char *text, int64_t *n, struct error *err)
{
	cleanup_statement sqlite3_stmt *s = NULL;
	bool row;

	if (sql_prepare(db, text, &s, err) < 0 || sql_step(s, &row, err) < 0)
		return -1;
	*n = row ? sqlite3_column_int64(s, 0) : 0;
	return 0;
}

/* A change to what the broker gives out is part of the log. */
static int audit_change(struct store *store, const char *path, const char *verdict, int64_t now_ms,
			struct error *err)
{
	struct audit_entry entry = { .row.time_ms = now_ms }, *const entries[] = { &entry };

	audit_text(entry.row.peer, sizeof(entry.row.peer), "local");
	audit_text(entry.row.action, sizeof(entry.row.action), "store");
	audit_text(entry.row.resource, sizeof(entry.row.resource), path);
	audit_text(entry.row.verdict, sizeof(entry.row.verdict), verdict);
	return audit_insert(store, entries, 1, err);
}

int store_add(struct store *store, const char *path, const struct secret *secret,
	      const char *policy, size_t policy_size, int64_t now_ms, struct error *err)
{
	cleanup_free uint8_t *sealed = NULL;
	STORE_LOCKED(store);
	cleanup_transaction struct transaction t = { 0 };
	cleanup_statement sqlite3_stmt *s = NULL;
	int64_t resources;
	bool exists;

	if (!resource_path_valid(path))
		return error_input(err, "\"%s\" is not a path REPOSITORY/TYPE/TAG", path);
	if (secret->size > STORE_SECRET_MAX_BYTES || policy_size > STORE_POLICY_MAX_BYTES)
		return error_input(err, "%s: a secret has at most %d bytes, its policy %d", path,
				   STORE_SECRET_MAX_BYTES, STORE_POLICY_MAX_BYTES);
	if (resource_seal(store, path, secret, policy, policy_size, &sealed, err) < 0 ||
	    transaction_begin(&t, store->db, err) < 0 ||
	    resource_exists(store->db, path, &exists, err) < 0 ||
	    count(store->db, "SELECT count(*) FROM resource", &resources, err) < 0)
		return -1;
	if (exists)
		return error_input(err, "%s is there already: remove it first", path);
	if (resources >= STORE_RESOURCES_MAX)
		return error_input(err, "the store has %d resources, and takes no more",
				   STORE_RESOURCES_MAX);
	if (sql_prepare(store->db, "INSERT INTO resource VALUES (?, ?, ?, ?)", &s, err) < 0)
		return -1;
	sql_bind_text(s, 1, path);
	(void)sqlite3_bind_text(s, 2, policy, (int)policy_size, SQLITE_STATIC);
	sql_bind_blob(s, 3, sealed, secret->size + CIPHER_OVERHEAD_BYTES);
	sql_bind_int(s, 4, now_ms);
	if (sql_done(s, err) < 0 || audit_change(store, path, "added", now_ms, err) < 0)
		return -1;
	return transaction_commit(&t, err);
}

int store_remove(struct store *store, const char *path, int64_t now_ms, struct error *err)
{
	STORE_LOCKED(store);
	cleanup_transaction struct transaction t = { 0 };
	cleanup_statement sqlite3_stmt *s = NULL;

	if (transaction_begin(&t, store->db, err) < 0 ||
	    sql_prepare(store->db, "DELETE FROM resource WHERE path=?", &s, err) < 0)
		return -1;
	sql_bind_text(s, 1, path);
	if (sql_done(s, err) < 0)
		return -1;
	if (sqlite3_changes(store->db) == 0)
		return error_input(err, "there is no resource %s", path);
	if (audit_change(store, path, "removed", now_ms, err) < 0 ||
	    transaction_commit(&t, err) < 0)
		return -1;
	/* the log beside the file still has the old page: empty it, as far as readers allow */
	(void)sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	return 0;
}

/* The row as it lies in the store; *row is false where there is none. */
static int resource_read(struct store *store, const char *path, struct resource *r,
			 uint8_t **sealed, size_t *sealed_size, struct error *err)
{
	STORE_LOCKED(store);
	cleanup_statement sqlite3_stmt *s = NULL;
	bool row;

	if (sql_prepare(store->db, "SELECT policy, sealed FROM resource WHERE path=?", &s, err) < 0)
		return -1;
	sql_bind_text(s, 1, path);
	if (sql_step(s, &row, err) < 0)
		return -1;
	if (!row)
		return 0;
	const char *policy = sql_text(s, 0);
	size_t size = (size_t)sqlite3_column_bytes(s, 0), n = (size_t)sqlite3_column_bytes(s, 1);
	uint8_t *copy = malloc(n + 1);
	r->policy = strndup(policy, size);
	if (!copy || !r->policy) {
		free(copy);
		return error_memory(err);
	}
	if (n)
		memcpy(copy, sqlite3_column_blob(s, 1), n);
	r->policy_size = strlen(r->policy);
	*sealed = copy;
	*sealed_size = n;
	return 0;
}

int store_get(struct store *store, const char *path, struct resource *resource, struct error *err)
{
	cleanup_resource struct resource r = { 0 };
	cleanup_free uint8_t *sealed = NULL;
	cleanup_free char *aad = NULL;
	size_t sealed_size = 0, aad_size;

	if (resource_read(store, path, &r, &sealed, &sealed_size, err) < 0)
		return -1;
	if (sealed && (aad_make(path, r.policy, r.policy_size, &aad, &aad_size, err) < 0 ||
		       cipher_open(store->secret_key, aad, aad_size, sealed, sealed_size, &r.secret,
				   err) < 0))
		return error_prefix(err, "resource %s", path);
	*resource = r;
	r = (struct resource){ 0 };
	return 0;
}

int store_list(struct store *store, json_t **list, struct error *err)
{
	STORE_LOCKED(store);
	cleanup_statement sqlite3_stmt *s = NULL;
	json_t *array = json_array();
	bool row;

	if (sql_prepare(store->db,
			"SELECT path, length(sealed), added, policy FROM resource ORDER BY path",
			&s, err) < 0) {
		json_decref(array);
		return -1;
	}
	while (sql_step(s, &row, err) == 0) {
		if (!row) {
			*list = array;
			return 0;
		}
		json_t *policy = json_loads(sql_text(s, 3), 0, NULL);
		json_t *item =
			json_pack("{s:s, s:I, s:I, s:o}", "path", sql_text(s, 0), "bytes",
				  (json_int_t)sqlite3_column_int64(s, 1) - CIPHER_OVERHEAD_BYTES,
				  "added", (json_int_t)sqlite3_column_int64(s, 2), "policy",
				  policy ? policy : json_null());
		if (json_array_append_new(array, item) < 0) {
			error_memory(err);
			break;
		}
	}
	json_decref(array);
	return -1;
}

int store_vek_keep(struct store *store, const char *name, const uint8_t *der, size_t size,
		   struct error *err)
{
	STORE_LOCKED(store);
	cleanup_statement sqlite3_stmt *s = NULL;
	int64_t kept;

	if (count(store->db, "SELECT count(*) FROM vek", &kept, err) < 0)
		return -1;
	if (kept >= STORE_VEKS_MAX)
		return 0;
	if (sql_prepare(store->db, "INSERT OR IGNORE INTO vek VALUES (?, ?)", &s, err) < 0)
		return -1;
	sql_bind_text(s, 1, name);
	sql_bind_blob(s, 2, der, size);
	return sql_done(s, err);
}

int store_vek_find(struct store *store, const char *name, uint8_t **der, size_t *size,
		   struct error *err)
{
	STORE_LOCKED(store);
	cleanup_statement sqlite3_stmt *s = NULL;
	uint8_t *copy = NULL;
	size_t n = 0;
	bool row;

	if (sql_prepare(store->db, "SELECT certificate FROM vek WHERE name=?", &s, err) < 0)
		return -1;
	sql_bind_text(s, 1, name);
	if (sql_step(s, &row, err) < 0)
		return -1;
	if (row) {
		n = (size_t)sqlite3_column_bytes(s, 0);
		copy = malloc(n + 1);
		if (!copy)
			return error_memory(err);
		if (n)
			memcpy(copy, sqlite3_column_blob(s, 0), n);
	}
	*der = copy;
	*size = n;
	return 0;
}
