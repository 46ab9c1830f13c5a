// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/laboratory.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/rand.h>

#include "attest/laboratory.h"
#include "common/io.h"
#include "common/output.h"

enum { PEM_MAX_BYTES = 1 << 16, DAY_SECONDS = 86400, VALID_DAYS = 3650 };

void laboratory_files_release(struct laboratory_files *files)
{
	free(files->ark);
	free(files->ask);
	free(files->vcek);
	secret_free(files->vcek_key);
	*files = (struct laboratory_files){ 0 };
}

static int join(const char *folder, const char *name, char **path, struct error *err)
{
	if (asprintf(path, "%s/%s", folder, name) < 0) {
		*path = NULL;
		return error_memory(err);
	}
	return 0;
}

static int write_text(const char *folder, const char *name, mode_t mode, char *text,
		      struct error *err)
{
	cleanup_free char *path = NULL;

	if (join(folder, name, &path, err) < 0)
		return -1;
	return output_write_file(path, mode, text, strlen(text), err);
}

static int write_certificate(const char *folder, const char *name, X509 *certificate,
			     struct error *err)
{
	cleanup_free char *text = NULL;

	if (laboratory_certificate_pem(certificate, &text, err) < 0)
		return -1;
	return write_text(folder, name, 0644, text, err);
}

static int write_key(const char *folder, const char *name, EVP_PKEY *key, struct error *err)
{
	char *text;

	if (laboratory_key_pem(key, &text, err) < 0)
		return -1;
	int result = write_text(folder, name, 0600, text, err);
	explicit_bzero(text, strlen(text));
	free(text);
	return result;
}

static int write_all_files(const char *folder, const struct laboratory *lab, struct error *err)
{
	if (write_certificate(folder, "ark.pem", lab->ark, err) < 0 ||
	    write_certificate(folder, "ask.pem", lab->ask, err) < 0 ||
	    write_certificate(folder, "vcek.pem", lab->vcek, err) < 0 ||
	    write_key(folder, "ark.key", lab->ark_key, err) < 0 ||
	    write_key(folder, "ask.key", lab->ask_key, err) < 0)
		return -1;
	return write_key(folder, "vcek.key", lab->vcek_key, err);
}

/* Also what a failure left half-made. */
static void remove_folder(const char *folder)
{
	static const char *const names[] = { "ark.pem", "ask.pem", "vcek.pem",
					     "ark.key", "ask.key", "vcek.key" };
	struct error ignored;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		cleanup_free char *path = NULL;
		if (join(folder, names[i], &path, &ignored) == 0)
			(void)unlink(path);
	}
	(void)rmdir(folder);
}

/* A folder of that name takes the place of an empty one only (rename(2)). */
static int make_in(const char *temporary, const char *folder, const struct laboratory *lab,
		   struct error *err)
{
	if (write_all_files(temporary, lab, err) < 0)
		return -1;
	if (rename(temporary, folder) == 0)
		return 0;
	if (errno != EEXIST && errno != ENOTEMPTY)
		return error_system(err, "%s", folder);
	remove_folder(temporary); /* another one was faster */
	return 0;
}

static int make(const char *folder, struct error *err)
{
	struct laboratory_options options = {
		.product = SNP_GENOA,
		.tcb = { .bootloader = 10, .tee = 0, .snp = 23, .microcode = 200 },
		.not_before = time(NULL) - DAY_SECONDS,
	};
	cleanup_laboratory struct laboratory *lab = NULL;
	cleanup_free char *temporary = NULL;
	size_t length = strlen(folder);

	while (length > 1 && folder[length - 1] == '/')
		length--;
	options.not_after = options.not_before + (time_t)VALID_DAYS * DAY_SECONDS;
	if (RAND_bytes(options.chip_id, sizeof(options.chip_id)) != 1)
		return error_crypto(err, "choosing a chip ID");
	if (laboratory_new(&options, &lab, err) < 0)
		return -1;
	if (asprintf(&temporary, "%.*s.XXXXXX", (int)length, folder) < 0) {
		temporary = NULL;
		return error_memory(err);
	}
	if (!mkdtemp(temporary))
		return error_system(err, "%s", temporary);
	if (make_in(temporary, folder, lab, err) < 0) {
		remove_folder(temporary);
		return -1;
	}
	return 0;
}

static bool absent_or_empty(const char *folder)
{
	DIR *d = opendir(folder);
	bool empty = true;

	if (!d)
		return errno == ENOENT;
	for (const struct dirent *e; empty && (e = readdir(d));)
		empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
	(void)closedir(d);
	return empty;
}

static int read_text(const char *folder, const char *name, char **text, struct error *err)
{
	cleanup_free char *path = NULL;
	uint8_t *bytes;
	size_t size;

	if (join(folder, name, &path, err) < 0 ||
	    file_read(path, PEM_MAX_BYTES, &bytes, &size, err) < 0)
		return -1;
	*text = (char *)bytes;
	return 0;
}

int laboratory_files_open(const char *folder, struct laboratory_files *result, struct error *err)
{
	cleanup_laboratory_files struct laboratory_files files = { 0 };
	cleanup_free char *key = NULL;

	if (absent_or_empty(folder) && make(folder, err) < 0)
		return error_prefix(err, "making a laboratory");
	if (read_text(folder, "ark.pem", &files.ark, err) < 0 ||
	    read_text(folder, "ask.pem", &files.ask, err) < 0 ||
	    read_text(folder, "vcek.pem", &files.vcek, err) < 0 ||
	    join(folder, "vcek.key", &key, err) < 0 ||
	    secret_read_file_upto(key, PEM_MAX_BYTES, &files.vcek_key, err) < 0)
		return error_prefix(err, "laboratory");
	*result = files;
	files = (struct laboratory_files){ 0 };
	return 0;
}
