// SPDX-License-Identifier: Apache-2.0
/* Making a pod: what pod_add() and pod_yaml_parse() share. Private to pod*.c. */
#pragma once

#include "builder/stack/pod.h"

/* Puts a copy of `container` (its texts stay the arena's) behind those of its kind. Its name must
 * be checked, and new. ERROR_INPUT: too many. */
int pod_insert(struct pod *pod, const struct pod_container *container, struct error *err)
	MUST_CHECK;
