// SPDX-License-Identifier: Apache-2.0
#include "builder/stack/pod_node.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/number.h"

enum { PATH_TEXT_BYTES = 256 };

/* "spec.containers[0].image"; what does not fit is cut. */
static void format_path(const struct pod_node *node, char path[PATH_TEXT_BYTES])
{
	const struct pod_node *chain[POD_NODE_MAX_DEPTH + 1];
	size_t depth = 0, used = 0;

	for (; node->parent && depth <= POD_NODE_MAX_DEPTH; node = node->parent)
		chain[depth++] = node;
	path[0] = '\0';
	while (depth-- > 0 && used < PATH_TEXT_BYTES) {
		const struct pod_node *n = chain[depth];
		int size =
			n->key ? snprintf(path + used, PATH_TEXT_BYTES - used, "%s%s",
					  used ? "." : "", n->key)
			       : snprintf(path + used, PATH_TEXT_BYTES - used, "[%zu]", n->index);
		used += (size_t)size;
	}
}

int pod_node_error(const struct pod_node *node, struct error *err, const char *format, ...)
{
	char path[PATH_TEXT_BYTES], text[ERROR_TEXT_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	format_path(node, path);
	return error_input(err, "line %zu: %s%s%s", node->line, path, path[0] ? ": " : "", text);
}

static bool is_empty_list(const struct pod_node *node)
{
	return node->type == POD_NODE_SEQUENCE && node->count == 0;
}

static int take_field(const struct pod_node *node, const struct pod_field *field, void *target,
		      struct error *err)
{
	bool value = false;

	switch (field->rule) {
	case POD_READ:
		*(const struct pod_node **)((char *)target + field->slot) = node;
		return 0;
	case POD_ACCEPT:
		return 0;
	case POD_REFUSE:
		return is_empty_list(node) ? 0 : pod_node_error(node, err, "%s", field->why);
	case POD_FALSE:
		if (pod_node_bool(node, &value, err) < 0)
			return -1;
		return value ? pod_node_error(node, err, "%s", field->why) : 0;
	}
	return 0;
}

int pod_node_fields(const struct pod_node *mapping, const struct pod_field *fields, void *target,
		    struct error *err)
{
	if (!mapping)
		return 0;
	if (mapping->type != POD_NODE_MAPPING)
		return pod_node_error(mapping, err, "is not a mapping");
	for (const struct pod_node *node = mapping->first; node; node = node->next) {
		const struct pod_field *field = fields;
		while (field->name && strcmp(field->name, node->key) != 0)
			field++;
		if (!field->name)
			return pod_node_error(node, err, "unknown field");
		if (node->type != POD_NODE_NULL && take_field(node, field, target, err) < 0)
			return -1;
	}
	return 0;
}

int pod_node_text(const struct pod_node *node, const char **text, struct error *err)
{
	if (!node)
		return 0;
	if (node->type == POD_NODE_SEQUENCE || node->type == POD_NODE_MAPPING)
		return pod_node_error(node, err, "is not a string");
	if (node->type != POD_NODE_TEXT)
		return pod_node_error(node, err, "is not a string; put quotes around %s",
				      node->text[0] ? node->text : "it");
	*text = node->text;
	return 0;
}

int pod_node_bool(const struct pod_node *node, bool *value, struct error *err)
{
	if (!node)
		return 0;
	if (node->type != POD_NODE_BOOL)
		return pod_node_error(node, err, "is neither true nor false");
	*value = node->text[0] == 't' || node->text[0] == 'T';
	return 0;
}

int pod_node_number(const struct pod_node *node, uint64_t min, uint64_t max, uint64_t *value,
		    struct error *err)
{
	struct error ignored;

	if (!node)
		return 0;
	if (node->type != POD_NODE_INTEGER ||
	    number_parse(node->text, min, max, value, &ignored) < 0)
		return pod_node_error(node, err, "is not a whole number from %llu to %llu",
				      (unsigned long long)min, (unsigned long long)max);
	return 0;
}

int pod_node_sequence(const struct pod_node *node, size_t max, struct error *err)
{
	if (!node)
		return 0;
	if (node->type != POD_NODE_SEQUENCE)
		return pod_node_error(node, err, "is not a list");
	if (node->count > max)
		return pod_node_error(node, err, "has %zu elements, at most %zu", node->count, max);
	return 0;
}

int pod_node_choice(const struct pod_node *node, const char *const *choices, size_t *choice,
		    struct error *err)
{
	char known[PATH_TEXT_BYTES] = "";
	const char *text = NULL;
	size_t used = 0;

	if (!node)
		return 0;
	if (pod_node_text(node, &text, err) < 0)
		return -1;
	for (size_t i = 0; choices[i]; i++) {
		if (strcmp(choices[i], text) == 0) {
			*choice = i;
			return 0;
		}
		if (used < sizeof(known))
			used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
						 i ? ", " : "", choices[i]);
	}
	return pod_node_error(node, err, "is \"%s\"; possible: %s", text, known);
}
