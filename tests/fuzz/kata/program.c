// SPDX-License-Identifier: Apache-2.0
/* What is offered as a program for the base; the same bytes as a policy of the user's own. */
#include "builder/kata/kata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct kata_program program = { data, size };
	struct error err;

	(void)!kata_program_check(&program, "amd64", &err);
	(void)!kata_policy_check((const char *)data, size, &err);
	return 0;
}
