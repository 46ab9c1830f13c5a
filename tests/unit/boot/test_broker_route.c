// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "builder/boot/broker_route.h"

#define IP " podseal.ip=10.0.2.15::10.0.2.2:255.255.255.0::eth0:off"

static void a_broker_is_named_as_the_guest_sees_it(void **state)
{
	static const struct {
		const char *url, *parameters, *socket;
	} rows[] = {
		{ "http://127.0.0.1:8080", "podseal.kbs=http://10.0.2.2:8080" IP, NULL },
		{ "http://127.9.9.9", "podseal.kbs=http://10.0.2.2" IP, NULL },
		{ "https://localhost/kbs", "podseal.kbs=https://10.0.2.2/kbs" IP, NULL },
		{ "https://[::1]:443/a/b", "podseal.kbs=https://10.0.2.2:443/a/b" IP, NULL },
		{ "http://[::1]", "podseal.kbs=http://10.0.2.2" IP, NULL },
		{ "https://192.0.2.7:8080", "podseal.kbs=https://192.0.2.7:8080" IP, NULL },
		{ "http://[2001:db8::1]:1", "podseal.kbs=http://[2001:db8::1]:1" IP, NULL },
		{ "unix:/run/b.sock", "podseal.kbs=port://podseal.broker", "/run/b.sock" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_broker_route struct broker_route route = { 0 };
		struct error err;
		if (broker_route_make(rows[i].url, &route, &err) < 0)
			fail_msg("%s: %s", rows[i].url, err.text);
		assert_string_equal(route.parameters, rows[i].parameters);
		if (rows[i].socket)
			assert_string_equal(route.socket, rows[i].socket);
		else
			assert_null(route.socket);
	}
}

static void what_leads_nowhere_is_refused(void **state)
{
	static const char *const rows[][2] = {
		{ "", "is neither http://" },
		{ "127.0.0.1:8080", "is neither http://" },
		{ "unix:", "is neither http://" },
		{ "vsock://2:1", "is neither http://" },
		{ "http://", "\"\" is no address" },
		{ "http://[", "\"\" is no address" },
		{ "http://[]", "\"\" is no address" },
		{ "http://broker.example:1", "\"broker.example\" is no address" },
		{ "http://127.0.0.1.example", "is no address" },
		{ "http://127.0.0.1:1 init=/bin/sh", "has a space" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct broker_route route = { 0 };
		struct error err;
		if (broker_route_make(rows[i][0], &route, &err) != -1 || err.kind != ERROR_USAGE ||
		    !strstr(err.text, rows[i][1]))
			fail_msg("%s: \"%s\"", rows[i][0], err.text);
		assert_null(route.parameters);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_broker_is_named_as_the_guest_sees_it),
		cmocka_unit_test(what_leads_nowhere_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
