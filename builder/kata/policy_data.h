// SPDX-License-Identifier: Apache-2.0
/* The value of policy_data. Private to the policy's writer and its test. */
#pragma once

#include "builder/kata/kata_policy.h"

/* The caller owns *data. */
int policy_data(const struct pod *pod, const struct kata_policy_container *containers,
		bool allow_exec, json_t **data, struct error *err) MUST_CHECK;
