// SPDX-License-Identifier: Apache-2.0
/* limits DIR DATA_BYTES FILE_BYTES LAYER.gz...: what one core needs, at best, for each part of a
 * build that nothing can avoid. Prints a line a part: its name, the best of three times in
 * core-seconds, the bytes it went through.
 *
 *   inflate  ISA-L over the layers
 *   digest   OpenSSL's SHA-256 over the same files
 *   hash     many-block SHA-256 with a 32-byte salt, DATA_BYTES
 *   xts      AES-256-XTS in 4096-byte sectors, DATA_BYTES
 *   write    FILE_BYTES to a new file in DIR, through the page cache
 *
 * Hashing and encryption go over one MiB again and again, as a pipeline does that hands on what is
 * still in the cache. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <isa-l/igzip_lib.h>
#include <openssl/evp.h>

#include "builder/seal/xts.h"
#include "common/io.h"
#include "common/number.h"
#include "verity/sha256_many.h"

enum { RUNS = 3, PIECE_BYTES = 1 << 20, BLOCK_BYTES = 4096, BLOCKS = PIECE_BYTES / BLOCK_BYTES };

struct work {
	const char *directory;
	uint64_t data_bytes, file_bytes;
	char *const *layers;
	int layer_count;
	uint8_t *piece, *other;
};

typedef int part_function(const struct work *work, uint64_t *bytes, struct error *err);

/* Feeds the file to isal_inflate() a piece at a time; a new member starts where one ends. */
static int inflate_file(const struct work *w, int fd, uint64_t *bytes, struct error *err)
{
	struct inflate_state state;
	ssize_t n;

	isal_inflate_init(&state);
	state.crc_flag = ISAL_GZIP;
	while ((n = read_upto(fd, w->piece, PIECE_BYTES, err)) > 0) {
		state.next_in = w->piece;
		state.avail_in = (uint32_t)n;
		do {
			if (state.block_state == ISAL_BLOCK_FINISH) {
				isal_inflate_reset(&state);
				state.crc_flag = ISAL_GZIP;
			}
			state.next_out = w->other;
			state.avail_out = PIECE_BYTES;
			if (isal_inflate(&state) != ISAL_DECOMP_OK)
				return error_input(err, "not gzip");
			*bytes += PIECE_BYTES - state.avail_out;
		} while (state.avail_in || state.avail_out == 0);
	}
	return n < 0 ? -1 : 0;
}

static int digest_file(const struct work *w, int fd, uint64_t *bytes, struct error *err)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t digest[EVP_MAX_MD_SIZE];
	ssize_t n = -1;

	if (!ctx || EVP_DigestInit_ex2(ctx, EVP_sha256(), NULL) != 1)
		return error_crypto(err, "SHA-256");
	while ((n = read_upto(fd, w->piece, PIECE_BYTES, err)) > 0) {
		(void)EVP_DigestUpdate(ctx, w->piece, (size_t)n);
		*bytes += (uint64_t)n;
	}
	(void)EVP_DigestFinal_ex(ctx, digest, NULL);
	EVP_MD_CTX_free(ctx);
	return n < 0 ? -1 : 0;
}

static int each_layer(const struct work *w,
		      int (*do_file)(const struct work *, int, uint64_t *, struct error *),
		      uint64_t *bytes, struct error *err)
{
	for (int i = 0; i < w->layer_count; i++) {
		cleanup_fd int fd = open(w->layers[i], O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return error_system(err, "%s", w->layers[i]);
		if (do_file(w, fd, bytes, err) < 0)
			return error_prefix(err, "%s", w->layers[i]);
	}
	return 0;
}

static int part_inflate(const struct work *w, uint64_t *bytes, struct error *err)
{
	return each_layer(w, inflate_file, bytes, err);
}

static int part_digest(const struct work *w, uint64_t *bytes, struct error *err)
{
	return each_layer(w, digest_file, bytes, err);
}

static int part_hash(const struct work *w, uint64_t *bytes, struct error *err)
{
	static const uint8_t salt_bytes[32] = { 1 };
	static uint8_t digests[BLOCKS][SHA256_BYTES];
	const struct sha256_salt salt = { salt_bytes, sizeof(salt_bytes), SHA256_SALT_FIRST };

	for (; *bytes < w->data_bytes; *bytes += PIECE_BYTES)
		if (sha256_many(&salt, w->piece, BLOCK_BYTES, BLOCKS, digests, err) < 0)
			return -1;
	return 0;
}

static int part_xts(const struct work *w, uint64_t *bytes, struct error *err)
{
	static const uint8_t key[XTS_KEY_BYTES] = { 1 }; /* its halves must differ */
	cleanup_xts struct xts *xts = NULL;

	if (xts_new(key, XTS_ENCRYPT, &xts, err) < 0)
		return -1;
	for (; *bytes < w->data_bytes; *bytes += PIECE_BYTES)
		if (xts_apply(xts, *bytes / XTS_SECTOR_BYTES, w->piece, BLOCKS, err) < 0)
			return -1;
	return 0;
}

static int part_write(const struct work *w, uint64_t *bytes, struct error *err)
{
	cleanup_fd int fd = open(w->directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		return error_system(err, "a file in %s", w->directory);
	for (; *bytes < w->file_bytes; *bytes += PIECE_BYTES)
		if (pwrite_all(fd, w->piece, PIECE_BYTES, *bytes, err) < 0)
			return -1;
	return 0;
}

/* Core-seconds: what others do on the same core does not count. */
static double seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int measure(const char *name, part_function *part, const struct work *w, struct error *err)
{
	double best = 0;
	uint64_t bytes = 0;

	for (int i = 0; i < RUNS; i++) {
		bytes = 0;
		double start = seconds();
		if (part(w, &bytes, err) < 0)
			return error_prefix(err, "measuring %s", name);
		double took = seconds() - start;
		if (i == 0 || took < best)
			best = took;
	}
	printf("%s %.4f %llu\n", name, best, (unsigned long long)bytes);
	(void)fflush(stdout);
	return 0;
}

static int run(int argc, char **argv, struct error *err)
{
	cleanup_free uint8_t *piece = malloc(PIECE_BYTES), *other = malloc(PIECE_BYTES);

	if (argc < 5)
		return error_usage(err, "usage: limits DIR DATA_BYTES FILE_BYTES LAYER.gz...");
	struct work w = { .directory = argv[1],
			  .layers = argv + 4,
			  .layer_count = argc - 4,
			  .piece = piece,
			  .other = other };
	if (number_parse(argv[2], 1, INT64_MAX, &w.data_bytes, err) < 0 ||
	    number_parse(argv[3], 1, INT64_MAX, &w.file_bytes, err) < 0)
		return -1;
	if (!piece || !other)
		return error_memory(err);
	memset(piece, 1, PIECE_BYTES);
	if (measure("inflate", part_inflate, &w, err) < 0 ||
	    measure("digest", part_digest, &w, err) < 0 ||
	    measure("hash", part_hash, &w, err) < 0 || measure("xts", part_xts, &w, err) < 0 ||
	    measure("write", part_write, &w, err) < 0)
		return -1;
	return 0;
}

int main(int argc, char **argv)
{
	struct error err = { 0 };

	return run(argc, argv, &err) < 0 ? error_report("limits", &err) : 0;
}
