// SPDX-License-Identifier: Apache-2.0
/* The key broker: gives a resource to a guest whose attestation report satisfies the policy that
 * was stored with that resource, encrypted to the key that the report binds; and writes down every
 * request before it is answered. It speaks the key-broker protocol of Trustee, version 0.4.0.
 *
 * broker_answer() is the whole of it as a function of one request; server.h brings requests from
 * sockets; store.h and audit.h are what is kept. It connects to nothing. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "broker/audit.h"
#include "broker/certificates.h"
#include "broker/session.h"
#include "broker/store.h"
#include "common/error.h"

enum {
	BROKER_BODY_MAX_BYTES = 256 << 10, /* evidence with a whole chain is about 40 KB */
	BROKER_COOKIE_BYTES = 128,
	BROKER_LOG_BYTES = 1536,
	BROKER_STATUS_TOO_LARGE = 413,
};

#define BROKER_COOKIE_NAME "kbs-session-id"

/* All outlive it. The store was opened with its key. */
struct broker {
	struct store *store;
	struct sessions *sessions;
	struct certificates *certificates;
};

/* One HTTP request; texts may be NULL where there is none, all of it is hostile. */
struct broker_request {
	const char *peer;          /* for the log: "192.0.2.7:40100", "vsock:3", "unix:uid 1000" */
	const char *method;        /* "POST" */
	const char *path;          /* decoded, without query */
	const char *session;       /* value of the cookie kbs-session-id */
	const char *authorization; /* that header */
	const uint8_t *body;
	size_t body_size;
	bool body_too_large; /* it was longer than BROKER_BODY_MAX_BYTES, and dropped */
	int64_t now_ms;      /* Unix time */
	int64_t monotonic;   /* seconds of a clock that does not jump */
};

struct broker_response {
	unsigned status;                  /* of HTTP */
	char *body;                       /* JSON, never NULL unless there is no memory */
	char cookie[BROKER_COOKIE_BYTES]; /* Set-Cookie, or "" */
	char log[BROKER_LOG_BYTES];       /* one line of printable ASCII, no secrets */
};
void broker_response_clear(struct broker_response *response);
#define cleanup_broker_response CLEANUP(broker_response_clear)

/* Answers, whatever the request. The audit row is on the disk when this returns; where it cannot be
 * written, the answer is an error and gives nothing. Several threads may ask at once. */
void broker_answer(struct broker *broker, const struct broker_request *request,
		   struct broker_response *response);
