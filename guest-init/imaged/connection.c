// SPDX-License-Identifier: Apache-2.0
#include "guest-init/imaged/connection.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

void connection_open(struct connection *connection, int fd, size_t *budget)
{
	*connection = (struct connection){ .fd = fd };
	ttrpc_reader_init(&connection->reader, budget);
}

void connection_close(struct connection *connection)
{
	(void)close(connection->fd);
	connection->fd = -1;
	ttrpc_reader_clear(&connection->reader);
	free(connection->out);
	connection->out = NULL;
}

static int queue(struct connection *c, const struct answer *answer)
{
	cleanup_free uint8_t *frame = NULL;
	struct error ignored;
	uint8_t *out;
	size_t size;

	if (answer_frame(c->reader.header.stream, answer, &frame, &size, &ignored) < 0)
		return -1;
	if (c->out_sent) {
		c->out_size -= c->out_sent;
		memmove(c->out, c->out + c->out_sent, c->out_size);
		c->out_sent = 0;
	}
	out = realloc(c->out, c->out_size + size);
	if (!out)
		return -1;
	memcpy(out + c->out_size, frame, size);
	c->out = out;
	c->out_size += size;
	return connection_write(c);
}

static int refuse(struct connection *c, enum ttrpc_status status, const char *why)
{
	struct answer answer = { .status = status };

	(void)snprintf(answer.text, sizeof(answer.text), "podseal-imaged: %s", why);
	return queue(c, &answer);
}

static int serve(struct connection *c, server_handler *handler, void *context)
{
	cleanup_call struct call call = { .payload = NULL };
	cleanup_answer struct answer answer = { .status = TTRPC_INTERNAL };
	struct error err;

	if (call_parse(c->reader.data, c->reader.header.size, &call, &err) < 0)
		return refuse(c, TTRPC_INVALID_ARGUMENT, err.text);
	handler(context, &call, &answer);
	return queue(c, &answer);
}

int connection_read(struct connection *connection, server_handler *handler, void *context)
{
	uint8_t *place;
	size_t size;

	ttrpc_reader_place(&connection->reader, &place, &size);
	ssize_t got = recv(connection->fd, place, size, MSG_DONTWAIT);
	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (got == 0)
		return -1;
	switch (ttrpc_reader_take(&connection->reader, (size_t)got)) {
	case TTRPC_FRAME:
		return serve(connection, handler, context);
	case TTRPC_REFUSED:
		return refuse(connection, connection->reader.status, connection->reader.why);
	case TTRPC_MORE:
		break;
	}
	return 0;
}

int connection_write(struct connection *connection)
{
	size_t left = connection->out_size - connection->out_sent;

	if (left == 0)
		return 0;
	ssize_t sent = send(connection->fd, connection->out + connection->out_sent, left,
			    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	connection->out_sent += (size_t)sent;
	connection->out_since_ms = 0; /* the peer takes them: the time begins anew */
	if (connection->out_sent < connection->out_size)
		return 0;
	free(connection->out);
	connection->out = NULL;
	connection->out_size = connection->out_sent = 0;
	return 0;
}

uint32_t connection_wants(const struct connection *connection)
{
	bool full = connection->out_size - connection->out_sent >= SERVER_QUEUE_BYTES;

	return (full ? 0 : EPOLLIN) | (connection->out_size ? EPOLLOUT : 0);
}

static bool is_late(bool pending, uint64_t *since_ms, uint64_t now_ms)
{
	if (!pending)
		*since_ms = 0;
	else if (*since_ms == 0)
		*since_ms = now_ms;
	return pending && now_ms - *since_ms > SERVER_FRAME_MS;
}

bool connection_late(struct connection *connection, uint64_t now_ms)
{
	bool frame = is_late(!ttrpc_reader_idle(&connection->reader), &connection->frame_since_ms,
			     now_ms);
	bool out = is_late(connection->out_size > 0, &connection->out_since_ms, now_ms);

	return frame || out;
}
