// SPDX-License-Identifier: Apache-2.0
#include "builder/stack/pod_node.h"

#include <string.h>

#include <yaml.h>

#include "builder/stack/pod.h"

struct loader {
	struct arena *arena;
	struct pod_node *open[POD_NODE_MAX_DEPTH]; /* collections not yet at their end */
	size_t depth;
	const char *key; /* read, its value not yet; only within a mapping */
	size_t nodes, documents;
	struct pod_node *root;
};

static bool one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

/* Integers and floats of YAML 1.1 and 1.2, roughly: what looks like one is treated with care. */
static bool like_number(const char *text)
{
	static const char *const words[] = { ".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN", NULL };

	text += *text == '+' || *text == '-';
	if (one_of(text, words))
		return true;
	if (text[0] == '0' && text[1] != '\0' && strchr("xXoObB", text[1]))
		return text[2] != '\0' &&
		       text[2 + strspn(text + 2, "0123456789abcdefABCDEF_")] == '\0';
	bool digits = (text[0] >= '0' && text[0] <= '9') ||
		      (text[0] == '.' && text[1] >= '0' && text[1] <= '9');
	text += strspn(text, "0123456789_");
	text += *text == '.';
	text += strspn(text, "0123456789_");
	if (digits && (*text == 'e' || *text == 'E')) {
		text++;
		text += *text == '+' || *text == '-';
		digits = *text != '\0';
		text += strspn(text, "0123456789");
	}
	return digits && *text == '\0';
}

static bool plain_integer(const char *text)
{
	text += *text == '-';
	return text[0] != '\0' && (text[0] != '0' || text[1] == '\0') &&
	       text[strspn(text, "0123456789")] == '\0';
}

static enum pod_node_type resolve_plain(const char *text)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
	static const char *const bools[] = {
		"true", "True", "TRUE", "false", "False", "FALSE", NULL
	};
	static const char *const bools_1_1[] = { "y",  "Y",   "yes", "Yes", "YES", "n",
						 "N",  "no",  "No",  "NO",  "on",  "On",
						 "ON", "off", "Off", "OFF", NULL };

	if (one_of(text, nulls))
		return POD_NODE_NULL;
	if (one_of(text, bools))
		return POD_NODE_BOOL;
	if (plain_integer(text))
		return POD_NODE_INTEGER;
	return one_of(text, bools_1_1) || like_number(text) ? POD_NODE_UNCLEAR : POD_NODE_TEXT;
}

static int error_at(size_t line, struct error *err, const char *why)
{
	return error_input(err, "line %zu: %s", line, why);
}

/* A tag may only say what the node is anyway, or that a scalar is a text. */
static int check_tag(const char *tag, size_t line, enum pod_node_type *type, struct error *err)
{
	static const struct {
		const char *tag;
		enum pod_node_type type;
	} core[] = {
		{ YAML_NULL_TAG, POD_NODE_NULL },   { YAML_BOOL_TAG, POD_NODE_BOOL },
		{ YAML_INT_TAG, POD_NODE_INTEGER }, { YAML_SEQ_TAG, POD_NODE_SEQUENCE },
		{ YAML_MAP_TAG, POD_NODE_MAPPING },
	};

	if (!tag)
		return 0;
	if (*type < POD_NODE_SEQUENCE &&
	    (strcmp(tag, YAML_STR_TAG) == 0 || strcmp(tag, "!") == 0)) {
		*type = POD_NODE_TEXT;
		return 0;
	}
	for (size_t i = 0; i < sizeof(core) / sizeof(core[0]); i++)
		if (strcmp(tag, core[i].tag) == 0 && *type == core[i].type)
			return 0;
	return error_at(line, err, "a tag that is not of YAML's core schema, or does not fit");
}

static int check_key(const struct pod_node *mapping, const char *key, size_t line,
		     struct error *err)
{
	if (strcmp(key, "<<") == 0)
		return error_at(line, err, "merge keys are not accepted");
	if (mapping->count == POD_NODE_MAX_MEMBERS)
		return error_input(err, "line %zu: a mapping of more than %d members", line,
				   (int)POD_NODE_MAX_MEMBERS);
	for (const struct pod_node *n = mapping->first; n; n = n->next)
		if (strcmp(n->key, key) == 0)
			return pod_node_error(n, err, "is there again at line %zu", line);
	return 0;
}

static void attach(struct pod_node *parent, struct pod_node *node)
{
	node->parent = parent;
	node->index = parent->count++;
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
}

static int add_node(struct loader *l, enum pod_node_type type, const char *text, size_t line,
		    struct error *err)
{
	struct pod_node *parent = l->depth ? l->open[l->depth - 1] : NULL;
	bool collection = type == POD_NODE_SEQUENCE || type == POD_NODE_MAPPING;

	if (++l->nodes > POD_NODE_MAX_COUNT)
		return error_input(err, "line %zu: more than %d values", line,
				   (int)POD_NODE_MAX_COUNT);
	if (parent && parent->type == POD_NODE_MAPPING && !l->key) {
		if (collection)
			return error_at(line, err, "a key that is not a string");
		if (check_key(parent, text, line, err) < 0)
			return -1;
		l->key = text;
		return 0;
	}
	struct pod_node *node = arena_alloc(l->arena, sizeof(*node));
	if (!node)
		return error_memory(err);
	*node = (struct pod_node){ .type = type, .line = line, .key = l->key, .text = text };
	l->key = NULL;
	if (parent)
		attach(parent, node);
	else
		l->root = node;
	if (!collection)
		return 0;
	if (l->depth == POD_NODE_MAX_DEPTH)
		return error_input(err, "line %zu: nested deeper than %d levels", line,
				   (int)POD_NODE_MAX_DEPTH);
	l->open[l->depth++] = node;
	return 0;
}

static int take_scalar(struct loader *l, const yaml_event_t *event, size_t line, struct error *err)
{
	const char *value = (const char *)event->data.scalar.value;
	const char *tag = (const char *)event->data.scalar.tag;
	enum pod_node_type type = POD_NODE_TEXT;

	if (event->data.scalar.anchor)
		return error_at(line, err, "anchors are not accepted");
	if (strlen(value) != event->data.scalar.length)
		return error_at(line, err, "a string with a NUL in it");
	if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		type = resolve_plain(value);
	if (check_tag(tag, line, &type, err) < 0)
		return -1;
	const char *text = arena_copy(l->arena, value, event->data.scalar.length);
	return text ? add_node(l, type, text, line, err) : error_memory(err);
}

static int take_collection(struct loader *l, enum pod_node_type type, const yaml_char_t *anchor,
			   const yaml_char_t *tag, size_t line, struct error *err)
{
	if (anchor)
		return error_at(line, err, "anchors are not accepted");
	if (check_tag((const char *)tag, line, &type, err) < 0)
		return -1;
	return add_node(l, type, NULL, line, err);
}

static int take_event(struct loader *l, const yaml_event_t *event, struct error *err)
{
	size_t line = event->start_mark.line + 1;

	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return ++l->documents > 1 ? error_at(line, err, "a second document") : 0;
	case YAML_ALIAS_EVENT:
		return error_at(line, err, "aliases are not accepted");
	case YAML_SCALAR_EVENT:
		return take_scalar(l, event, line, err);
	case YAML_SEQUENCE_START_EVENT:
		return take_collection(l, POD_NODE_SEQUENCE, event->data.sequence_start.anchor,
				       event->data.sequence_start.tag, line, err);
	case YAML_MAPPING_START_EVENT:
		return take_collection(l, POD_NODE_MAPPING, event->data.mapping_start.anchor,
				       event->data.mapping_start.tag, line, err);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		l->depth--;
		return 0;
	default:
		return 0;
	}
}

static int load(struct loader *l, yaml_parser_t *parser, struct error *err)
{
	for (bool more = true; more;) {
		CLEANUP(yaml_event_delete) yaml_event_t event = { 0 };
		if (!yaml_parser_parse(parser, &event))
			return parser->error == YAML_MEMORY_ERROR
				       ? error_memory(err)
				       : error_input(err, "line %zu: not valid YAML: %s",
						     parser->problem_mark.line + 1,
						     parser->problem ? parser->problem : "?");
		more = event.type != YAML_STREAM_END_EVENT;
		if (take_event(l, &event, err) < 0)
			return -1;
	}
	return l->root ? 0 : error_input(err, "no YAML document");
}

int pod_node_parse(const uint8_t *bytes, size_t size, struct arena *arena,
		   const struct pod_node **root, struct error *err)
{
	CLEANUP(yaml_parser_delete) yaml_parser_t parser = { 0 };
	struct loader l = { .arena = arena };

	if (size > POD_YAML_MAX_BYTES)
		return error_input(err, "YAML of %zu bytes, at most %d", size,
				   (int)POD_YAML_MAX_BYTES);
	if (!yaml_parser_initialize(&parser))
		return error_memory(err);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, bytes, size);
	if (load(&l, &parser, err) < 0)
		return -1;
	*root = l.root;
	return 0;
}
