// SPDX-License-Identifier: Apache-2.0
#include "broker/connections.h"

#include <pthread.h>
#include <stdlib.h>

struct connections {
	pthread_mutex_t lock;
	struct connection *first;
};

static void unlock_p(pthread_mutex_t **lock)
{
	(void)pthread_mutex_unlock(*lock);
}

#define LOCKED(connections)                                              \
	CLEANUP(unlock_p) pthread_mutex_t *lock_ = &(connections)->lock; \
	(void)pthread_mutex_lock(lock_)

int connections_new(struct connections **connections, struct error *err)
{
	struct connections *c = calloc(1, sizeof(*c));

	if (!c)
		return error_memory(err);
	(void)pthread_mutex_init(&c->lock, NULL);
	*connections = c;
	return 0;
}

void connections_free(struct connections *connections)
{
	if (!connections)
		return;
	while (connections->first)
		connection_close(connections, connections->first);
	(void)pthread_mutex_destroy(&connections->lock);
	free(connections);
}

struct connection *connection_open(struct connections *connections, int fd, int64_t now)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->fd = fd;
	c->since = now;
	c->fresh = true;
	LOCKED(connections);
	c->next = connections->first;
	c->link = &connections->first;
	if (c->next)
		c->next->link = &c->next;
	connections->first = c;
	return c;
}

void connection_close(struct connections *connections, struct connection *connection)
{
	LOCKED(connections);
	*connection->link = connection->next;
	if (connection->next)
		connection->next->link = connection->link;
	free(connection);
}

void connection_request(struct connections *connections, struct connection *connection)
{
	LOCKED(connections);
	connection->busy = true;
}

void connection_answered(struct connections *connections, struct connection *connection,
			 int64_t now)
{
	LOCKED(connections);
	connection->since = now;
	connection->busy = false;
	connection->fresh = false;
}

void connections_expire(struct connections *connections, int64_t now, int64_t limit)
{
	LOCKED(connections);
	for (const struct connection *c = connections->first; c; c = c->next)
		if (now - c->since > limit)
			(void)shutdown(c->fd, SHUT_RDWR);
}

unsigned connections_in_use(struct connections *connections)
{
	unsigned n = 0;

	LOCKED(connections);
	for (const struct connection *c = connections->first; c; c = c->next)
		n += c->busy || c->fresh;
	return n;
}
