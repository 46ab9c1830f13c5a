// SPDX-License-Identifier: Apache-2.0
#include "broker/cli/cli.h"

#include <stdio.h>
#include <time.h>

int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

const char *time_text(int64_t ms, char text[TIME_TEXT_BYTES])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	size_t n = 0;

	if (gmtime_r(&seconds, &tm))
		n = strftime(text, TIME_TEXT_BYTES, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(text + n, TIME_TEXT_BYTES - n, ".%03dZ", (int)(ms % 1000));
	return text;
}

char *store_key_beside(const char *path)
{
	char *beside;

	return asprintf(&beside, "%s.key", path) < 0 ? NULL : beside;
}

/* systemd.exec(5), LoadCredential=; NULL where there is no such credential. */
static char *store_key_credential(void)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char *path;

	if (!folder || asprintf(&path, "%s/podseal-store-key", folder) < 0)
		return NULL;
	if (access(path, F_OK) == 0)
		return path;
	free(path);
	return NULL;
}

int store_open_with_key(const char *path, const char *key_path, struct store **store,
			struct error *err)
{
	cleanup_secret struct secret *key = NULL;
	cleanup_free char *found = NULL;

	if (!key_path) {
		found = store_key_credential();
		if (!found)
			found = store_key_beside(path);
		if (!found)
			return error_memory(err);
		key_path = found;
	}
	if (secret_read_file(key_path, STORE_KEY_BYTES, &key, err) < 0)
		return error_prefix(err, "the store key");
	return store_open(path, key, store, err);
}
