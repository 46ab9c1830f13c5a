// SPDX-License-Identifier: Apache-2.0
#include "broker/listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <linux/vm_sockets.h>

#include "common/cleanup.h"
#include "common/number.h"

enum { BACKLOG = 512 };

static int tcp_parse(const char *text, struct listen_address *a, struct error *err)
{
	const char *colon = strrchr(text, ':'), *host = text;
	uint64_t port;

	if (!colon)
		return error_usage(err, "\"%s\" is not HOST:PORT, vsock:PORT or unix:PATH", text);
	size_t size = (size_t)(colon - text);
	if (size >= 2 && text[0] == '[' && colon[-1] == ']') {
		host++;
		size -= 2;
	} else if (memchr(text, ':', size)) {
		return error_usage(err, "\"%s\": an IPv6 address stands in brackets", text);
	}
	if (size == 0 || size >= sizeof(a->host))
		return error_usage(err, "\"%s\" names no host; 0.0.0.0 is every address", text);
	if (number_parse(colon + 1, 0, UINT16_MAX, &port, err) < 0)
		return error_prefix(err, "port");
	a->kind = LISTEN_TCP;
	memcpy(a->host, host, size);
	a->port = (uint32_t)port;
	return 0;
}

int listen_address_parse(const char *text, struct listen_address *address, struct error *err)
{
	struct listen_address a = { 0 };
	uint64_t port;

	if (!strncmp(text, "unix:", 5)) {
		a.kind = LISTEN_UNIX;
		if (!text[5] || strlen(text + 5) >= sizeof(a.path))
			return error_usage(err, "the path of a unix socket has 1 to %zu bytes",
					   sizeof(a.path) - 1);
		(void)stpcpy(a.path, text + 5);
	} else if (!strncmp(text, "vsock:", 6)) {
		a.kind = LISTEN_VSOCK;
		if (number_parse(text + 6, 0, UINT32_MAX - 1, &port, err) < 0)
			return error_prefix(err, "vsock port");
		a.port = (uint32_t)port;
	} else if (tcp_parse(text, &a, err) < 0) {
		return -1;
	}
	*address = a;
	return 0;
}

static int socket_listen(int domain, const struct sockaddr *address, socklen_t size, int *fd,
			 struct error *err)
{
	cleanup_fd int s = socket(domain, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int on = 1;

	if (s < 0)
		return error_system(err, "making a socket");
	if (domain != AF_UNIX)
		(void)setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(s, address, size) < 0 || listen(s, BACKLOG) < 0)
		return error_system(err, "listening");
	*fd = take_fd(&s);
	return 0;
}

static void cleanup_addrinfo_p(struct addrinfo **list)
{
	if (*list)
		freeaddrinfo(*list);
}

static int tcp_open(const struct listen_address *a, int *fd, struct error *err)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
	CLEANUP(cleanup_addrinfo_p) struct addrinfo *list = NULL;
	char port[16];

	(void)snprintf(port, sizeof(port), "%u", a->port);
	int code = getaddrinfo(a->host, port, &hints, &list);
	if (code)
		return error_system_text(err, "%s: %s", a->host, gai_strerror(code));
	return socket_listen(list->ai_family, list->ai_addr, list->ai_addrlen, fd, err);
}

/* Nobody answers at a socket that a killed broker left. */
static void stale_socket_remove(const struct sockaddr_un *address)
{
	cleanup_fd int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat st;

	if (probe >= 0 && lstat(address->sun_path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    connect(probe, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
	    errno == ECONNREFUSED)
		(void)unlink(address->sun_path);
}

static int unix_open(const struct listen_address *a, int *fd, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memcpy(address.sun_path, a->path, sizeof(address.sun_path));
	stale_socket_remove(&address);
	return socket_listen(AF_UNIX, (const struct sockaddr *)&address, sizeof(address), fd, err);
}

static int vsock_open(const struct listen_address *a, int *fd, struct error *err)
{
	const struct sockaddr_vm address = {
		.svm_family = AF_VSOCK,
		.svm_cid = VMADDR_CID_ANY,
		.svm_port = a->port,
	};

	return socket_listen(AF_VSOCK, (const struct sockaddr *)&address, sizeof(address), fd, err);
}

/* "192.0.2.1:80", "[2001:db8::1]:80" */
static void inet_name(const struct sockaddr *address, socklen_t size, char *out, size_t out_size)
{
	char host[64] = "?", port[16] = "?";

	(void)getnameinfo(address, size, host, sizeof(host), port, sizeof(port),
			  NI_NUMERICHOST | NI_NUMERICSERV);
	(void)snprintf(out, out_size, address->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host,
		       port);
}

int listen_open(const struct listen_address *address, int *fd, char name[LISTEN_NAME_BYTES],
		struct error *err)
{
	struct sockaddr_storage bound = { 0 };
	socklen_t size = sizeof(bound);
	cleanup_fd int s = -1;
	int failed;

	switch (address->kind) {
	case LISTEN_UNIX:
		failed = unix_open(address, &s, err);
		(void)snprintf(name, LISTEN_NAME_BYTES, "unix:%s", address->path);
		break;
	case LISTEN_VSOCK:
		failed = vsock_open(address, &s, err);
		(void)snprintf(name, LISTEN_NAME_BYTES, "vsock:%u", address->port);
		break;
	default:
		failed = tcp_open(address, &s, err);
		(void)snprintf(name, LISTEN_NAME_BYTES, "%s:%u", address->host, address->port);
		break;
	}
	if (failed)
		return error_prefix(err, "%s", name);
	if (address->kind == LISTEN_TCP) {
		if (getsockname(s, (struct sockaddr *)&bound, &size) < 0)
			return error_system(err, "%s", name);
		inet_name((const struct sockaddr *)&bound, size, name, LISTEN_NAME_BYTES);
	}
	*fd = take_fd(&s);
	return 0;
}

void listen_peer(int fd, const struct sockaddr *address, socklen_t size,
		 char peer[LISTEN_PEER_BYTES])
{
	struct sockaddr_vm vm;
	struct ucred who = { .uid = (uid_t)-1 };
	socklen_t who_size = sizeof(who);

	switch (address->sa_family) {
	case AF_VSOCK:
		memcpy(&vm, address, sizeof(vm));
		(void)snprintf(peer, LISTEN_PEER_BYTES, "vsock:%u:%u", vm.svm_cid, vm.svm_port);
		break;
	case AF_UNIX:
		(void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &who_size);
		(void)snprintf(peer, LISTEN_PEER_BYTES, "unix:uid:%u", who.uid);
		break;
	default:
		inet_name(address, size, peer, LISTEN_PEER_BYTES);
		break;
	}
}
