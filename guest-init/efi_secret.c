// SPDX-License-Identifier: Apache-2.0
#include "guest-init/efi_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/types.h>

#include "common/io.h"

/* One byte more is read, to see that there is none. Through locked memory only. */
static int read_exactly(int fd, size_t size, struct secret **result, struct error *err)
{
	cleanup_secret struct secret *all = NULL, *secret = NULL;

	if (secret_new(size + 1, &all, err) < 0 || secret_new(size, &secret, err) < 0)
		return -1;
	ssize_t n = read_upto(fd, all->bytes, size + 1, err);
	if (n < 0)
		return -1;
	if ((size_t)n != size)
		return error_input(err, "the injected secret is not %zu bytes long", size);
	for (size_t i = 0; i < size; i++)
		secret->bytes[i] = all->bytes[i];
	*result = take_ptr(secret);
	return 0;
}

int efi_secret_take(const char *path, size_t size, struct secret **secret, struct error *err)
{
	cleanup_fd int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int fd = -1;

	if (folder >= 0)
		fd = openat(folder, EFI_SECRET_DISK_KEY, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return error_input(err, "no secret was injected at launch");
	if (fd < 0)
		return error_system(err, "%s", path);
	if (read_exactly(fd, size, secret, err) < 0)
		return -1;
	if (unlinkat(folder, EFI_SECRET_DISK_KEY, 0) < 0)
		return error_system(err, "removing the injected secret");
	return 0;
}
