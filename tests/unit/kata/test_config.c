// SPDX-License-Identifier: Apache-2.0
/* The command lines are those of Kata 4.1: config_cmdline.c names the sources. What a whole
 * configuration says is in tests/e2e/kata-is-configured-for-a-sealed-pod.sh. */
#include "builder/kata/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "common/cleanup.h"
#include "common/hex.h"

#define SEAL "sha256:00000000000000000000000000000000000000000000000000000000000000aa"

static const struct kata_config usual = {
	.name = "podseal",
	.image = "/opt/podseal/pod.img",
	.kernel = "/opt/podseal/vmlinuz",
	.initrd = "/opt/podseal/initrd.img",
	.firmware = "/opt/podseal/AMDSEV.fd",
	.seal = SEAL,
	.vcpus = 1,
};

#define SYSTEMD                                \
	"systemd.unit=kata-containers.target " \
	"systemd.mask=systemd-networkd.service systemd.mask=systemd-networkd.socket"
#define ROOT "root=/dev/vda1 rootflags=data=ordered,errors=remount-ro ro rootfstype=ext4"
#define GO_FIXED                                                                               \
	"tsc=reliable no_timer_check rcupdate.rcu_expedited=1 i8042.direct=1 i8042.dumbkbd=1 " \
	"i8042.nopnp=1 i8042.noaux=1 noreplace-smp reboot=k cryptomgr.notests net.ifnames=0 "  \
	"pci=lastbus=0"
#define AGENT "agent.cdh_api_timeout=50"
#define OURS  "agent.guest_components_procs=none"

static void test_cmdline(void **state)
{
	static const struct {
		enum kata_runtime runtime;
		enum kata_mode mode;
		enum kata_bind bind;
		const char *append, *cmdline;
	} rows[] = {
		{ KATA_RUST, KATA_EXTENSION, KATA_BIND_SEAL, "a=b c",
		  "reboot=k panic=1 " SYSTEMD " " AGENT " " OURS " podseal.seal=" SEAL
		  " a=b c selinux=0 kata.extension.podseal.verity_params console=hvc0" },
		{ KATA_RUST, KATA_UKI, KATA_BIND_INITDATA, NULL,
		  "reboot=k panic=1 " SYSTEMD " " ROOT " " AGENT " " OURS
		  " podseal.bind=initdata selinux=0 console=hvc0" },
		{ KATA_GO, KATA_EXTENSION, KATA_BIND_SIGNATURE, "a",
		  GO_FIXED
		  " console=hvc0 console=hvc1 quiet panic=1 selinux=0 scsi_mod.scan=none " AGENT
		  " " SYSTEMD " " OURS " a kata.extension.podseal.verity_params" },
		{ KATA_GO, KATA_UKI, KATA_BIND_SEAL, "",
		  GO_FIXED " " ROOT " console=hvc0 console=hvc1 quiet systemd.show_status=false "
			   "panic=1 selinux=0 " SYSTEMD " scsi_mod.scan=none " AGENT " " OURS
			   " podseal.seal=" SEAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kata_config config = usual;
		config.runtime = rows[i].runtime;
		config.mode = rows[i].mode;
		config.bind = rows[i].bind;
		config.append = rows[i].append;
		cleanup_free char *cmdline = kata_kernel_cmdline(&config);
		assert_string_equal(cmdline, rows[i].cmdline);
	}
}

static void test_check(void **state)
{
	static const struct {
		const char *name, *image, *append, *part; /* part NULL: is accepted */
	} rows[] = {
		{ "web-1", NULL, "podseal.scratch=tmpfs:64M ro", NULL },
		{ "", NULL, NULL, "not a name" },
		{ "-web", NULL, NULL, "not a name" },
		{ "web-", NULL, NULL, "not a name" },
		{ "Web", NULL, NULL, "not a name" },
		{ NULL, "pod.img", NULL, "not an absolute path" },
		{ NULL, "/a,b", NULL, "comma or a control character" },
		{ NULL, "/a\x7f", NULL, "comma or a control character" },
		{ NULL, "/\xc3\x28", NULL, "not UTF-8" },
		{ NULL, "/opt/podseal/vmlinuz", NULL, "two files would be" },
		{ NULL, NULL, "a=", "not NAME or NAME=VALUE" },
		{ NULL, NULL, "=a", "not NAME or NAME=VALUE" },
		{ NULL, NULL, "a=\"b\"", "do not survive" },
		{ NULL, NULL, "a\tb", "do not survive" },
		{ NULL, NULL, "a\xc3\xa4", "do not survive" },
		{ NULL, NULL, " a", "one blank" },
		{ NULL, NULL, "a ", "one blank" },
		{ NULL, NULL, "podseal.bind=host-data", "--bind says that" },
		{ NULL, NULL, "a podseal.seal", "--bind says that" },
		{ NULL, NULL, "podseal.sealed=a", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kata_config config = usual;
		struct error err = { 0 };
		config.name = rows[i].name ? rows[i].name : usual.name;
		config.image = rows[i].image ? rows[i].image : usual.image;
		config.append = rows[i].append;
		int result = kata_config_check(&config, &err);
		if (!rows[i].part != !result || (rows[i].part && !strstr(err.text, rows[i].part)))
			fail_msg("row %zu: %d: %s", i, result, err.text);
		if (result < 0)
			assert_int_equal(err.kind, ERROR_USAGE);
	}
}

/* The kernel's limit is met to the character. */
static void test_length(void **state)
{
	struct kata_config config = usual;
	cleanup_free char *bare = kata_kernel_cmdline(&config);
	size_t left = KATA_CMDLINE_MAX_BYTES - strlen(bare) - 1;
	char append[KATA_CMDLINE_MAX_BYTES + 1] = "";
	struct error err = { 0 };

	(void)state;
	memset(append, 'x', left);
	config.append = append;
	assert_int_equal(kata_config_check(&config, &err), 0);
	append[left] = 'x';
	assert_int_equal(kata_config_check(&config, &err), -1);
	assert_non_null(strstr(err.text, "2048 characters"));
}

static void test_initdata(void **state)
{
	/* sha256sum of the text below */
	static const char golden[] =
		"d515a96a10a74136526c0a218ebc02bc06f828cf8092dfc0ed3d8596de8f81a6";
	static const char text[] = "version = \"0.1.0\"\nalgorithm = \"sha256\"\n\n[data]\n"
				   "\"podseal.seal\" = \"" SEAL "\"\n";
	cleanup_free char *toml = kata_initdata_toml(SEAL);
	cleanup_free char *annotation = NULL, *again = NULL;
	cleanup_free uint8_t *gzip = NULL;
	uint8_t host_data[KATA_HOST_DATA_BYTES], unpacked[1024];
	char hex[2 * KATA_HOST_DATA_BYTES + 1];
	z_stream stream = { .next_out = unpacked, .avail_out = sizeof(unpacked) };
	struct error err = { 0 };
	size_t size;

	(void)state;
	assert_string_equal(toml, text);
	kata_initdata_host_data(toml, host_data);
	hex_encode(host_data, sizeof(host_data), hex);
	assert_string_equal(hex, golden);
	assert_int_equal(kata_initdata_annotation(toml, &annotation, &err), 0);
	assert_int_equal(kata_initdata_annotation(toml, &again, &err), 0);
	assert_string_equal(annotation, again);
	assert_int_equal(base64_decode(annotation, &gzip, &size, &err), 0);
	assert_int_equal(inflateInit2(&stream, 16 + MAX_WBITS), Z_OK);
	stream.next_in = gzip;
	stream.avail_in = (uInt)size;
	assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
	assert_int_equal(stream.avail_in, 0);
	assert_int_equal(stream.total_out, strlen(text));
	assert_memory_equal(unpacked, text, strlen(text));
	assert_int_equal(inflateEnd(&stream), Z_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cmdline),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_initdata),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
