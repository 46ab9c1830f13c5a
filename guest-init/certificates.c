// SPDX-License-Identifier: Apache-2.0
#include "guest-init/certificates.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/io.h"
#include "guest-init/sysfs.h"

static int add(struct certificates *c, int folder, const char *name, struct error *err)
{
	uint8_t *bytes;
	size_t size;

	if (c->count == CERTIFICATE_FILES_MAX)
		return error_input(err, "more than %d certificate files", CERTIFICATE_FILES_MAX);
	if (file_read_at(folder, name, SIGNATURE_PEM_MAX_BYTES, &bytes, &size, err) < 0)
		return -1;
	c->pem[c->count++] = (struct pem){ bytes, size };
	return 0;
}

int certificates_read(const char *path, struct certificates *result, struct error *err)
{
	CLEANUP(sysfs_closedir) DIR *folder = sysfs_opendir(AT_FDCWD, path);
	cleanup_certificates struct certificates c = { .count = 0 };

	if (!folder && errno != ENOENT)
		return error_system(err, "%s", path);
	for (const struct dirent *d; folder && (d = readdir(folder));) {
		size_t size = strlen(d->d_name);
		if (size > 4 && strcmp(d->d_name + size - 4, ".pem") == 0 &&
		    add(&c, dirfd(folder), d->d_name, err) < 0)
			return error_prefix(err, "%s", path);
	}
	*result = c;
	c.count = 0;
	return 0;
}

void certificates_clear(struct certificates *c)
{
	for (size_t i = 0; i < c->count; i++)
		free((void *)(uintptr_t)c->pem[i].bytes);
	c->count = 0;
}
