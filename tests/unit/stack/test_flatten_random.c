// SPDX-License-Identifier: Apache-2.0
/* Random small stacks of layers, flattened and extracted by the model: the trees must be the same,
 * and what flatten says is missing or unused must be exactly that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/stack/flatten_model.h"

enum {
	STACKS = 30000,
	RANDOM_ENTRIES = 9,
};

/* --- random layers ------------------------------------------------------------------------ */

static uint64_t random_state;

static unsigned random_below(unsigned limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)((random_state >> 32) % limit);
}

static void random_path(char *path)
{
	static const char *const names[] = { "a", "b", "c", "a", "b", "dd" };
	static const char *const fronts[] = { "", "", "", "", "", "./", "/", "../", "./b/../" };
	unsigned depth = 1 + random_below(4);
	(void)strcpy(path, fronts[random_below(9)]);
	for (unsigned i = 0; i < depth; i++)
		(void)sprintf(path + strlen(path), "%s%s", i ? "/" : "", names[random_below(6)]);
}

static void random_entry(struct test_entry *entry, bool links)
{
	static const char kinds[] = "ddfffeplllhh";
	static const char *const targets[] = { "a",     "b",       "a/b",    "../a", "/b", "c/../b",
					       "../..", "/dd/./a", "x/../c", "dd",   "." };
	*entry = (struct test_entry){ .kind = kinds[random_below(links ? 12 : 7)] };
	random_path(entry->path);
	if (entry->kind == 'l')
		(void)strcpy(entry->target, targets[random_below(11)]);
	if (entry->kind == 'h')
		random_path(entry->target);
	unsigned special = random_below(24);
	if (special < 3) { /* the last name's whiteout */
		char *name = strrchr(entry->path, '/');
		name = name ? name + 1 : entry->path;
		memmove(name + 4, name, strlen(name) + 1);
		memcpy(name, ".wh.", 4);
		entry->kind = 'f';
	} else if (special < 5) {
		(void)strcat(entry->path, "/.wh..wh..opq");
		entry->kind = 'f';
	} else if (special == 5) {
		(void)strcpy(entry->path, "./");
		entry->kind = random_below(8) ? 'd' : 'f';
	} else if (special == 6 && entry->kind == 'd') {
		(void)strcat(entry->path, "/");
	}
}

struct stack {
	size_t count;
	struct test_layer layers[LAYERS_MAX];
	bool fails;
	bool links;
	struct model model;
	bool there_after[LAYERS_MAX][ENTRIES_MAX]; /* once its own layer was extracted */
};

static bool model_has(const struct model *model, unsigned identity_)
{
	return model_names(model, 'f', identity_) > 0;
}

/* Fills a layer. Most entries that cannot be extracted are left out, else few stacks could. */
static void random_layer(struct stack *stack, size_t layer)
{
	static struct model before;
	unsigned count = random_below(RANDOM_ENTRIES);
	struct test_layer *made = &stack->layers[layer];
	made->count = 0;
	stack->model.touched_count = 0;
	while (count-- > 0 && !stack->fails) {
		struct test_entry *entry = &made->entries[made->count];
		random_entry(entry, stack->links);
		before = stack->model;
		if (model_apply(&stack->model, entry, identity(layer, made->count)) == 0)
			made->count++;
		else if (random_below(40) > 0 || stack->model.count == MODEL_FILES)
			stack->model = before;
		else {
			stack->fails = true;
			made->count++;
		}
	}
	for (size_t i = 0; i < made->count; i++)
		stack->there_after[layer][i] = model_has(&stack->model, identity(layer, i));
}

static void random_stack(struct stack *stack, uint64_t seed)
{
	random_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	*stack = (struct stack){ .count = 1 + random_below(LAYERS_MAX) };
	stack->links = random_below(3) > 0;
	for (size_t i = 0; i < stack->count; i++)
		random_layer(stack, i);
}

static void print_stack(const struct stack *stack)
{
	for (size_t i = 0; i < stack->count; i++)
		for (size_t j = 0; j < stack->layers[i].count; j++) {
			const struct test_entry *entry = &stack->layers[i].entries[j];
			print_message("  %zu.%zu %c:%s %s\n", i + 1, j + 1, entry->kind,
				      entry->path, entry->target);
		}
}

/* --- the comparison ----------------------------------------------------------------------- */

struct lists {
	char missing[LISTING_BYTES], unused[LISTING_BYTES];
};

static void list_expected(const struct stack *stack, const struct test_wanted *wanted,
			  struct lists *lists)
{
	lists->missing[0] = lists->unused[0] = '\0';
	for (size_t i = 0; i < stack->count; i++)
		for (size_t j = 0; j < stack->layers[i].count; j++) {
			bool there = model_has(&stack->model, identity(i, j));
			if (there && !wanted->at[i][j])
				list_file(lists->missing, 'f', "", identity(i, j), 1);
			if (!there && wanted->at[i][j])
				list_file(lists->unused, 'f', "", identity(i, j), 1);
		}
}

static void list_result(const struct flatten_result *result, struct lists *lists)
{
	lists->missing[0] = lists->unused[0] = '\0';
	for (size_t i = 0; i < result->missing_count; i++) {
		const struct flatten_missing *missing = &result->missing[i];
		unsigned named = identity(missing->layer, missing->ordinal);
		assert_int_equal(missing->inode->mtime_sec, named);
		list_file(lists->missing, 'f', "", named, 1);
	}
	for (size_t i = 0; i < result->unused_count; i++)
		list_file(lists->unused, 'f', "", (int64_t)result->unused[i].place, 1);
}

/* Where no link is involved, names alone tell everything: nothing is missing, and what an upper
 * layer hides was never wanted. */
static void check_hints(const struct stack *stack, const struct test_wanted *wanted,
			const struct flatten_result *result)
{
	assert_int_equal(result->missing_count, 0);
	for (size_t i = 0; i < stack->count; i++)
		for (size_t j = 0; j < stack->layers[i].count; j++)
			if (wanted->at[i][j] && stack->there_after[i][j])
				assert_true(model_has(&stack->model, identity(i, j)));
}

static int check_content(void *context, const char *path, struct inode *inode, struct error *err)
{
	(void)path;
	(void)err;
	const struct test_wanted *wanted = context;
	if (!S_ISREG(inode->mode) || inode->size == 0)
		return 0;
	size_t layer = (size_t)inode->mtime_sec / IDENTITY_LAYER - 1;
	size_t entry = (size_t)inode->mtime_sec % IDENTITY_LAYER - 1;
	assert_int_equal(inode->run_count, wanted->at[layer][entry] ? 1 : 0);
	if (inode->run_count == 1)
		assert_int_equal(inode->run.place, inode->mtime_sec);
	return 0;
}

static void check_stack(struct stack *stack)
{
	static char expected[LISTING_BYTES], listing[LISTING_BYTES];
	static struct lists expected_lists, lists;
	static struct test_wanted wanted;
	struct error err = { 0 };
	struct flatten_result result = { 0 };
	int done = flatten_layers(stack->layers, stack->count, &wanted, &result, &err);
	assert_int_equal(done, stack->fails ? -1 : 0);
	if (done < 0) {
		assert_int_equal(err.kind, ERROR_INPUT);
		return;
	}
	model_list(&stack->model, expected);
	assert_int_equal(list_tree(result.tree, listing, &err), 0);
	assert_string_equal(listing, expected);
	list_expected(stack, &wanted, &expected_lists);
	list_result(&result, &lists);
	assert_string_equal(lists.missing, expected_lists.missing);
	assert_string_equal(lists.unused, expected_lists.unused);
	if (!stack->links)
		check_hints(stack, &wanted, &result);
	assert_int_equal(tree_walk(result.tree, check_content, &wanted, &err), 0);
	tree_free(result.tree);
	flatten_result_free(&result);
}

static struct stack stack;
static uint64_t seed;

static int print_failure(void **state)
{
	(void)state;
	if (seed <= STACKS) {
		print_message("seed %llu:\n", (unsigned long long)seed);
		print_stack(&stack);
	}
	return 0;
}

static void test_random_stacks_come_out_as_the_model_says(void **state)
{
	(void)state;
	size_t failing = 0, files = 0;
	for (seed = 1; seed <= STACKS; seed++) {
		random_stack(&stack, seed);
		check_stack(&stack);
		failing += stack.fails;
		files += stack.model.count;
	}
	/* The generator makes what it is meant to: trees of some size, few that cannot be. */
	assert_in_range(failing, STACKS / 100, STACKS / 4);
	assert_true(files > STACKS * 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_random_stacks_come_out_as_the_model_says,
					  print_failure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
