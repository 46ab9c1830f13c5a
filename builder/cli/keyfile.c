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

static int check_absent(const char *path, struct error *err)
{
	struct stat st;

	if (lstat(path, &st) == 0)
		return error_input(
			err,
			"%s: exists already; a key that is overwritten is lost, and with it "
			"what it sealed",
			path);
	return 0;
}

int keyfile_new(const char *path, struct secret **key, struct error *err)
{
	if (check_absent(path, err) < 0 || output_try(path, 0600, err) < 0)
		return -1;
	return secret_random(LUKS2_KEY_BYTES, key, err);
}

/* Looks again: a build takes long enough for a key to appear there. */
int keyfile_write(const char *path, const struct secret *key, struct output **result,
		  struct error *err)
{
	cleanup_output struct output *out = NULL;

	if (check_absent(path, err) < 0 || output_open(path, 0600, &out, err) < 0)
		return -1;
	if (write_all(output_fd(out), key->bytes, key->size, err) < 0)
		return error_prefix(err, "%s", path);
	*result = take_ptr(out);
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
