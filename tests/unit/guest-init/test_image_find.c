// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/guest-init/fake_sys.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "guest-init/image_find.h"
#include "guest-init/uevent.h"

enum { IMAGE_BYTES = 4 << 20 };

static struct fake fake;
static int events[2];
static uint64_t wait_ms;
static const char *wanted_init; /* what the judge below accepts */

static int judge(const struct image *image, void *context, struct error *err)
{
	(void)context;
	if (strcmp(image->descriptor.init, wanted_init) != 0)
		return error_mismatch(err, "init is %s, not %s", image->descriptor.init,
				      wanted_init);
	return 0;
}

/* A disk with no more than a seal partition on it. */
static void add_image(const char *name, const char *init)
{
	struct descriptor d = { .count = 1 };
	struct gpt gpt = { 0 };
	struct seal seal = { 0 };
	struct error err;
	static uint8_t disk[IMAGE_BYTES];
	cleanup_free uint8_t *descriptor = NULL, *partition = NULL;
	size_t descriptor_bytes, size;
	char path[64];

	memset(disk, 0, sizeof(disk));
	(void)strcpy(d.init, init);
	(void)strcpy(d.volumes[0].name, "root");
	(void)strcpy(d.volumes[0].mount, "/");
	d.volumes[0].verity.data_blocks = 1;
	d.volumes[0].data_uuid.bytes[0] = 1;
	d.volumes[0].hash_uuid.bytes[0] = 2;
	assert_done(descriptor_encode(&d, &descriptor, &descriptor_bytes, &err), &err);
	seal.descriptor = descriptor;
	seal.descriptor_bytes = descriptor_bytes;
	assert_done(seal_encode(&seal, &partition, &size, &err), &err);
	gpt.disk.bytes[0] = 3;
	struct gpt_partition *p = gpt_append(&gpt, &GPT_TYPE_SEAL, "seal", size, &err);
	assert_non_null(p);
	p->uuid.bytes[0] = 4;
	memcpy(disk + p->offset_bytes, partition, size);
	assert_done(gpt_encode(&gpt, disk, disk + gpt.disk_bytes - GPT_BACKUP_BYTES, &err), &err);
	(void)snprintf(path, sizeof(path), "dev/%s", name);
	fake_write(&fake, path, disk, (size_t)gpt.disk_bytes);
}

static void add_disk(const char *name, const char *dev)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "class/block/%s/dev", name);
	fake_text(&fake, path, dev);
	(void)snprintf(path, sizeof(path), "class/block/%s/size", name);
	fake_text(&fake, path, "8192\n");
	(void)snprintf(path, sizeof(path), "class/block/%s/device/vendor", name);
	fake_text(&fake, path, "0x1af4\n");
}

static int find(struct disk *disk, struct image **image, struct error *err)
{
	cleanup_modules struct modules *modules = NULL;
	char dev[80];

	assert_done(modules_open("/nonexistent", &modules, err), err);
	(void)snprintf(dev, sizeof(dev), "%s/dev", fake.root);
	struct image_search search = {
		.sys_fd = fake.fd,
		.dev = dev,
		.uevent_fd = events[0],
		.modules = modules,
		.judge = judge,
		.wait_ms = wait_ms,
		.quiet_ms = 500,
	};
	return image_find(&search, disk, image, err);
}

static int make(void **state)
{
	(void)state;
	fake_make(&fake);
	wanted_init = "/sbin/b";
	wait_ms = 60000;
	return socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, events);
}

static int clear(void **state)
{
	(void)state;
	fake_remove(&fake);
	(void)close(events[0]);
	(void)close(events[1]);
	return 0;
}

static void the_accepted_one_of_several_is_taken(void **state)
{
	cleanup_image struct image *image = NULL;
	struct disk disk;
	struct error err;

	(void)state;
	add_disk("vda", "254:0\n");
	fake_text(&fake, "dev/vda", "initdata");
	add_disk("vdb", "254:16\n");
	add_image("vdb", "/sbin/a");
	add_disk("vdc", "254:32\n");
	add_image("vdc", "/sbin/b");
	assert_done(find(&disk, &image, &err), &err);
	assert_string_equal(disk.name, "vdc");
	assert_string_equal(image->descriptor.init, "/sbin/b");
}

static void a_late_one_is_waited_for(void **state)
{
	static const char event[] = "add@/vdc\0ACTION=add\0SUBSYSTEM=block";
	cleanup_image struct image *image = NULL;
	struct disk disk;
	struct error err;

	(void)state;
	/* found at the second look, which only the event brings: vdb's node is not there at first
	 */
	add_disk("vda", "254:0\n");
	add_image("vda", "/sbin/a");
	assert_int_equal(send(events[1], event, sizeof(event), 0), sizeof(event));
	pid_t child = fork();
	if (child == 0) {
		add_disk("vdb", "254:16\n");
		add_image("vdb", "/sbin/b");
		(void)send(events[1], event, sizeof(event), 0);
		_exit(0);
	}
	assert_done(find(&disk, &image, &err), &err);
	assert_string_equal(disk.name, "vdb");
}

static void the_nearest_says_why(void **state)
{
	cleanup_image struct image *image = NULL;
	struct disk disk;
	struct error err;

	(void)state;
	add_disk("vda", "254:0\n");
	fake_text(&fake, "dev/vda", "initdata");
	assert_refused("no image", find(&disk, &image, &err), &err, ERROR_INPUT, "/dev/vda: ");
	add_disk("vdb", "254:16\n");
	add_image("vdb", "/sbin/a");
	assert_refused("another", find(&disk, &image, &err), &err, ERROR_MISMATCH,
		       "/dev/vdb: init is /sbin/a, not /sbin/b");
	assert_null(image);
}

/* Events without end, as of disks that come and go. */
static void a_host_that_never_stops_is_not_waited_for(void **state)
{
	static const char event[] = "add@/vdc\0ACTION=add\0SUBSYSTEM=block";
	cleanup_image struct image *image = NULL;
	struct disk disk;
	struct error err;

	(void)state;
	wait_ms = 500;
	add_disk("vda", "254:0\n");
	add_image("vda", "/sbin/a");
	pid_t child = fork();
	if (child == 0)
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (child == 0)
		if (send(events[1], event, sizeof(event), MSG_NOSIGNAL) < 0)
			(void)usleep(10);
	uint64_t before = clock_ms();
	int result = find(&disk, &image, &err);
	uint64_t took = clock_ms() - before;
	(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
	assert_refused("events", result, &err, ERROR_MISMATCH, "/dev/vda: init is /sbin/a");
	assert_in_range(took, 500, 60000);
}

static void no_disk_is_said_so(void **state)
{
	cleanup_image struct image *image = NULL;
	struct disk disk;
	struct error err;

	(void)state;
	wait_ms = 1000;
	assert_refused("none", find(&disk, &image, &err), &err, ERROR_INPUT, "no disk within 1 s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_accepted_one_of_several_is_taken, make, clear),
		cmocka_unit_test_setup_teardown(a_late_one_is_waited_for, make, clear),
		cmocka_unit_test_setup_teardown(the_nearest_says_why, make, clear),
		cmocka_unit_test_setup_teardown(a_host_that_never_stops_is_not_waited_for, make,
						clear),
		cmocka_unit_test_setup_teardown(no_disk_is_said_so, make, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
