// SPDX-License-Identifier: Apache-2.0
/* The base distro of a pod that Kata boots. */
#pragma once

#include "builder/stack/tree.h"
#include "common/error.h"

/* The flattened base, sorted or not, holds kata-agent with its systemd units, and none of what
 * would answer in podseal-imaged's place or act on Kata's kernel parameters. Symbolic links are
 * followed as in the guest. ERROR_INPUT names everything that is wrong at once. */
int kata_base_check(const struct tree *base, struct error *err) MUST_CHECK;
