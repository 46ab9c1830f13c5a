// SPDX-License-Identifier: Apache-2.0
#include "broker/server.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include <microhttpd.h>

#include "broker/connections.h"

enum {
	/* A thread sleeps while its audit row is written, and rows that wait share a commit. So
	 * more threads than cores; and no more, since each can be busy with one hostile body. */
	THREADS = 16,
	/* Headers: a token is about 400 bytes, a cookie 50. */
	CONNECTION_MEMORY_BYTES = 32 << 10,
	BODY_FIRST_BYTES = 16 << 10,
	WATCH_NANOSECONDS = 250 * 1000 * 1000,
};

static const char busy_answer[] = "{\"type\":\"" KBS_ERROR_TYPE "PluginInternalError\","
				  "\"detail\":\"too many requests are being read\"}";

struct server {
	struct server_options options;
	struct MHD_Daemon *daemon;
	struct connections *connections;
	atomic_size_t body_bytes; /* held by all requests that are being read */
	atomic_bool stopping;
	pthread_t watcher;
	bool watching;
};

/* A request while its body comes in. */
struct call {
	uint8_t *body;
	size_t size, capacity;
	bool too_large, no_room;
};

static int64_t clock_ms(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t monotonic_seconds(void)
{
	return clock_ms(CLOCK_MONOTONIC) / 1000;
}

static struct connection *watched(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static void call_free(struct server *server, struct call *call)
{
	if (!call)
		return;
	(void)atomic_fetch_sub(&server->body_bytes, call->capacity);
	free(call->body);
	free(call);
}

/* Room for `more` bytes; false where this request or all of them hold too much. */
static bool call_grow(struct server *server, struct call *call, size_t more)
{
	size_t wanted = call->capacity ? call->capacity : BODY_FIRST_BYTES;

	if (more > BROKER_BODY_MAX_BYTES - call->size) {
		call->too_large = true;
		return false;
	}
	while (wanted < call->size + more)
		wanted *= 2;
	if (wanted == call->capacity)
		return true;
	size_t extra = wanted - call->capacity;
	if (atomic_fetch_add(&server->body_bytes, extra) + extra > SERVER_BODIES_MAX_BYTES) {
		(void)atomic_fetch_sub(&server->body_bytes, extra);
		call->no_room = true;
		return false;
	}
	uint8_t *grown = realloc(call->body, wanted);
	if (!grown) {
		(void)atomic_fetch_sub(&server->body_bytes, extra);
		call->no_room = true;
		return false;
	}
	call->body = grown;
	call->capacity = wanted;
	return true;
}

static void call_append(struct server *server, struct call *call, const char *bytes, size_t size)
{
	if (call->too_large || call->no_room || !call_grow(server, call, size))
		return;
	memcpy(call->body + call->size, bytes, size);
	call->size += size;
}

static enum MHD_Result respond(struct MHD_Connection *connection, unsigned status, const char *body,
			       const char *cookie)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(
		strlen(body), (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY);

	if (!r)
		return MHD_NO;
	(void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
	if (*cookie)
		(void)MHD_add_response_header(r, MHD_HTTP_HEADER_SET_COOKIE, cookie);
	enum MHD_Result result = MHD_queue_response(connection, status, r);
	MHD_destroy_response(r);
	return result;
}

static enum MHD_Result answer(struct server *server, struct MHD_Connection *connection,
			      const char *url, const char *method, const struct call *call)
{
	cleanup_broker_response struct broker_response response = { 0 };
	const struct connection *from = watched(connection);
	const struct broker_request request = {
		.peer = from ? from->peer : "?",
		.method = method,
		.path = url,
		.session = MHD_lookup_connection_value(connection, MHD_COOKIE_KIND,
						       BROKER_COOKIE_NAME),
		.authorization = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
							     MHD_HTTP_HEADER_AUTHORIZATION),
		.body = call->body ? call->body : (const uint8_t *)"",
		.body_size = call->size,
		.body_too_large = call->too_large,
		.now_ms = clock_ms(CLOCK_REALTIME),
		.monotonic = monotonic_seconds(),
	};

	if (call->no_room) {
		server->options.log("refused a request: too many are being read");
		return respond(connection, MHD_HTTP_SERVICE_UNAVAILABLE, busy_answer, "");
	}
	broker_answer(server->options.broker, &request, &response);
	server->options.log(response.log);
	if (!response.body)
		return MHD_NO;
	return respond(connection, response.status, response.body, response.cookie);
}

/* Called at the headers, at each piece of the body, and at its end. */
static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **context)
{
	struct server *server = data;
	struct call *call = *context;

	(void)version;
	if (!call) {
		struct connection *from = watched(connection);
		if (from)
			connection_request(server->connections, from);
		*context = calloc(1, sizeof(struct call));
		return *context ? MHD_YES : MHD_NO;
	}
	if (*upload_size) {
		call_append(server, call, upload, *upload_size);
		*upload_size = 0;
		return MHD_YES;
	}
	return answer(server, connection, url, method, call);
}

static void on_completed(void *data, struct MHD_Connection *connection, void **context,
			 enum MHD_RequestTerminationCode code)
{
	struct server *server = data;
	struct connection *from = watched(connection);

	(void)code;
	call_free(server, *context);
	*context = NULL;
	if (from)
		connection_answered(server->connections, from, monotonic_seconds());
}

static void on_connection(void *data, struct MHD_Connection *connection, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct server *server = data;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (*context)
			connection_close(server->connections, *context);
		*context = NULL;
		return;
	}
	int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	struct sockaddr_storage address = { 0 };
	socklen_t size = sizeof(address);
	struct connection *c = connection_open(server->connections, fd, monotonic_seconds());

	if (c && getpeername(fd, (struct sockaddr *)&address, &size) == 0)
		listen_peer(fd, (const struct sockaddr *)&address, size, c->peer);
	*context = c;
}

static void *watch(void *data)
{
	const struct timespec pause = { .tv_nsec = WATCH_NANOSECONDS };
	struct server *server = data;

	while (!atomic_load(&server->stopping)) {
		(void)nanosleep(&pause, NULL);
		connections_expire(server->connections, monotonic_seconds(),
				   SERVER_REQUEST_SECONDS);
	}
	return NULL;
}

static int daemon_start(struct server *server, struct error *err)
{
	const struct server_options *o = &server->options;
	const bool tls = o->tls_certificate && o->tls_key;
	struct MHD_OptionItem options[] = {
		{ MHD_OPTION_LISTEN_SOCKET, o->fd, NULL },
		{ MHD_OPTION_THREAD_POOL_SIZE, THREADS, NULL },
		{ MHD_OPTION_CONNECTION_LIMIT, SERVER_CONNECTIONS_MAX, NULL },
		{ MHD_OPTION_PER_IP_CONNECTION_LIMIT, SERVER_CONNECTIONS_MAX / 2, NULL },
		{ MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY_BYTES, NULL },
		{ MHD_OPTION_CONNECTION_TIMEOUT, SERVER_IDLE_SECONDS, NULL },
		{ MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, server },
		{ MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, server },
		{ tls ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0,
		  (void *)(uintptr_t)o->tls_certificate },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)o->tls_key },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0,
		  (char[]){ "SECURE128:-VERS-ALL:+VERS-TLS1.3:"
			    "+VERS-TLS1.2" } },
		{ MHD_OPTION_END, 0, NULL },
	};

	unsigned flags = MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC;
	errno = 0;
	server->daemon =
		MHD_start_daemon(flags | (tls ? MHD_USE_TLS : 0), 0, NULL, NULL, on_request, server,
				 MHD_OPTION_ARRAY, options, MHD_OPTION_END);
	if (!server->daemon)
		return error_system_text(err, "the HTTP server does not start%s",
					 tls ? ": certificate and key do not fit, or are none"
					     : "");
	return 0;
}

int server_start(const struct server_options *options, struct server **server, struct error *err)
{
	cleanup_server struct server *s = calloc(1, sizeof(*s));

	if (!s) {
		(void)close(options->fd);
		return error_memory(err);
	}
	s->options = *options;
	if (connections_new(&s->connections, err) < 0 || daemon_start(s, err) < 0)
		return -1;
	int code = pthread_create(&s->watcher, NULL, watch, s);
	if (code) {
		errno = code;
		return error_system(err, "starting a thread");
	}
	s->watching = true;
	*server = take_ptr(s);
	return 0;
}

void server_stop(struct server *server)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };

	if (!server)
		return;
	if (server->daemon) {
		int64_t end = monotonic_seconds() + SERVER_DRAIN_SECONDS;
		(void)MHD_quiesce_daemon(server->daemon);
		while (connections_in_use(server->connections) && monotonic_seconds() < end)
			(void)nanosleep(&pause, NULL);
		MHD_stop_daemon(server->daemon);
	}
	atomic_store(&server->stopping, true);
	if (server->watching)
		(void)pthread_join(server->watcher, NULL);
	connections_free(server->connections);
	(void)close(server->options.fd);
	free(server);
}
