// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/cli.h"

#include "builder/cli/view.h"
#include "common/io.h"

enum { OPT_KEY = 256, ZERO_BYTES = 65536 };

const struct command_option cat_options[] = {
	{ OPT_KEY, "key", "KEY", "the volume key, for a sealed volume" },
	{ 0 },
};

/* Writes zeros from `*at` up to `until`: a hole. */
static int write_hole(uint64_t *at, uint64_t until, struct error *err)
{
	static const uint8_t zeros[ZERO_BYTES];

	while (*at < until) {
		size_t n = until - *at < ZERO_BYTES ? (size_t)(until - *at) : ZERO_BYTES;
		if (write_all(STDOUT_FILENO, zeros, n, err) < 0)
			return error_prefix(err, "standard output");
		*at += n;
	}
	return 0;
}

static int write_piece(void *context, uint64_t offset, const uint8_t *bytes, size_t size,
		       struct error *err)
{
	uint64_t *at = context;

	if (write_hole(at, offset, err) < 0)
		return -1;
	if (write_all(STDOUT_FILENO, bytes, size, err) < 0)
		return error_prefix(err, "standard output");
	*at += size;
	return 0;
}

static int print(struct view *view, const char *path, struct error *err)
{
	struct ext4_file file = { 0 };
	uint32_t number = 0;
	uint64_t at = 0;

	if (view_find(view, path, &number, &file, err) < 0)
		return -1;
	if (!S_ISREG(file.mode))
		return error_input(err, "%s: not a regular file", view->image_path);
	if (ext4_read_content(view->files, number, write_piece, &at, err) < 0)
		return -1;
	return write_hole(&at, file.size, err);
}

int cmd_cat(const struct command *self, int argc, char **argv, struct error *err)
{
	cleanup_view struct view view = { 0 };
	const char *key = NULL;
	int id;

	while ((id = command_next_option(self, argc, argv, err)) != -1) {
		if (id == '?')
			return -1;
		key = optarg;
	}
	if (command_operands(self, argc, 2, err) < 0)
		return -1;
	const char *path = argv[optind + 1];
	if (view_open(argv[optind], key, &view, err) < 0 || print(&view, path, err) < 0)
		return error_prefix(err, "reading %s", path);
	return 0;
}
