// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/keyfile.h"

#include <string.h>
#include <sys/stat.h>

#include "common/io.h"
#include "format/luks2.h"

/* XTS with equal halves is no XTS; a key that came from keygen never has them. */
static int check_halves(const struct secret *key, struct error *err)
{
	if (secret_equal(key->bytes, key->bytes + LUKS2_KEY_BYTES / 2, LUKS2_KEY_BYTES / 2))
		return error_input(err, "not a key: its two halves are equal");
	return 0;
}

int keyfile_create(const char *path, struct secret **result, struct output **out, struct error *err)
{
	cleanup_secret struct secret *key = NULL;
	cleanup_output struct output *file = NULL;
	struct stat st;

	if (lstat(path, &st) == 0)
		return error_input(
			err,
			"%s: exists already; a key that is overwritten is lost, and with it "
			"what it sealed",
			path);
	if (secret_random(LUKS2_KEY_BYTES, &key, err) < 0 ||
	    output_open(path, 0600, &file, err) < 0)
		return -1;
	if (write_all(output_fd(file), key->bytes, key->size, err) < 0)
		return error_prefix(err, "%s", path);
	*result = take_ptr(key);
	*out = take_ptr(file);
	return 0;
}

int keyfile_read(const char *path, struct secret **result, struct error *err)
{
	cleanup_secret struct secret *key = NULL;

	if (secret_read_file(path, LUKS2_KEY_BYTES, &key, err) < 0)
		return -1;
	if (check_halves(key, err) < 0)
		return error_prefix(err, "%s", path);
	*result = take_ptr(key);
	return 0;
}
