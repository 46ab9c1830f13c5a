// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>
#include <stdlib.h>

#include "common/checked.h"
#include "common/cleanup.h"
#include "common/io.h"
#include "verity/data.h"
#include "verity/verity.h"
#include "verity/verity_private.h"

/* Shared by the workers. `next` and `failed` count in data blocks. */
struct format {
	const struct verity_files *files;
	const struct verity_params *params;
	uint64_t leaf_offset;
	struct verity_data data;
	_Atomic(uint64_t) *blocks_done;
	_Atomic(uint64_t) next;
	pthread_mutex_t lock;
	struct error err; /* under `lock`: the first one that happened */
};

static void fail(struct format *f, const struct error *err)
{
	atomic_store(&f->next, f->params->data_blocks);
	(void)pthread_mutex_lock(&f->lock);
	if (f->err.kind == ERROR_NONE)
		f->err = *err;
	(void)pthread_mutex_unlock(&f->lock);
}

static int hash_unit(struct format *f, uint64_t first, size_t count, uint8_t *buf,
		     uint8_t (*digests)[VERITY_DIGEST_BYTES], struct error *err)
{
	struct sha256_salt salt = verity_salt(f->params);
	size_t block = f->params->data_block_size;
	const uint8_t *data;

	if (verity_data_take(&f->data, first * block, count * block, buf, &data, err) < 0)
		return -1;
	int hashed = sha256_many(&salt, data, block, count, digests, err);
	verity_data_give_back(&f->data, count * block);
	if (hashed < 0)
		return -1;
	return pwrite_all(f->files->hash_fd, digests, count * VERITY_DIGEST_BYTES,
			  f->leaf_offset + first * VERITY_DIGEST_BYTES, err);
}

static void *format_work(void *context)
{
	struct format *f = context;
	uint64_t unit = verity_unit_blocks(f->params), blocks = f->params->data_blocks;
	cleanup_free uint8_t *buf = malloc(unit * f->params->data_block_size);
	cleanup_free uint8_t(*digests)[VERITY_DIGEST_BYTES] = malloc(unit * VERITY_DIGEST_BYTES);
	struct error err;

	if (!buf || !digests) {
		(void)error_memory(&err);
		fail(f, &err);
		return NULL;
	}
	for (;;) {
		uint64_t first = atomic_fetch_add(&f->next, unit);
		if (first >= blocks)
			return NULL;
		uint64_t count = blocks - first < unit ? blocks - first : unit;
		if (hash_unit(f, first, count, buf, digests, &err) < 0) {
			fail(f, &err);
			return NULL;
		}
		if (f->blocks_done)
			atomic_fetch_add(f->blocks_done, count);
	}
}

int verity_format(const struct verity_files *files, const struct verity_params *params,
		  uint8_t root[VERITY_DIGEST_BYTES], const struct verity_effort *effort,
		  struct error *err)
{
	struct verity_layout layout;
	struct format f = { .files = files, .params = params, .blocks_done = effort->blocks_done };

	if (verity_layout(params, &layout, err) < 0)
		return -1;
	if (params->data_blocks * params->data_block_size > files->data_size)
		return error_input(err, "data is %llu bytes, less than %llu blocks of %u",
				   (unsigned long long)files->data_size,
				   (unsigned long long)params->data_blocks,
				   params->data_block_size);
	if (!add_u64(files->hash_offset, layout.leaf_offset_bytes, &f.leaf_offset))
		return error_input(err, "the hash area would end past 2^63");
	if (pthread_mutex_init(&f.lock, NULL) != 0)
		return error_memory(err);
	verity_data_open(files, params->data_blocks * params->data_block_size, &f.data);
	verity_run_workers(effort->threads, format_work, &f);
	verity_data_close(&f.data);
	(void)pthread_mutex_destroy(&f.lock);
	if (f.err.kind != ERROR_NONE) {
		*err = f.err;
		return -1;
	}
	const struct verity_spill spill = { files->hash_fd, f.leaf_offset };
	return verity_tree_finish(&spill, files->hash_fd, files->hash_offset, params, root, NULL,
				  err);
}
