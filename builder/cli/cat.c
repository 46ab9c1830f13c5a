// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/cli.h"

#include "builder/cli/view.h"
#include "common/io.h"

enum { OPT_KEY = 256, OPT_SEAL, ZERO_BYTES = 65536 };

const struct command_option cat_options[] = {
	{ OPT_KEY, "key", "KEY", "the volume key, for a sealed volume" },
	{ OPT_SEAL, "seal", "sha256:HEX", "the seal digest the image must have" },
	{ 0 },
};

/* A file on its way to standard output. */
struct printing {
	uint64_t at;
	bool output_failed; /* and not the image */
};

static int print_bytes(struct printing *p, const uint8_t *bytes, size_t size, struct error *err)
{
	if (write_all(STDOUT_FILENO, bytes, size, err) < 0) {
		p->output_failed = true;
		return error_prefix(err, "standard output");
	}
	p->at += size;
	return 0;
}

/* Prints zeros up to `until`: a hole. */
static int print_hole(struct printing *p, uint64_t until, struct error *err)
{
	static const uint8_t zeros[ZERO_BYTES];

	while (p->at < until) {
		size_t n = until - p->at < ZERO_BYTES ? (size_t)(until - p->at) : ZERO_BYTES;
		if (print_bytes(p, zeros, n, err) < 0)
			return -1;
	}
	return 0;
}

static int print_piece(void *context, uint64_t offset, const uint8_t *bytes, size_t size,
		       struct error *err)
{
	if (print_hole(context, offset, err) < 0)
		return -1;
	return print_bytes(context, bytes, size, err);
}

static int print(struct view *view, const char *path, struct error *err)
{
	struct ext4_file file = { 0 };
	struct printing printing = { 0 };
	uint32_t number = 0;

	if (view_find(view, path, &number, &file, err) < 0)
		return -1;
	if (!S_ISREG(file.mode))
		return error_input(err, "%s: not a regular file", view->image_path);
	if (ext4_read_content(view->files, number, print_piece, &printing, err) < 0 ||
	    print_hole(&printing, file.size, err) < 0)
		return printing.output_failed ? -1 : error_prefix(err, "%s", view->image_path);
	return 0;
}

int cmd_cat(const struct command *self, int argc, char **argv, struct error *err)
{
	cleanup_view struct view view = { 0 };
	struct view_options options = { 0 };
	int id;

	while ((id = command_next_option(self, argc, argv, err)) != -1) {
		if (id == '?')
			return -1;
		options.key = id == OPT_KEY ? optarg : options.key;
		options.seal = id == OPT_SEAL ? optarg : options.seal;
	}
	if (command_operands(self, argc, 2, err) < 0)
		return -1;
	const char *path = argv[optind + 1];
	if (view_open(argv[optind], &options, &view, err) < 0 || print(&view, path, err) < 0)
		return error_prefix(err, "reading %s", path);
	return 0;
}
