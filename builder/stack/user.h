// SPDX-License-Identifier: Apache-2.0
/* Who a container runs as: the image's User text resolved against the image's own /etc/passwd and
 * /etc/group. Never looks at the build host's users. The rules are those of runc, containerd and
 * umoci; lines are read as glibc reads them (blank, comment and malformed ones are skipped). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/error.h"

enum {
	USER_FILE_MAX_BYTES = 4 << 20,
	USER_LINE_MAX_BYTES = 64 << 10,
	USER_MAX_GROUPS = 65536, /* NGROUPS_MAX */
};
#define USER_ID_MAX 2147483647U /* runc's limit: 2^31 - 1 */

/* Contents of the image's files; NULL where it has none. */
struct user_files {
	const uint8_t *passwd, *group;
	size_t passwd_size, group_size;
};

struct user {
	uint32_t uid, gid;
	char *home; /* from /etc/passwd; NULL where the user has no entry there */
	size_t group_count;
	uint32_t *groups; /* further groups, ascending, each once, never `gid` */
};

/* `text` is "USER", "UID", "USER:GROUP", "UID:GID" or a mix; "" and NULL mean "0". The first entry
 * that matches wins; digits alone are always a number. Without a group, gid is the entry's
 * (0 for a number without entry), and the further groups are those of /etc/group that list the
 * entry's name; with a group there are none. ERROR_INPUT names a user or group that is not there.
 * Release with user_release(). */
int user_resolve(const char *text, const struct user_files *files, struct user *user,
		 struct error *err) MUST_CHECK;

/* Adds further groups, keeping user->groups as said above whatever user->gid is by now. */
int user_add_groups(struct user *user, const uint32_t *groups, size_t count, struct error *err)
	MUST_CHECK;

void user_release(struct user *user);
#define cleanup_user CLEANUP(user_release)
