// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "builder/boot/qemu.h"

static const struct qemu_forward forwards[] = { { 8080, 80 }, { 8443, 443 } };

#define MACHINE                                                                            \
	"qemu-system-x86_64 -nodefaults -no-user-config -no-reboot -display none -serial " \
	"stdio -machine q35 "
#define IMAGE                                                                                \
	" -blockdev driver=raw,node-name=image,read-only=on,file.driver=file,file.filename=" \
	"pod.img -device virtio-blk-pci,drive=image,serial=podseal-image"
#define NETWORK " -device virtio-net-pci,netdev=net,romfile="

static struct qemu_options basic(void)
{
	return (struct qemu_options){ .image = "pod.img",
				      .kernel = "vmlinuz",
				      .initrd = "initrd.img",
				      .memory_bytes = UINT64_C(1) << 30,
				      .vcpus = 2 };
}

static void assert_command(const struct qemu_options *options, const char *expected)
{
	cleanup_qemu_command struct qemu_command command = { 0 };
	struct error err = { 0 };

	if (qemu_command_make(options, &command, &err) < 0)
		fail_msg("%s", err.text);
	assert_null(command.argv[command.argc]);
	cleanup_free char *text = qemu_command_text(&command);
	assert_string_equal(text, expected);
}

static void a_kernel_is_booted_directly(void **state)
{
	struct qemu_options o = basic();

	(void)state;
	assert_command(&o, MACHINE "-accel tcg,thread=multi -cpu max -m 1024M -smp 2 "
				   "-kernel vmlinuz -initrd initrd.img -append "
				   "console=ttyS0" IMAGE " -netdev user,id=net" NETWORK);
	o.kvm = true;
	o.append = "podseal.seal=sha256:00 quiet";
	o.initrd = NULL;
	assert_command(&o, MACHINE "-accel kvm -cpu host -m 1024M -smp 2 -kernel vmlinuz -append "
				   "'console=ttyS0 podseal.seal=sha256:00 quiet'" IMAGE
				   " -netdev user,id=net" NETWORK);
}

static void a_uki_keeps_its_command_line(void **state)
{
	struct qemu_options o = basic();

	(void)state;
	o.kernel = o.initrd = NULL;
	o.uki = "pod.efi";
	o.firmware = "OVMF.fd";
	assert_command(&o, MACHINE "-accel tcg,thread=multi -cpu max -m 1024M -smp 2 -bios OVMF.fd "
				   "-kernel pod.efi" IMAGE " -netdev user,id=net" NETWORK);
	o.append = "x";
	assert_command(&o, MACHINE "-accel tcg,thread=multi -cpu max -m 1024M -smp 2 -bios OVMF.fd "
				   "-kernel pod.efi -append 'console=ttyS0 x'" IMAGE
				   " -netdev user,id=net" NETWORK);
}

static void ports_and_a_scratch_disk_come_with_it(void **state)
{
	struct qemu_options o = basic();

	(void)state;
	o.forwards = forwards;
	o.forward_count = 2;
	o.scratch = "/dev/vg/scratch";
	assert_command(&o, MACHINE "-accel tcg,thread=multi -cpu max -m 1024M -smp 2 "
				   "-kernel vmlinuz -initrd initrd.img -append console=ttyS0" IMAGE
				   " -blockdev driver=raw,node-name=scratch,read-only=off,"
				   "file.driver=host_device,file.filename=/dev/vg/scratch"
				   " -device virtio-blk-pci,drive=scratch,serial=podseal-scratch"
				   " -netdev user,id=net,hostfwd=tcp:127.0.0.1:8080-:80,"
				   "hostfwd=tcp:127.0.0.1:8443-:443" NETWORK);
}

static void an_snp_guest_is_measured_with_its_seal_in_host_data(void **state)
{
	static const uint8_t seal_digest[QEMU_HOST_DATA_BYTES] = { 0xff, 0xee };
	const struct qemu_snp snp = { .cbit_position = 51,
				      .cpu = "EPYC-Milan",
				      .host_data = seal_digest };
	struct qemu_options o = basic();

	(void)state;
	o.snp = &snp;
	o.kvm = true;
	o.firmware = "OVMF.amdsev.fd";
	assert_command(&o, "qemu-system-x86_64 -nodefaults -no-user-config -no-reboot -display "
			   "none -serial stdio "
			   "-machine q35,confidential-guest-support=snp,memory-backend=memory "
			   "-object memory-backend-memfd,id=memory,size=1024M,share=true,"
			   "prealloc=false -object sev-snp-guest,id=snp,policy=0x30000,cbitpos=51,"
			   "reduced-phys-bits=1,kernel-hashes=on,"
			   "host-data=/+4AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= "
			   "-accel kvm -cpu EPYC-Milan -m 1024M -smp 2 -bios OVMF.amdsev.fd "
			   "-kernel vmlinuz -initrd initrd.img -append console=ttyS0" IMAGE
			   " -netdev user,id=net" NETWORK);
}

static void a_broker_is_led_to(void **state)
{
	const struct broker_route over_ip = { .parameters = (char *)"podseal.kbs=X" };
	const struct broker_route by_socket = { .parameters = (char *)"podseal.kbs=port://P",
						.socket = (char *)"a,b.sock" };
	struct qemu_options o = basic();

	(void)state;
	o.broker = &over_ip;
	o.rdinit = "rdinit=/first";
	assert_command(&o, MACHINE "-accel tcg,thread=multi -cpu max -m 1024M -smp 2 "
				   "-kernel vmlinuz -initrd initrd.img -append "
				   "'console=ttyS0 podseal.kbs=X rdinit=/first'" IMAGE
				   " -netdev user,id=net" NETWORK);
	o.broker = &by_socket;
	o.rdinit = NULL;
	o.append = "quiet";
	assert_command(&o,
		       MACHINE "-accel tcg,thread=multi -cpu max -m 1024M -smp 2 "
			       "-kernel vmlinuz -initrd initrd.img -append "
			       "'console=ttyS0 quiet podseal.kbs=port://P'" IMAGE
			       " -netdev user,id=net" NETWORK " -device virtio-serial-pci -chardev "
			       "socket,id=broker,path=a,,b.sock,reconnect=1 -device "
			       "virtserialport,chardev=broker,name=podseal.broker");
}

/* What is measured is what podseal-init reads, and not what comes before it. */
static void the_command_line_is_told(void **state)
{
	const struct broker_route route = { .parameters = (char *)"podseal.kbs=X" };
	struct qemu_options o = basic();
	char *line;
	struct error err;

	(void)state;
	o.append = "quiet";
	o.broker = &route;
	o.rdinit = "rdinit=/first";
	assert_int_equal(qemu_cmdline(&o, &line, &err), 0);
	assert_string_equal(line, "console=ttyS0 quiet podseal.kbs=X");
	free(line);
	o = basic();
	o.uki = "pod.efi";
	assert_int_equal(qemu_cmdline(&o, &line, &err), 0);
	assert_null(line);
}

/* A name may not add options to the disk: "x,file.locking=off" is all name. */
static void a_comma_in_a_name_stays_in_it(void **state)
{
	cleanup_qemu_command struct qemu_command command = { 0 };
	struct qemu_options o = basic();
	struct error err = { 0 };
	size_t found = 0;

	(void)state;
	o.image = "a,read-only=off,,b";
	assert_int_equal(qemu_command_make(&o, &command, &err), 0);
	for (size_t i = 0; i < command.argc; i++)
		found += strstr(command.argv[i], "filename=a,,read-only=off,,,,b") != NULL;
	assert_int_equal(found, 1);
}

static void words_are_quoted_for_a_shell(void **state)
{
	struct qemu_command command = {
		.argv = { (char *)"plain", (char *)"", (char *)"two words", (char *)"it's",
			  (char *)"$(rm)", (char *)"a\\b" },
		.argc = 6,
	};
	cleanup_free char *text = qemu_command_text(&command);

	(void)state;
	assert_string_equal(text, "plain '' 'two words' 'it'\\''s' '$(rm)' 'a\\b'");
}

static void what_does_not_go_together_is_refused(void **state)
{
	static const struct qemu_snp snp = { .cpu = "EPYC-v4" };
	static const struct broker_route route = { .parameters = (char *)"podseal.kbs=X" };
	static const struct {
		struct qemu_options options;
		const char *message;
	} rows[] = {
		{ { .vcpus = 1, .memory_bytes = 1 << 20 }, "either --kernel" },
		{ { .vcpus = 1, .memory_bytes = 1 << 20, .kernel = "k", .uki = "u" },
		  "either --kernel" },
		{ { .vcpus = 1,
		    .memory_bytes = 1 << 20,
		    .uki = "u",
		    .initrd = "i",
		    .firmware = "f" },
		  "--initrd does not go" },
		{ { .vcpus = 1, .memory_bytes = 1 << 20, .uki = "u" }, "needs --firmware" },
		{ { .vcpus = 1,
		    .memory_bytes = 1 << 20,
		    .uki = "u",
		    .firmware = "f",
		    .broker = &route },
		  "say with --append" },
		{ { .vcpus = 1, .memory_bytes = 0, .kernel = "k" }, "not a number of MiB" },
		{ { .vcpus = 1, .memory_bytes = 1000000, .kernel = "k" }, "not a number of MiB" },
		{ { .vcpus = 0, .memory_bytes = 1 << 20, .kernel = "k" }, "0 vCPUs" },
		{ { .vcpus = 256, .memory_bytes = 1 << 20, .kernel = "k" }, "256 vCPUs" },
		{ { .vcpus = 1, .memory_bytes = 1 << 20, .kernel = "k", .forward_count = 33 },
		  "33 forwarded ports" },
		{ { .vcpus = 1, .memory_bytes = 1 << 20, .kernel = "k", .snp = &snp },
		  "--snp needs --firmware" },
	};
	struct qemu_command command = { .argc = 99 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct qemu_options o = rows[i].options;
		struct error err = { 0 };
		o.image = "pod.img";
		if (qemu_command_make(&o, &command, &err) != -1 || err.kind != ERROR_USAGE ||
		    !strstr(err.text, rows[i].message))
			fail_msg("row %zu: \"%s\"", i, err.text);
		assert_int_equal(command.argc, 99);
	}
}

/* The most words there can be fit the array. */
static void everything_at_once_fits(void **state)
{
	struct qemu_forward many[QEMU_FORWARDS_MAX];
	cleanup_qemu_command struct qemu_command command = { 0 };
	struct qemu_options o = basic();
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < QEMU_FORWARDS_MAX; i++)
		many[i] = (struct qemu_forward){ 65535, 65535 };
	o.forwards = many;
	o.forward_count = QEMU_FORWARDS_MAX;
	const struct broker_route route = { .parameters = (char *)"x", .socket = (char *)"x" };
	o.broker = &route;
	o.firmware = o.append = o.scratch = o.rdinit = "x";
	assert_int_equal(qemu_command_make(&o, &command, &err), 0);
	assert_null(command.argv[command.argc]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kernel_is_booted_directly),
		cmocka_unit_test(a_uki_keeps_its_command_line),
		cmocka_unit_test(ports_and_a_scratch_disk_come_with_it),
		cmocka_unit_test(an_snp_guest_is_measured_with_its_seal_in_host_data),
		cmocka_unit_test(a_broker_is_led_to),
		cmocka_unit_test(the_command_line_is_told),
		cmocka_unit_test(a_comma_in_a_name_stays_in_it),
		cmocka_unit_test(words_are_quoted_for_a_shell),
		cmocka_unit_test(what_does_not_go_together_is_refused),
		cmocka_unit_test(everything_at_once_fits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
