// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/attest/vectors.h"

#include "broker/connections.h"
#include "broker/listen.h"
#include "common/cleanup.h"

static void addresses_are_read(void **state)
{
	static const struct {
		const char *text;
		enum listen_kind kind;
		const char *host_or_path;
		uint32_t port;
	} rows[] = {
		{ "127.0.0.1:80", LISTEN_TCP, "127.0.0.1", 80 },
		{ "broker.example:65535", LISTEN_TCP, "broker.example", 65535 },
		{ "[::1]:8080", LISTEN_TCP, "::1", 8080 },
		{ "vsock:0", LISTEN_VSOCK, "", 0 },
		{ "vsock:4294967294", LISTEN_VSOCK, "", 4294967294 },
		{ "unix:/run/a:b", LISTEN_UNIX, "/run/a:b", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct listen_address a;
		assert_ok(listen_address_parse(rows[i].text, &a, &err));
		assert_int_equal(a.kind, rows[i].kind);
		assert_int_equal(a.port, rows[i].port);
		assert_string_equal(a.kind == LISTEN_UNIX ? a.path : a.host, rows[i].host_or_path);
	}
}

static void what_is_no_address_is_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "", "is not HOST:PORT" },
		{ "host", "is not HOST:PORT" },
		{ ":80", "names no host" },
		{ "[]:80", "names no host" },
		{ "::1:80", "brackets" },
		{ "host:", "port" },
		{ "host:65536", "port" },
		{ "host:-1", "port" },
		{ "vsock:", "vsock port" },
		{ "vsock:4294967295", "vsock port" }, /* VMADDR_PORT_ANY */
		{ "unix:", "1 to 107" },
		{ "unix:"
		  "123456789012345678901234567890123456789012345678901234567890123456789012345678"
		  "901234567890123456789012345678",
		  "1 to 107" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct listen_address a;
		assert_fails(ERROR_USAGE, rows[i].why,
			     listen_address_parse(rows[i].text, &a, &err));
	}
}

static bool is_open(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) != 0; /* 0: the other end was shut down */
}

/* One that trickles bytes is never idle, and still ends. */
static void a_request_has_its_time_and_no_more(void **state)
{
	cleanup_connections struct connections *c = NULL;
	int slow[2], quick[2];

	(void)state;
	assert_ok(connections_new(&c, &err));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, slow), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, quick), 0);
	struct connection *a = connection_open(c, slow[0], 100);
	struct connection *b = connection_open(c, quick[0], 100);
	assert_int_equal(connections_in_use(c), 2); /* a request may be on its way */
	connection_request(c, a);
	connection_request(c, b);
	connection_answered(c, b, 120);
	assert_int_equal(connections_in_use(c), 1);
	connections_expire(c, 130, 30);
	assert_true(is_open(slow[1]) && is_open(quick[1]));
	connections_expire(c, 131, 30);
	assert_true(!is_open(slow[1]) && is_open(quick[1]));
	connection_close(c, a);
	connection_close(c, b);
	assert_int_equal(connections_in_use(c), 0);
	for (size_t i = 0; i < 2; i++) {
		(void)close(slow[i]);
		(void)close(quick[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(a_request_has_its_time_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
