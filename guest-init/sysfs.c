// SPDX-License-Identifier: Apache-2.0
#include "guest-init/sysfs.h"

#include <fcntl.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/number.h"

bool sysfs_read(int at, const char *path, char *text, size_t text_bytes)
{
	cleanup_fd int fd = openat(at, path, O_RDONLY | O_CLOEXEC);
	struct error err;

	text[0] = '\0';
	if (fd < 0)
		return false;
	ssize_t n = read_upto(fd, text, text_bytes, &err);
	if (n <= 0 || (size_t)n == text_bytes) {
		text[0] = '\0';
		return false;
	}
	if (text[n - 1] == '\n')
		n--;
	text[n] = '\0';
	if (strlen(text) == (size_t)n)
		return true;
	text[0] = '\0';
	return false;
}

bool sysfs_read_u64(int at, const char *path, uint64_t *value)
{
	char text[32];
	struct error err;

	return sysfs_read(at, path, text, sizeof(text)) &&
	       number_parse(text, 0, UINT64_MAX, value, &err) == 0;
}

DIR *sysfs_opendir(int at, const char *path)
{
	cleanup_fd int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);

	if (folder)
		(void)take_fd(&fd);
	return folder;
}

void sysfs_closedir(DIR **folder)
{
	if (*folder)
		(void)closedir(*folder);
}
