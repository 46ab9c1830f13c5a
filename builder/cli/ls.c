// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/cli.h"

#include <string.h>
#include <time.h>

#include "builder/cli/mode_text.h"
#include "builder/cli/view.h"
#include "builder/ext4/walk.h"
#include "common/hex.h"
#include "common/json.h"

enum { OPT_KEY = 256, OPT_SEAL, OPT_JSON };

const struct command_option ls_options[] = {
	{ OPT_KEY, "key", "KEY", "the volume key, for a sealed volume" },
	{ OPT_SEAL, "seal", "sha256:HEX", "the seal digest the image must have" },
	{ 'R', "recursive", NULL, "and everything below" },
	{ OPT_JSON, "json", NULL, "print JSON, an object a line" },
	{ 0 },
};

struct listing {
	bool json;
	bool children_only; /* a directory is listed by what it holds */
	bool output_failed; /* and not the image */
};

static void print_escaped(const char *text)
{
	char line[4 * EXT4_PATH_MAX_BYTES];

	text_escape(text, line, sizeof(line));
	(void)fputs(line, stdout);
}

static void print_line(const char *path, const struct ext4_file *f)
{
	char mode[MODE_TEXT_BYTES], date[32] = "?", size[32];
	time_t mtime = (time_t)f->mtime_sec;
	struct tm tm;

	mode_text(f->mode, mode);
	if (gmtime_r(&mtime, &tm))
		(void)strftime(date, sizeof(date), "%Y-%m-%d %H:%M", &tm);
	if (S_ISCHR(f->mode) || S_ISBLK(f->mode))
		(void)snprintf(size, sizeof(size), "%u, %u", f->major, f->minor);
	else
		(void)snprintf(size, sizeof(size), "%llu", (unsigned long long)f->size);
	printf("%s %3u %5u %5u %10s %s ", mode, f->links, f->uid, f->gid, size, date);
	print_escaped(*path ? path : ".");
	if (S_ISLNK(f->mode)) {
		printf(" -> ");
		print_escaped(f->target);
	}
	putchar('\n');
}

/* Names need not be UTF-8: then `path_hex` has the bytes, and there is no `path`. */
static int put_text(json_t *object, const char *name, const char *text)
{
	json_t *value = json_string(text);
	char hex_name[32];

	if (value)
		return json_object_set_new(object, name, value);
	cleanup_free char *hex = malloc(2 * strlen(text) + 1);
	if (!hex)
		return -1;
	hex_encode((const uint8_t *)text, strlen(text), hex);
	(void)snprintf(hex_name, sizeof(hex_name), "%s_hex", name);
	return json_object_set_new(object, hex_name, json_string(hex));
}

static json_t *xattrs_json(const struct xattr_set *set)
{
	json_t *object = json_object();

	for (uint32_t i = 0; set && i < set->count; i++) {
		const struct xattr *x = &set->items[i];
		cleanup_free char *value = malloc(2 * (size_t)x->size + 1);
		if (!value)
			continue;
		hex_encode(x->value, x->size, value);
		(void)json_object_set_new(object, x->name, json_string(value));
	}
	return object;
}

static int print_json(struct listing *listing, const char *path, const struct ext4_file *f,
		      struct error *err)
{
	char mode[MODE_TEXT_BYTES];

	mode_text(f->mode, mode);
	cleanup_json json_t *o = json_pack(
		"{s:I, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "inode", (json_int_t)f->number,
		"mode", mode, "permissions", (json_int_t)(f->mode & 07777), "links",
		(json_int_t)f->links, "uid", (json_int_t)f->uid, "gid", (json_int_t)f->gid, "size",
		(json_int_t)f->size, "mtime", (json_int_t)f->mtime_sec, "mtime_nsec",
		(json_int_t)f->mtime_nsec);
	if (!o || put_text(o, "path", *path ? path : ".") < 0 ||
	    (S_ISLNK(f->mode) && put_text(o, "target", f->target) < 0) ||
	    ((S_ISCHR(f->mode) || S_ISBLK(f->mode)) &&
	     json_object_set_new(o, "device", json_pack("[i, i]", f->major, f->minor)) < 0) ||
	    (f->xattrs && json_object_set_new(o, "xattrs_hex", xattrs_json(f->xattrs)) < 0))
		return error_memory(err);
	if (json_dumpf(o, stdout, JSON_COMPACT) < 0) {
		listing->output_failed = true;
		return error_system(err, "writing to standard output");
	}
	putchar('\n');
	return 0;
}

static int print_file(void *context, const char *path, const struct ext4_file *file,
		      struct error *err)
{
	struct listing *listing = context;

	if (!*path && listing->children_only)
		return 0;
	if (listing->json)
		return print_json(listing, path, file, err);
	print_line(path, file);
	return 0;
}

struct child {
	struct ext4_reader *files;
	struct listing *listing;
};

static int print_child(void *context, const char *name, uint32_t number, struct error *err)
{
	const struct child *child = context;
	struct ext4_file file = { 0 };

	if (ext4_stat(child->files, number, &file, err) < 0)
		return -1;
	return print_file(child->listing, name, &file, err);
}

static int list_found(struct view *view, const char *path, uint32_t number, bool recursive,
		      struct ext4_file *file, struct listing *listing, struct error *err)
{
	struct child child = { view->files, listing };

	if (!S_ISDIR(file->mode))
		return print_file(listing, path, file, err);
	listing->children_only = true;
	if (recursive)
		return ext4_walk(view->files, number, true, print_file, listing, err);
	return ext4_list(view->files, number, print_child, &child, err);
}

static int list(struct view *view, const char *path, bool recursive, bool json, struct error *err)
{
	struct listing listing = { .json = json };
	struct ext4_file file = { 0 };
	uint32_t number = 0;

	if (view_find(view, path, &number, &file, err) < 0)
		return -1;
	if (list_found(view, path, number, recursive, &file, &listing, err) < 0)
		return listing.output_failed ? -1 : error_prefix(err, "%s", view->image_path);
	return 0;
}

int cmd_ls(const struct command *self, int argc, char **argv, struct error *err)
{
	cleanup_view struct view view = { 0 };
	struct view_options options = { 0 };
	bool recursive = false, json = false;
	int id;

	while ((id = command_next_option(self, argc, argv, err)) != -1) {
		if (id == '?')
			return -1;
		options.key = id == OPT_KEY ? optarg : options.key;
		options.seal = id == OPT_SEAL ? optarg : options.seal;
		recursive |= id == 'R';
		json |= id == OPT_JSON;
	}
	if (argc - optind != 2 && command_operands(self, argc, 1, err) < 0)
		return -1;
	const char *path = argc - optind == 2 ? argv[optind + 1] : "/";
	if (view_open(argv[optind], &options, &view, err) < 0 ||
	    list(&view, path, recursive, json, err) < 0)
		return error_prefix(err, "listing %s", path);
	return 0;
}
