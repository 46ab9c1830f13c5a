// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/mode_text.h"

#include <sys/stat.h>

char mode_type_letter(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return 'd';
	case S_IFLNK:
		return 'l';
	case S_IFCHR:
		return 'c';
	case S_IFBLK:
		return 'b';
	case S_IFIFO:
		return 'p';
	case S_IFSOCK:
		return 's';
	default:
		return '-';
	}
}

void mode_text(uint32_t mode, char text[MODE_TEXT_BYTES])
{
	static const char letters[] = "rwxrwxrwx";

	text[0] = mode_type_letter(mode);
	for (int i = 0; i < 9; i++)
		text[1 + i] = mode & (0400U >> i) ? letters[i] : '-';
	if (mode & S_ISUID)
		text[3] = mode & S_IXUSR ? 's' : 'S';
	if (mode & S_ISGID)
		text[6] = mode & S_IXGRP ? 's' : 'S';
	if (mode & S_ISVTX)
		text[9] = mode & S_IXOTH ? 't' : 'T';
	text[10] = '\0';
}
