// SPDX-License-Identifier: Apache-2.0
#include "builder/kata/config.h"

#include <stdbool.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"

/* A label of RFC 1123, which a RuntimeClass's name and handler have to be. */
static int check_name(const char *name, struct error *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t size = strlen(name);

	if (size == 0 || size > KATA_NAME_MAX || strspn(name, letters) != size || name[0] == '-' ||
	    name[size - 1] == '-')
		return error_usage(err,
				   "\"%s\" is not a name of up to %d small letters, digits and "
				   "dashes between them",
				   name, KATA_NAME_MAX);
	return 0;
}

/* Kata passes paths on without doubling the commas, which QEMU takes for the end. */
static int check_path(const char *path, struct error *err)
{
	cleanup_json json_t *utf8 = json_string(path);

	if (!utf8)
		return error_usage(err, "%s is not UTF-8, as TOML has to be", path);
	if (path[0] != '/')
		return error_usage(err, "%s is not an absolute path", path);
	for (const char *c = path; *c; c++)
		if (*c == ',' || (unsigned char)*c < ' ' || *c == 0x7f)
			return error_usage(err,
					   "%s: a comma or a control character, which Kata does "
					   "not take in a path",
					   path);
	return 0;
}

static int check_paths(const struct kata_config *c, struct error *err)
{
	const char *const paths[] = { c->image, c->kernel, c->firmware, c->initrd };
	size_t count = c->mode == KATA_EXTENSION ? 4 : 3;

	for (size_t i = 0; i < count; i++) {
		if (check_path(paths[i], err) < 0)
			return -1;
		for (size_t j = 0; j < i; j++)
			if (strcmp(paths[i], paths[j]) == 0)
				return error_usage(err, "two files would be %s", paths[i]);
	}
	return 0;
}

static bool has_key(const char *word, size_t size, const char *key)
{
	return size >= strlen(key) && strncmp(word, key, strlen(key)) == 0 &&
	       (size == strlen(key) || word[strlen(key)] == '=');
}

/* Kata takes the parameters apart and joins them again, and its runtimes do that differently with
 * quotes and with empty values: what is measured would be a guess. */
static int check_word(const char *word, size_t size, struct error *err)
{
	const char *equals = memchr(word, '=', size);

	for (size_t i = 0; i < size; i++)
		if (word[i] <= ' ' || word[i] > '~' || word[i] == '"')
			return error_usage(err,
					   "parameter \"%.*s\": quotes, tabs and what is not "
					   "printable ASCII do not survive Kata",
					   (int)size, word);
	if (equals == word || equals == word + size - 1)
		return error_usage(err, "parameter \"%.*s\" is not NAME or NAME=VALUE", (int)size,
				   word);
	if (has_key(word, size, "podseal.seal") || has_key(word, size, "podseal.bind"))
		return error_usage(err, "parameter \"%.*s\": --bind says that", (int)size, word);
	return 0;
}

static int check_append(const char *append, struct error *err)
{
	for (const char *word = append; *append; word++) {
		size_t size = strcspn(word, " ");
		if (size == 0)
			return error_usage(err,
					   "\"%s\": one blank between parameters, and none "
					   "around them",
					   append);
		if (check_word(word, size, err) < 0)
			return -1;
		word += size;
		if (*word == '\0')
			break;
	}
	return 0;
}

int kata_config_check(const struct kata_config *c, struct error *err)
{
	cleanup_free char *cmdline = NULL;

	if (check_name(c->name, err) < 0 || check_paths(c, err) < 0 ||
	    (c->append && check_append(c->append, err) < 0))
		return -1;
	cmdline = kata_kernel_cmdline(c);
	if (!cmdline)
		return error_memory(err);
	if (strlen(cmdline) > KATA_CMDLINE_MAX_BYTES)
		return error_usage(err,
				   "the kernel's command line would be %zu characters, and the "
				   "kernel cuts it after %d: fewer or shorter parameters",
				   strlen(cmdline), KATA_CMDLINE_MAX_BYTES);
	return 0;
}
