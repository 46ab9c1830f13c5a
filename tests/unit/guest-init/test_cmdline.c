// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/guest-init/check.h"

#include <arpa/inet.h>

#include "guest-init/cmdline.h"

#define DIGEST "sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static int parse(const char *text, struct cmdline *cmdline, struct error *err)
{
	return cmdline_parse((const uint8_t *)text, strlen(text), cmdline, err);
}

static void everything_is_read(void **state)
{
	struct cmdline c;
	struct error err;

	(void)state;
	assert_done(parse("console=ttyS0 podseal.seal=" DIGEST
			  " podseal.kbs=http://10.0.2.2:8080/a ro podseal.bind=initdata"
			  " podseal.ip=10.0.2.15::10.0.2.1:255.255.255.0:pod:eth0:off"
			  " podseal.scratch=tmpfs:64M podseal.init=/usr/bin/kata-agent\n",
			  &c, &err),
		    &err);
	assert_true(c.has_seal);
	assert_int_equal(c.seal[1], 0x11);
	assert_int_equal(c.kbs.transport, BROKER_HTTP);
	assert_string_equal(c.kbs.host, "10.0.2.2");
	assert_int_equal(c.kbs.port, 8080);
	assert_string_equal(c.kbs.prefix, "/a");
	assert_int_equal(c.bind, BIND_INITDATA);
	assert_true(c.has_ip && c.ip.has_gateway);
	assert_int_equal(ntohl(c.ip.client.s_addr), 0x0a00020f);
	assert_string_equal(c.ip.device, "eth0");
	assert_string_equal(c.ip.host, "pod");
	assert_int_equal(c.scratch, SCRATCH_TMPFS);
	assert_int_equal(c.scratch_bytes, 64 << 20);
	assert_string_equal(c.init, "/usr/bin/kata-agent");
}

/* Kata's own words, as PROTOCOLS has them: quotes with spaces, bare words, root=. */
static void the_rest_is_left_alone(void **state)
{
	static const char *const lines[] = {
		"",
		"\n",
		"reboot=k panic=1 dm-mod.create=\"dm-verity,,,ro,0 736328 verity 1 /dev/vda1 "
		"podseal.x=1 sha256 ab cd\" root=/dev/dm-0 "
		"rootflags=data=ordered,errors=remount-ro "
		"ro kata.extension.podseal.verity_params podsealed=1 xpodseal.seal=1",
		"a=\"podseal.seal=" DIGEST "\" -- single",
	};
	struct cmdline c;
	struct error err;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(lines); i++) {
		assert_done(parse(lines[i], &c, &err), &err);
		assert_false(c.has_seal || c.has_ip);
		assert_int_equal(c.kbs.transport, BROKER_NONE);
		assert_int_equal(c.scratch, SCRATCH_TMPFS);
		assert_int_equal(c.scratch_bytes, 0);
		assert_int_equal(c.bind, BIND_NONE);
		assert_string_equal(c.init, "");
	}
}

static void quotes_are_the_kernels(void **state)
{
	static const char *const lines[] = {
		"podseal.init=\"/sbin/my init\"",
		"\"podseal.init=/sbin/my init\"",
		"x=\"1 2\"\tpodseal.init=\"/sbin/my init\"\n",
		"podseal.init=/sbin/my\" \"init",
	};
	struct cmdline c;
	struct error err;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(lines); i++) {
		assert_done(parse(lines[i], &c, &err), &err);
		assert_string_equal(c.init, i == 3 ? "/sbin/my\" \"init" : "/sbin/my init");
	}
}

static void each_kind_of_broker(void **state)
{
	static const struct {
		const char *url;
		struct broker_url want;
	} rows[] = {
		{ "http://192.0.2.1", { BROKER_HTTP, "192.0.2.1", 0, 80, "" } },
		{ "https://192.0.2.1/", { BROKER_HTTPS, "192.0.2.1", 0, 443, "" } },
		{ "https://[2001:db8::1]:8443/kbs/x",
		  { BROKER_HTTPS, "2001:db8::1", 0, 8443, "/kbs/x" } },
		{ "vsock://2:8080", { BROKER_VSOCK, "", 2, 8080, "" } },
		{ "port://org.podseal.kbs", { BROKER_SERIAL, "org.podseal.kbs", 0, 0, "" } },
	};
	struct broker_url url;
	struct error err;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(rows); i++) {
		assert_done(broker_url_parse(rows[i].url, &url, &err), &err);
		assert_memory_equal(&url, &rows[i].want, sizeof(url));
	}
}

static void anything_else_is_refused(void **state)
{
	static const struct {
		const char *line;
		const char *why;
	} rows[] = {
		{ "podseal.sael=x", "podseal.sael is not a parameter of podseal" },
		{ "podseal.=x", "podseal. is not a parameter" },
		{ "podseal.seal", "podseal.seal has no value" },
		{ "podseal.seal=", "podseal.seal has no value" },
		{ "podseal.seal=sha256:00", "podseal.seal: " },
		{ "podseal.seal=" DIGEST " podseal.seal=" DIGEST, "podseal.seal is given twice" },
		{ "podseal.init=/a \"podseal.init=/b\"", "podseal.init is given twice" },
		{ "podseal.init=sbin/init", "absolute, normalised" },
		{ "podseal.init=/sbin/../init", "absolute, normalised" },
		{ "podseal.init=/", "absolute, normalised" },
		{ "podseal.scratch=ram", "none of tmpfs" },
		{ "podseal.scratch=disk:1G", "none of tmpfs, tmpfs:SIZE, disk and none" },
		{ "podseal.scratch=tmpfs:", "podseal.scratch: " },
		{ "podseal.scratch=tmpfs:0", "no bytes" },
		{ "podseal.scratch=tmpfs:1X", "podseal.scratch: " },
		{ "podseal.bind=hostdata", "neither host-data nor initdata" },
		{ "podseal.kbs=ftp://192.0.2.1", "does not begin with" },
		{ "podseal.kbs=http://broker.example", "not an IPv4 address" },
		{ "podseal.kbs=http://192.0.2.1:", "port: " },
		{ "podseal.kbs=http://192.0.2.1:65536", "port: " },
		{ "podseal.kbs=http://192.0.2.1/a//b", "plain path" },
		{ "podseal.kbs=http://192.0.2.1/a/../b", "plain path" },
		{ "podseal.kbs=http://192.0.2.1/a?b", "plain path" },
		{ "podseal.kbs=http://[::1", "not an address and a port" },
		{ "podseal.kbs=vsock://2", "no port after its CID" },
		{ "podseal.kbs=vsock://-1:2", "CID: " },
		{ "podseal.kbs=port://", "virtio-serial port" },
		{ "podseal.kbs=port://../x", "virtio-serial port" },
		{ "podseal.ip=dhcp", "1 fields, not 7" },
		{ "podseal.ip=1.2.3.4::::::off:", "more than 7 fields" },
		{ "podseal.ip=1.2.3.4:5.6.7.8::255.0.0.0::eth0:off", "server: " },
		{ "podseal.ip=1.2.3.4:::255.0.255.0::eth0:off", "ones after zeros" },
		{ "podseal.ip=1.2.3.4:::255.0.0.0::eth0:dhcp", "autoconf: " },
		{ "podseal.ip=1.2.3.4:::255.0.0.0:::off", "device: none" },
		{ "podseal.ip=1.2.3.4:::255.0.0.0::a/b:off", "device: \"a/b\" is not a name" },
		{ "podseal.ip=1.2.3:::255.0.0.0::eth0:off", "client: " },
		{ "podseal.ip=1.2.3.4:::255.0.0.0::abcdefghijklmnop:off", "at most 15" },
		{ "a=\"b podseal.seal=x", "double quote is left open" },
		{ "a=\x01", "byte 2 is 0x01" },
	};
	struct error err;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(rows); i++) {
		struct cmdline c = { .scratch_bytes = 7 };
		assert_refused(rows[i].line, parse(rows[i].line, &c, &err), &err, ERROR_INPUT,
			       rows[i].why);
		assert_int_equal(c.scratch_bytes, 7);
	}
}

static void its_length_is_bounded(void **state)
{
	static uint8_t line[CMDLINE_MAX_BYTES + 1];
	struct cmdline c;
	struct error err;

	(void)state;
	memset(line, 'a', sizeof(line));
	assert_done(cmdline_parse(line, sizeof(line) - 1, &c, &err), &err);
	assert_refused("long", cmdline_parse(line, sizeof(line), &c, &err), &err, ERROR_INPUT,
		       "at most 16384");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_read),
		cmocka_unit_test(the_rest_is_left_alone),
		cmocka_unit_test(quotes_are_the_kernels),
		cmocka_unit_test(each_kind_of_broker),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(its_length_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
