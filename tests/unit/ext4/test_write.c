// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/ext4/image.h"

static void test_empty(void **state)
{
	(void)state;
	struct image image;
	image_open(&image, 100000);
	image_make(&image);
	image_check(&image);
	image_close(&image);
}

static void test_small(void **state)
{
	(void)state;
	struct image image;
	image_open(&image, 100000);
	struct inode *root = image.tree->root;
	image_add_text(&image, root, "a", "hello");
	image_add_link(&image, root, "l", "a");
	image_make(&image);
	image_check(&image);
	image_close(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_small),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
