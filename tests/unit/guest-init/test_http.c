// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/guest-init/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "guest-init/http.h"

/* Feeds `text` in pieces of `step` bytes, then, if `closes`, the end. 1: complete, 0: not yet. */
static int feed(const char *text, size_t size, size_t step, bool closes,
		struct http_response *response, struct error *err)
{
	cleanup_http_reader struct http_reader *reader = NULL;
	bool done = false;

	assert_done(http_reader_new(&reader, err), err);
	for (size_t at = 0; at < size; at += step) {
		size_t n = size - at < step ? size - at : step;
		if (http_reader_feed(reader, (const uint8_t *)text + at, n, &done, err) < 0)
			return -1;
	}
	if (closes && !done && http_reader_feed(reader, (const uint8_t *)"", 0, &done, err) < 0)
		return -1;
	if (done)
		http_reader_take(reader, response);
	return done;
}

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
			     "set-cookie: kbs-session-id=0123abcd; Expires=Thu, 01 Jan 2026\r\n"
			     "Set-Cookie: other=1\r\nContent-Length: 13\r\n\r\n{\"nonce\":\"a\"}";

static void an_answer_in_pieces(void **state)
{
	struct error err;

	(void)state;
	for (size_t step = 1; step < sizeof(answer); step++) {
		cleanup_http_response struct http_response r = { 0 };
		assert_int_equal(feed(answer, strlen(answer), step, false, &r, &err), 1);
		assert_int_equal(r.status, 200);
		assert_string_equal((const char *)r.body, "{\"nonce\":\"a\"}");
		assert_int_equal(r.body_size, 13);
		assert_string_equal(r.cookie, "0123abcd");
		assert_true(r.keep_alive);
	}
}

static void other_kinds_of_body(void **state)
{
	static const struct {
		const char *text, *body;
		bool closes, keep_alive;
	} rows[] = {
		{ "HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: "
		  "chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		  "abc", false, true },
		{ "HTTP/1.1 200 OK\r\n\r\nabc", "abc", true, false },
		{ "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc", false, false },
		{ "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", NULL, false,
		  false },
	};
	struct error err;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(rows); i++) {
		cleanup_http_response struct http_response r = { 0 };
		assert_int_equal(
			feed(rows[i].text, strlen(rows[i].text), 7, rows[i].closes, &r, &err), 1);
		assert_int_equal(r.keep_alive, rows[i].keep_alive);
		if (rows[i].body)
			assert_string_equal((const char *)r.body, rows[i].body);
		else
			assert_null(r.body);
	}
}

#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

static void anything_else_is_refused(void **state)
{
	static char cookie[600] = "HTTP/1.1 200 OK\r\nSet-Cookie: kbs-session-id=";
	const struct {
		const char *text, *why;
	} rows[] = {
		{ "podseal", "not an HTTP answer" },
		{ "GET / HTTP/1.1\r\n\r\n", "not an HTTP answer" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "not an HTTP answer: stream "
								     "ended" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "not an HTTP answer" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd", "1 bytes after the answer" },
		{ cookie, "a cookie of more than 255" },
		{ "", "closed in the middle of an answer" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
		  "not an HTTP answer" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "0\r\n\r\n",
		  "not an HTTP answer" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\n",
		  "not an HTTP answer" },
		{ CHUNKED "zz\r\n", "not an HTTP answer" },
		{ CHUNKED "-1\r\n", "not an HTTP answer" },
		{ CHUNKED "fffffffffffffffff\r\n", "not an HTTP answer" },
		{ CHUNKED "1\r\nabc\r\n", "not an HTTP answer" },
		{ CHUNKED "3\r\nabc\r\n", "not an HTTP answer: stream ended" },
		{ CHUNKED "0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "19 bytes after the answer" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 403 No\r\n\r\n",
		  "19 bytes after the answer" },
	};
	struct error err;

	(void)state;
	memset(cookie + strlen(cookie), 'a', 300);
	(void)strcat(cookie, "\r\n\r\n");
	for (size_t i = 0; i < LENGTH_OF(rows); i++) {
		cleanup_http_response struct http_response r = { 0 };
		int result = feed(rows[i].text, strlen(rows[i].text), 4096, true, &r, &err);
		assert_refused(rows[i].text, result, &err, ERROR_INPUT, rows[i].why);
	}
}

static void a_body_is_bounded(void **state)
{
	cleanup_http_response struct http_response r = { 0 };
	size_t size = HTTP_BODY_MAX_BYTES + 100;
	cleanup_free char *text = malloc(size);
	struct error err;

	(void)state;
	assert_non_null(text);
	memset(text, 'a', size);
	memcpy(text, "HTTP/1.1 200 OK\r\n\r\n", 19);
	assert_refused("long", feed(text, size, 4096, true, &r, &err), &err, ERROR_INPUT,
		       "a body of more than 2097152 bytes");
}

static void a_head_is_bounded(void **state)
{
	cleanup_http_response struct http_response r = { 0 };
	size_t size = 1 << 20;
	cleanup_free char *text = malloc(size);
	struct error err;

	(void)state;
	assert_non_null(text);
	memset(text, 'a', size);
	memcpy(text, "HTTP/1.1 200 OK\r\nX: ", 20);
	assert_refused("long", feed(text, size, 4096, true, &r, &err), &err, ERROR_INPUT,
		       "not an HTTP answer: too many header bytes seen");
}

static void a_request_is_written(void **state)
{
	const struct http_request q = {
		"POST", "10.0.2.2:80", "/kbs/v0/attest", "ab", "to.k", "{}"
	};
	cleanup_free char *text = NULL;
	struct error err;
	size_t size;

	(void)state;
	assert_done(http_request_make(&q, &text, &size, &err), &err);
	assert_string_equal(text, "POST /kbs/v0/attest HTTP/1.1\r\nHost: 10.0.2.2:80\r\n"
				  "Accept: application/json\r\nCookie: kbs-session-id=ab\r\n"
				  "Authorization: Bearer to.k\r\nContent-Type: application/json\r\n"
				  "Content-Length: 2\r\n\r\n{}");
	assert_int_equal(size, strlen(text));
}

static void nothing_breaks_out_of_its_line(void **state)
{
	static char token[HTTP_REQUEST_HEAD_BYTES + 1];
	const struct http_request rows[] = {
		{ "GET", "h", "/a b", "", NULL, NULL },
		{ "GET", "h", "/", "a\r\nX: y", NULL, NULL },
		{ "GET", "h", "/", "", "a\nb", NULL },
		{ "GET", "h", "/", "", token, NULL },
	};
	struct error err;
	char *text = NULL;
	size_t size;

	(void)state;
	memset(token, 'a', sizeof(token) - 1);
	for (size_t i = 0; i < LENGTH_OF(rows); i++)
		assert_refused(rows[i].path, http_request_make(&rows[i], &text, &size, &err), &err,
			       ERROR_INPUT, i < 3 ? "a blank or control byte" : "before its body");
	assert_null(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_in_pieces),
		cmocka_unit_test(other_kinds_of_body),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(a_body_is_bounded),
		cmocka_unit_test(a_head_is_bounded),
		cmocka_unit_test(a_request_is_written),
		cmocka_unit_test(nothing_breaks_out_of_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
