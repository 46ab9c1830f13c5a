// SPDX-License-Identifier: Apache-2.0
/* The chain: how a row is hashed, inserted, read and verified. Who waits for whom is in
 * audit_queue.c. */
#include "broker/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "broker/audit_private.h"
#include "broker/store_private.h"
#include "common/disk.h"
#include "common/hex.h"

DEFINE_CLEANUP(cleanup_digest_p, EVP_MD_CTX, EVP_MD_CTX_free)

/* Where the chain ends: the newest row, or sequence 0 and zeros. */
struct head {
	uint64_t sequence;
	uint8_t hash[AUDIT_HASH_BYTES];
};

void audit_text(char *out, size_t out_size, const char *text)
{
	size_t n = strnlen(text, out_size - 1);

	for (size_t i = 0; i < n; i++)
		out[i] = text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?';
	out[n] = '\0';
}

void audit_anchor(uint64_t sequence, const uint8_t hash[AUDIT_HASH_BYTES],
		  char anchor[AUDIT_ANCHOR_BYTES])
{
	int n = snprintf(anchor, AUDIT_ANCHOR_BYTES, "%" PRIu64 ":", sequence);

	hex_encode(hash, AUDIT_HASH_BYTES, anchor + n);
}

static bool hash_number(EVP_MD_CTX *ctx, uint64_t number)
{
	be64 n = be64_put(number);

	return EVP_DigestUpdate(ctx, &n, sizeof(n)) == 1;
}

static bool hash_text(EVP_MD_CTX *ctx, const char *text)
{
	size_t size = strlen(text);

	return hash_number(ctx, size) && EVP_DigestUpdate(ctx, text, size) == 1;
}

/* From the hash before the row to the row's own, in place. */
static int row_hash(const struct audit_row *row, uint8_t hash[AUDIT_HASH_BYTES], struct error *err)
{
	CLEANUP(cleanup_digest_p) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || EVP_DigestInit_ex2(ctx, EVP_sha256(), NULL) != 1 ||
	    EVP_DigestUpdate(ctx, hash, AUDIT_HASH_BYTES) != 1 ||
	    !hash_number(ctx, row->sequence) || !hash_number(ctx, (uint64_t)row->time_ms) ||
	    !hash_text(ctx, row->peer) || !hash_text(ctx, row->action) ||
	    !hash_text(ctx, row->resource) || !hash_text(ctx, row->chip_id) ||
	    !hash_text(ctx, row->measurement) || !hash_text(ctx, row->verdict) ||
	    !hash_text(ctx, row->rule) || !hash_text(ctx, row->root) ||
	    EVP_DigestFinal_ex(ctx, hash, NULL) != 1)
		return error_crypto(err, "hashing a row of the audit log");
	return 0;
}

static int head_mac(const struct store *store, const struct head *head,
		    uint8_t mac[AUDIT_HASH_BYTES], struct error *err)
{
	uint8_t text[8 + AUDIT_HASH_BYTES];
	be64 sequence = be64_put(head->sequence);

	memcpy(text, &sequence, 8);
	memcpy(text + 8, head->hash, AUDIT_HASH_BYTES);
	if (!HMAC(EVP_sha256(), store->audit_key->bytes, (int)store->audit_key->size, text,
		  sizeof(text), mac, NULL))
		return error_crypto(err, "authenticating the audit log");
	return 0;
}

static int head_read(struct store *store, struct head *head, struct error *err)
{
	cleanup_statement sqlite3_stmt *s = NULL;
	uint8_t mac[AUDIT_HASH_BYTES], wanted[AUDIT_HASH_BYTES];
	struct head h = { 0 };
	bool row;

	if (sql_prepare(store->db, "SELECT sequence, hash, mac FROM audit_head", &s, err) < 0 ||
	    sql_step(s, &row, err) < 0)
		return -1;
	if (!row)
		return error_mismatch(err, "the end of the audit log is missing");
	h.sequence = (uint64_t)sqlite3_column_int64(s, 0);
	if (sql_bytes(s, 1, h.hash, sizeof(h.hash), err) < 0 ||
	    sql_bytes(s, 2, mac, sizeof(mac), err) < 0 || head_mac(store, &h, wanted, err) < 0)
		return -1;
	if (CRYPTO_memcmp(mac, wanted, sizeof(mac)) != 0)
		return error_mismatch(err, "the end of the audit log was altered");
	*head = h;
	return 0;
}

static int head_write(struct store *store, const struct head *head, struct error *err)
{
	cleanup_statement sqlite3_stmt *s = NULL;
	uint8_t mac[AUDIT_HASH_BYTES];

	if (head_mac(store, head, mac, err) < 0 ||
	    sql_prepare(store->db, "INSERT OR REPLACE INTO audit_head VALUES (0, ?, ?, ?)", &s,
			err) < 0)
		return -1;
	sql_bind_int(s, 1, (int64_t)head->sequence);
	sql_bind_blob(s, 2, head->hash, sizeof(head->hash));
	sql_bind_blob(s, 3, mac, sizeof(mac));
	return sql_done(s, err);
}

int audit_head_make(struct store *store, struct error *err)
{
	const struct head empty = { 0 };

	return head_write(store, &empty, err);
}

static int row_write(sqlite3_stmt *s, const struct audit_entry *entry, struct error *err)
{
	const struct audit_row *row = &entry->row;

	sql_bind_int(s, 1, (int64_t)row->sequence);
	sql_bind_int(s, 2, row->time_ms);
	sql_bind_text(s, 3, row->peer);
	sql_bind_text(s, 4, row->action);
	sql_bind_text(s, 5, row->resource);
	sql_bind_text(s, 6, row->chip_id);
	sql_bind_text(s, 7, row->measurement);
	sql_bind_text(s, 8, row->verdict);
	sql_bind_text(s, 9, row->rule);
	sql_bind_text(s, 10, row->root);
	sql_bind_blob(s, 11, entry->hash, sizeof(entry->hash));
	return sql_done(s, err);
}

int audit_insert(struct store *store, struct audit_entry *const *entries, size_t count,
		 struct error *err)
{
	cleanup_statement sqlite3_stmt *s = NULL;
	struct head head;

	/* read again each time: another process may have appended */
	if (head_read(store, &head, err) < 0 ||
	    sql_prepare(store->db, "INSERT INTO audit VALUES (?,?,?,?,?,?,?,?,?,?,?)", &s, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		entries[i]->row.sequence = ++head.sequence;
		if (row_hash(&entries[i]->row, head.hash, err) < 0)
			return -1;
		memcpy(entries[i]->hash, head.hash, sizeof(head.hash));
		if (row_write(s, entries[i], err) < 0)
			return -1;
	}
	return head_write(store, &head, err);
}

static void row_read(sqlite3_stmt *s, struct audit_row *row)
{
	const struct {
		char *text;
		size_t size;
	} fields[] = {
		{ row->peer, sizeof(row->peer) },
		{ row->action, sizeof(row->action) },
		{ row->resource, sizeof(row->resource) },
		{ row->chip_id, sizeof(row->chip_id) },
		{ row->measurement, sizeof(row->measurement) },
		{ row->verdict, sizeof(row->verdict) },
		{ row->rule, sizeof(row->rule) },
		{ row->root, sizeof(row->root) },
	};

	row->sequence = (uint64_t)sqlite3_column_int64(s, 0);
	row->time_ms = sqlite3_column_int64(s, 1);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		audit_text(fields[i].text, fields[i].size, sql_text(s, (int)i + 2));
}

int audit_read(struct store *store,
	       int (*each)(void *data, const struct audit_row *row, struct error *err), void *data,
	       struct error *err)
{
	STORE_LOCKED(store);
	cleanup_statement sqlite3_stmt *s = NULL;
	struct audit_row row;
	bool more;

	if (sql_prepare(store->db, "SELECT * FROM audit ORDER BY sequence", &s, err) < 0)
		return -1;
	for (;;) {
		if (sql_step(s, &more, err) < 0)
			return -1;
		if (!more)
			return 0;
		row_read(s, &row);
		if (each(data, &row, err) < 0)
			return -1;
	}
}

/* Follows the rows from `chain` (the beginning) to the last; `passed` becomes true at the row whose
 * anchor is `wanted`. */
static int chain_follow(sqlite3_stmt *s, struct head *chain, const char *wanted, bool *passed,
			struct error *err)
{
	uint8_t hash[AUDIT_HASH_BYTES];
	char anchor[AUDIT_ANCHOR_BYTES];
	struct audit_row row;
	bool more;

	for (;;) {
		if (sql_step(s, &more, err) < 0)
			return -1;
		if (!more)
			return 0;
		row_read(s, &row);
		if (row.sequence != chain->sequence + 1)
			return error_mismatch(err, "row %" PRIu64 " is missing",
					      chain->sequence + 1);
		if (row_hash(&row, chain->hash, err) < 0)
			return -1;
		if (sql_bytes(s, 10, hash, sizeof(hash), err) < 0 ||
		    memcmp(hash, chain->hash, sizeof(hash)) != 0)
			return error_mismatch(err, "row %" PRIu64 " was altered", row.sequence);
		chain->sequence = row.sequence;
		audit_anchor(chain->sequence, chain->hash, anchor);
		*passed = *passed || (wanted && !strcmp(anchor, wanted));
	}
}

int audit_verify(struct store *store, const char *wanted, char last[AUDIT_ANCHOR_BYTES],
		 struct error *err)
{
	STORE_LOCKED(store);
	cleanup_transaction struct transaction t = { 0 }; /* rows and end of one moment */
	cleanup_statement sqlite3_stmt *s = NULL;
	struct head chain = { 0 }, head;
	bool passed = false;

	if (transaction_begin(&t, store->db, err) < 0 ||
	    sql_prepare(store->db, "SELECT * FROM audit ORDER BY sequence", &s, err) < 0 ||
	    chain_follow(s, &chain, wanted, &passed, err) < 0 || head_read(store, &head, err) < 0)
		return -1;
	if (chain.sequence != head.sequence)
		return error_mismatch(err,
				      "the log ends with row %" PRIu64 ", and had %" PRIu64 " rows",
				      chain.sequence, head.sequence);
	if (memcmp(chain.hash, head.hash, sizeof(chain.hash)) != 0)
		return error_mismatch(err, "the rows are others than were logged");
	if (wanted && !passed)
		return error_mismatch(err, "the log does not go through %.90s", wanted);
	audit_anchor(chain.sequence, chain.hash, last);
	return 0;
}

json_t *audit_row_json(const struct audit_row *row)
{
	return json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "sequence",
			 (json_int_t)row->sequence, "time_ms", (json_int_t)row->time_ms, "peer",
			 row->peer, "action", row->action, "resource", row->resource, "chip_id",
			 row->chip_id, "measurement", row->measurement, "verdict", row->verdict,
			 "rule", row->rule, "root", row->root);
}
