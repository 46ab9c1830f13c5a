// SPDX-License-Identifier: Apache-2.0
/* Text that is taken as base64 or hexadecimal is the one form of its bytes. */
#include <assert.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/hex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = { 0 };
	cleanup_free char *text = strndup((const char *)data, size);
	cleanup_free uint8_t *bytes = NULL;
	uint8_t small[64];
	size_t n = 0;

	assert(text);
	if (base64_decode(text, &bytes, &n, &err) == 0) {
		cleanup_free char *again = base64_encode(bytes, n);
		assert(again && strcmp(again, text) == 0);
	}
	if (hex_decode_any(text, small, sizeof(small), &n, &err) == 0) {
		char again[2 * sizeof(small) + 1];
		hex_encode(small, n, again);
		assert(strcasecmp(again, text) == 0);
	}
	return 0;
}
