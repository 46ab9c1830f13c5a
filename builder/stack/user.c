// SPDX-License-Identifier: Apache-2.0
#include "builder/stack/user.h"

#include <stdbool.h>
#include <string.h>

struct span {
	const char *text;
	size_t size;
};

/* What is left to read of a file, and its name for messages. */
struct lines {
	struct span rest;
	const char *file;
	size_t number;
};

enum { PASSWD_FIELDS = 7, GROUP_FIELDS = 4 };

static struct lines lines_of(const uint8_t *bytes, size_t size, const char *file)
{
	return (struct lines){ { (const char *)bytes, bytes ? size : 0 }, file, 0 };
}

static struct lines passwd_lines(const struct user_files *files)
{
	return lines_of(files->passwd, files->passwd_size, "/etc/passwd");
}

static struct lines group_lines(const struct user_files *files)
{
	return lines_of(files->group, files->group_size, "/etc/group");
}

static int check_size(struct lines lines, struct error *err)
{
	if (lines.rest.size > USER_FILE_MAX_BYTES)
		return error_input(err, "%s of the image has %zu bytes, at most %d", lines.file,
				   lines.rest.size, (int)USER_FILE_MAX_BYTES);
	return 0;
}

/* Cuts what stands before `separator` off `rest`; all of it where there is none. */
static struct span cut(struct span *rest, char separator)
{
	const char *at = rest->size ? memchr(rest->text, separator, rest->size) : NULL;
	struct span head = { rest->text, at ? (size_t)(at - rest->text) : rest->size };
	size_t taken = head.size + (at ? 1 : 0);

	rest->text += taken;
	rest->size -= taken;
	return head;
}

/* 1: *line is the next one; 0: the file ended; -1: *err. */
static int next_line(struct lines *lines, struct span *line, struct error *err)
{
	if (lines->rest.size == 0)
		return 0;
	*line = cut(&lines->rest, '\n');
	lines->number++;
	if (line->size > USER_LINE_MAX_BYTES)
		return error_input(err, "line %zu of %s of the image has %zu bytes, at most %d",
				   lines->number, lines->file, line->size,
				   (int)USER_LINE_MAX_BYTES);
	while (line->size && (line->text[0] == ' ' || line->text[0] == '\t')) {
		line->text++;
		line->size--;
	}
	return 1;
}

/* False for what glibc skips too: blank lines, comments, NIS markers, too few fields. */
static bool split(struct span line, struct span *fields, size_t count)
{
	if (line.size == 0 || strchr("#+-:", line.text[0]))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && line.size == 0)
			return i == count - 1; /* an empty last field may be all that is missing */
		fields[i] = cut(&line, ':');
	}
	return true;
}

static bool span_equal(struct span span, const char *text, size_t size)
{
	return span.size == size && memcmp(span.text, text, size) == 0;
}

static bool all_digits(struct span span)
{
	for (size_t i = 0; i < span.size; i++)
		if (span.text[i] < '0' || span.text[i] > '9')
			return false;
	return span.size > 0;
}

/* False: not digits alone, or above USER_ID_MAX. */
static bool span_id(struct span span, uint32_t *id)
{
	uint64_t n = 0;

	if (!all_digits(span))
		return false;
	for (size_t i = 0; i < span.size; i++) {
		n = n * 10 + (uint64_t)(span.text[i] - '0');
		if (n > USER_ID_MAX)
			return false;
	}
	*id = (uint32_t)n;
	return true;
}

/* A user or a group as asked for: a number, or else a name. */
struct wanted {
	struct span text;
	bool numeric;
	uint32_t id;
};

static int want(struct span text, const char *what, struct wanted *wanted, struct error *err)
{
	*wanted = (struct wanted){ text, all_digits(text), 0 };
	if (wanted->numeric && !span_id(text, &wanted->id))
		return error_input(err, "%s %.*s is above %u", what, (int)text.size, text.text,
				   USER_ID_MAX);
	return 0;
}

static bool matches(const struct wanted *wanted, struct span name, uint32_t id)
{
	return wanted->numeric ? id == wanted->id
			       : span_equal(name, wanted->text.text, wanted->text.size);
}

struct passwd_entry {
	bool found;
	struct span name, home;
	uint32_t uid, gid;
};

static int find_user(const struct user_files *files, const struct wanted *wanted,
		     struct passwd_entry *entry, struct error *err)
{
	struct lines lines = passwd_lines(files);
	struct span line, fields[PASSWD_FIELDS] = { 0 };
	uint32_t uid, gid;
	int more;

	while ((more = next_line(&lines, &line, err)) > 0) {
		if (!split(line, fields, PASSWD_FIELDS) || !span_id(fields[2], &uid) ||
		    !span_id(fields[3], &gid) || !matches(wanted, fields[0], uid))
			continue;
		*entry = (struct passwd_entry){ true, fields[0], fields[5], uid, gid };
		return 0;
	}
	return more;
}

static int find_group(const struct user_files *files, const struct wanted *wanted, bool *found,
		      uint32_t *gid, struct error *err)
{
	struct lines lines = group_lines(files);
	struct span line, fields[GROUP_FIELDS] = { 0 };
	uint32_t id;
	int more;

	while ((more = next_line(&lines, &line, err)) > 0) {
		if (!split(line, fields, GROUP_FIELDS) || !span_id(fields[2], &id) ||
		    !matches(wanted, fields[0], id))
			continue;
		*found = true;
		*gid = id;
		return 0;
	}
	return more;
}

static bool is_member(struct span members, struct span name)
{
	while (members.size)
		if (span_equal(cut(&members, ','), name.text, name.size))
			return true;
	return false;
}

static int compare_ids(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	return (left > right) - (left < right);
}

static void sort_unique(struct user *user)
{
	size_t kept = 0;

	if (user->group_count == 0)
		return;
	qsort(user->groups, user->group_count, sizeof(*user->groups), compare_ids);
	for (size_t i = 0; i < user->group_count; i++)
		if (user->groups[i] != user->gid &&
		    (kept == 0 || user->groups[kept - 1] != user->groups[i]))
			user->groups[kept++] = user->groups[i];
	user->group_count = kept;
}

static int append_group(struct user *user, uint32_t gid, struct error *err)
{
	if (user->group_count == USER_MAX_GROUPS)
		return error_input(err, "a user of the image is in more than %d groups",
				   (int)USER_MAX_GROUPS);
	if ((user->group_count & (user->group_count - 1)) == 0) {
		size_t room = user->group_count ? 2 * user->group_count : 1;
		uint32_t *groups = reallocarray(user->groups, room, sizeof(*groups));
		if (!groups)
			return error_memory(err);
		user->groups = groups;
	}
	user->groups[user->group_count++] = gid;
	return 0;
}

static int member_groups(const struct user_files *files, struct span name, struct user *user,
			 struct error *err)
{
	struct lines lines = group_lines(files);
	struct span line, fields[GROUP_FIELDS];
	uint32_t gid;
	int more;

	while ((more = next_line(&lines, &line, err)) > 0) {
		fields[3] = (struct span){ 0 };
		if (split(line, fields, GROUP_FIELDS) && span_id(fields[2], &gid) &&
		    is_member(fields[3], name) && append_group(user, gid, err) < 0)
			return -1;
	}
	sort_unique(user);
	return more;
}

/* The user's part: uid, home, and the gid to use where no group is asked for. */
static int resolve_user(const struct wanted *wanted, const struct user_files *files,
			struct passwd_entry *entry, struct user *user, struct error *err)
{
	if (find_user(files, wanted, entry, err) < 0)
		return -1;
	if (!entry->found && !wanted->numeric)
		return error_input(err, "user \"%.*s\" is not in /etc/passwd of the image",
				   (int)wanted->text.size, wanted->text.text);
	user->uid = entry->found ? entry->uid : wanted->id;
	user->gid = entry->gid;
	if (entry->found && entry->home.size && entry->home.text[0] == '/') {
		user->home = strndup(entry->home.text, entry->home.size);
		if (!user->home)
			return error_memory(err);
	}
	return 0;
}

static int resolve_group(const struct wanted *wanted, const struct user_files *files,
			 struct user *user, struct error *err)
{
	bool found = false;
	uint32_t gid = wanted->id;

	if (find_group(files, wanted, &found, &gid, err) < 0)
		return -1;
	if (!found && !wanted->numeric)
		return error_input(err, "group \"%.*s\" is not in /etc/group of the image",
				   (int)wanted->text.size, wanted->text.text);
	user->gid = gid;
	return 0;
}

int user_resolve(const char *text, const struct user_files *files, struct user *user,
		 struct error *err)
{
	struct span rest = { text ? text : "", text ? strlen(text) : 0 };
	struct span user_text = cut(&rest, ':');
	struct wanted wanted_user, wanted_group;
	struct passwd_entry entry = { 0 };
	cleanup_user struct user result = { 0 };

	if (rest.size && memchr(rest.text, ':', rest.size))
		return error_input(err, "user \"%s\" has more than one ':'", text);
	if (user_text.size == 0)
		user_text = (struct span){ "0", 1 };
	if (check_size(passwd_lines(files), err) < 0 || check_size(group_lines(files), err) < 0)
		return -1;
	if (want(user_text, "user", &wanted_user, err) < 0 ||
	    resolve_user(&wanted_user, files, &entry, &result, err) < 0)
		return -1;
	if (rest.size) {
		if (want(rest, "group", &wanted_group, err) < 0 ||
		    resolve_group(&wanted_group, files, &result, err) < 0)
			return -1;
	} else if (entry.found && member_groups(files, entry.name, &result, err) < 0) {
		return -1;
	}
	*user = result;
	result = (struct user){ 0 };
	return 0;
}

int user_add_groups(struct user *user, const uint32_t *groups, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++)
		if (append_group(user, groups[i], err) < 0)
			return -1;
	sort_unique(user);
	return 0;
}

void user_release(struct user *user)
{
	free(user->home);
	free(user->groups);
	*user = (struct user){ 0 };
}
