// SPDX-License-Identifier: Apache-2.0
#include "builder/seal/volume_reader.h"

#include "builder/seal/xts.h"
#include "common/io.h"

_Static_assert((int)EXT4_BLOCK_BYTES == (int)DESCRIPTOR_BLOCK_BYTES, "one size of block");
_Static_assert((int)LUKS2_HEADER_BYTES % (int)DESCRIPTOR_BLOCK_BYTES == 0, "whole blocks");

struct volume_reader {
	int fd;
	uint64_t offset_bytes; /* of the data partition in the image */
	struct verity_reader *verity;
	uint64_t first;  /* block of the partition with which the file system begins */
	uint64_t blocks; /* of the file system */
	struct xts *xts; /* NULL: a signed volume */
};

/* Blocks of the partition, as they lie there. */
static int read_verified(struct volume_reader *r, uint64_t block, uint32_t count, void *bytes,
			 struct error *err)
{
	if (pread_exact(r->fd, bytes, (size_t)count * DESCRIPTOR_BLOCK_BYTES,
			r->offset_bytes + block * DESCRIPTOR_BLOCK_BYTES, err) < 0)
		return -1;
	return verity_reader_check(r->verity, block, count, bytes, err);
}

static int open_crypt(struct volume_reader *r, const struct descriptor_volume *volume,
		      const struct secret *key, struct error *err)
{
	uint8_t header[LUKS2_HEADER_BYTES];
	struct luks2 luks2;
	uint64_t header_blocks = volume->crypt.offset_bytes / EXT4_BLOCK_BYTES;

	if (!key)
		return error_usage(err, "it is sealed: which key: --key KEY");
	if (key->size != LUKS2_KEY_BYTES)
		return error_input(err, "a key of %zu bytes, not %d", key->size, LUKS2_KEY_BYTES);
	if (volume->verity.data_blocks <= header_blocks)
		return error_input(err, "%llu blocks, no more than its header has",
				   (unsigned long long)volume->verity.data_blocks);
	if (read_verified(r, 0, sizeof(header) / DESCRIPTOR_BLOCK_BYTES, header, err) < 0 ||
	    luks2_parse(header, sizeof(header), &luks2, err) < 0 ||
	    luks2_verify_key(&luks2, key->bytes, err) < 0)
		return -1;
	r->first = header_blocks;
	r->blocks -= header_blocks;
	return xts_new(key->bytes, XTS_DECRYPT, &r->xts, err);
}

int volume_reader_open(const struct image *image, const struct descriptor_volume *volume,
		       const struct secret *key, struct volume_reader **reader, struct error *err)
{
	cleanup_volume_reader struct volume_reader *r = calloc(1, sizeof(*r));
	struct image_volume found = { 0 };

	if (!r)
		return error_memory(err);
	if (image_find_volume(image, volume, &found, err) < 0 ||
	    image_volume_reader(image, volume, &r->verity, err) < 0)
		return error_prefix(err, "volume %s", volume->name);
	r->fd = image->fd;
	r->offset_bytes = found.data->offset_bytes;
	r->blocks = volume->verity.data_blocks;
	if (volume->sealed && open_crypt(r, volume, key, err) < 0)
		return error_prefix(err, "volume %s", volume->name);
	*reader = take_ptr(r);
	return 0;
}

void volume_reader_close(struct volume_reader *r)
{
	if (!r)
		return;
	xts_free(r->xts);
	verity_reader_free(r->verity);
	free(r);
}

static int read_blocks(void *context, uint64_t block, void *bytes, uint32_t count,
		       struct error *err)
{
	struct volume_reader *r = context;

	if (block >= r->blocks || count > r->blocks - block)
		return error_input(err, "block %llu is past the volume's end",
				   (unsigned long long)block);
	if (read_verified(r, r->first + block, count, bytes, err) < 0)
		return -1;
	return r->xts ? xts_apply(r->xts, block, bytes, count, err) : 0;
}

struct ext4_source volume_reader_source(struct volume_reader *r)
{
	return (struct ext4_source){ .context = r, .total_blocks = r->blocks, .read = read_blocks };
}
