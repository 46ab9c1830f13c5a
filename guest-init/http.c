// SPDX-License-Identifier: Apache-2.0
#include "guest-init/http.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <http_parser.h>

enum {
	FIELD_BYTES = 32,  /* longer names of headers are none we look at */
	VALUE_BYTES = 512, /* longer values are cut, and then not taken */
};

struct http_reader {
	http_parser parser;
	struct http_response response;
	bool complete;
	bool too_long;
	bool in_value; /* the last callback was on_header_value() */
	char field[FIELD_BYTES];
	size_t field_size; /* may exceed FIELD_BYTES: then it is not whole */
	char value[VALUE_BYTES];
	size_t value_size;
};

static void append(char *text, size_t text_bytes, size_t *size, const char *at, size_t length)
{
	for (size_t i = 0; i < length; i++, (*size)++)
		if (*size + 1 < text_bytes) {
			text[*size] = at[i];
			text[*size + 1] = '\0';
		}
}

/* "kbs-session-id=VALUE; Expires=..." */
static void take_cookie(struct http_reader *r)
{
	static const char name[] = HTTP_COOKIE_NAME "=";
	const char *value = r->value + sizeof(name) - 1;

	if (r->field_size >= FIELD_BYTES || strcasecmp(r->field, "set-cookie") != 0 ||
	    strncmp(r->value, name, sizeof(name) - 1) != 0)
		return;
	size_t size = strcspn(value, "; \t");
	if (r->value_size >= VALUE_BYTES || size >= HTTP_COOKIE_BYTES) {
		r->too_long = true;
		return;
	}
	memcpy(r->response.cookie, value, size);
	r->response.cookie[size] = '\0';
}

static void end_header(struct http_reader *r)
{
	if (r->in_value)
		take_cookie(r);
	r->in_value = false;
	r->field_size = r->value_size = 0;
	r->field[0] = r->value[0] = '\0';
}

static int on_header_field(http_parser *parser, const char *at, size_t length)
{
	struct http_reader *r = parser->data;

	if (r->in_value)
		end_header(r);
	append(r->field, sizeof(r->field), &r->field_size, at, length);
	return 0;
}

static int on_header_value(http_parser *parser, const char *at, size_t length)
{
	struct http_reader *r = parser->data;

	r->in_value = true;
	append(r->value, sizeof(r->value), &r->value_size, at, length);
	return 0;
}

static int on_headers_complete(http_parser *parser)
{
	struct http_reader *r = parser->data;

	end_header(r);
	r->response.status = parser->status_code;
	return 0;
}

static int on_body(http_parser *parser, const char *at, size_t length)
{
	struct http_reader *r = parser->data;
	struct http_response *response = &r->response;

	if (length > HTTP_BODY_MAX_BYTES - response->body_size) {
		r->too_long = true;
		return 1;
	}
	uint8_t *body = realloc(response->body, response->body_size + length + 1);
	if (!body)
		return 1;
	memcpy(body + response->body_size, at, length);
	response->body = body;
	response->body_size += length;
	body[response->body_size] = '\0';
	return 0;
}

static int on_message_complete(http_parser *parser)
{
	struct http_reader *r = parser->data;

	r->complete = true;
	r->response.keep_alive = http_should_keep_alive(parser);
	/* stops here, so that whatever follows shows as not consumed */
	http_parser_pause(parser, 1);
	return 0;
}

static const http_parser_settings settings = {
	.on_header_field = on_header_field,
	.on_header_value = on_header_value,
	.on_headers_complete = on_headers_complete,
	.on_body = on_body,
	.on_message_complete = on_message_complete,
};

int http_reader_new(struct http_reader **result, struct error *err)
{
	struct http_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return error_memory(err);
	http_parser_init(&r->parser, HTTP_RESPONSE);
	r->parser.data = r;
	*result = r;
	return 0;
}

void http_response_clear(struct http_response *response)
{
	free(response->body);
	*response = (struct http_response){ 0 };
}

void http_reader_free(struct http_reader *r)
{
	if (!r)
		return;
	http_response_clear(&r->response);
	free(r);
}

int http_reader_feed(struct http_reader *r, const uint8_t *bytes, size_t size, bool *done,
		     struct error *err)
{
	if (r->complete)
		return error_input(err, "more than one answer");
	size_t used = http_parser_execute(&r->parser, &settings, (const char *)bytes, size);
	enum http_errno code = HTTP_PARSER_ERRNO(&r->parser);
	if (r->too_long)
		return error_input(err,
				   "an answer with a body of more than %d bytes, or a cookie "
				   "of more than %d",
				   HTTP_BODY_MAX_BYTES, HTTP_COOKIE_BYTES - 1);
	if (!r->complete && code != HPE_OK)
		return error_input(err, "not an HTTP answer: %s", http_errno_description(code));
	if (!r->complete && size == 0)
		return error_input(err, "the connection was closed in the middle of an answer");
	if (r->complete && used != size)
		return error_input(err, "%zu bytes after the answer", size - used);
	*done = r->complete;
	return 0;
}

void http_reader_take(struct http_reader *r, struct http_response *response)
{
	*response = r->response;
	r->response = (struct http_response){ 0 };
}

/* Nothing that ends a header's line, or a word within it. */
static bool is_word(const char *text)
{
	for (; *text; text++)
		if (!isgraph((unsigned char)*text))
			return false;
	return true;
}

int http_request_make(const struct http_request *q, char **text, size_t *size, struct error *err)
{
	cleanup_free char *out = NULL;
	size_t out_size = 0;

	if (!is_word(q->method) || !is_word(q->host) || !is_word(q->path) || !is_word(q->cookie) ||
	    (q->token && !is_word(q->token)))
		return error_input(err, "a blank or control byte in a path, cookie or token");
	cleanup_file FILE *f = open_memstream(&out, &out_size);
	if (!f)
		return error_memory(err);
	(void)fprintf(f, "%s %s HTTP/1.1\r\nHost: %s\r\nAccept: application/json\r\n", q->method,
		      q->path, q->host);
	if (q->cookie[0] != '\0')
		(void)fprintf(f, "Cookie: " HTTP_COOKIE_NAME "=%s\r\n", q->cookie);
	if (q->token)
		(void)fprintf(f, "Authorization: Bearer %s\r\n", q->token);
	if (q->body)
		(void)fprintf(f, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
			      strlen(q->body));
	(void)fputs("\r\n", f);
	if (fflush(f) != 0)
		return error_memory(err);
	if (out_size > HTTP_REQUEST_HEAD_BYTES)
		return error_input(err, "a request of %zu bytes before its body, at most %d",
				   out_size, HTTP_REQUEST_HEAD_BYTES);
	if (q->body)
		(void)fputs(q->body, f);
	FILE *closing = take_ptr(f);
	if (fclose(closing) != 0)
		return error_memory(err);
	*size = out_size;
	*text = take_ptr(out);
	return 0;
}
