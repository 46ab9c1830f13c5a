// SPDX-License-Identifier: Apache-2.0
/* Kubernetes' $(NAME) in command, args and env values. Private to pod_*.c. */
#pragma once

#include <jansson.h>

#include "builder/stack/pod.h"

/* A container's variables: the list, and where in it each name is. */
struct pod_variables {
	json_t *places;        /* an object of numbers */
	struct text_list list; /* "NAME=VALUE" */
};

/* Shared by all texts of a pod, so that references to references cannot grow without bound. */
struct pod_expander {
	struct arena *arena;
	size_t left_bytes;               /* of POD_TEXTS_MAX_BYTES */
	char buffer[POD_TEXT_MAX_BYTES]; /* scratch */
};

/* `text` with each $(NAME) replaced by the value that `variables` have; one that they lack stays as
 * it stands; "$$" is "$", so that "$$(NAME)" is never replaced; other '$' stay. `before` (may be
 * "") is put before the result, unexpanded. Kubernetes API, Container.args; behaviour of
 * k8s.io/kubernetes/third_party/forked/golang/expansion. ERROR_INPUT: longer than
 * POD_TEXT_MAX_BYTES, or all together longer than POD_TEXTS_MAX_BYTES. */
int pod_expand(struct pod_expander *expander, const char *before, const char *text,
	       const struct pod_variables *variables, const char **result, struct error *err)
	MUST_CHECK;

/* Puts `entry`, "NAME=VALUE" of the variable `name`, in the place of an earlier one, or at the end
 * of the list, which has room. `entry` is not copied. */
int pod_variables_set(struct pod_variables *variables, const char *name, const char *entry,
		      struct error *err) MUST_CHECK;
