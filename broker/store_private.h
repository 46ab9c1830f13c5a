// SPDX-License-Identifier: Apache-2.0
/* Private to broker: what store.c, resources.c and audit.c share. */
#pragma once

#include <pthread.h>

#include "broker/sql.h"
#include "broker/store.h"

struct audit_queue;

struct store {
	sqlite3 *db;
	pthread_mutex_t lock;      /* held while `db` is used */
	struct secret *secret_key; /* for what is encrypted; NULL without the store key */
	struct secret *audit_key;  /* for the MAC over the audit log's head */
	json_t *token_key;
	struct audit_queue *audit;
};

static inline void store_unlock_p(pthread_mutex_t **lock)
{
	(void)pthread_mutex_unlock(*lock);
}

/* Holds the store's lock until the end of the block. */
#define STORE_LOCKED(store)                                                    \
	CLEANUP(store_unlock_p) pthread_mutex_t *store_lock_ = &(store)->lock; \
	(void)pthread_mutex_lock(store_lock_)

/* BEGIN IMMEDIATE ... COMMIT around a block: rolled back unless transaction_commit() was called. */
struct transaction {
	sqlite3 *db;
};
int transaction_begin(struct transaction *t, sqlite3 *db, struct error *err) MUST_CHECK;
int transaction_commit(struct transaction *t, struct error *err) MUST_CHECK;
void transaction_end(struct transaction *t);
#define cleanup_transaction CLEANUP(transaction_end)
