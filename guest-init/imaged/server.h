// SPDX-License-Identifier: Apache-2.0
/* Who is connected: a Unix socket and ttrpc's frames on it, one thread, one call at a time. A
 * connection gets one turn for each frame or part of one, so none keeps others waiting longer than
 * a call takes; one whose peer does not read its answers is not read from. */
#pragma once

#include <stdbool.h>

#include "guest-init/imaged/message.h"

enum {
	SERVER_CONNECTIONS = 128,     /* kata-agent has one */
	SERVER_DATA_BYTES = 32 << 20, /* of requests that are arriving, together */
	SERVER_QUEUE_BYTES = 1 << 20, /* of answers that wait for a connection's peer */
	SERVER_FRAME_MS = 30000,      /* from a frame's first byte to its last, and for an answer */
	SERVER_DRAIN_MS = 5000,       /* for the answers that are on their way at the end */
	SERVER_JOBS = 8,              /* calls that wait for somebody else; more are refused */
};

struct server;

/* Makes *answer; never fails. */
typedef void server_handler(void *context, const struct call *call, struct answer *answer);

struct server_calls {
	server_handler *answer;
	/* Whether answering it may wait. Such a call is answered in a process of its own, so that
	 * nobody else waits. */
	bool (*waits)(const void *context, const struct call *call);
	void *context;
};

/* Listens at `path`, for its own user alone, in place of what is there; makes its folder. `calls`
 * stays the caller's. */
int server_new(const char *path, const struct server_calls *calls, struct server **server,
	       struct error *err) MUST_CHECK;
void server_free(struct server *server);
DEFINE_CLEANUP(cleanup_server_p, struct server, server_free)
#define cleanup_server CLEANUP(cleanup_server_p)

/* Until SIGTERM or SIGINT, which the caller has blocked: then the socket is removed and what was
 * answered is sent. Connections are refused while there are SERVER_CONNECTIONS. */
int server_run(struct server *server, struct error *err) MUST_CHECK;
