// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/guest-init/fake_sys.h"

#include "guest-init/disks.h"

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

static void attribute(const char *disk, const char *name, const char *text)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "class/block/%s/%s", disk, name);
	fake_text(&fake, path, text);
}

static void add(const char *disk, const char *dev, const char *sectors)
{
	attribute(disk, "dev", dev);
	attribute(disk, "size", sectors);
	attribute(disk, "ro", "0\n");
	attribute(disk, "device/vendor", "0x1af4\n");
}

static void each_kind_of_disk_is_found(void **state)
{
	static const char vpd[] = { 0, (char)0x80, 0, 4, 's', 'n', ' ', ' ' };
	struct disks disks;
	struct error err;

	(void)state;
	add("vdb", "254:16\n", "2048\n");
	add("vda", "254:0\n", "409600\n");
	attribute("vda", "ro", "1\n");
	attribute("vda", "serial", "image-0123");
	add("vdaa", "254:416\n", "8\n");
	add("sda", "8:0\n", "16\n");
	fake_write(&fake, "class/block/sda/device/vpd_pg80", vpd, sizeof(vpd));
	add("nvme0n1", "259:0\n", "32\n");
	attribute("nvme0n1", "device/serial", "podseal-scratch     \n");
	add("pmem0", "259:1\n", "64\n");
	assert_done(disks_list(fake.fd, &disks, &err), &err);
	assert_int_equal(disks.count, 6);

	static const char *const names[] = { "sda", "vda", "vdb", "vdaa", "pmem0", "nvme0n1" };
	for (size_t i = 0; i < LENGTH_OF(names); i++)
		assert_string_equal(disks.disk[i].name, names[i]);
	const struct disk *vda = &disks.disk[1];
	assert_int_equal(vda->major, 254);
	assert_int_equal(vda->minor, 0);
	assert_int_equal(vda->size_bytes, 409600 * 512);
	assert_true(vda->read_only);
	assert_string_equal(vda->serial, "image-0123");
	assert_false(disks.disk[2].read_only);
	assert_string_equal(disks.disk[2].serial, "");
	assert_int_equal(disks.disk[3].minor, 416);
	assert_string_equal(disks.disk[0].serial, "sn");
	assert_string_equal(disks.disk[5].serial, "podseal-scratch");
}

static void what_is_no_disk_is_passed_over(void **state)
{
	struct disks disks;
	struct error err;

	(void)state;
	add("vda1", "254:1\n", "2048\n");
	attribute("vda1", "partition", "1\n");
	attribute("loop0", "dev", "7:0\n");
	attribute("loop0", "size", "2048\n");
	add("sr0", "11:0\n", "0\n");
	add("nvme0c0n1", "259:0\n", "2048\n");
	attribute("nvme0c0n1", "hidden", "1\n");
	add("bad0", "254\n", "2048\n");
	add("bad1", "254:-1\n", "2048\n");
	add("bad2", "4096:0\n", "2048\n");
	add("bad3", "254:0\n", "18446744073709551615\n");
	assert_done(disks_list(fake.fd, &disks, &err), &err);
	assert_int_equal(disks.count, 0);
}

static void too_many_are_refused(void **state)
{
	struct disks disks = { .count = 7 };
	struct error err;
	char name[16];

	(void)state;
	for (int i = 0; i <= DISKS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "vd%d", i);
		add(name, "254:0\n", "1\n");
	}
	assert_refused("65", disks_list(fake.fd, &disks, &err), &err, ERROR_INPUT,
		       "more than 64 disks");
	assert_int_equal(disks.count, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_kind_of_disk_is_found, make, clear),
		cmocka_unit_test_setup_teardown(what_is_no_disk_is_passed_over, make, clear),
		cmocka_unit_test_setup_teardown(too_many_are_refused, make, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
