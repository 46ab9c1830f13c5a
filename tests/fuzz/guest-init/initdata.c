// SPDX-License-Identifier: Apache-2.0
/* An initdata disk; and its text, as such and as it comes out of the disk. */
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "guest-init/initdata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *toml = NULL, *text = malloc(size + 1);
	uint8_t digest[SEAL_DIGEST_BYTES];
	size_t gzip_bytes, toml_size;
	struct error err;

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	(void)!initdata_seal_digest(text, digest, &err);
	if (size < INITDATA_HEADER_BYTES || initdata_header_parse(data, &gzip_bytes, &err) < 0 ||
	    gzip_bytes > size - INITDATA_HEADER_BYTES ||
	    initdata_unpack(data + INITDATA_HEADER_BYTES, gzip_bytes, &toml, &toml_size, &err) < 0)
		return 0;
	(void)!initdata_seal_digest(toml, digest, &err);
	return 0;
}
