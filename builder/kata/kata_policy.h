// SPDX-License-Identifier: Apache-2.0
/* The agent policy: fixed rules (policy.rego) and, behind them, what was sealed, as the value of
 * policy_data. docs/kata.md, "The policy", says what they allow.
 *
 * kata-agent reads it with regorus, which takes lines of up to KATA_POLICY_LINE_BYTES; the agent
 * takes up to KATA_POLICY_MAX_BYTES (kata-containers 4.1, src/agent/policy/src/policy.rs). */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "builder/stack/image_config.h"
#include "builder/stack/pod.h"
#include "common/error.h"

/* Where the policy lies in the pod, and so what kata-agent is told. */
#define KATA_POLICY_PATH "kata/policy.rego"

enum {
	KATA_POLICY_LINE_BYTES = 64 << 10,
	KATA_POLICY_MAX_LINES = 200000,
	KATA_POLICY_MAX_BYTES = 16 << 20,
};

/* What the policy says of the pod's container of the same place. */
struct kata_policy_container {
	const json_t *config;             /* its bundle's config.json */
	const struct image_config *image; /* what the bundle was made from */
	const char *image_name;           /* as the pod calls it; NULL: only by digest */
	const char *manifest_digest;      /* "" where there is none */
	const char *index_digest;         /* "" where there is none */
};

/* The whole policy. `containers` has pod->container_count elements. The caller frees *text
 * (NUL-terminated, *size bytes before the NUL). ERROR_INPUT names the container that Kata could
 * not ask for (an image with neither name nor digest), or the limit that is exceeded. */
int kata_policy_text(const struct pod *pod, const struct kata_policy_container *containers,
		     bool allow_exec, char **text, size_t *size, struct error *err) MUST_CHECK;

/* A policy of the user's own: ERROR_INPUT if the agent would not take it (too large, lines too
 * long, no "package agent_policy", NUL bytes). What it allows is not looked at. */
int kata_policy_check(const char *text, size_t size, struct error *err) MUST_CHECK;
