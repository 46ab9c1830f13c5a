// SPDX-License-Identifier: Apache-2.0
/* Private to builder/source/. */
#pragma once

#include <stdbool.h>

struct archive;

/* The warning that libarchive's tar reader just gave takes nothing from the entry:
 *
 * - pax names are UTF-8 by POSIX, and it would convert them to the locale's character set. Ours is
 *   always "C", so a name beyond ASCII cannot be converted, and is kept as the bytes it is, which
 *   is what extractors do and what we want. (In a UTF-8 locale it normalises names to NFC.)
 * - SCHILY.acl.* texts that it cannot read: extractors of images ignore all of them. ACLs come as
 *   SCHILY.xattr.system.posix_acl_access.
 *
 * Whatever else it warns of is a damaged archive. */
bool tar_warning_harmless(struct archive *a);
