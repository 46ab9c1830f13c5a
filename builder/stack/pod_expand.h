// SPDX-License-Identifier: Apache-2.0
/* Kubernetes' $(NAME) in command, args and env values. Private to pod_*.c. */
#pragma once

#include "builder/stack/pod.h"

/* Shared by all texts of a pod, so that references to references cannot grow without bound. */
struct pod_expander {
	struct arena *arena;
	size_t left_bytes;               /* of POD_TEXTS_MAX_BYTES */
	char buffer[POD_TEXT_MAX_BYTES]; /* scratch */
};

/* `text` with each $(NAME) replaced by the value that `env` ("NAME=VALUE" each) has; one that it
 * lacks stays as it stands; "$$" is "$", so that "$$(NAME)" is never replaced; other '$' stay.
 * `before` (may be "") is put before the result, unexpanded. Kubernetes API, Container.args;
 * behaviour of k8s.io/kubernetes/third_party/forked/golang/expansion. ERROR_INPUT: longer than
 * POD_TEXT_MAX_BYTES, or all together longer than POD_TEXTS_MAX_BYTES. */
int pod_expand(struct pod_expander *expander, const char *before, const char *text,
	       const struct text_list *env, const char **result, struct error *err) MUST_CHECK;

/* The value of `name`, of `size` bytes, in `env`, or NULL; *index (may be NULL) receives where. */
const char *pod_env_find(const struct text_list *env, const char *name, size_t size, size_t *index);
