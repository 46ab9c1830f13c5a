// SPDX-License-Identifier: Apache-2.0
#include "builder/seal/volume_reader.h"

#include "builder/seal/xts.h"
#include "common/io.h"

struct volume_reader {
	int fd;
	uint64_t offset_bytes; /* of the file system in the image */
	uint64_t blocks;
	struct xts *xts; /* NULL: a signed volume */
};

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
	if (pread_exact(r->fd, header, sizeof(header), r->offset_bytes, err) < 0 ||
	    luks2_parse(header, sizeof(header), &luks2, err) < 0 ||
	    luks2_verify_key(&luks2, key->bytes, err) < 0)
		return -1;
	r->offset_bytes += volume->crypt.offset_bytes;
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
	if (image_find_volume(image, volume, &found, err) < 0)
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
	free(r);
}

static int read_blocks(void *context, uint64_t block, void *bytes, uint32_t count,
		       struct error *err)
{
	struct volume_reader *r = context;

	if (block >= r->blocks || count > r->blocks - block)
		return error_input(err, "block %llu is past the volume's end",
				   (unsigned long long)block);
	if (pread_exact(r->fd, bytes, (size_t)count * EXT4_BLOCK_BYTES,
			r->offset_bytes + block * EXT4_BLOCK_BYTES, err) < 0)
		return -1;
	return r->xts ? xts_apply(r->xts, block, bytes, count, err) : 0;
}

struct ext4_source volume_reader_source(struct volume_reader *r)
{
	return (struct ext4_source){ .context = r, .total_blocks = r->blocks, .read = read_blocks };
}
