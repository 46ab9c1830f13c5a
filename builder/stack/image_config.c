// SPDX-License-Identifier: Apache-2.0
#include "builder/stack/image_config.h"

#include <stdlib.h>
#include <string.h>

#include "common/json.h"

#define WHERE "the image's config"

struct decoder {
	struct arena *arena;
	const json_t *object; /* the image config, or its member "config" */
	const char *where;
};

static int take_text(const struct decoder *d, const char *name, const char **text,
		     struct error *err)
{
	const char *value;

	if (json_opt_string(d->object, d->where, name, &value, err) < 0)
		return -1;
	if (!value || !*value)
		return 0;
	*text = arena_copy(d->arena, value, strlen(value));
	return *text ? 0 : error_memory(err);
}

static int new_list(const struct decoder *d, size_t count, struct text_list *list,
		    struct error *err)
{
	list->items = arena_alloc(d->arena, count * sizeof(*list->items));
	return list->items ? 0 : error_memory(err);
}

static int append(const struct decoder *d, struct text_list *list, const char *text,
		  struct error *err)
{
	const char *copy = arena_copy(d->arena, text, strlen(text));
	if (!copy)
		return error_memory(err);
	list->items[list->count++] = copy;
	return 0;
}

static int take_list(const struct decoder *d, const char *name, struct text_list *list,
		     struct error *err)
{
	json_t *array, *item;
	size_t i;

	if (json_opt_array(d->object, d->where, name, IMAGE_CONFIG_MAX_ARGS, &array, err) < 0)
		return -1;
	if (json_array_size(array) == 0)
		return 0;
	if (new_list(d, json_array_size(array), list, err) < 0)
		return -1;
	json_array_foreach (array, i, item) {
		if (!json_is_string(item))
			return error_input(err, "element %zu of \"%s\" of %s is not a string", i,
					   name, d->where);
		if (append(d, list, json_string_value(item), err) < 0)
			return -1;
	}
	return 0;
}

static int check_env(const struct text_list *env, struct error *err)
{
	for (size_t i = 0; i < env->count; i++)
		if (env->items[i][0] == '=' || !strchr(env->items[i], '='))
			return error_input(
				err, "element %zu of \"Env\" of " WHERE " is not NAME=VALUE", i);
	return 0;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int take_object(const struct decoder *d, const char *name, json_t **object,
		       struct error *err)
{
	if (json_opt_object(d->object, d->where, name, object, err) < 0)
		return -1;
	if (json_object_size(*object) > IMAGE_CONFIG_MAX_SET)
		return error_input(err, "\"%s\" of %s has %zu members, at most %d", name, d->where,
				   json_object_size(*object), (int)IMAGE_CONFIG_MAX_SET);
	return 0;
}

/* A set as the Go types write it: an object whose names are the members, and whose values say
 * nothing. */
static int take_set(const struct decoder *d, const char *name, struct text_list *list,
		    struct error *err)
{
	json_t *object, *value;
	const char *member;

	if (take_object(d, name, &object, err) < 0)
		return -1;
	if (json_object_size(object) == 0)
		return 0;
	if (new_list(d, json_object_size(object), list, err) < 0)
		return -1;
	json_object_foreach (object, member, value) {
		if (!json_is_object(value) && !json_is_null(value))
			return error_input(err, "\"%s\" in \"%s\" of %s is not an object", member,
					   name, d->where);
		if (append(d, list, member, err) < 0)
			return -1;
	}
	qsort(list->items, list->count, sizeof(*list->items), compare_texts);
	return 0;
}

static int compare_labels(const void *a, const void *b)
{
	return strcmp(((const struct image_label *)a)->name, ((const struct image_label *)b)->name);
}

static int take_labels(const struct decoder *d, struct image_config *config, struct error *err)
{
	json_t *object, *value;
	const char *name;

	if (take_object(d, "Labels", &object, err) < 0)
		return -1;
	if (json_object_size(object) == 0)
		return 0;
	config->labels = arena_alloc(d->arena, json_object_size(object) * sizeof(*config->labels));
	if (!config->labels)
		return error_memory(err);
	json_object_foreach (object, name, value) {
		struct image_label *label = &config->labels[config->label_count++];
		if (!json_is_string(value))
			return error_input(err, "label \"%s\" of %s is not a string", name,
					   d->where);
		label->name = arena_copy(d->arena, name, strlen(name));
		label->value =
			arena_copy(d->arena, json_string_value(value), json_string_length(value));
		if (!label->name || !label->value)
			return error_memory(err);
	}
	qsort(config->labels, config->label_count, sizeof(*config->labels), compare_labels);
	return 0;
}

static int take_execution(const struct decoder *d, struct image_config *config, struct error *err)
{
	if (take_list(d, "Entrypoint", &config->entrypoint, err) < 0 ||
	    take_list(d, "Cmd", &config->cmd, err) < 0 ||
	    take_list(d, "Env", &config->env, err) < 0 || check_env(&config->env, err) < 0)
		return -1;
	if (take_set(d, "ExposedPorts", &config->exposed_ports, err) < 0 ||
	    take_set(d, "Volumes", &config->volumes, err) < 0 || take_labels(d, config, err) < 0)
		return -1;
	if (take_text(d, "User", &config->user, err) < 0 ||
	    take_text(d, "WorkingDir", &config->working_dir, err) < 0 ||
	    take_text(d, "StopSignal", &config->stop_signal, err) < 0)
		return -1;
	return 0;
}

int image_config_decode(const json_t *json, struct image_config **config, struct error *err)
{
	cleanup_image_config struct image_config *result = calloc(1, sizeof(*result));
	json_t *execution = NULL;

	if (!result || !(result->arena = arena_new()))
		return error_memory(err);
	if (json) {
		struct decoder d = { result->arena, json, WHERE };
		if (take_text(&d, "author", &result->author, err) < 0 ||
		    take_text(&d, "created", &result->created, err) < 0 ||
		    take_text(&d, "architecture", &result->architecture, err) < 0 ||
		    take_text(&d, "os", &result->os, err) < 0 ||
		    json_opt_object(json, WHERE, "config", &execution, err) < 0)
			return -1;
	}
	if (execution) {
		struct decoder d = { result->arena, execution, "\"config\" of " WHERE };
		if (take_execution(&d, result, err) < 0)
			return -1;
	}
	*config = take_ptr(result);
	return 0;
}

void image_config_free(struct image_config *config)
{
	if (!config)
		return;
	arena_free(config->arena);
	free(config);
}
