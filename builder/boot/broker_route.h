// SPDX-License-Identifier: Apache-2.0
/* How a guest of QEMU gets to a broker of this machine or beyond it. Pure. */
#pragma once

#include "common/cleanup.h"
#include "common/error.h"

/* The name of the virtio-serial port that leads to a broker on a Unix socket. */
#define BROKER_ROUTE_PORT "podseal.broker"

struct broker_route {
	char *parameters; /* for the kernel command line: podseal.kbs= and, over IP, podseal.ip= */
	char *socket;     /* to wire to that port; NULL: over QEMU's user networking */
};
void broker_route_release(struct broker_route *route);
#define cleanup_broker_route CLEANUP(broker_route_release)

/* `url` as `podseal-broker serve` says where it listens, with a scheme: "http://ADDRESS[:PORT]
 * [/PREFIX]", the same with https, or "unix:PATH". A loopback address (and "localhost") becomes the
 * one under which QEMU's user networking shows this machine, 10.0.2.2. ERROR_USAGE: any other
 * scheme, and a host name: the guest has no resolver. */
int broker_route_make(const char *url, struct broker_route *route, struct error *err) MUST_CHECK;
