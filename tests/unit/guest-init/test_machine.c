// SPDX-License-Identifier: Apache-2.0
/* What touches the machine, on folders that look like its: the injected secret, the lockdown, the
 * emptied initrd, the certificates, the name of a serial port. */
#include "tests/unit/guest-init/fake_sys.h"

#include <sys/statfs.h>

#include <linux/magic.h>

#include "common/io.h"
#include "guest-init/certificates.h"
#include "guest-init/efi_secret.h"
#include "guest-init/initrd_free.h"
#include "guest-init/lockdown.h"
#include "guest-init/stream_connect.h"

static struct fake fake;

static int make(void **state)
{
	(void)state;
	fake_make(&fake);
	return 0;
}

static int clear(void **state)
{
	(void)state;
	fake_remove(&fake);
	return 0;
}

static void the_injected_secret_is_taken_once(void **state)
{
	uint8_t key[64];
	struct secret *secret = NULL;
	struct error err;

	(void)state;
	memset(key, 0x5a, sizeof(key));
	fake_write(&fake, EFI_SECRET_DISK_KEY, key, sizeof(key));
	assert_refused("size", efi_secret_take(fake.root, 32, &secret, &err), &err, ERROR_INPUT,
		       "not 32 bytes long");
	assert_done(efi_secret_take(fake.root, sizeof(key), &secret, &err), &err);
	assert_int_equal(secret->size, sizeof(key));
	assert_memory_equal(secret->bytes, key, sizeof(key));
	secret_free(secret);
	assert_refused("again", efi_secret_take(fake.root, sizeof(key), &secret, &err), &err,
		       ERROR_INPUT, "no secret was injected");
}

static void assert_setting(const char *name, const char *want)
{
	cleanup_free uint8_t *text = NULL;
	struct error err;
	char path[128];
	size_t size;

	(void)snprintf(path, sizeof(path), "%s/sys/kernel/%s", fake.root, name);
	assert_done(file_read(path, 16, &text, &size, &err), &err);
	assert_string_equal((const char *)text, want);
}

static void what_the_kernel_has_is_locked(void **state)
{
	struct error err;
	char path[128];

	(void)state;
	fake_text(&fake, "sys/kernel/modules_disabled", "0");
	fake_text(&fake, "sys/kernel/sysrq", "4");
	assert_done(lockdown_sysrq(fake.fd, &err), &err);
	assert_setting("sysrq", "0");
	assert_setting("modules_disabled", "0");
	assert_done(lockdown(fake.fd, &err), &err);
	assert_setting("modules_disabled", "1");
	(void)snprintf(path, sizeof(path), "%s/sys/kernel/kexec_load_disabled", fake.root);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_refused("not a file", lockdown(fake.fd, &err), &err, ERROR_SYSTEM,
		       "/proc/sys/kernel/kexec_load_disabled");
}

/* As a kernel with sysrq_always_enabled does: what is written is taken, and what is read is not it.
 */
static void a_kernel_that_will_not_be_locked_is_refused(void **state)
{
	struct error err;

	(void)state;
	fake_text(&fake, "sys/kernel/sysrq", "438");
	assert_refused("438", lockdown_sysrq(fake.fd, &err), &err, ERROR_INPUT,
		       "/proc/sys/kernel/sysrq stays 038, and not 0");
}

static void only_memory_is_emptied(void **state)
{
	char root[] = "/dev/shm/podseal-initrd-XXXXXX", path[64];
	struct statfs fs;
	struct error err;

	(void)state;
	fake_text(&fake, "a/b", "x");
	assert_int_equal(statfs(fake.root, &fs), 0);
	if (fs.f_type != TMPFS_MAGIC && fs.f_type != RAMFS_MAGIC)
		assert_refused("disk", initrd_free(fake.root, &err), &err, ERROR_INPUT,
			       "is not in memory");
	if (statfs("/dev/shm", &fs) < 0 || fs.f_type != TMPFS_MAGIC) {
		print_message("# SKIP /dev/shm is not a tmpfs\n");
		skip();
	}
	assert_non_null(mkdtemp(root));
	(void)snprintf(path, sizeof(path), "%s/folder", root);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/folder/link", root);
	assert_int_equal(symlink(fake.root, path), 0);
	assert_done(initrd_free(root, &err), &err);
	assert_int_equal(rmdir(root), 0);
	(void)snprintf(path, sizeof(path), "%s/a/b", fake.root);
	assert_int_equal(access(path, F_OK), 0);
}

static void certificates_are_the_pem_files(void **state)
{
	cleanup_certificates struct certificates c = { .count = 0 };
	struct error err;

	(void)state;
	assert_done(certificates_read("/nonexistent", &c, &err), &err);
	assert_int_equal(c.count, 0);
	fake_text(&fake, "a.pem", "one");
	fake_text(&fake, "README", "two");
	fake_text(&fake, ".pem", "three");
	assert_done(certificates_read(fake.root, &c, &err), &err);
	assert_int_equal(c.count, 1);
	assert_int_equal(c.pem[0].size, 3);
	assert_memory_equal(c.pem[0].bytes, "one", 3);
}

static void a_port_is_found_by_its_name(void **state)
{
	struct error err;
	char path[64];

	(void)state;
	fake_text(&fake, "class/virtio-ports/vport0p0/dev", "1:1\n");
	fake_text(&fake, "class/virtio-ports/vport1p1/name", "other\n");
	fake_text(&fake, "class/virtio-ports/vport1p2/name", "org.podseal.kbs\n");
	assert_done(stream_find_port(fake.fd, "org.podseal.kbs", path, &err), &err);
	assert_string_equal(path, "/dev/vport1p2");
	assert_refused("none", stream_find_port(fake.fd, "podseal", path, &err), &err, ERROR_INPUT,
		       "no virtio-serial port is named podseal");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_injected_secret_is_taken_once, make, clear),
		cmocka_unit_test_setup_teardown(what_the_kernel_has_is_locked, make, clear),
		cmocka_unit_test_setup_teardown(a_kernel_that_will_not_be_locked_is_refused, make,
						clear),
		cmocka_unit_test_setup_teardown(only_memory_is_emptied, make, clear),
		cmocka_unit_test_setup_teardown(certificates_are_the_pem_files, make, clear),
		cmocka_unit_test_setup_teardown(a_port_is_found_by_its_name, make, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
