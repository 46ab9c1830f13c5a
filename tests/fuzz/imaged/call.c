// SPDX-License-Identifier: Apache-2.0
/* A frame's data: the call, and its payload as a pull. */
#include <string.h>

#include "guest-init/imaged/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_call struct call call = { .payload = NULL };
	struct pull_request pull;
	struct error err;

	if (call_parse(data, size, &call, &err) < 0)
		return 0;
	if (strlen(call.service) >= CALL_NAME_BYTES || strlen(call.method) >= CALL_NAME_BYTES)
		__builtin_trap();
	if (pull_request_parse(call.payload, call.payload_size, &pull, &err) == 0 &&
	    (strlen(pull.image) >= PULL_IMAGE_BYTES || strlen(pull.bundle) >= PULL_BUNDLE_BYTES))
		__builtin_trap();
	return 0;
}
