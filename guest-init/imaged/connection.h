// SPDX-License-Identifier: Apache-2.0
/* One connection: frames in, answers out, never waiting. Private to the server. */
#pragma once

#include "guest-init/imaged/server.h"

struct connection {
	int fd; /* -1: none */
	struct ttrpc_reader reader;
	uint8_t *out; /* answers that are not sent yet */
	size_t out_size, out_sent;
	uint64_t frame_since_ms, out_since_ms; /* when a frame began, when an answer last moved */
	uint64_t serial;                       /* no other connection of the service has it */
	uint32_t events;                       /* what epoll(7) was told to look for */
};

/* Has the call answered, at once by connection_answer() or later. -1: the connection is over. */
typedef int connection_dispatch(void *context, struct connection *connection,
				const struct call *call);

void connection_open(struct connection *connection, int fd, size_t *budget);
void connection_close(struct connection *connection);

/* Takes what the socket has, up to the end of a frame; a request is dispatched. -1: it is over. */
int connection_read(struct connection *connection, connection_dispatch *dispatch, void *context);

/* Queues an answer, and sends what the peer takes of it. -1: it is over. */
int connection_answer(struct connection *connection, uint32_t stream, const struct answer *answer);
int connection_refuse(struct connection *connection, uint32_t stream, enum ttrpc_status status,
		      const char *why);
int connection_queue(struct connection *connection, const uint8_t *frame, size_t size);

/* Sends what the peer takes. -1: it is over. */
int connection_write(struct connection *connection);

/* What it waits for: EPOLLIN, EPOLLOUT. */
uint32_t connection_wants(const struct connection *connection);

/* A frame is not whole, or an answer not taken, for SERVER_FRAME_MS. To be asked after each turn:
 * it also notes what began in it. */
bool connection_late(struct connection *connection, uint64_t now_ms);

/* Something has begun, so time counts. */
static inline bool connection_busy(const struct connection *connection)
{
	return connection->frame_since_ms || connection->out_since_ms;
}
