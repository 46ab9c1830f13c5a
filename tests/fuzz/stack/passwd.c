// SPDX-License-Identifier: Apache-2.0
/* The input is three parts with '\1' between them: the User text, /etc/passwd, /etc/group. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "builder/stack/user.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Cuts the bytes before the next '\1' off the input, into memory of exactly that size. */
static uint8_t *cut(const uint8_t **data, size_t *size, size_t *part_size)
{
	const uint8_t *end = *size ? memchr(*data, 1, *size) : NULL;
	*part_size = end ? (size_t)(end - *data) : *size;
	uint8_t *part = malloc(*part_size + 1);
	assert(part);
	if (*part_size)
		memcpy(part, *data, *part_size);
	*data += *part_size + (end ? 1 : 0);
	*size -= *part_size + (end ? 1 : 0);
	return part;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = { 0 };
	struct user_files files = { 0 };
	cleanup_user struct user user = { 0 };
	size_t text_size;
	cleanup_free uint8_t *text = cut(&data, &size, &text_size);
	cleanup_free uint8_t *passwd = cut(&data, &size, &files.passwd_size);
	cleanup_free uint8_t *group = cut(&data, &size, &files.group_size);

	text[text_size] = '\0';
	files.passwd = passwd;
	files.group = group;
	if (user_resolve((const char *)text, &files, &user, &err) < 0) {
		assert(err.kind == ERROR_INPUT && err.text[0]);
		return 0;
	}
	assert(user.uid <= USER_ID_MAX && user.gid <= USER_ID_MAX);
	assert(!user.home || user.home[0] == '/');
	for (size_t i = 0; i < user.group_count; i++)
		assert(user.groups[i] != user.gid &&
		       (i == 0 || user.groups[i - 1] < user.groups[i]));
	return 0;
}
