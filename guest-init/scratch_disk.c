// SPDX-License-Identifier: Apache-2.0
#include "guest-init/scratch_disk.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/io.h"
#include "common/secret.h"
#include "guest-init/disk_wait.h"
#include "guest-init/disks.h"
#include "guest-init/keyring.h"
#include "guest-init/uevent.h"

/* No volume's device can have these names, which have no "-" after "podseal". */
static const char integrity_name[] = "podseal.scratch-integrity", crypt_name[] = "podseal.scratch";

/* 1: found, 0: not yet. */
static int look(int sys_fd, struct disk *result, struct error *err)
{
	const struct disk *found = NULL;
	struct disks disks;

	if (disks_list(sys_fd, &disks, err) < 0)
		return -1;
	for (size_t i = 0; i < disks.count; i++) {
		if (strcmp(disks.disk[i].serial, SCRATCH_SERIAL) != 0)
			continue;
		if (found)
			return error_input(err, "/dev/%s and /dev/%s both have the serial %s",
					   found->name, disks.disk[i].name, SCRATCH_SERIAL);
		found = &disks.disk[i];
	}
	if (!found)
		return 0;
	*result = *found;
	return 1;
}

static int find(int sys_fd, int uevent_fd, struct modules *modules, uint64_t *waited_ms,
		struct disk *disk, struct error *err)
{
	uint64_t last = clock_ms() + SCRATCH_WAIT_MS;

	for (;;) {
		int found = look(sys_fd, disk, err);
		if (found != 0)
			return found < 0 ? -1 : 0;
		uint64_t quiet = clock_ms() + SCRATCH_QUIET_MS;
		int event =
			disk_wait(uevent_fd, modules, quiet < last ? quiet : last, waited_ms, err);
		if (event < 0)
			return -1;
		if (event == 0)
			return error_input(err, "no disk has the serial %s", SCRATCH_SERIAL);
	}
}

/* dm-integrity lays out a disk anew where it finds zeros for a superblock. O_EXCL: nobody else has
 * the disk, such as dm-verity. */
static int wipe_superblock(const struct disk *disk, struct error *err)
{
	uint8_t zeros[DESCRIPTOR_BLOCK_BYTES] = { 0 };
	char path[sizeof(disk->name) + 8];

	(void)snprintf(path, sizeof(path), "/dev/%s", disk->name);
	cleanup_fd int fd = open(path, O_RDWR | O_EXCL | O_CLOEXEC);
	if (fd < 0)
		return error_system(err, "opening it");
	if (pwrite_all(fd, zeros, sizeof(zeros), 0, err) < 0)
		return -1;
	return fsync(fd) < 0 ? error_system(err, "writing to it") : 0;
}

static int open_integrity(const struct disk *disk, struct mapped *mapped, uint64_t *sectors,
			  struct error *err)
{
	const struct device_number number = { disk->major, disk->minor };
	struct table table;

	if (disk->read_only)
		return error_input(err, "it is read-only");
	if (table_integrity(number, disk->size_bytes, &table, err) < 0 ||
	    wipe_superblock(disk, err) < 0 ||
	    mapper_create(integrity_name, &table, MAPPER_READ_WRITE, mapped, err) < 0)
		return -1;
	*sectors = table.sectors;
	return 0;
}

static int open_crypt(const struct mapped *integrity, uint64_t sectors, struct mapped *mapped,
		      struct error *err)
{
	cleanup_keyring_key struct keyring_key entry = { 0 };
	cleanup_secret struct secret *key = NULL;
	struct table table;

	table_scratch(integrity->number, sectors, &table);
	if (secret_random(SCRATCH_KEY_BYTES, &key, err) < 0 ||
	    keyring_add(SCRATCH_KEY, key->bytes, key->size, &entry, err) < 0)
		return -1;
	return mapper_create(crypt_name, &table, MAPPER_READ_WRITE, mapped, err);
}

/* The kernel would ask modprobe for the parts of a cipher, and there is none. */
static int load_modules(struct modules *modules, struct error *err)
{
	static const char *const names[] = { "dm_integrity", "hmac", "authenc" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (modules_load(modules, names[i], err) < 0)
			return -1;
	return modules_load_crypt(modules, err);
}

int scratch_disk_open(int sys_fd, int uevent_fd, struct modules *modules, uint64_t *waited_ms,
		      struct mapped *result, struct error *err)
{
	struct mapped integrity;
	struct disk disk;
	uint64_t sectors = 0;

	if (load_modules(modules, err) < 0 ||
	    find(sys_fd, uevent_fd, modules, waited_ms, &disk, err) < 0)
		return -1;
	if (open_integrity(&disk, &integrity, &sectors, err) < 0 ||
	    open_crypt(&integrity, sectors, result, err) < 0)
		return error_prefix(err, "/dev/%s", disk.name);
	return 0;
}
