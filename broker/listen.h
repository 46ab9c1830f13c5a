// SPDX-License-Identifier: Apache-2.0
/* Where the broker listens: "HOST:PORT" ("[v6]:PORT"), "vsock:PORT" or "unix:PATH". */
#pragma once

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/error.h"

enum listen_kind { LISTEN_TCP, LISTEN_VSOCK, LISTEN_UNIX };

enum { LISTEN_HOST_BYTES = 256, LISTEN_NAME_BYTES = 320, LISTEN_PEER_BYTES = 64 };

struct listen_address {
	enum listen_kind kind;
	char host[LISTEN_HOST_BYTES]; /* TCP: a name or number, without brackets */
	uint32_t port;                /* TCP: 0..65535, 0 for any that is free; vsock: 32 bits */
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
};

/* ERROR_USAGE says what is wrong with `text`. */
int listen_address_parse(const char *text, struct listen_address *address, struct error *err)
	MUST_CHECK;

/* A listening socket, non-blocking; `name` receives the address as it became ("127.0.0.1:8080").
 * A unix socket that nobody listens on any more, left by a killed broker, is replaced. The caller
 * closes *fd, and unlinks a unix socket. */
int listen_open(const struct listen_address *address, int *fd, char name[LISTEN_NAME_BYTES],
		struct error *err) MUST_CHECK;

/* Who is at the other end of a connection, for people. */
void listen_peer(int fd, const struct sockaddr *address, socklen_t size,
		 char peer[LISTEN_PEER_BYTES]);
