// SPDX-License-Identifier: Apache-2.0
#include "broker/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <jose/jose.h>
#include <openssl/crypto.h>

#include "attest/kbs_jwe.h"
#include "broker/audit_private.h"
#include "broker/cipher.h"
#include "broker/store_private.h"
#include "common/io.h"
#include "common/json.h"

#define APPLICATION_ID "1886612322" /* "pskb" */

enum { FORMAT_VERSION = 1, TOKEN_KEY_MAX_BYTES = 4096, BUSY_MS = 10000 };

/* What the sealed token key is bound to. */
static const char token_key_aad[] = "podseal-broker token key 1";

/* Secure deletion, so that a removed secret's ciphertext does not stay in free pages. */
static const char settings[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
			       "PRAGMA secure_delete=ON; PRAGMA trusted_schema=OFF;"
			       "PRAGMA temp_store=MEMORY;";

static const char schema[] =
	"PRAGMA application_id=" APPLICATION_ID ";"
	"PRAGMA user_version=1;"
	"CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE resource (path TEXT PRIMARY KEY, policy TEXT NOT NULL, sealed BLOB NOT NULL,"
	"  added INTEGER NOT NULL);"
	"CREATE TABLE vek (name TEXT PRIMARY KEY, certificate BLOB NOT NULL);"
	"CREATE TABLE audit (sequence INTEGER PRIMARY KEY, time INTEGER NOT NULL,"
	"  peer TEXT NOT NULL, action TEXT NOT NULL, resource TEXT NOT NULL,"
	"  chip_id TEXT NOT NULL, measurement TEXT NOT NULL, verdict TEXT NOT NULL,"
	"  rule TEXT NOT NULL, root TEXT NOT NULL, hash BLOB NOT NULL);"
	"CREATE TABLE audit_head (id INTEGER PRIMARY KEY CHECK (id = 0),"
	"  sequence INTEGER NOT NULL, hash BLOB NOT NULL, mac BLOB NOT NULL);";

int transaction_begin(struct transaction *t, sqlite3 *db, struct error *err)
{
	if (sql_run(db, "BEGIN IMMEDIATE", err) < 0)
		return -1;
	t->db = db;
	return 0;
}

int transaction_commit(struct transaction *t, struct error *err)
{
	if (sql_run(t->db, "COMMIT", err) < 0)
		return -1;
	t->db = NULL;
	return 0;
}

void transaction_end(struct transaction *t)
{
	if (t->db)
		(void)sqlite3_exec(t->db, "ROLLBACK", NULL, NULL, NULL);
}

void store_free(struct store *store)
{
	if (!store)
		return;
	(void)sqlite3_close(store->db);
	(void)pthread_mutex_destroy(&store->lock);
	secret_free(store->secret_key);
	secret_free(store->audit_key);
	kbs_key_free(store->token_key);
	audit_queue_free(store->audit);
	free(store);
}

const json_t *store_token_key(const struct store *store)
{
	return store->token_key;
}

static int derive(const struct secret *key, const char *label, struct secret **derived,
		  struct error *err)
{
	cleanup_secret struct secret *d = NULL;

	if (secret_new(CIPHER_KEY_BYTES, &d, err) < 0 ||
	    secret_derive(key->bytes, key->size, label, d->bytes, d->size, err) < 0)
		return -1;
	*derived = take_ptr(d);
	return 0;
}

static int store_new(const char *path, int flags, const struct secret *key, struct store **store,
		     struct error *err)
{
	cleanup_store struct store *s = calloc(1, sizeof(*s));

	if (!s)
		return error_memory(err);
	(void)pthread_mutex_init(&s->lock, NULL);
	if (sqlite3_open_v2(path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return s->db ? sql_error(s->db, err) : error_memory(err);
	(void)sqlite3_extended_result_codes(s->db, 0);
	(void)sqlite3_busy_timeout(s->db, BUSY_MS);
	if (audit_queue_new(&s->audit, err) < 0)
		return -1;
	if (key && (derive(key, "podseal-broker secrets 1", &s->secret_key, err) < 0 ||
		    derive(key, "podseal-broker audit 1", &s->audit_key, err) < 0))
		return -1;
	*store = take_ptr(s);
	return 0;
}

static int pragma_get(sqlite3 *db, const char *text, int64_t *value, struct error *err)
{
	cleanup_statement sqlite3_stmt *s = NULL;
	bool row;

	if (sql_prepare(db, text, &s, err) < 0 || sql_step(s, &row, err) < 0)
		return -1;
	*value = row ? sqlite3_column_int64(s, 0) : 0;
	return 0;
}

static int format_check(sqlite3 *db, struct error *err)
{
	int64_t id, version;

	if (pragma_get(db, "PRAGMA application_id", &id, err) < 0 ||
	    pragma_get(db, "PRAGMA user_version", &version, err) < 0)
		return -1;
	if (id != strtoll(APPLICATION_ID, NULL, 10))
		return error_input(err, "not a store of podseal-broker");
	if (version != FORMAT_VERSION)
		return error_input(err, "a store of version %lld, not %d", (long long)version,
				   FORMAT_VERSION);
	return 0;
}

static int token_key_write(struct store *store, struct error *err)
{
	CLEANUP(cleanup_kbs_key_p)
	json_t *key = json_pack("{s:s, s:s}", "kty", "EC", "crv", "P-256");
	cleanup_statement sqlite3_stmt *s = NULL;
	uint8_t sealed[TOKEN_KEY_MAX_BYTES + CIPHER_OVERHEAD_BYTES];
	char text[TOKEN_KEY_MAX_BYTES];

	if (!key || !jose_jwk_gen(NULL, key) ||
	    json_object_set_new(key, "alg", json_string("ES256")) < 0)
		return error_crypto(err, "making the key for tokens");
	size_t size = json_dumpb(key, text, sizeof(text), JSON_COMPACT);
	int failed = size > sizeof(text) ||
		     cipher_seal(store->secret_key, token_key_aad, sizeof(token_key_aad),
				 (const uint8_t *)text, size, sealed, err) < 0;
	OPENSSL_cleanse(text, sizeof(text));
	if (failed)
		return -1;
	if (sql_prepare(store->db, "INSERT INTO meta VALUES ('token-key', ?)", &s, err) < 0)
		return -1;
	sql_bind_blob(s, 1, sealed, size + CIPHER_OVERHEAD_BYTES);
	return sql_done(s, err);
}

/* Shows too whether the store key is this store's. */
static int token_key_read(struct store *store, struct error *err)
{
	cleanup_statement sqlite3_stmt *s = NULL;
	cleanup_secret struct secret *text = NULL;
	bool row;

	if (sql_prepare(store->db, "SELECT value FROM meta WHERE name='token-key'", &s, err) < 0 ||
	    sql_step(s, &row, err) < 0)
		return -1;
	if (!row)
		return error_input(err, "a store without a key for tokens");
	if (cipher_open(store->secret_key, token_key_aad, sizeof(token_key_aad),
			sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0), &text,
			err) < 0)
		return error_prefix(err, "the key for tokens");
	return json_parse(text->bytes, text->size, TOKEN_KEY_MAX_BYTES, &store->token_key, err);
}

static int store_fill(struct store *store, struct error *err)
{
	cleanup_transaction struct transaction t = { 0 };

	if (sql_run(store->db, settings, err) < 0 || transaction_begin(&t, store->db, err) < 0 ||
	    sql_run(store->db, schema, err) < 0 || audit_head_make(store, err) < 0 ||
	    token_key_write(store, err) < 0)
		return -1;
	return transaction_commit(&t, err);
}

/* An empty file that only its owner may read; SQLite gives the files beside it the same mode. */
static int file_make(const char *path, const void *bytes, size_t size, struct error *err)
{
	cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return error_system(err, "%s", path);
	if (write_all(fd, bytes, size, err) < 0) {
		(void)unlink(path);
		return error_prefix(err, "%s", path);
	}
	if (fsync(fd) < 0) {
		error_system(err, "%s", path);
		(void)unlink(path);
		return -1;
	}
	return 0;
}

int store_create(const char *path, const char *key_path, struct error *err)
{
	cleanup_secret struct secret *key = NULL;
	cleanup_store struct store *store = NULL;

	if (secret_random(STORE_KEY_BYTES, &key, err) < 0 ||
	    file_make(key_path, key->bytes, key->size, err) < 0)
		return -1;
	if (file_make(path, NULL, 0, err) < 0) {
		(void)unlink(key_path);
		return -1;
	}
	if (store_new(path, SQLITE_OPEN_READWRITE, key, &store, err) < 0 ||
	    store_fill(store, err) < 0) {
		(void)unlink(path);
		(void)unlink(key_path);
		return error_prefix(err, "%s", path);
	}
	return 0;
}

int store_open(const char *path, const struct secret *key, struct store **store, struct error *err)
{
	cleanup_store struct store *s = NULL;
	struct stat st;

	if (stat(path, &st) < 0)
		return error_system(err, "%s", path);
	if (store_new(path, SQLITE_OPEN_READWRITE, key, &s, err) < 0 ||
	    format_check(s->db, err) < 0 || sql_run(s->db, settings, err) < 0 ||
	    (key && token_key_read(s, err) < 0))
		return error_prefix(err, "%s", path);
	*store = take_ptr(s);
	return 0;
}

int store_open_memory(const struct secret *key, struct store **store, struct error *err)
{
	cleanup_store struct store *s = NULL;

	if (store_new(":memory:", SQLITE_OPEN_READWRITE, key, &s, err) < 0 ||
	    store_fill(s, err) < 0 || token_key_read(s, err) < 0)
		return -1;
	*store = take_ptr(s);
	return 0;
}
