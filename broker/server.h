// SPDX-License-Identifier: Apache-2.0
/* HTTP by libmicrohttpd between sockets and broker_answer(): a few threads, and bounds on
 * everything a client can make it hold. */
#pragma once

#include "broker/broker.h"
#include "common/cleanup.h"
#include "common/error.h"
#include "common/secret.h"

enum {
	SERVER_CONNECTIONS_MAX = 512,
	SERVER_BODIES_MAX_BYTES = 64 << 20, /* of all requests that are being read */
	SERVER_REQUEST_SECONDS = 30,        /* to send a request and take the answer */
	SERVER_IDLE_SECONDS = 10,
	SERVER_DRAIN_SECONDS = 10,
};

struct server_options {
	struct broker *broker; /* outlives the server */
	int fd;                /* a listening socket; the server owns it from here on */
	/* TLS where both are set: PEM texts, NUL-terminated, that outlive the server */
	const char *tls_certificate;
	const char *tls_key;
	/* receives one line for each request, from several threads */
	void (*log)(const char *line);
};

struct server;

/* Serves from now on, in threads of its own. */
int server_start(const struct server_options *options, struct server **server, struct error *err)
	MUST_CHECK;

/* Takes no further connection, lets requests that are under way end (for SERVER_DRAIN_SECONDS at
 * most), and stops. NULL is fine. */
void server_stop(struct server *server);
DEFINE_CLEANUP(cleanup_server_p, struct server, server_stop)
#define cleanup_server CLEANUP(cleanup_server_p)
