// SPDX-License-Identifier: Apache-2.0
/* The way to the broker: bytes over TCP, TLS, vsock or a virtio-serial port, with a deadline. */
#pragma once

#include "common/cleanup.h"
#include "format/signature.h"
#include "guest-init/broker_url.h"

struct stream;

/* Connects. `ca` are the certificates that may vouch for an https broker; its certificate has to
 * name the address in the URL, and is not held against a clock, since a guest has none it may
 * trust. `deadline_ms` (of clock_ms()) holds for this and for all that follows. `sys_fd` is an open
 * /sys, where ports have their names. ERROR_MISMATCH: the certificate is not to be trusted.
 * ERROR_SYSTEM: nobody answers. */
int stream_open(const struct broker_url *url, int sys_fd, const struct pem *ca, size_t ca_count,
		uint64_t deadline_ms, struct stream **stream, struct error *err) MUST_CHECK;
void stream_close(struct stream *stream);
DEFINE_CLEANUP(cleanup_stream_p, struct stream, stream_close)
#define cleanup_stream CLEANUP(cleanup_stream_p)

/* All of the bytes. */
int stream_write(struct stream *stream, const void *bytes, size_t size, struct error *err)
	MUST_CHECK;

/* At least one byte, at most `capacity`; 0 in *size where the other side has closed. */
int stream_read(struct stream *stream, void *bytes, size_t capacity, size_t *size,
		struct error *err) MUST_CHECK;
