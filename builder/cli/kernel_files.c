// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/kernel_files.h"

#include <fcntl.h>

#include <openssl/evp.h>

#include "common/cleanup.h"
#include "common/io.h"

enum { READ_BYTES = 1 << 16 };

DEFINE_CLEANUP(cleanup_md_ctx_p, EVP_MD_CTX, EVP_MD_CTX_free)

static int file_hash(const char *path, uint8_t hash[MEASURE_HASH_BYTES], struct error *err)
{
	CLEANUP(cleanup_md_ctx_p) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	cleanup_free uint8_t *buffer = malloc(READ_BYTES);
	ssize_t n = 0;

	if (!ctx || !buffer)
		return error_memory(err);
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_system(err, "opening %s", path);
	bool ok = EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;
	while (ok && (n = read_upto(fd, buffer, READ_BYTES, err)) > 0)
		ok = EVP_DigestUpdate(ctx, buffer, (size_t)n) == 1;
	if (n < 0)
		return error_prefix(err, "%s", path);
	if (!ok || EVP_DigestFinal_ex(ctx, hash, NULL) != 1)
		return error_crypto(err, "hashing %s", path);
	return 0;
}

int kernel_files_hash(const char *kernel, const char *initrd, const char *cmdline,
		      struct measure_kernel *result, struct error *err)
{
	struct measure_kernel hashes;

	if (file_hash(kernel, hashes.kernel, err) < 0 ||
	    file_hash(initrd ? initrd : "/dev/null", hashes.initrd, err) < 0)
		return -1;
	measure_cmdline(cmdline, hashes.cmdline);
	*result = hashes;
	return 0;
}
