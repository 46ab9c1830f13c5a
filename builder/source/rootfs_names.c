// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "builder/source/rootfs.h"

static void cleanup_dir_p(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

void directory_names_free(struct directory_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->names[i]);
	free(names->names);
	*names = (struct directory_names){ 0 };
}

static int add_name(struct directory_names *names, const char *name, struct error *err)
{
	if ((names->count & (names->count - 1)) == 0) {
		size_t capacity = names->count ? 2 * names->count : 1;
		char **grown = reallocarray(names->names, capacity, sizeof(*grown));
		if (!grown)
			return error_memory(err);
		names->names = grown;
	}
	names->names[names->count] = strdup(name);
	if (!names->names[names->count])
		return error_memory(err);
	names->count++;
	return 0;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static DIR *open_again(int fd)
{
	int again = openat(fd, ".", O_RDONLY | O_CLOEXEC | O_DIRECTORY);
	DIR *dir = again < 0 ? NULL : fdopendir(again);

	if (!dir && again >= 0)
		(void)close(again);
	return dir;
}

int directory_names_read(int fd, struct directory_names *names, struct error *err)
{
	CLEANUP(cleanup_dir_p) DIR *dir = open_again(fd);
	CLEANUP(directory_names_free) struct directory_names found = { 0 };
	struct dirent *entry;

	if (!dir)
		return error_system(err, "reading the directory");
	while (errno = 0, (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (add_name(&found, entry->d_name, err) < 0)
			return -1;
	}
	if (errno)
		return error_system(err, "reading the directory");
	if (found.count)
		qsort(found.names, found.count, sizeof(*found.names), by_bytes);
	*names = found;
	found = (struct directory_names){ 0 };
	return 0;
}
