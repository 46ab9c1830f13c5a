// SPDX-License-Identifier: Apache-2.0
#include "builder/kata/kata_base.h"

#include <stdio.h>
#include <string.h>

/* Symbolic links on the way to one file, as the kernel allows. */
enum { LINKS_MAX = 40 };

/* Any of these places will do. */
struct wanted {
	const char *what;
	const char *paths[4];
};

static const struct wanted wanted[] = {
	{ "kata-agent (/usr/bin/kata-agent)", { "/usr/bin/kata-agent" } },
	{ "kata-agent.service",
	  { "/usr/lib/systemd/system/kata-agent.service", "/lib/systemd/system/kata-agent.service",
	    "/etc/systemd/system/kata-agent.service" } },
	{ "kata-containers.target",
	  { "/usr/lib/systemd/system/kata-containers.target",
	    "/lib/systemd/system/kata-containers.target",
	    "/etc/systemd/system/kata-containers.target" } },
	/* the target requires it; a distro may keep it where systemd does not look */
	{ "tmp.mount",
	  { "/usr/lib/systemd/system/tmp.mount", "/lib/systemd/system/tmp.mount",
	    "/etc/systemd/system/tmp.mount" } },
};

/* The agent starts the guest components instead of asking podseal-imaged; the generator powers the
 * guest off where the image is a guest extension; the rest is the builder's own place. */
static const char *const unwanted[] = {
	"/usr/local/bin/attestation-agent",
	"/usr/local/bin/confidential-data-hub",
	"/usr/local/bin/api-server-rest",
	"/usr/lib/systemd/system-generators/kata-extension-mount-generator",
	"/usr/local/lib/systemd/system-generators/kata-extension-mount-generator",
	"/etc/systemd/system-generators/kata-extension-mount-generator",
	"/pause_bundle",
	"/usr/lib/podseal-kata",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A walk: directories from the root down to where it is, so that ".." has an answer. */
struct walk {
	const struct inode *root;
	const struct inode *at[TREE_NAME_BYTES];
	size_t depth; /* of `at`; 0: at the root */
	unsigned links;
};

static const struct inode *here(const struct walk *walk)
{
	return walk->depth ? walk->at[walk->depth - 1] : walk->root;
}

static bool walk_path(struct walk *walk, const char *path);

static bool walk_name(struct walk *walk, const char *name)
{
	if (strcmp(name, ".") == 0)
		return true;
	if (strcmp(name, "..") == 0) {
		walk->depth -= walk->depth > 0;
		return true;
	}
	const struct dirent *entry = S_ISDIR(here(walk)->mode) ? tree_find(here(walk), name) : NULL;
	if (!entry)
		return false;
	if (S_ISLNK(entry->inode->mode))
		return ++walk->links <= LINKS_MAX && walk_path(walk, entry->inode->target);
	if (walk->depth == COUNT(walk->at))
		return false;
	walk->at[walk->depth++] = entry->inode;
	return true;
}

/* Recursion is as deep as links point to links: LINKS_MAX. */
static bool walk_path(struct walk *walk, const char *path)
{
	char name[TREE_NAME_BYTES + 1];

	if (*path == '/')
		walk->depth = 0;
	for (;;) {
		path += strspn(path, "/");
		size_t length = strcspn(path, "/");
		if (length == 0)
			return true;
		if (length > TREE_NAME_BYTES)
			return false;
		memcpy(name, path, length);
		name[length] = '\0';
		if (!walk_name(walk, name))
			return false;
		path += length;
	}
}

static bool exists(const struct tree *base, const char *path)
{
	struct walk walk = { .root = base->root };

	return walk_path(&walk, path);
}

static bool has(const struct tree *base, const struct wanted *thing)
{
	for (size_t i = 0; i < COUNT(thing->paths) && thing->paths[i]; i++)
		if (exists(base, thing->paths[i]))
			return true;
	return false;
}

/* Appends to a list that is printed as "a, b, c". */
static void list(char text[512], const char *item)
{
	size_t used = strlen(text);

	(void)snprintf(text + used, 512 - used, "%s%s", used ? ", " : "", item);
}

int kata_base_check(const struct tree *base, struct error *err)
{
	char missing[512] = "", present[512] = "";

	for (size_t i = 0; i < COUNT(wanted); i++)
		if (!has(base, &wanted[i]))
			list(missing, wanted[i].what);
	for (size_t i = 0; i < COUNT(unwanted); i++)
		if (exists(base, unwanted[i]))
			list(present, unwanted[i]);
	if (!*missing && !*present)
		return 0;
	return error_input(err, "not a base for --kata:%s%s%s%s%s", *missing ? " it lacks " : "",
			   missing, *missing && *present ? ";" : "",
			   *present ? " it must not hold " : "", present);
}
