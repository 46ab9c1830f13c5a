// SPDX-License-Identifier: Apache-2.0
#include "common/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "common/io.h"

enum { SECRET_MAX_BYTES = 1 << 20 };

static size_t pages(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	return (size + page - 1) / page * page;
}

int secret_new(size_t size, struct secret **result, struct error *err)
{
	if (size == 0 || size > SECRET_MAX_BYTES)
		return error_input(err, "a secret of %zu bytes: from 1 to %d", size,
				   SECRET_MAX_BYTES);
	cleanup_free struct secret *secret = calloc(1, sizeof(*secret));
	if (!secret)
		return error_memory(err);
	void *bytes =
		mmap(NULL, pages(size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (bytes == MAP_FAILED)
		return error_system(err, "allocating memory for a secret");
	if (mlock(bytes, pages(size)) < 0 || madvise(bytes, pages(size), MADV_DONTDUMP) < 0 ||
	    madvise(bytes, pages(size), MADV_WIPEONFORK) < 0) {
		(void)error_system(err, "locking %zu bytes of memory for a secret (see ulimit -l)",
				   pages(size));
		(void)munmap(bytes, pages(size));
		return -1;
	}
	secret->size = size;
	secret->bytes = bytes;
	*result = take_ptr(secret);
	return 0;
}

void secret_free(struct secret *secret)
{
	if (!secret)
		return;
	OPENSSL_cleanse(secret->bytes, pages(secret->size));
	(void)munmap(secret->bytes, pages(secret->size));
	free(secret);
}

int secret_random(size_t size, struct secret **result, struct error *err)
{
	cleanup_secret struct secret *secret = NULL;

	if (secret_new(size, &secret, err) < 0)
		return -1;
	for (size_t done = 0; done < size;) {
		ssize_t n = getrandom(secret->bytes + done, size - done, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_system(err, "drawing random bytes");
		done += (size_t)n;
	}
	*result = take_ptr(secret);
	return 0;
}

static int read_private_file(const char *path, size_t min, size_t max, struct secret **result,
			     struct error *err)
{
	cleanup_secret struct secret *secret = NULL;
	/* O_NONBLOCK: a fifo is refused, not waited for */
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? error_input(err, "no such file")
							   : error_system(err, "opening it");
	if (fstat(fd, &st) < 0)
		return error_system(err, "reading its mode");
	if (!S_ISREG(st.st_mode))
		return error_input(err, "not a regular file");
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return error_input(err, "others may use this key (mode %04o); run: chmod 600 %s",
				   (unsigned)(st.st_mode & 07777), path);
	uint64_t size = (uint64_t)st.st_size;
	if (size < min || size > max)
		return min == max ? error_input(err, "%llu bytes, a key is %zu",
						(unsigned long long)size, max)
				  : error_input(err, "%llu bytes, at most %zu",
						(unsigned long long)size, max);
	if (secret_new((size_t)size, &secret, err) < 0 ||
	    pread_exact(fd, secret->bytes, (size_t)size, 0, err) < 0)
		return -1;
	*result = take_ptr(secret);
	return 0;
}

int secret_read_file(const char *path, size_t size, struct secret **secret, struct error *err)
{
	if (read_private_file(path, size, size, secret, err) < 0)
		return error_prefix(err, "%s", path);
	return 0;
}

int secret_read_file_upto(const char *path, size_t limit, struct secret **secret, struct error *err)
{
	if (read_private_file(path, 1, limit, secret, err) < 0)
		return error_prefix(err, "%s", path);
	return 0;
}

DEFINE_CLEANUP(cleanup_kdf_p, EVP_KDF, EVP_KDF_free)
DEFINE_CLEANUP(cleanup_kdf_ctx_p, EVP_KDF_CTX, EVP_KDF_CTX_free)

int secret_derive(const uint8_t *key, size_t key_size, const char *info, uint8_t *out, size_t size,
		  struct error *err)
{
	CLEANUP(cleanup_kdf_p) EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	CLEANUP(cleanup_kdf_ctx_p) EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
						 (char *)(uintptr_t) "SHA256", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)key,
						  key_size),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)info,
						  strlen(info)),
		OSSL_PARAM_construct_end(),
	};

	if (!ctx || EVP_KDF_derive(ctx, out, size, params) != 1)
		return error_crypto(err, "deriving %s", info);
	return 0;
}

/* Linux, fs/coredump.c, do_coredump(): a core that core_pattern pipes to a program is made whatever
 * the limit is, unless that is 1; and no core file is as small. PR_SET_DUMPABLE would do as well,
 * but gives /proc/self to root, and /proc/self/fd is how libcryptsetup gets at a memfd. */
void secret_forbid_core_dumps(void)
{
	struct rlimit limit = { 0 };

	/* neither fails: a limit is lowered */
	(void)getrlimit(RLIMIT_CORE, &limit);
	limit.rlim_max = limit.rlim_max ? 1 : 0;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_CORE, &limit);
}

bool secret_equal(const void *a, const void *b, size_t size)
{
	return CRYPTO_memcmp(a, b, size) == 0;
}
