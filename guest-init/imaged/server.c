// SPDX-License-Identifier: Apache-2.0
#include "guest-init/imaged/server.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include "guest-init/imaged/connection.h"

enum {
	EVENTS = 32,
	BACKLOG = 64,
	TICK_MS = 1000,
	/* what epoll says of the two that are not connections */
	LISTENER = SERVER_CONNECTIONS,
	SIGNALS,
};

struct server {
	struct sockaddr_un address;
	int epoll_fd, listen_fd, signal_fd;
	server_handler *handler;
	void *context;
	size_t budget;
	struct connection connections[SERVER_CONNECTIONS];
};

static uint64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int watch(const struct server *server, int operation, int fd, uint32_t events,
		 uint32_t index)
{
	struct epoll_event event = { .events = events, .data.u32 = index };

	return epoll_ctl(server->epoll_fd, operation, fd, &event);
}

void server_free(struct server *server)
{
	if (!server)
		return;
	for (uint32_t i = 0; i < SERVER_CONNECTIONS; i++)
		if (server->connections[i].fd >= 0)
			connection_close(&server->connections[i]);
	cleanup_fd_p(&server->epoll_fd);
	cleanup_fd_p(&server->listen_fd);
	cleanup_fd_p(&server->signal_fd);
	free(server);
}

static int listen_at(struct server *server, const char *path, struct error *err)
{
	struct sockaddr_un *address = &server->address;

	if (strlen(path) >= sizeof(address->sun_path))
		return error_input(err, "%s is too long for a socket", path);
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, strlen(path) + 1);

	/* its folder, and what an earlier service has left */
	char folder[sizeof(address->sun_path)];
	memcpy(folder, path, strlen(path) + 1);
	*strrchr(folder, '/') = '\0';
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return error_system(err, "making %s", folder);
	if (unlink(path) < 0 && errno != ENOENT)
		return error_system(err, "removing the old %s", path);

	server->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (server->listen_fd < 0)
		return error_system(err, "making a socket");
	mode_t before = umask(0177);
	int bound = bind(server->listen_fd, (struct sockaddr *)address, sizeof(*address));
	(void)umask(before);
	if (bound < 0 || listen(server->listen_fd, BACKLOG) < 0)
		return error_system(err, "listening at %s", path);
	return 0;
}

static int watch_signals(struct server *server, struct error *err)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	server->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (server->signal_fd < 0 || server->epoll_fd < 0 ||
	    watch(server, EPOLL_CTL_ADD, server->listen_fd, EPOLLIN, LISTENER) < 0 ||
	    watch(server, EPOLL_CTL_ADD, server->signal_fd, EPOLLIN, SIGNALS) < 0)
		return error_system(err, "watching for events");
	return 0;
}

int server_new(const char *path, server_handler *handler, void *context, struct server **result,
	       struct error *err)
{
	cleanup_server struct server *server = calloc(1, sizeof(*server));

	if (!server)
		return error_memory(err);
	server->epoll_fd = server->listen_fd = server->signal_fd = -1;
	server->handler = handler;
	server->context = context;
	server->budget = SERVER_DATA_BYTES;
	for (uint32_t i = 0; i < SERVER_CONNECTIONS; i++)
		server->connections[i].fd = -1;
	if (listen_at(server, path, err) < 0 || watch_signals(server, err) < 0)
		return -1;
	*result = take_ptr(server);
	return 0;
}

static int accept_one(struct server *server, struct error *err)
{
	cleanup_fd int fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	uint32_t i = 0;

	if (fd < 0)
		/* out of memory or descriptors: it would be there again at once, for ever */
		return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED
			       ? 0
			       : error_system(err, "accepting a connection");
	while (i < SERVER_CONNECTIONS && server->connections[i].fd >= 0)
		i++;
	if (i == SERVER_CONNECTIONS || watch(server, EPOLL_CTL_ADD, fd, EPOLLIN, i) < 0)
		return 0;
	connection_open(&server->connections[i], take_fd(&fd), &server->budget);
	server->connections[i].events = EPOLLIN;
	return 0;
}

static void attend(struct server *server, uint32_t index, uint32_t events)
{
	struct connection *c = &server->connections[index];
	int alive = 0;

	if (c->fd < 0) /* closed by an earlier event of this round */
		return;
	if (events & EPOLLOUT)
		alive = connection_write(c);
	if (alive == 0 && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		alive = connection_read(c, server->handler, server->context);
	if (alive < 0) {
		connection_close(c);
		return;
	}
	uint32_t wanted = connection_wants(c);
	if (wanted != c->events && watch(server, EPOLL_CTL_MOD, c->fd, wanted, index) == 0)
		c->events = wanted;
}

/* Ends those that are late; whether any has something begun. */
static bool check_time(struct server *server)
{
	uint64_t now = now_ms();
	bool busy = false;

	for (uint32_t i = 0; i < SERVER_CONNECTIONS; i++) {
		struct connection *c = &server->connections[i];
		if (c->fd < 0)
			continue;
		if (connection_late(c, now))
			connection_close(c);
		else
			busy |= connection_busy(c);
	}
	return busy;
}

/* One round of epoll. *count: how many events there were; *stop: a signal was one of them. */
static int turn(struct server *server, int timeout_ms, int *count, bool *stop, struct error *err)
{
	struct epoll_event events[EVENTS];

	*count = epoll_wait(server->epoll_fd, events, EVENTS, timeout_ms);
	if (*count < 0 && errno != EINTR)
		return error_system(err, "waiting for events");
	for (int i = 0; i < *count; i++) {
		uint32_t index = events[i].data.u32;
		if (index == SIGNALS)
			*stop = true;
		else if (index != LISTENER)
			attend(server, index, events[i].events);
		else if (accept_one(server, err) < 0)
			return -1;
	}
	return 0;
}

/* What had arrived is answered, and what is answered is sent. */
static int drain(struct server *server, struct error *err)
{
	uint64_t end = now_ms() + SERVER_DRAIN_MS;
	bool ignored = false;
	int count = 1;

	while (now_ms() < end && (count != 0 || check_time(server)))
		if (turn(server, check_time(server) ? TICK_MS / 10 : 0, &count, &ignored, err) < 0)
			return -1;
	return 0;
}

int server_run(struct server *server, struct error *err)
{
	bool stop = false;
	int count;

	while (!stop)
		if (turn(server, check_time(server) ? TICK_MS : -1, &count, &stop, err) < 0)
			return -1;
	(void)epoll_ctl(server->epoll_fd, EPOLL_CTL_DEL, server->signal_fd, NULL);
	cleanup_fd_p(&server->listen_fd);
	server->listen_fd = -1;
	(void)unlink(server->address.sun_path);
	return drain(server, err);
}
