// SPDX-License-Identifier: Apache-2.0
/* Private to broker: the connections that are open, so that none stays for longer than it may.
 *
 * libmicrohttpd drops a connection on which nothing happens. One that sends a byte now and then
 * would stay: here every request has a time in which it must be complete and answered, counted from
 * the connection's beginning or the answer before. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "broker/listen.h"
#include "common/cleanup.h"
#include "common/error.h"

struct connections;

struct connection {
	int fd;
	int64_t since; /* seconds; of the connection, or of the last answer */
	bool fresh;    /* has had no answer yet */
	bool busy;     /* a request is being read or answered */
	char peer[LISTEN_PEER_BYTES];
	struct connection *next, **link;
};

int connections_new(struct connections **connections, struct error *err) MUST_CHECK;
void connections_free(struct connections *connections);
DEFINE_CLEANUP(cleanup_connections_p, struct connections, connections_free)
#define cleanup_connections CLEANUP(cleanup_connections_p)

/* All may be called by several threads. NULL: no memory, and then nothing watches over it. */
struct connection *connection_open(struct connections *connections, int fd, int64_t now);
void connection_close(struct connections *connections, struct connection *connection);
void connection_request(struct connections *connections, struct connection *connection);
void connection_answered(struct connections *connections, struct connection *connection,
			 int64_t now);

/* Shuts down what began its request more than `limit` seconds ago; libmicrohttpd then closes it. */
void connections_expire(struct connections *connections, int64_t now, int64_t limit);

/* How many have a request on its way, or are so new that one may be coming. */
unsigned connections_in_use(struct connections *connections);
