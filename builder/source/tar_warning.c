// SPDX-License-Identifier: Apache-2.0
#include "builder/source/tar_warning.h"

#include <string.h>

#include <archive.h>

bool tar_warning_harmless(struct archive *a)
{
	const char *text = archive_error_string(a);

	return text && (strstr(text, " can't be converted from UTF-8 to current locale.") ||
			strncmp(text, "Parse error:  SCHILY.acl.", 25) == 0);
}
