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

/* What was sent may have been secret. */
static void release_out(struct connection *c)
{
	if (c->out)
		explicit_bzero(c->out, c->out_size);
	free(c->out);
	c->out = NULL;
	c->out_size = c->out_sent = 0;
}

void connection_close(struct connection *connection)
{
	(void)close(connection->fd);
	connection->fd = -1;
	ttrpc_reader_clear(&connection->reader);
	release_out(connection);
}

int connection_queue(struct connection *connection, const uint8_t *frame, size_t size)
{
	size_t left = connection->out_size - connection->out_sent;
	uint8_t *out = malloc(left + size);

	if (!out)
		return -1;
	if (left)
		memcpy(out, connection->out + connection->out_sent, left);
	memcpy(out + left, frame, size);
	release_out(connection);
	connection->out = out;
	connection->out_size = left + size;
	return connection_write(connection);
}

int connection_answer(struct connection *connection, uint32_t stream, const struct answer *answer)
{
	struct error ignored;
	uint8_t *frame;
	size_t size;

	if (answer_frame(stream, answer, &frame, &size, &ignored) < 0)
		return -1;
	int result = connection_queue(connection, frame, size);
	explicit_bzero(frame, size);
	free(frame);
	return result;
}

int connection_refuse(struct connection *connection, uint32_t stream, enum ttrpc_status status,
		      const char *why)
{
	struct answer answer = { .status = status };

	(void)snprintf(answer.text, sizeof(answer.text), "podseal-imaged: %s", why);
	return connection_answer(connection, stream, &answer);
}

static int serve(struct connection *c, connection_dispatch *dispatch, void *context)
{
	cleanup_call struct call call = { .payload = NULL };
	uint32_t stream = c->reader.header.stream;
	struct error err;

	if (call_parse(c->reader.data, c->reader.header.size, &call, &err) < 0)
		return connection_refuse(c, stream, TTRPC_INVALID_ARGUMENT, err.text);
	call.stream = stream;
	return dispatch(context, c, &call);
}

int connection_read(struct connection *connection, connection_dispatch *dispatch, void *context)
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
		return serve(connection, dispatch, context);
	case TTRPC_REFUSED:
		return connection_refuse(connection, connection->reader.header.stream,
					 connection->reader.status, connection->reader.why);
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
	if (connection->out_sent == connection->out_size)
		release_out(connection);
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
