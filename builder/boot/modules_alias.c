// SPDX-License-Identifier: Apache-2.0
#include "builder/boot/modules_alias.h"

#include <string.h>

static const char keyword[] = "alias ";

/* The last of exactly three words. */
static const char *module_of(const char *line, size_t length, size_t *name_length)
{
	size_t word = sizeof(keyword) - 1;

	if (length < word || memcmp(line, keyword, word) != 0)
		return NULL;
	const char *pattern = line + word, *end = line + length;
	const char *blank = memchr(pattern, ' ', (size_t)(end - pattern));
	if (!blank || blank == pattern || blank + 1 == end ||
	    memchr(blank + 1, ' ', (size_t)(end - blank - 1)))
		return NULL;
	*name_length = (size_t)(end - blank - 1);
	return blank + 1;
}

void modules_alias_select(const uint8_t *bytes, size_t size,
			  bool (*wanted)(void *context, const char *name, size_t length),
			  void *context, FILE *out)
{
	const char *line = (const char *)bytes;
	size_t name_length;

	while (size) {
		const char *end = memchr(line, '\n', size);
		size_t length = end ? (size_t)(end - line) : size;
		const char *name = module_of(line, length, &name_length);
		if (name && wanted(context, name, name_length))
			(void)fprintf(out, "%.*s\n", (int)length, line);
		length += end != NULL;
		line += length;
		size -= length;
	}
}
