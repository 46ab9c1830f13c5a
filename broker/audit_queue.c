// SPDX-License-Identifier: Apache-2.0
/* Rows of several threads share a commit: whoever comes while none is being written writes all that
 * wait, the others sleep until theirs is on the disk. A synchronous commit costs a few milliseconds
 * whether it holds one row or fifty. */
#include "broker/audit_private.h"
#include "broker/store_private.h"

enum { BATCH_MAX = 64 };

enum outcome { WAITING, WRITTEN, FAILED };

struct waiting {
	struct audit_entry entry;
	enum outcome outcome;
	struct error err; /* where it failed */
	struct waiting *next;
};

struct audit_queue {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool writing;
	struct waiting *first, **end;
};

int audit_queue_new(struct audit_queue **queue, struct error *err)
{
	struct audit_queue *q = calloc(1, sizeof(*q));

	if (!q)
		return error_memory(err);
	(void)pthread_mutex_init(&q->lock, NULL);
	(void)pthread_cond_init(&q->changed, NULL);
	q->end = &q->first;
	*queue = q;
	return 0;
}

void audit_queue_free(struct audit_queue *queue)
{
	if (!queue)
		return;
	(void)pthread_mutex_destroy(&queue->lock);
	(void)pthread_cond_destroy(&queue->changed);
	free(queue);
}

static int batch_write(struct store *store, struct audit_entry *const *entries, size_t count,
		       struct error *err)
{
	STORE_LOCKED(store);
	cleanup_transaction struct transaction t = { 0 };

	if (transaction_begin(&t, store->db, err) < 0 ||
	    audit_insert(store, entries, count, err) < 0)
		return -1;
	return transaction_commit(&t, err);
}

static size_t batch_take(struct audit_queue *q, struct waiting **batch)
{
	size_t n = 0;

	while (q->first && n < BATCH_MAX) {
		batch[n++] = q->first;
		q->first = q->first->next;
	}
	if (!q->first)
		q->end = &q->first;
	return n;
}

/* One commit for what waits; called and returns with the queue's lock held. */
static void batch_run(struct store *store, struct audit_queue *q)
{
	struct audit_entry *entries[BATCH_MAX];
	struct waiting *batch[BATCH_MAX];
	struct error err;

	size_t n = batch_take(q, batch);
	q->writing = true;
	(void)pthread_mutex_unlock(&q->lock);
	for (size_t i = 0; i < n; i++)
		entries[i] = &batch[i]->entry;
	int failed = batch_write(store, entries, n, &err);
	(void)pthread_mutex_lock(&q->lock);
	q->writing = false;
	for (size_t i = 0; i < n; i++) {
		if (failed)
			batch[i]->err = err;
		batch[i]->outcome = failed ? FAILED : WRITTEN;
	}
	(void)pthread_cond_broadcast(&q->changed);
}

int audit_append(struct store *store, const struct audit_row *row, char anchor[AUDIT_ANCHOR_BYTES],
		 struct error *err)
{
	struct waiting self = { .entry.row = *row };
	struct audit_queue *q = store->audit;

	(void)pthread_mutex_lock(&q->lock);
	*q->end = &self;
	q->end = &self.next;
	while (self.outcome == WAITING) {
		if (q->writing)
			(void)pthread_cond_wait(&q->changed, &q->lock);
		else
			batch_run(store, q);
	}
	(void)pthread_mutex_unlock(&q->lock);
	if (self.outcome == FAILED) {
		*err = self.err;
		return error_prefix(err, "writing the audit log");
	}
	audit_anchor(self.entry.row.sequence, self.entry.hash, anchor);
	return 0;
}
