// SPDX-License-Identifier: Apache-2.0
#include "builder/stack/pod.h"

#include <stdlib.h>
#include <string.h>

#include "builder/stack/pod_build.h"

int pod_new(struct pod **pod, struct error *err)
{
	cleanup_pod struct pod *result = calloc(1, sizeof(*result));

	if (!result || !(result->arena = arena_new()))
		return error_memory(err);
	result->restart = POD_RESTART_ALWAYS;
	*pod = take_ptr(result);
	return 0;
}

void pod_free(struct pod *pod)
{
	if (!pod)
		return;
	arena_free(pod->arena);
	free(pod);
}

bool pod_label_valid(const char *name)
{
	size_t size = strlen(name);

	return size > 0 && size <= POD_NAME_MAX_BYTES &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == size && name[0] != '-' &&
	       name[size - 1] != '-';
}

const struct pod_container *pod_find(const struct pod *pod, const char *name)
{
	for (size_t i = 0; i < pod->container_count; i++)
		if (strcmp(pod->containers[i].name, name) == 0)
			return &pod->containers[i];
	return NULL;
}

/* Before which one a container of `kind` goes. */
static size_t place_of(const struct pod *pod, enum pod_kind kind)
{
	size_t place = pod->container_count;

	if (kind != POD_CONTAINER)
		while (place > 0 && pod->containers[place - 1].kind == POD_CONTAINER)
			place--;
	return place;
}

int pod_insert(struct pod *pod, const struct pod_container *container, struct error *err)
{
	size_t count = pod->container_count, place = place_of(pod, container->kind);

	if (count == POD_MAX_CONTAINERS)
		return error_input(err, "more than %d containers", (int)POD_MAX_CONTAINERS);
	struct pod_container *all = arena_alloc(pod->arena, (count + 1) * sizeof(*all));
	if (!all)
		return error_memory(err);
	for (size_t i = 0; i < count; i++)
		all[i < place ? i : i + 1] = pod->containers[i];
	all[place] = *container;
	pod->containers = all;
	pod->container_count++;
	return 0;
}

int pod_add(struct pod *pod, enum pod_kind kind, const char *name_and_reference, struct error *err)
{
	const char *equals = strchr(name_and_reference, '=');

	if (!equals || equals[1] == '\0')
		return error_usage(err, "\"%s\" is not NAME=REF", name_and_reference);
	const char *name =
		arena_copy(pod->arena, name_and_reference, (size_t)(equals - name_and_reference));
	const char *image = arena_copy(pod->arena, equals + 1, strlen(equals + 1));
	if (!name || !image)
		return error_memory(err);
	if (!pod_label_valid(name))
		return error_usage(
			err, "\"%s\" cannot name a container: 1 to %d of a-z, 0-9 and inner '-'",
			name, (int)POD_NAME_MAX_BYTES);
	if (pod_find(pod, name))
		return error_usage(err, "two containers are named \"%s\"", name);
	struct pod_container container = {
		.name = name,
		.kind = kind,
		.restart = kind == POD_SIDECAR ? POD_RESTART_ALWAYS : pod->restart,
		.image = image,
		.image_is_source = true,
	};
	return pod_insert(pod, &container, err);
}

const char *pod_kind_name(enum pod_kind kind)
{
	static const char *const names[] = { "init", "sidecar", "container" };
	return names[kind];
}

const char *pod_restart_name(enum pod_restart restart)
{
	static const char *const names[] = { "Always", "OnFailure", "Never" };
	return names[restart];
}
