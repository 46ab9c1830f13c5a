// SPDX-License-Identifier: Apache-2.0
/* Tells systemd that the service is ready: a datagram, sd_notify(3). */
#pragma once

#include "common/error.h"

/* Sends `state` ("READY=1") to the socket `path`, the value of $NOTIFY_SOCKET; does nothing where
 * that is NULL. */
int notify_send(const char *path, const char *state, struct error *err) MUST_CHECK;
