// SPDX-License-Identifier: Apache-2.0
/* HTTP/1.1 as the key-broker protocol needs it: one request, one response, on http-parser. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/error.h"

enum {
	HTTP_BODY_MAX_BYTES = 2 << 20, /* KBS_JWE_MAX_BYTES is the longest expected */
	HTTP_COOKIE_BYTES = 256,       /* with the NUL */
	HTTP_REQUEST_HEAD_BYTES = 16384,
};

/* What a broker may set (Trustee's and ours do). */
#define HTTP_COOKIE_NAME "kbs-session-id"

struct http_response {
	unsigned status;
	uint8_t *body; /* NULL where it is empty; a NUL follows its bytes */
	size_t body_size;
	char cookie[HTTP_COOKIE_BYTES]; /* the value of HTTP_COOKIE_NAME; "": not set */
	bool keep_alive;
};
void http_response_clear(struct http_response *response);
#define cleanup_http_response CLEANUP(http_response_clear)

/* Reads a response as its bytes come in. */
struct http_reader;
int http_reader_new(struct http_reader **reader, struct error *err) MUST_CHECK;
void http_reader_free(struct http_reader *reader);
DEFINE_CLEANUP(cleanup_http_reader_p, struct http_reader, http_reader_free)
#define cleanup_http_reader CLEANUP(cleanup_http_reader_p)

/* The next bytes; none of them: the other side has closed. `done` says whether the response is
 * complete. ERROR_INPUT: not HTTP, too long, cut short, or bytes after the end. */
int http_reader_feed(struct http_reader *reader, const uint8_t *bytes, size_t size, bool *done,
		     struct error *err) MUST_CHECK;

/* Moves a complete response out. */
void http_reader_take(struct http_reader *reader, struct http_response *response);

struct http_request {
	const char *method; /* "GET", "POST" */
	const char *host;   /* for the Host header */
	const char *path;
	const char *cookie; /* the session's, or "" */
	const char *token;  /* bearer token, or NULL */
	const char *body;   /* JSON, or NULL */
};

/* The request as it goes over the wire. The caller frees *text. ERROR_INPUT: a head longer than
 * HTTP_REQUEST_HEAD_BYTES, or a control byte or blank where it would break out of its line. */
int http_request_make(const struct http_request *request, char **text, size_t *size,
		      struct error *err) MUST_CHECK;
