// SPDX-License-Identifier: Apache-2.0
#include "guest-init/disks.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "common/cleanup.h"
#include "common/io.h"
#include "common/number.h"
#include "guest-init/sysfs.h"

enum { SECTOR_BYTES = 512 };

static bool has(int at, const char *path)
{
	return faccessat(at, path, F_OK, 0) == 0;
}

/* "254:0", as the kernel writes dev_t: 12 bits and 20 bits. */
static bool read_dev(int at, struct disk *disk)
{
	char text[32];
	uint64_t major, minor;
	struct error err;

	if (!sysfs_read(at, "dev", text, sizeof(text)))
		return false;
	char *colon = strchr(text, ':');
	if (!colon)
		return false;
	*colon = '\0';
	if (number_parse(text, 0, 0xfff, &major, &err) < 0 ||
	    number_parse(colon + 1, 0, 0xfffff, &minor, &err) < 0)
		return false;
	disk->major = (uint32_t)major;
	disk->minor = (uint32_t)minor;
	return true;
}

/* SCSI's vital product data page 80h: four bytes of header, then the serial number. */
static void read_vpd_serial(int at, struct disk *disk)
{
	cleanup_fd int fd = openat(at, "device/vpd_pg80", O_RDONLY | O_CLOEXEC);
	char page[4 + DISK_SERIAL_BYTES - 1];
	struct error err;

	if (fd < 0)
		return;
	ssize_t n = read_upto(fd, page, sizeof(page), &err);
	if (n <= 4 || memchr(page + 4, '\0', (size_t)n - 4))
		return;
	memcpy(disk->serial, page + 4, (size_t)n - 4);
	disk->serial[n - 4] = '\0';
}

/* Filled up with blanks by some. */
static void trim(char *text)
{
	size_t size = strlen(text), lead = strspn(text, " ");

	while (size > lead && text[size - 1] == ' ')
		size--;
	memmove(text, text + lead, size - lead);
	text[size - lead] = '\0';
}

static void read_serial(int at, struct disk *disk)
{
	if (!sysfs_read(at, "serial", disk->serial, sizeof(disk->serial)) &&
	    !sysfs_read(at, "device/serial", disk->serial, sizeof(disk->serial)))
		read_vpd_serial(at, disk);
	trim(disk->serial);
}

static bool read_disk(int class, const char *name, struct disk *result)
{
	struct disk disk = { 0 };
	uint64_t sectors, hidden = 0, read_only = 0;
	cleanup_fd int at = openat(class, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (at < 0 || strlen(name) >= sizeof(disk.name) || has(at, "partition") ||
	    !has(at, "device"))
		return false;
	(void)sysfs_read_u64(at, "hidden", &hidden);
	(void)sysfs_read_u64(at, "ro", &read_only);
	if (hidden || !read_dev(at, &disk) || !sysfs_read_u64(at, "size", &sectors) ||
	    sectors == 0 || !mul_u64(sectors, SECTOR_BYTES, &disk.size_bytes))
		return false;
	memcpy(disk.name, name, strlen(name) + 1);
	disk.read_only = read_only != 0;
	read_serial(at, &disk);
	*result = disk;
	return true;
}

static int by_name(const void *a, const void *b)
{
	const char *x = ((const struct disk *)a)->name, *y = ((const struct disk *)b)->name;
	size_t x_size = strlen(x), y_size = strlen(y);

	return x_size != y_size ? (x_size < y_size ? -1 : 1) : strcmp(x, y);
}

int disks_list(int sys_fd, struct disks *result, struct error *err)
{
	CLEANUP(sysfs_closedir) DIR *class = sysfs_opendir(sys_fd, "class/block");
	cleanup_free struct disks *disks = calloc(1, sizeof(*disks));
	struct disk disk;

	if (!disks)
		return error_memory(err);
	for (const struct dirent *d; class && (d = readdir(class));) {
		if (d->d_name[0] == '.' || !read_disk(dirfd(class), d->d_name, &disk))
			continue;
		if (disks->count == DISKS_MAX)
			return error_input(err, "more than %d disks", DISKS_MAX);
		disks->disk[disks->count++] = disk;
	}
	qsort(disks->disk, disks->count, sizeof(disk), by_name);
	*result = *disks;
	return 0;
}
