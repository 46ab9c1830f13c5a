// SPDX-License-Identifier: Apache-2.0
#include "builder/kata/kata_policy.h"

#include <stdio.h>
#include <string.h>

#include "builder/kata/policy_data.h"
#include "builder/kata/embedded.h"
#include "common/json.h"

/* A JSON value is a Rego term. ASCII with escapes, and a line for each text: nothing in an image
 * can end its text, and a long one is seen by the check below. */
int kata_policy_text(const struct pod *pod, const struct kata_policy_container *containers,
		     bool allow_exec, char **text, size_t *size, struct error *err)
{
	cleanup_json json_t *data = NULL;
	cleanup_free char *policy = NULL;

	if (policy_data(pod, containers, allow_exec, &data, err) < 0)
		return -1;
	cleanup_free char *json =
		json_dumps(data, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
	if (!json || asprintf(&policy, "%s\npolicy_data := %s\n", policy_rules, json) < 0) {
		policy = NULL;
		return error_memory(err);
	}
	if (kata_policy_check(policy, strlen(policy), err) < 0)
		return error_prefix(err, "the pod's agent policy");
	*size = strlen(policy);
	*text = take_ptr(policy);
	return 0;
}

static bool has_package_line(const char *text, size_t size)
{
	static const char package[] = "package agent_policy";
	const size_t length = sizeof(package) - 1;

	for (const char *line = text, *end = text + size; line;) {
		size_t left = (size_t)(end - line);
		if (left >= length && memcmp(line, package, length) == 0 &&
		    (left == length || strchr(" \t\r\n#", line[length])))
			return true;
		line = memchr(line, '\n', left);
		line = line ? line + 1 : NULL;
	}
	return false;
}

static int check_lines(const char *text, size_t size, struct error *err)
{
	size_t number = 0;

	for (const char *line = text, *end = text + size; line < end; number++) {
		const char *next = memchr(line, '\n', (size_t)(end - line));
		size_t length = (size_t)((next ? next : end) - line);
		if (length >= KATA_POLICY_LINE_BYTES)
			return error_input(err,
					   "line %zu has %zu bytes, kata-agent takes less than %d",
					   number + 1, length, KATA_POLICY_LINE_BYTES);
		line = next ? next + 1 : end;
	}
	if (number > KATA_POLICY_MAX_LINES)
		return error_input(err, "%zu lines, kata-agent takes %d", number,
				   KATA_POLICY_MAX_LINES);
	return 0;
}

int kata_policy_check(const char *text, size_t size, struct error *err)
{
	if (size > KATA_POLICY_MAX_BYTES)
		return error_input(err, "%zu bytes, kata-agent takes %d", size,
				   KATA_POLICY_MAX_BYTES);
	if (memchr(text, '\0', size))
		return error_input(err, "it has NUL bytes: not a Rego policy");
	if (!has_package_line(text, size))
		return error_input(err, "no line says \"package agent_policy\"");
	return check_lines(text, size, err);
}
