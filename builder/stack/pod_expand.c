// SPDX-License-Identifier: Apache-2.0
#include "builder/stack/pod_expand.h"

#include <string.h>

const char *pod_env_find(const struct text_list *env, const char *name, size_t size, size_t *index)
{
	for (size_t i = 0; i < env->count; i++)
		if (strncmp(env->items[i], name, size) == 0 && env->items[i][size] == '=') {
			if (index)
				*index = i;
			return env->items[i] + size + 1;
		}
	return NULL;
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
			 const struct text_list *env, size_t *taken, struct error *err)
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
	const char *value = pod_env_find(env, text + 2, (size_t)(close - text) - 2, NULL);
	return value ? put(e, used, value, strlen(value), err) : put(e, used, text, *taken, err);
}

int pod_expand(struct pod_expander *expander, const char *before, const char *text,
	       const struct text_list *env, const char **result, struct error *err)
{
	size_t used = 0, taken;

	if (put(expander, &used, before, strlen(before), err) < 0)
		return -1;
	for (; *text; text += taken) {
		taken = strcspn(text, "$");
		if (taken > 0 ? put(expander, &used, text, taken, err) < 0
			      : put_reference(expander, &used, text, env, &taken, err) < 0)
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
