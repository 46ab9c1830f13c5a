// SPDX-License-Identifier: Apache-2.0
#include "builder/boot/libraries.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "builder/boot/elf.h"
#include "builder/boot/library_cache.h"
#include "common/io.h"

enum {
	LIBRARIES_MAX = 128,
	FILE_MAX_BYTES = 64 << 20,
	CACHE_MAX_BYTES = 16 << 20,
};

static const char cache_path[] = "/etc/ld.so.cache";

/* Without a cache entry: glibc's trusted directories as Debian, Fedora and others build it. */
static const char *const system_directories[][2] = {
	/* x86-64, AArch64 */
	{ "/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu" },
	{ "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu" },
	{ "/lib64", "/lib64" },
	{ "/usr/lib64", "/usr/lib64" },
	{ "/lib", "/lib" },
	{ "/usr/lib", "/usr/lib" },
};

struct library {
	const char *name; /* as it is needed: borrowed from whoever needs it */
	char *path;       /* where it was found */
	uint8_t *bytes;
	size_t size;
	struct elf_needs needs;
};

/* Number 0 is the program itself, and the list is the queue of a breadth-first walk. */
struct closure {
	struct library libraries[LIBRARIES_MAX];
	size_t count;
	uint8_t *cache_bytes;
	struct library_cache cache;
};

static void closure_free(struct closure *closure)
{
	if (!closure)
		return;
	for (size_t i = 0; i < closure->count; i++) {
		free(closure->libraries[i].path);
		free(closure->libraries[i].bytes);
	}
	free(closure->cache_bytes);
	free(closure);
}
DEFINE_CLEANUP(cleanup_closure_p, struct closure, closure_free)

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int add_library(struct closure *closure, const char *name, const char *path,
		       struct error *err)
{
	cleanup_free uint8_t *bytes = NULL;
	struct library library = { .name = name };

	assert(closure->count < LIBRARIES_MAX);
	if (file_read(path, FILE_MAX_BYTES, &bytes, &library.size, err) < 0)
		return -1;
	if (elf_parse(bytes, library.size, &library.needs, err) < 0)
		return error_prefix(err, "%s", path);
	library.path = strdup(path);
	if (!library.path)
		return error_memory(err);
	library.bytes = take_ptr(bytes);
	closure->libraries[closure->count++] = library;
	return 0;
}

/* Adds it if it is there and of the right machine; `*found` says. The linker passes over others. */
static int try_path(struct closure *closure, const char *name, const char *path, bool *found,
		    struct error *err)
{
	struct error why = { 0 };

	*found = false;
	if (access(path, F_OK) < 0)
		return 0;
	if (add_library(closure, name, path, &why) < 0) {
		if (why.kind == ERROR_INPUT)
			return 0;
		*err = why;
		return -1;
	}
	struct library *last = &closure->libraries[closure->count - 1];
	*found = last->needs.machine == closure->libraries[0].needs.machine;
	if (!*found) {
		free(last->path);
		free(last->bytes);
		closure->count--;
	}
	return 0;
}

static int try_directory(struct closure *closure, const char *name, const char *directory,
			 bool *found, struct error *err)
{
	cleanup_free char *path = NULL;

	if (asprintf(&path, "%s/%s", directory, name) < 0) {
		path = NULL;
		return error_memory(err);
	}
	return try_path(closure, name, path, found, err);
}

/* One element of a RUNPATH: "$ORIGIN" or "${ORIGIN}" in front is the needing file's directory
 * (ld.so(8)); one with other "$" words is passed over. NULL: no memory, or passed over. */
static char *runpath_directory(const char *element, size_t length, const char *needer)
{
	static const char *const origins[] = { "$ORIGIN", "${ORIGIN}" };
	char *directory = NULL;

	for (size_t i = 0; i < 2; i++) {
		size_t word = strlen(origins[i]);
		if (length < word || strncmp(element, origins[i], word) != 0)
			continue;
		int n = asprintf(&directory, "%.*s.%.*s", (int)(name_of(needer) - needer), needer,
				 (int)(length - word), element + word);
		return n < 0 ? NULL : directory;
	}
	return length == 0 || memchr(element, '$', length) ? NULL : strndup(element, length);
}

static int try_runpath(struct closure *closure, const char *name, const char *runpath,
		       const char *needer, bool *found, struct error *err)
{
	for (const char *element = runpath; element && !*found;) {
		size_t length = strcspn(element, ":");
		cleanup_free char *directory = runpath_directory(element, length, needer);
		if (directory && try_directory(closure, name, directory, found, err) < 0)
			return -1;
		element = element[length] ? element + length + 1 : NULL;
	}
	return 0;
}

static int find_library(struct closure *closure, const char *name, size_t needer, struct error *err)
{
	const struct elf_needs *needs = &closure->libraries[needer].needs;
	const char *path = closure->libraries[needer].path;
	enum elf_machine machine = closure->libraries[0].needs.machine;
	bool found = false;

	if (name[0] == '\0' || strchr(name, '/'))
		return error_input(err, "%s: needs the library \"%s\", which is not a plain name",
				   path, name);
	if (try_runpath(closure, name, needs->runpath ? needs->runpath : needs->rpath, path, &found,
			err) < 0)
		return -1;
	const char *cached = library_cache_find(&closure->cache, name, machine);
	if (!found && cached && try_path(closure, name, cached, &found, err) < 0)
		return -1;
	for (size_t i = 0; !found && i < sizeof(system_directories) / sizeof(*system_directories);
	     i++)
		if (try_directory(closure, name, system_directories[i][machine == ELF_AARCH64],
				  &found, err) < 0)
			return -1;
	if (!found)
		return error_input(err, "%s: needs %s, which is nowhere here for %s", path, name,
				   elf_machine_name(machine));
	return 0;
}

static bool have(const struct closure *closure, const char *name)
{
	const char *interpreter = closure->libraries[0].needs.interpreter;

	if (interpreter && strcmp(name, name_of(interpreter)) == 0)
		return true;
	for (size_t i = 1; i < closure->count; i++)
		if (strcmp(closure->libraries[i].name, name) == 0)
			return true;
	return false;
}

static int close_over(struct closure *closure, struct error *err)
{
	for (size_t i = 0; i < closure->count; i++) {
		for (size_t k = 0; k < closure->libraries[i].needs.needed_count; k++) {
			const char *name = closure->libraries[i].needs.needed[k];
			if (have(closure, name))
				continue;
			if (closure->count == LIBRARIES_MAX)
				return error_input(err, "more than %d libraries", LIBRARIES_MAX);
			if (find_library(closure, name, i, err) < 0)
				return -1;
		}
	}
	return 0;
}

/* Where libc was found, with its last slash. With no libc among them, or a private one out of a
 * RUNPATH, nothing says better than /lib, which every linker searches. */
static size_t directory_of_libc(const struct closure *closure, const char **directory)
{
	for (size_t i = 1; i < closure->count; i++) {
		const char *path = closure->libraries[i].path;
		if (strcmp(closure->libraries[i].name, "libc.so.6") != 0 || path[0] != '/' ||
		    strstr(path, "/."))
			continue;
		*directory = path;
		return (size_t)(name_of(path) - path);
	}
	*directory = "/lib/";
	return strlen(*directory);
}

static int list_files(struct closure *closure, struct file_list *list, struct error *err)
{
	const char *interpreter = closure->libraries[0].needs.interpreter, *directory;
	size_t length = directory_of_libc(closure, &directory), size;

	if (interpreter) {
		cleanup_free uint8_t *bytes = NULL;
		if (file_read(interpreter, FILE_MAX_BYTES, &bytes, &size, err) < 0 ||
		    file_list_add(list, interpreter, 0755, &bytes, size, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < closure->count; i++) {
		struct library *library = &closure->libraries[i];
		cleanup_free char *path = NULL;
		int n = i == 0 ? asprintf(&path, "/init")
			       : asprintf(&path, "%.*s%s", (int)length, directory, library->name);
		if (n < 0) {
			path = NULL;
			return error_memory(err);
		}
		cleanup_free uint8_t *bytes = malloc(library->size);
		if (!bytes)
			return error_memory(err);
		memcpy(bytes, library->bytes, library->size);
		if (file_list_add(list, path, 0755, &bytes, library->size, err) < 0)
			return -1;
	}
	return 0;
}

int libraries_add(struct file_list *list, const char *path, struct error *err)
{
	CLEANUP(cleanup_closure_p) struct closure *closure = calloc(1, sizeof(*closure));
	size_t size = 0;

	if (!closure)
		return error_memory(err);
	if (access(cache_path, F_OK) == 0 &&
	    file_read(cache_path, CACHE_MAX_BYTES, &closure->cache_bytes, &size, err) < 0)
		return -1;
	if (library_cache_parse(closure->cache_bytes, size, &closure->cache, err) < 0)
		return error_prefix(err, "%s", cache_path);
	if (add_library(closure, "", path, err) < 0 || close_over(closure, err) < 0)
		return -1;
	return list_files(closure, list, err);
}
