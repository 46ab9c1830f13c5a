// SPDX-License-Identifier: Apache-2.0
/* Each rule by which layers become a tree, a row each. The results are those of `umoci unpack`
 * 0.4.7 on the same layers, where a row does not say otherwise (its times for directories that it
 * made unasked are those of the moment). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/stack/flatten_layers.h"

/* A layer: "KIND:PATH", "KIND:PATH>TARGET" with blanks between. A tree: see list_file(). */
struct row {
	const char *rule;
	const char *layers[LAYERS_MAX];
	const char *tree;    /* or "!" and a part of the message */
	const char *missing; /* identities; NULL: none */
	const char *unused;
};

static const struct row rows[] = {
	{ "nothing", { "" }, "", NULL, NULL },

	/* whiteouts */
	{ "a whiteout removes a file, and a directory with all in it",
	  { "f:a d:d f:d/x d:d/e f:d/e/y f:b", "f:.wh.a f:.wh.d" },
	  "f:b@1.6 ",
	  NULL,
	  NULL },
	{ "a whiteout and a new file in one layer: the new one stays, in either order",
	  { "f:a f:b", "f:.wh.a f:a f:b f:.wh.b" },
	  "f:a@2.2 f:b@2.3 ",
	  NULL,
	  NULL },
	{ "a whiteout of nothing does nothing",
	  { "f:a", "f:.wh.b f:m/.wh.c f:a/.wh.d" },
	  "f:a@1.1 ",
	  NULL,
	  NULL },
	{ "a whiteout may have any type", { "f:a f:b", "d:.wh.a p:.wh.b" }, "", NULL, NULL },
	{ "a whiteout of a directory after a child in it leaves directory and child",
	  { "d:d f:d/old d:d/e f:d/e/old", "f:d/e/new f:.wh.d" },
	  "d:d@1.1 d:d/e@1.3 f:d/e/new@2.1 ",
	  NULL,
	  NULL },
	{ "a whiteout of a directory before a child in it makes the directory anew",
	  { "d:d f:d/old", "f:.wh.d f:d/new" },
	  "i:d@2.2 f:d/new@2.2 ",
	  NULL,
	  NULL },
	{ "a whiteout of a symbolic link removes the link",
	  { "d:d f:d/x l:s>d", "f:.wh.s" },
	  "d:d@1.1 f:d/x@1.2 ",
	  NULL,
	  NULL },
	{ "a whiteout below a symbolic link",
	  { "d:d f:d/x f:d/y l:s>d", "f:s/.wh.x" },
	  "d:d@1.1 f:d/y@1.3 l:s@1.4 ",
	  NULL,
	  "1.2" },
	{ "a whiteout of what a layer further up makes again",
	  { "f:a", "f:.wh.a", "f:a" },
	  "f:a@3.1 ",
	  NULL,
	  NULL },
	{ "a directory is removed and made again as a file, then as a directory",
	  { "d:d f:d/x", "f:.wh.d f:d", "d:d f:d/y" },
	  "d:d@3.1 f:d/y@3.2 ",
	  NULL,
	  NULL },
	/* umoci removes the directory that holds the marker, and fails when it restores its time */
	{ "a whiteout without a name", { "d:d", "f:d/.wh." }, "!d/.wh.: a whiteout", NULL, NULL },
	{ "a whiteout of .", { "f:.wh.." }, "!.wh..: a whiteout of \".\"", NULL, NULL },
	{ "a whiteout of ..", { "f:d/.wh..." }, "!d/.wh...: a whiteout of \"..\"", NULL, NULL },
	/* umoci takes the files of AUFS's directory for an image's; containerd does not */
	{ "AUFS's own files are left out",
	  { "d:.wh..wh.plnk f:.wh..wh.plnk/1.2 f:.wh..wh.aufs d:d/.wh..wh.orph/x f:a.wh..wh.b" },
	  "f:a.wh..wh.b@1.5 ",
	  NULL,
	  NULL },
	{ "a parent with a whiteout's name is a directory",
	  { "f:.wh.d/x" },
	  "i:.wh.d@1.1 f:.wh.d/x@1.1 ",
	  NULL,
	  NULL },

	/* opaque directories */
	{ "an opaque directory hides what is below, whatever the order",
	  { "d:d f:d/old d:d/e f:d/e/old", "d:d f:d/new f:d/.wh..wh..opq f:d/new2" },
	  "d:d@2.1 f:d/new@2.2 f:d/new2@2.4 ",
	  NULL,
	  NULL },
	{ "an opaque directory deeper down keeps only what is new",
	  { "d:d d:d/e f:d/e/old d:d/g f:d/g/old", "f:d/e/new f:d/.wh..wh..opq" },
	  "d:d@1.1 d:d/e@1.2 f:d/e/new@2.1 ",
	  NULL,
	  NULL },
	{ "an opaque root", { "d:d f:d/old f:r", "f:.wh..wh..opq f:n" }, "f:n@2.2 ", NULL, NULL },
	{ "opaque where no directory is",
	  { "f:f", "f:m/.wh..wh..opq f:f/.wh..wh..opq" },
	  "f:f@1.1 ",
	  NULL,
	  NULL },
	{ "opaque through a symbolic link",
	  { "d:d f:d/x l:s>d", "f:s/.wh..wh..opq" },
	  "d:d@1.1 l:s@1.3 ",
	  NULL,
	  "1.2" },
	{ "an opaque marker twice, and entries between",
	  { "d:d f:d/old", "f:d/.wh..wh..opq f:d/a f:d/.wh..wh..opq f:d/b" },
	  "d:d@1.1 f:d/a@2.2 f:d/b@2.4 ",
	  NULL,
	  NULL },

	/* replacing */
	{ "a directory over a directory keeps what is in it",
	  { "d:d f:d/x", "d:d" },
	  "d:d@2.1 f:d/x@1.2 ",
	  NULL,
	  NULL },
	{ "a file over a directory, a directory over a file",
	  { "d:d f:d/x f:f", "f:d d:f f:f/y" },
	  "f:d@2.1 d:f@2.2 f:f/y@2.3 ",
	  NULL,
	  NULL },
	{ "a file over a symbolic link is not written through it",
	  { "f:t l:s>t", "f:s" },
	  "f:s@2.1 f:t@1.1 ",
	  NULL,
	  NULL },
	{ "a directory over a symbolic link to a directory replaces the link",
	  { "d:d f:d/x l:s>d", "d:s f:s/y" },
	  "d:d@1.1 f:d/x@1.2 d:s@2.1 f:s/y@2.2 ",
	  NULL,
	  NULL },
	{ "a symbolic link over a directory",
	  { "d:lib f:lib/x d:usr/lib", "l:lib>usr/lib f:lib/y" },
	  "l:lib@2.1 i:usr@1.3 d:usr/lib@1.3 f:usr/lib/y@2.2 ",
	  NULL,
	  NULL },
	{ "one path twice in a layer: the later one",
	  { "f:a f:b f:a", "f:b f:b" },
	  "f:a@1.3 f:b@2.2 ",
	  NULL,
	  "1.1 2.1" },

	/* parents */
	{ "missing parents are made", { "f:a/b/c" }, "i:a@1.1 i:a/b@1.1 f:a/b/c@1.1 ", NULL, NULL },
	{ "missing parents get their entry later",
	  { "f:a/b d:a" },
	  "d:a@1.2 f:a/b@1.1 ",
	  NULL,
	  NULL },
	{ "a parent that is a file",
	  { "f:f", "f:f/x" },
	  "!layer 2: /f/x: /f is not a dir",
	  NULL,
	  NULL },
	{ "a parent that was a file", { "f:f", "d:f f:f/x" }, "d:f@2.1 f:f/x@2.2 ", NULL, NULL },
	{ "a symbolic link as a parent",
	  { "d:usr/lib l:lib>usr/lib", "f:lib/x" },
	  "l:lib@1.2 i:usr@1.1 d:usr/lib@1.1 f:usr/lib/x@2.1 ",
	  NULL,
	  NULL },
	{ "an absolute symbolic link as a parent stays in the root",
	  { "d:a/b l:a/b/s>/c f:a/b/s/x" },
	  "i:a@1.1 d:a/b@1.1 l:a/b/s@1.2 i:c@1.3 f:c/x@1.3 ",
	  NULL,
	  NULL },
	{ "a symbolic link that climbs stays in the root",
	  { "l:s>../../../c f:s/x" },
	  "i:c@1.2 f:c/x@1.2 l:s@1.1 ",
	  NULL,
	  NULL },
	{ "a dangling symbolic link as a parent: its target is made",
	  { "l:s>t/u f:s/x" },
	  "l:s@1.1 i:t@1.2 i:t/u@1.2 f:t/u/x@1.2 ",
	  NULL,
	  NULL },
	{ ".. in a symbolic link means the parent of what the link leads to",
	  { "d:a d:a/b l:s>a/b l:t>s/../q f:t/x" },
	  "d:a@1.1 d:a/b@1.2 i:a/q@1.5 f:a/q/x@1.5 l:s@1.3 l:t@1.4 ",
	  NULL,
	  NULL },
	{ ".. behind what is missing is taken by name",
	  { "l:s>nope/../real f:s/x" },
	  "i:real@1.2 f:real/x@1.2 l:s@1.1 ",
	  NULL,
	  NULL },
	{ "symbolic links in a circle",
	  { "l:s>t l:t>s f:s/x" },
	  "!/s/x: more than 255",
	  NULL,
	  NULL },
	{ "a whiteout below a circle",
	  { "l:s>s", "f:s/.wh.x" },
	  "!/s/x: more than 255",
	  NULL,
	  NULL },

	/* paths */
	{ "paths from the root, with dots and slashes",
	  { "f:/a f:./b f:c//d/./e d:g/" },
	  "f:a@1.1 f:b@1.2 i:c@1.3 i:c/d@1.3 f:c/d/e@1.3 d:g@1.4 ",
	  NULL,
	  NULL },
	{ ".. in a path is taken by name, and stays in the root",
	  { "d:d d:d/e l:s>d/e", "f:s/../x f:../../y f:d/../../z" },
	  "d:d@1.1 d:d/e@1.2 l:s@1.3 f:x@2.1 f:y@2.2 f:z@2.3 ",
	  NULL,
	  NULL },
	{ "the root's own entry", { "d:./ f:a", "d:a/.." }, "d:@2.1 f:a@1.2 ", NULL, NULL },
	{ "the root as something else", { "f:." }, "!.: the root is to be", NULL, NULL },

	/* hard links */
	{ "a hard link in its layer", { "f:a h:b>a" }, "f:a@1.1x2 f:b@1.1x2 ", NULL, NULL },
	{ "a hard link to a lower layer's file",
	  { "f:a", "h:d/b>/a" },
	  "f:a@1.1x2 i:d@1.1 f:d/b@1.1x2 ",
	  NULL,
	  NULL },
	{ "a hard link keeps what an upper layer replaces",
	  { "f:a h:b>a", "f:a" },
	  "f:a@2.1 f:b@1.1 ",
	  "1.1",
	  NULL },
	{ "a hard link keeps what a whiteout of its layer removes after it",
	  { "f:a", "h:b>a f:.wh.a" },
	  "f:b@1.1 ",
	  "1.1",
	  NULL },
	{ "a hard link to what a whiteout of its layer removed before",
	  { "f:a", "f:.wh.a h:b>a" },
	  "!layer 2: /b: hard link to /a, which does not exist",
	  NULL,
	  NULL },
	{ "a hard link replaced leaves the other names",
	  { "f:a h:b>a h:c>a", "f:b" },
	  "f:a@1.1x2 f:b@2.1 f:c@1.1x2 ",
	  NULL,
	  NULL },
	{ "a hard link links what its target is at that moment",
	  { "f:a h:b>a f:a h:c>a" },
	  "f:a@1.3x2 f:b@1.1 f:c@1.3x2 ",
	  NULL,
	  NULL },
	{ "a hard link to a symbolic link links the link",
	  { "f:t l:s>t h:h>s" },
	  "l:h@1.2x2 l:s@1.2x2 f:t@1.1 ",
	  NULL,
	  NULL },
	{ "a hard link to a fifo", { "p:t h:h>t" }, "p:h@1.1x2 p:t@1.1x2 ", NULL, NULL },
	{ "a hard link through a symbolic link",
	  { "d:d f:d/x l:s>d h:h>s/x h:s/y>h" },
	  "d:d@1.1 f:d/x@1.2x3 f:d/y@1.2x3 f:h@1.2x3 l:s@1.3 ",
	  NULL,
	  NULL },
	{ "a hard link's target stays in the root",
	  { "f:x h:h>../../x" },
	  "f:h@1.1x2 f:x@1.1x2 ",
	  NULL,
	  NULL },
	{ "a hard link to nothing",
	  { "f:a", "h:d/b>c" },
	  "!layer 2: /d/b: hard link to /c, which does not exist",
	  NULL,
	  NULL },
	{ "a hard link to what comes later",
	  { "h:b>a f:a" },
	  "!/b: hard link to /a, which",
	  NULL,
	  NULL },
	{ "a hard link to itself", { "f:a h:a>./a" }, "!/a: hard link to /a, which", NULL, NULL },
	{ "a hard link to a directory",
	  { "d:d h:a>d" },
	  "!/a: hard link to /d, which is a directory",
	  NULL,
	  NULL },
	{ "a hard link to the root", { "h:a>/" }, "!a: a hard link to the root", NULL, NULL },
	{ "a hard link as the root",
	  { "f:a h:.>a" },
	  "!.: a hard link named as the root",
	  NULL,
	  NULL },
	{ "a hard link over the directory of its target",
	  { "d:d f:d/x h:d>d/x" },
	  "!/d: hard link to /d/x, which does not exist",
	  NULL,
	  NULL },
	{ "a hard link to below a file",
	  { "f:f h:h>f/x" },
	  "!/h: hard link to /f/x, which",
	  NULL,
	  NULL },
	{ "a hard link below a file",
	  { "f:f h:f/x>f" },
	  "!/f/x: /f is not a directory",
	  NULL,
	  NULL },

	/* what names alone cannot tell */
	{ "a lower file that a path through a symbolic link replaces was placed in vain",
	  { "f:d/x l:s>d", "f:s/x" },
	  "i:d@1.1 f:d/x@2.1 l:s@1.2 ",
	  NULL,
	  "1.1" },
	{ "a file that seems hidden, but was moved by a symbolic link of its time",
	  { "d:d l:s>d f:s/x", "l:s>e" },
	  "d:d@1.1 f:d/x@1.3 l:s@2.1 ",
	  "1.3",
	  NULL },
	{ "missing comes by layer and then by entry",
	  { "f:a f:b h:x>b h:y>a", "f:c h:z>c", "f:a f:b f:c" },
	  "f:a@3.1 f:b@3.2 f:c@3.3 f:x@1.2 f:y@1.1 f:z@2.1 ",
	  "1.1 1.2 2.1",
	  NULL },
	{ "a file without content is never missing",
	  { "e:a h:b>a", "f:a" },
	  "f:a@2.1 e:b@1.1 ",
	  NULL,
	  NULL },
};

static void parse_layer(const char *text, struct test_layer *layer)
{
	layer->count = 0;
	while (text && *text) {
		struct test_entry *entry = &layer->entries[layer->count++];
		size_t length = strcspn(text, " "), path = strcspn(text, "> ");
		*entry = (struct test_entry){ .kind = text[0] };
		memcpy(entry->path, text + 2, path - 2);
		if (path < length)
			memcpy(entry->target, text + path + 1, length - path - 1);
		text += length + (text[length] == ' ');
	}
}

static void append_identity(char *text, int64_t identity_)
{
	(void)sprintf(text + strlen(text), "%s%d.%d", text[0] ? " " : "",
		      (int)identity_ / IDENTITY_LAYER, (int)identity_ % IDENTITY_LAYER);
}

static void check_row(const struct row *row)
{
	static struct test_layer layers[LAYERS_MAX];
	static char listing[LISTING_BYTES];
	char missing[200] = "", unused[200] = "";
	struct test_wanted wanted;
	struct error err = { 0 };
	size_t count = 0;
	cleanup_flatten_result struct flatten_result result = { 0 };
	for (; count < LAYERS_MAX && row->layers[count]; count++)
		parse_layer(row->layers[count], &layers[count]);
	int done = flatten_layers(layers, count, &wanted, &result, &err);
	if (row->tree[0] == '!') {
		assert_int_equal(done, -1);
		assert_int_equal(err.kind, ERROR_INPUT);
		if (!strstr(err.text, row->tree + 1))
			fail_msg("message: %s", err.text);
		return;
	}
	if (done < 0)
		fail_msg("message: %s", err.text);
	assert_int_equal(list_tree(result.tree, listing, &err), 0);
	tree_free(result.tree);
	assert_string_equal(listing, row->tree);
	for (size_t i = 0; i < result.missing_count; i++)
		append_identity(missing,
				identity(result.missing[i].layer, result.missing[i].ordinal));
	for (size_t i = 0; i < result.unused_count; i++)
		append_identity(unused, (int64_t)result.unused[i].place);
	assert_string_equal(missing, row->missing ? row->missing : "");
	assert_string_equal(unused, row->unused ? row->unused : "");
}

static void test_each_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("%s\n", rows[i].rule);
		check_row(&rows[i]);
	}
}

/* umoci agrees: 255 links are followed, 256 are not. */
static void test_255_symbolic_links_are_followed(void **state)
{
	(void)state;
	static struct test_layer layer;
	for (unsigned links = 255; links <= 256; links++) {
		struct test_wanted wanted;
		struct error err = { 0 };
		cleanup_flatten_result struct flatten_result result = { 0 };
		layer.count = links + 2;
		for (unsigned i = 0; i < links; i++) {
			layer.entries[i].kind = 'l';
			(void)sprintf(layer.entries[i].path, "s%u", i);
			(void)sprintf(layer.entries[i].target, "s%u", i + 1);
		}
		layer.entries[links] = (struct test_entry){ .kind = 'd' };
		(void)sprintf(layer.entries[links].path, "s%u", links);
		layer.entries[links + 1] = (struct test_entry){ .kind = 'f', .path = "s0/x" };
		int done = flatten_layers(&layer, 1, &wanted, &result, &err);
		assert_int_equal(done, links == 255 ? 0 : -1);
		tree_free(result.tree);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_rule),
		cmocka_unit_test(test_255_symbolic_links_are_followed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
