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
#include "guest-init/imaged/job.h"

enum {
	EVENTS = 32,
	BACKLOG = 64,
	TICK_MS = 1000,
	/* what epoll says of those that are not connections */
	LISTENER = SERVER_CONNECTIONS,
	SIGNALS,
	FIRST_JOB,
};

struct server {
	struct sockaddr_un address;
	int epoll_fd, listen_fd, signal_fd;
	const struct server_calls *calls;
	size_t budget;
	uint64_t serial; /* of the newest connection */
	struct connection connections[SERVER_CONNECTIONS];
	struct job jobs[SERVER_JOBS];
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
	for (uint32_t i = 0; i < SERVER_JOBS; i++)
		if (server->jobs[i].fd >= 0)
			job_end(&server->jobs[i]);
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

int server_new(const char *path, const struct server_calls *calls, struct server **result,
	       struct error *err)
{
	cleanup_server struct server *server = calloc(1, sizeof(*server));

	if (!server)
		return error_memory(err);
	server->epoll_fd = server->listen_fd = server->signal_fd = -1;
	server->calls = calls;
	server->budget = SERVER_DATA_BYTES;
	for (uint32_t i = 0; i < SERVER_CONNECTIONS; i++)
		server->connections[i].fd = -1;
	for (uint32_t i = 0; i < SERVER_JOBS; i++)
		server->jobs[i].fd = -1;
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
	server->connections[i].serial = ++server->serial;
	return 0;
}

static int start_job(struct server *server, struct connection *c, const struct call *call,
		     struct error *err)
{
	const struct server_calls *calls = server->calls;
	uint32_t i = 0;

	while (i < SERVER_JOBS && server->jobs[i].fd >= 0)
		i++;
	if (i == SERVER_JOBS)
		return error_system_text(err, "%d calls are waiting for the broker already", i);
	struct job *job = &server->jobs[i];
	if (job_start(job, calls->answer, calls->context, call, err) < 0)
		return -1;
	job->connection = (uint32_t)(c - server->connections);
	job->serial = c->serial;
	if (watch(server, EPOLL_CTL_ADD, job->fd, EPOLLIN, FIRST_JOB + i) == 0)
		return 0;
	job_end(job);
	return error_system(err, "watching for the answer");
}

/* A connection_dispatch. */
static int dispatch(void *context, struct connection *c, const struct call *call)
{
	cleanup_answer struct answer answer = { .status = TTRPC_INTERNAL };
	struct server *server = context;
	struct error err;

	if (server->calls->waits(server->calls->context, call))
		return start_job(server, c, call, &err) == 0
			       ? 0
			       : connection_refuse(c, call->stream, TTRPC_RESOURCE_EXHAUSTED,
						   err.text);
	server->calls->answer(server->calls->context, call, &answer);
	return connection_answer(c, call->stream, &answer);
}

static void watch_for(struct server *server, struct connection *c)
{
	uint32_t wanted = connection_wants(c);

	if (wanted != c->events &&
	    watch(server, EPOLL_CTL_MOD, c->fd, wanted, (uint32_t)(c - server->connections)) == 0)
		c->events = wanted;
}

/* Its connection may be gone, and another in its place. One whose answer does not come is closed,
 * which tells its peer. */
static void attend_job(struct server *server, struct job *job)
{
	struct connection *c = &server->connections[job->connection];
	enum job_state state = job->fd < 0 ? JOB_GOES_ON : job_read(job);

	if (state == JOB_GOES_ON)
		return;
	if (c->fd >= 0 && c->serial == job->serial) {
		if (state == JOB_DONE && connection_queue(c, job->frame, job->size) == 0)
			watch_for(server, c);
		else
			connection_close(c);
	}
	job_end(job);
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
		alive = connection_read(c, dispatch, server);
	if (alive < 0) {
		connection_close(c);
		return;
	}
	watch_for(server, c);
}

static bool has_jobs(const struct server *server)
{
	for (uint32_t i = 0; i < SERVER_JOBS; i++)
		if (server->jobs[i].fd >= 0)
			return true;
	return false;
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
		else if (index >= FIRST_JOB)
			attend_job(server, &server->jobs[index - FIRST_JOB]);
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

	while (now_ms() < end && (count != 0 || check_time(server) || has_jobs(server))) {
		bool busy = check_time(server) || has_jobs(server);
		if (turn(server, busy ? TICK_MS / 10 : 0, &count, &ignored, err) < 0)
			return -1;
	}
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
