// SPDX-License-Identifier: Apache-2.0
/* A superblock and the hash area or data after it.
 *
 * As it comes: the data are the file itself, and the root hash is that of the highest hash block,
 * so that verification reads on to the levels below. Made right: the bytes after the superblock are
 * the data, their hash area must verify, and must not once a byte of it or of them has changed.
 * Reading block after block must find the same. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "verity/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DATA_MAX_BYTES = 1 << 18 };
static const struct verity_effort one_thread = { .threads = 1 };

static int file_of(const uint8_t *bytes, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct error err;

	if (fd < 0 || pwrite_all(fd, bytes, size, 0, &err) < 0)
		abort();
	return fd;
}

/* All data blocks through a reader, the last first, so that nothing is where it was before. */
static int read_all(const struct verity_files *files, const struct verity_params *params,
		    const uint8_t root[VERITY_DIGEST_BYTES], struct error *err)
{
	cleanup_verity_reader struct verity_reader *reader = NULL;
	size_t block = params->data_block_size;
	cleanup_free uint8_t *bytes = malloc(block);

	if (!bytes)
		abort();
	if (verity_reader_new(files->hash_fd, files->hash_offset, params, root, &reader, err) < 0)
		return -1;
	for (uint64_t i = params->data_blocks; i-- > 0;)
		if (pread_exact(files->data_fd, bytes, block, files->data_offset + i * block, err) <
			    0 ||
		    verity_reader_check(reader, i, 1, bytes, err) < 0)
			return -1;
	return 0;
}

static void as_it_comes(const struct verity_params *params, const struct verity_layout *layout,
			const uint8_t *data, size_t size)
{
	uint8_t root[1][VERITY_DIGEST_BYTES] = { 0 };
	struct sha256_salt salt = { params->salt, params->salt_size,
				    params->hash_type ? SHA256_SALT_FIRST : SHA256_SALT_LAST };
	cleanup_fd int fd = file_of(data, size);
	const struct verity_files files = { fd, 0, size, fd, 0, size };
	struct error err;

	if (layout->levels) {
		uint64_t top = layout->level[layout->levels - 1].offset_bytes;
		if (top + params->hash_block_size <= size &&
		    sha256_many(&salt, data + top, params->hash_block_size, 1, root, &err) < 0)
			abort();
	}
	if (verity_verify(&files, params, root[0], &one_thread, &err) == 0 &&
	    read_all(&files, params, root[0], &err) < 0)
		abort();
}

static void flip(int fd, uint64_t at)
{
	uint8_t byte;
	struct error err;

	if (pread_exact(fd, &byte, 1, at, &err) < 0)
		abort();
	byte ^= 1;
	if (pwrite_all(fd, &byte, 1, at, &err) < 0)
		abort();
}

static void made_right(const struct verity_params *params, const struct verity_layout *layout,
		       const uint8_t *data, size_t size)
{
	uint64_t bytes = params->data_blocks * params->data_block_size;
	uint64_t choice = size ? UINT64_C(40503) * data[size / 2] : 0;
	cleanup_fd int data_fd = file_of(data, size);
	cleanup_fd int hash_fd = file_of(data, 0);
	const struct verity_files files = { data_fd, 0, bytes, hash_fd, 0, layout->size_bytes };
	uint8_t root[VERITY_DIGEST_BYTES];
	struct error err;

	if (bytes > DATA_MAX_BYTES || layout->size_bytes > 4 * DATA_MAX_BYTES)
		return;
	if (ftruncate(data_fd, (off_t)bytes) < 0 ||
	    verity_format(&files, params, root, &one_thread, &err) < 0 ||
	    verity_verify(&files, params, root, &one_thread, &err) < 0 ||
	    read_all(&files, params, root, &err) < 0)
		abort();
	flip(data_fd, choice % bytes);
	if (verity_verify(&files, params, root, &one_thread, &err) == 0 ||
	    read_all(&files, params, root, &err) == 0)
		abort();
	flip(data_fd, choice % bytes);
	if (layout->levels) {
		uint64_t tree = layout->level[layout->levels - 1].offset_bytes;
		flip(hash_fd, tree + choice % (layout->size_bytes - tree));
		if (verity_verify(&files, params, root, &one_thread, &err) == 0 ||
		    read_all(&files, params, root, &err) == 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct verity_params params;
	struct verity_layout layout;
	struct error err;

	if (verity_superblock_parse(data, size, &params, &err) < 0 ||
	    verity_layout(&params, &layout, &err) < 0)
		return 0;
	as_it_comes(&params, &layout, data, size);
	made_right(&params, &layout, data + VERITY_SUPERBLOCK_BYTES,
		   size - VERITY_SUPERBLOCK_BYTES);
	return 0;
}
