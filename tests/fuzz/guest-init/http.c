// SPDX-License-Identifier: Apache-2.0
/* A broker's answer: the first byte is the length of the pieces in which the rest comes. */
#include "guest-init/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_http_reader struct http_reader *reader = NULL;
	cleanup_http_response struct http_response response = { 0 };
	size_t step = size ? data[0] + (size_t)1 : 1;
	bool done = false;
	struct error err;

	if (http_reader_new(&reader, &err) < 0)
		return 0;
	for (size_t at = 1; at < size && !done; at += step) {
		size_t n = size - at < step ? size - at : step;
		if (http_reader_feed(reader, data + at, n, &done, &err) < 0)
			return 0;
	}
	if (!done && http_reader_feed(reader, data, 0, &done, &err) < 0)
		return 0;
	http_reader_take(reader, &response);
	return 0;
}
