// SPDX-License-Identifier: Apache-2.0
/* A folder that looks like /sys and /dev, for as long as a test runs. */
#pragma once

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/output.h"
#include "tests/unit/guest-init/check.h"

struct fake {
	char root[64];
	int fd; /* of `root` */
};

static inline void fake_make(struct fake *fake)
{
	(void)strcpy(fake->root, "/tmp/podseal-fake-XXXXXX");
	assert_non_null(mkdtemp(fake->root));
	fake->fd = open(fake->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fake->fd >= 0);
}

static inline int fake_remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static inline void fake_remove(struct fake *fake)
{
	(void)close(fake->fd);
	(void)nftw(fake->root, fake_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Writes the file, after the folders it is in. */
static inline void fake_write(const struct fake *fake, const char *path, const void *bytes,
			      size_t size)
{
	char whole[256];
	struct error err;

	(void)snprintf(whole, sizeof(whole), "%s/%s", fake->root, path);
	for (char *slash = whole + strlen(fake->root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		(void)mkdir(whole, 0700);
		*slash = '/';
	}
	assert_done(output_write_file(whole, 0600, bytes, size, &err), &err);
}

static inline void fake_text(const struct fake *fake, const char *path, const char *text)
{
	fake_write(fake, path, text, strlen(text));
}
