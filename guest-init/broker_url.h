// SPDX-License-Identifier: Apache-2.0
/* Where the key broker is: `podseal.kbs=<url>`. */
#pragma once

#include <stdint.h>

#include "common/error.h"

enum {
	BROKER_HOST_BYTES = 64,   /* with the NUL */
	BROKER_PREFIX_BYTES = 64, /* with the NUL */
};

enum broker_transport {
	BROKER_NONE = 0,
	BROKER_HTTP,
	BROKER_HTTPS,
	BROKER_VSOCK,
	BROKER_SERIAL, /* a virtio-serial port */
};

struct broker_url {
	enum broker_transport transport;
	char host[BROKER_HOST_BYTES];     /* HTTP and HTTPS: an IPv4 or IPv6 address, without the
					   * brackets; BROKER_SERIAL: the name of the port */
	uint32_t cid;                     /* BROKER_VSOCK */
	uint32_t port;                    /* HTTP, HTTPS (80 and 443 if not given), BROKER_VSOCK */
	char prefix[BROKER_PREFIX_BYTES]; /* what comes before "/kbs/v0": "" or "/a/b" */
};

/* "http://ADDRESS[:PORT][/PREFIX]", the same with "https://", "vsock://CID:PORT" or "port://NAME".
 * A host is an address and not a name: a name would be looked up with a server that the untrusted
 * host names, and nothing in the guest needs a resolver otherwise. ERROR_INPUT says what is
 * wrong. */
int broker_url_parse(const char *text, struct broker_url *url, struct error *err) MUST_CHECK;
