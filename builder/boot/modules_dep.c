// SPDX-License-Identifier: Apache-2.0
#include "builder/boot/modules_dep.h"

#include <string.h>

size_t modules_plain_length(const char *path)
{
	static const char *const suffixes[] = { ".gz", ".xz", ".zst" };
	size_t length = strlen(path);

	for (size_t i = 0; i < 3; i++) {
		size_t suffix = strlen(suffixes[i]);
		if (length > suffix && strcmp(path + length - suffix, suffixes[i]) == 0)
			return length - suffix;
	}
	return length;
}

/* The kernel takes '-' and '_' for the same (kmod, "modname_normalize"). */
bool modules_name_is(const char *path, size_t path_length, const char *name, size_t name_length)
{
	size_t start = path_length, length;

	while (start > 0 && path[start - 1] != '/')
		start--;
	length = path_length - start;
	if (length < 3 || strncmp(path + path_length - 3, ".ko", 3) != 0)
		return false;
	length -= 3;
	if (name_length != length)
		return false;
	for (size_t i = 0; i < length; i++) {
		char a = path[start + i] == '-' ? '_' : path[start + i];
		char b = name[i] == '-' ? '_' : name[i];
		if (a != b)
			return false;
	}
	return true;
}

static bool path_stays_below(const char *path)
{
	if (path[0] == '\0' || path[0] == '/')
		return false;
	for (const char *p = path; p; p = strchr(p, '/')) {
		p += *p == '/';
		size_t length = strcspn(p, "/");
		if (length == 0 || (length <= 2 && strncmp(p, "..", length) == 0))
			return false;
	}
	return true;
}

/* Cuts the next word of *text off in place; NULL at the end of the line. */
static const char *next_word(char **text)
{
	char *word = *text + strspn(*text, " \t");
	char *end = word + strcspn(word, " \t");

	if (word == end)
		return NULL;
	*text = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

static int parse_line(struct modules_dep *dep, char *line, size_t *depends, size_t number,
		      struct error *err)
{
	char *colon = strchr(line, ':');
	const char *word;

	if (!colon)
		return error_input(err, "line %zu has no colon", number);
	*colon = '\0';
	struct modules_dep_entry entry = { .path = line, .depends = dep->depends + *depends };
	if (!path_stays_below(entry.path))
		return error_input(err, "line %zu: \"%s\" is not a path below this folder", number,
				   entry.path);
	for (char *rest = colon + 1; (word = next_word(&rest));) {
		if (!path_stays_below(word))
			return error_input(err, "line %zu: \"%s\" is not a path below this folder",
					   number, word);
		dep->depends[(*depends)++] = word;
		entry.depends_count++;
	}
	dep->entries[dep->count++] = entry;
	return 0;
}

static int parse_lines(struct modules_dep *dep, struct error *err)
{
	size_t depends = 0, number = 1;

	for (char *line = dep->text, *end; *line; line = end, number++) {
		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = '\0';
		if (*line && parse_line(dep, line, &depends, number, err) < 0)
			return -1;
	}
	return 0;
}

int modules_dep_parse(const uint8_t *bytes, size_t size, struct modules_dep *result,
		      struct error *err)
{
	cleanup_modules_dep struct modules_dep dep = { 0 };
	size_t lines = 1, words = 1;

	if (size > MODULES_LIST_MAX_BYTES)
		return error_input(err, "%zu bytes, at most %d", size, MODULES_LIST_MAX_BYTES);
	if (size && memchr(bytes, 0, size))
		return error_input(err, "not text");
	for (size_t i = 0; i < size; i++) {
		lines += bytes[i] == '\n';
		words += bytes[i] == ' ' || bytes[i] == '\t' || bytes[i] == ':';
	}
	dep.text = malloc(size + 1);
	dep.depends = calloc(words, sizeof(*dep.depends));
	dep.entries = calloc(lines, sizeof(*dep.entries));
	if (!dep.text || !dep.depends || !dep.entries)
		return error_memory(err);
	if (size)
		memcpy(dep.text, bytes, size);
	dep.text[size] = '\0';
	if (parse_lines(&dep, err) < 0)
		return -1;
	*result = dep;
	dep = (struct modules_dep){ 0 };
	return 0;
}

void modules_dep_release(struct modules_dep *dep)
{
	free(dep->text);
	free(dep->depends);
	free(dep->entries);
	*dep = (struct modules_dep){ 0 };
}

const struct modules_dep_entry *modules_dep_find(const struct modules_dep *dep, const char *name)
{
	for (size_t i = 0; i < dep->count; i++)
		if (modules_name_is(dep->entries[i].path,
				    modules_plain_length(dep->entries[i].path), name, strlen(name)))
			return &dep->entries[i];
	return NULL;
}

const struct modules_dep_entry *modules_dep_at(const struct modules_dep *dep, const char *path)
{
	for (size_t i = 0; i < dep->count; i++)
		if (strcmp(dep->entries[i].path, path) == 0)
			return &dep->entries[i];
	return NULL;
}

bool modules_builtin_has(const uint8_t *bytes, size_t size, const char *name)
{
	const char *text = (const char *)bytes;

	while (size) {
		const char *end = memchr(text, '\n', size);
		size_t length = end ? (size_t)(end - text) : size;
		if (modules_name_is(text, length, name, strlen(name)))
			return true;
		length += end != NULL;
		text += length;
		size -= length;
	}
	return false;
}
