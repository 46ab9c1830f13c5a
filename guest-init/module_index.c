// SPDX-License-Identifier: Apache-2.0
#include "guest-init/module_index.h"

#include <stdlib.h>
#include <string.h>

/* Both files have one entry for each line, so the lines bound the arrays. */
static size_t count_lines(const char *text)
{
	size_t n = 1;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static int copy_text(const char *what, const uint8_t *bytes, size_t size, size_t limit, char **text,
		     struct error *err)
{
	if (size > limit)
		return error_input(err, "%s is %zu bytes, at most %zu", what, size, limit);
	if (memchr(bytes, '\0', size))
		return error_input(err, "%s has a zero byte", what);
	char *copy = malloc(size + 1);
	if (!copy)
		return error_memory(err);
	memcpy(copy, bytes, size);
	copy[size] = '\0';
	*text = copy;
	return 0;
}

static int set_name(struct module *module, struct error *err)
{
	const char *slash = strrchr(module->path, '/');
	const char *base = slash ? slash + 1 : module->path;
	const char *end = strstr(base, ".ko");

	if (!end || end == base || (size_t)(end - base) >= sizeof(module->name))
		return error_input(err, "\"%s\" is not the path of a module", module->path);
	for (size_t i = 0; i < (size_t)(end - base); i++)
		module->name[i] = base[i] == '-' ? '_' : base[i];
	return 0;
}

static int parse_dep_line(char *line, struct module *module, struct error *err)
{
	char *colon = strchr(line, ':');

	if (!colon)
		return error_input(err, "no colon");
	*colon = '\0';
	if (line[0] == '/' || strstr(line, ".."))
		return error_input(err, "\"%s\" is not a path below the modules' folder", line);
	*module = (struct module){ .path = line, .needs = colon + 1 };
	return set_name(module, err);
}

static int parse_dep(struct module_index *index, struct error *err)
{
	size_t number = 0;

	index->modules = calloc(count_lines(index->text), sizeof(*index->modules));
	if (!index->modules)
		return error_memory(err);
	for (char *line, *rest = index->text; (line = strsep(&rest, "\n"));) {
		number++;
		if (line[0] == '\0')
			continue;
		struct module module;
		if (parse_dep_line(line, &module, err) < 0)
			return error_prefix(err, "modules.dep, line %zu", number);
		index->modules[index->count++] = module;
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct module *)a)->name, ((const struct module *)b)->name);
}

static int sort_modules(struct module_index *index, struct error *err)
{
	if (index->count == 0)
		return 0;
	qsort(index->modules, index->count, sizeof(*index->modules), by_name);
	for (size_t i = 1; i < index->count; i++)
		if (strcmp(index->modules[i - 1].name, index->modules[i].name) == 0)
			return error_input(err, "modules.dep has %s twice", index->modules[i].name);
	return 0;
}

static int parse_alias(struct module_index *index, struct error *err)
{
	size_t number = 0;

	index->aliases = calloc(count_lines(index->alias_text), sizeof(*index->aliases));
	if (!index->aliases)
		return error_memory(err);
	for (char *line, *rest = index->alias_text; (line = strsep(&rest, "\n"));) {
		number++;
		if (line[0] == '\0' || line[0] == '#')
			continue;
		const char *word = strsep(&line, " ");
		const char *pattern = strsep(&line, " ");
		if (strcmp(word, "alias") != 0 || !pattern || !line)
			return error_input(err,
					   "modules.alias, line %zu: not \"alias PATTERN "
					   "MODULE\"",
					   number);
		const struct module *module = module_index_find(index, line);
		if (module)
			index->aliases[index->alias_count++] =
				(struct module_alias){ pattern, (size_t)(module - index->modules) };
	}
	return 0;
}

int module_index_parse(const uint8_t *dep, size_t dep_size, const uint8_t *alias, size_t alias_size,
		       struct module_index **result, struct error *err)
{
	cleanup_module_index struct module_index *index = calloc(1, sizeof(*index));

	if (!index)
		return error_memory(err);
	if (copy_text("modules.dep", dep, dep_size, MODULE_DEP_MAX_BYTES, &index->text, err) < 0 ||
	    copy_text("modules.alias", alias, alias_size, MODULE_ALIAS_MAX_BYTES,
		      &index->alias_text, err) < 0 ||
	    parse_dep(index, err) < 0 || sort_modules(index, err) < 0 ||
	    parse_alias(index, err) < 0)
		return -1;
	*result = take_ptr(index);
	return 0;
}

void module_index_free(struct module_index *index)
{
	if (!index)
		return;
	free(index->text);
	free(index->alias_text);
	free(index->modules);
	free(index->aliases);
	free(index);
}

struct module *module_index_find(struct module_index *index, const char *name)
{
	struct module key = { 0 };
	size_t size = strlen(name);

	if (size >= sizeof(key.name) || index->count == 0)
		return NULL;
	for (size_t i = 0; i < size; i++)
		key.name[i] = name[i] == '-' ? '_' : name[i];
	return bsearch(&key, index->modules, index->count, sizeof(key), by_name);
}

/* A path of modules.dep, of `size` characters, by the name in it. */
static struct module *find_path(struct module_index *index, const char *path, size_t size)
{
	for (size_t i = 0; i < index->count; i++)
		if (strncmp(index->modules[i].path, path, size) == 0 &&
		    index->modules[i].path[size] == '\0')
			return &index->modules[i];
	return NULL;
}

int module_index_order(struct module_index *index, struct module *module,
		       struct module *order[MODULE_NEEDS_MAX], size_t *count, struct error *err)
{
	size_t at = MODULE_NEEDS_MAX;

	/* depmod writes the innermost need last, so it is filled from the end */
	order[--at] = module;
	for (const char *need = module->needs; *(need += strspn(need, " "));) {
		size_t size = strcspn(need, " ");
		struct module *found = find_path(index, need, size);
		if (!found)
			return error_input(err, "%s needs %.*s, which is not here", module->name,
					   (int)(size < 256 ? size : 256), need);
		if (at == 0)
			return error_input(err, "%s needs more than %d modules", module->name,
					   MODULE_NEEDS_MAX - 1);
		order[--at] = found;
		need += size;
	}
	*count = MODULE_NEEDS_MAX - at;
	memmove(order, order + at, *count * sizeof(*order));
	return 0;
}

bool module_index_has_bus(const struct module_index *index, const char *bus)
{
	size_t size = strlen(bus);

	for (size_t i = 0; i < index->alias_count; i++) {
		const char *pattern = index->aliases[i].pattern;
		if (strncmp(pattern, bus, size) == 0 &&
		    pattern[size + strspn(pattern + size, "*")] == ':')
			return true;
	}
	return false;
}
