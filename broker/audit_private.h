// SPDX-License-Identifier: Apache-2.0
/* Private to broker: the audit log inside a transaction that others began, and the queue of rows
 * that wait for a common commit. */
#pragma once

#include "broker/audit.h"

struct audit_entry {
	struct audit_row row;
	uint8_t hash[AUDIT_HASH_BYTES]; /* given with the sequence */
};

struct audit_queue;

int audit_queue_new(struct audit_queue **queue, struct error *err) MUST_CHECK;
void audit_queue_free(struct audit_queue *queue);

/* Writes the end of an empty log; once, when a store is made. */
int audit_head_make(struct store *store, struct error *err) MUST_CHECK;

/* Appends rows, with the store's lock held and a transaction begun; gives them their sequences and
 * hashes. */
int audit_insert(struct store *store, struct audit_entry *const *entries, size_t count,
		 struct error *err) MUST_CHECK;

void audit_anchor(uint64_t sequence, const uint8_t hash[AUDIT_HASH_BYTES],
		  char anchor[AUDIT_ANCHOR_BYTES]);
