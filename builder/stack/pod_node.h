// SPDX-License-Identifier: Apache-2.0
/* A YAML document as a tree whose nodes know their line and their path, and reading of its mappings
 * by tables of fields. Private to pod_*.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "builder/stack/arena.h"
#include "builder/stack/text_list.h"
#include "common/error.h"

enum {
	POD_NODE_MAX_DEPTH = 64,
	POD_NODE_MAX_COUNT = 100000,
	POD_NODE_MAX_MEMBERS = 1024, /* of one mapping */
};

enum pod_node_type {
	POD_NODE_NULL,
	POD_NODE_TEXT,
	POD_NODE_INTEGER, /* plain decimal */
	POD_NODE_BOOL,    /* true or false */
	POD_NODE_UNCLEAR, /* another number, or yes, no, on, off: YAML readers differ about it */
	POD_NODE_SEQUENCE,
	POD_NODE_MAPPING,
};

struct pod_node {
	enum pod_node_type type;
	size_t line; /* from 1 */
	const struct pod_node *parent;
	const char *key; /* in a parent that is a mapping */
	size_t index;    /* in a parent that is a sequence */
	const char *text;
	size_t count; /* of children */
	struct pod_node *first, *last, *next;
};

/* Reads one document, under the limits above and those of pod_yaml_parse(). The tree is the
 * arena's. */
int pod_node_parse(const uint8_t *bytes, size_t size, struct arena *arena,
		   const struct pod_node **root, struct error *err) MUST_CHECK;

/* ERROR_INPUT: "line 12: spec.containers[0].image: <text>". Returns -1. */
int pod_node_error(const struct pod_node *node, struct error *err, const char *format, ...)
	PRINTF_LIKE(3, 4);

enum pod_rule {
	POD_READ,   /* put the node into the slot */
	POD_ACCEPT, /* means nothing inside: `why` says to whom it speaks */
	POD_REFUSE, /* cannot be sealed: `why` goes into the message; an empty list passes */
	POD_FALSE,  /* a boolean that may only be false, else like POD_REFUSE */
};

struct pod_field {
	const char *name;
	enum pod_rule rule;
	size_t slot; /* offset of a `const struct pod_node *` in the target */
	const char *why;
};

/* The rows of a table: `member` of `struct type` receives field `yaml`; and the last row. */
#define POD_FIELD(type, yaml, member)                               \
	{                                                           \
		yaml, POD_READ, offsetof(struct type, member), NULL \
	}
#define POD_FIELDS_END                  \
	{                               \
		NULL, POD_READ, 0, NULL \
	}

/* Sorts the members of `mapping` into `target` by `fields` (ended by one without name). Members
 * that are null count as absent. A NULL `mapping` is an empty one. ERROR_INPUT: `mapping` is
 * something else, has a field that is not in the table or is refused. */
int pod_node_fields(const struct pod_node *mapping, const struct pod_field *fields, void *target,
		    struct error *err) MUST_CHECK;

/* Values; a NULL node leaves the result as it is. */
int pod_node_text(const struct pod_node *node, const char **text, struct error *err) MUST_CHECK;
int pod_node_bool(const struct pod_node *node, bool *value, struct error *err) MUST_CHECK;
int pod_node_number(const struct pod_node *node, uint64_t min, uint64_t max, uint64_t *value,
		    struct error *err) MUST_CHECK;
/* The node is a sequence of at most `max`. */
int pod_node_sequence(const struct pod_node *node, size_t max, struct error *err) MUST_CHECK;
/* The index of a text in `choices` (ended by NULL). */
int pod_node_choice(const struct pod_node *node, const char *const *choices, size_t *choice,
		    struct error *err) MUST_CHECK;
