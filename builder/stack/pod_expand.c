// SPDX-License-Identifier: Apache-2.0
#include "builder/stack/pod_expand.h"

#include <string.h>

int pod_variables_set(struct pod_variables *variables, const char *name, const char *entry,
		      struct error *err)
{
	struct text_list *list = &variables->list;
	const json_t *place = json_object_get(variables->places, name);

	if (place) {
		list->items[json_integer_value(place)] = entry;
		return 0;
	}
	if (json_object_set_new(variables->places, name, json_integer((json_int_t)list->count)) < 0)
		return error_memory(err);
	list->items[list->count++] = entry;
	return 0;
}

/* The value of the variable whose name is these `size` bytes, or NULL. */
static const char *find(const struct pod_variables *variables, const char *name, size_t size)
{
	const json_t *place = json_object_getn(variables->places, name, size);
	return place ? variables->list.items[json_integer_value(place)] + size + 1 : NULL;
}

static int put(struct pod_expander *e, size_t *used, const char *text, size_t size,
	       struct error *err)
{
	if (size > sizeof(e->buffer) - *used)
		return error_input(err, "has more than %d bytes, which no process can be given",
				   (int)POD_TEXT_MAX_BYTES);
	memcpy(e->buffer + *used, text, size);
	*used += size;
	return 0;
}

/* What stands at `text`, a '$': puts what it means, and says in *taken how long it is. */
static int put_reference(struct pod_expander *e, size_t *used, const char *text,
			 const struct pod_variables *variables, size_t *taken, struct error *err)
{
	const char *close = text[1] == '(' ? strchr(text + 2, ')') : NULL;

	if (text[1] == '$') {
		*taken = 2;
		return put(e, used, "$", 1, err);
	}
	if (!close) {
		*taken = 1;
		return put(e, used, "$", 1, err);
	}
	*taken = (size_t)(close - text) + 1;
	const char *value = find(variables, text + 2, (size_t)(close - text) - 2);
	return value ? put(e, used, value, strlen(value), err) : put(e, used, text, *taken, err);
}

int pod_expand(struct pod_expander *expander, const char *before, const char *text,
	       const struct pod_variables *variables, const char **result, struct error *err)
{
	size_t used = 0, taken;

	if (put(expander, &used, before, strlen(before), err) < 0)
		return -1;
	for (; *text; text += taken) {
		taken = strcspn(text, "$");
		if (taken > 0 ? put(expander, &used, text, taken, err) < 0
			      : put_reference(expander, &used, text, variables, &taken, err) < 0)
			return -1;
	}
	if (used > expander->left_bytes)
		return error_input(err, "with it all arguments and variables exceed %d bytes",
				   (int)POD_TEXTS_MAX_BYTES);
	const char *copy = arena_copy(expander->arena, expander->buffer, used);
	if (!copy)
		return error_memory(err);
	expander->left_bytes -= used;
	*result = copy;
	return 0;
}
