// SPDX-License-Identifier: Apache-2.0
/* The broker's audit log: a row for each request, and for each change to the store.
 *
 * The rows form a chain: a row's hash is SHA-256 over the hash before it (32 zero bytes for the
 * first) and the row's fields in the order below; a number as 8 bytes, big-endian, a text as its
 * length in 8 such bytes and then the text. Where the chain ends is written in the same commit,
 * with HMAC-SHA-256 under a key derived from the store key. So whoever has no store key can neither
 * alter nor drop a row, nor add one, without audit_verify() seeing it; but they can put back an
 * older file whole. Against that there is the *anchor*, "SEQUENCE:HASH", which the broker's log
 * lines carry: audit_verify() says whether the log still goes through one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "broker/store.h"

enum {
	AUDIT_PEER_BYTES = 64,
	AUDIT_RESOURCE_BYTES = 256,
	AUDIT_WORD_BYTES = 32,
	AUDIT_HEX_BYTES = 129, /* CHIP_ID in digits, with a NUL */
	AUDIT_HASH_BYTES = 32,
	AUDIT_ANCHOR_BYTES = 20 + 1 + 2 * AUDIT_HASH_BYTES + 1,
};

/* Texts are printable ASCII, "" where there is nothing to say: see audit_text(). */
struct audit_row {
	uint64_t sequence; /* from 1; given by the log */
	int64_t time_ms;   /* Unix time */
	char peer[AUDIT_PEER_BYTES];
	char action[AUDIT_WORD_BYTES]; /* "auth", "attest", "resource", "other"; "store" */
	char resource[AUDIT_RESOURCE_BYTES];
	char chip_id[AUDIT_HEX_BYTES];
	char measurement[AUDIT_HEX_BYTES];
	char verdict[AUDIT_WORD_BYTES]; /* "challenged", "attested", "released", "refused"; "added",
					   ... */
	char rule[AUDIT_WORD_BYTES];    /* of the policy, or the protocol's word for the error */
	char root[AUDIT_WORD_BYTES];    /* "AMD" or "laboratory root" */
};

/* Copies `text` into `out`: bytes that are not printable ASCII become '?', and it is cut. */
void audit_text(char *out, size_t out_size, const char *text);

/* Appends `row` and returns when it is on the disk; rows of several threads share a commit.
 * `anchor` receives its anchor. */
int audit_append(struct store *store, const struct audit_row *row, char anchor[AUDIT_ANCHOR_BYTES],
		 struct error *err) MUST_CHECK;

/* Calls `each` for every row, oldest first, until it returns -1. */
int audit_read(struct store *store,
	       int (*each)(void *data, const struct audit_row *row, struct error *err), void *data,
	       struct error *err) MUST_CHECK;

/* Checks every row and the end of the chain; needs a store opened with its key. `wanted` is an
 * anchor the log must go through, or NULL. `last` receives the anchor of the newest row.
 * ERROR_MISMATCH names the first row that does not hold. */
int audit_verify(struct store *store, const char *wanted, char last[AUDIT_ANCHOR_BYTES],
		 struct error *err) MUST_CHECK;

/* The row as a JSON object; the caller owns it. NULL: no memory. */
json_t *audit_row_json(const struct audit_row *row);
