// SPDX-License-Identifier: Apache-2.0
#include "verity/image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/io.h"

static int read_table(struct image *image, struct error *err)
{
	uint8_t primary[GPT_PRIMARY_BYTES];

	if (file_size(image->fd, &image->size_bytes, err) < 0)
		return -1;
	if (image->size_bytes < sizeof(primary))
		return error_input(err, "%llu bytes, too short for a partition table",
				   (unsigned long long)image->size_bytes);
	if (pread_exact(image->fd, primary, sizeof(primary), 0, err) < 0)
		return -1;
	return gpt_parse(primary, image->size_bytes, &image->gpt, err);
}

static int read_seal(struct image *image, struct error *err)
{
	const struct gpt_partition *partition = gpt_find(&image->gpt, "seal");

	if (!partition)
		return error_input(err, "no seal partition: not a sealed image");
	if (partition->size_bytes > SEAL_MAX_BYTES)
		return error_input(err, "the seal partition is %llu bytes, at most %d",
				   (unsigned long long)partition->size_bytes, SEAL_MAX_BYTES);
	size_t size = (size_t)partition->size_bytes;
	image->seal_partition = malloc(size);
	if (!image->seal_partition)
		return error_memory(err);
	if (pread_exact(image->fd, image->seal_partition, size, partition->offset_bytes, err) < 0)
		return -1;
	if (seal_parse(image->seal_partition, size, &image->seal, err) < 0)
		return -1;
	const struct seal *seal = &image->seal;
	seal_digest(seal->descriptor, seal->descriptor_bytes, image->seal_digest);
	if (descriptor_parse(seal->descriptor, seal->descriptor_bytes, &image->descriptor, err) < 0)
		return error_prefix(err, "descriptor");
	return 0;
}

int image_open(const char *path, struct image **result, struct error *err)
{
	cleanup_image struct image *image = calloc(1, sizeof(*image));

	if (!image)
		return error_memory(err);
	image->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (image->fd < 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? error_input(err, "%s: no such file", path)
			       : error_system(err, "%s", path);
	if (read_table(image, err) < 0 || read_seal(image, err) < 0)
		return error_prefix(err, "%s", path);
	*result = take_ptr(image);
	return 0;
}

void image_close(struct image *image)
{
	if (!image)
		return;
	if (image->fd >= 0)
		(void)close(image->fd);
	free(image->seal_partition);
	free(image);
}

int image_check_seal(const struct image *image, const char *text, struct error *err)
{
	uint8_t wanted[SEAL_DIGEST_BYTES];
	char found[SEAL_DIGEST_TEXT_BYTES];

	if (seal_digest_from_text(text, wanted, err) < 0) {
		err->kind = ERROR_USAGE;
		return -1;
	}
	seal_digest_to_text(image->seal_digest, found);
	if (memcmp(wanted, image->seal_digest, sizeof(wanted)) != 0)
		return error_mismatch(err, "the seal digest is %s, not %s", found, text);
	return 0;
}

static const struct gpt_partition *find(const struct image *image,
					const struct descriptor_volume *volume, const char *suffix)
{
	char name[GPT_NAME_BYTES];

	(void)snprintf(name, sizeof(name), "%s%s", volume->name, suffix);
	return gpt_find(&image->gpt, name);
}

int image_find_volume(const struct image *image, const struct descriptor_volume *volume,
		      struct image_volume *found, struct error *err)
{
	struct image_volume f = { find(image, volume, "-data"), find(image, volume, "-hash") };

	if (!f.data || !f.hash)
		return error_input(err, "no partition %s-%s", volume->name,
				   f.data ? "hash" : "data");
	if (f.data->size_bytes / DESCRIPTOR_BLOCK_BYTES < volume->verity.data_blocks)
		return error_input(err, "partition %s is %llu bytes, less than %llu blocks of %d",
				   f.data->name, (unsigned long long)f.data->size_bytes,
				   (unsigned long long)volume->verity.data_blocks,
				   DESCRIPTOR_BLOCK_BYTES);
	*found = f;
	return 0;
}

static void params_of(const struct descriptor_volume *volume, struct verity_params *params)
{
	*params = (struct verity_params){
		.hash_type = VERITY_SALT_FIRST,
		.data_block_size = DESCRIPTOR_BLOCK_BYTES,
		.hash_block_size = DESCRIPTOR_BLOCK_BYTES,
		.data_blocks = volume->verity.data_blocks,
		.salt_size = sizeof(volume->verity.salt),
	};
	memcpy(params->salt, volume->verity.salt, sizeof(volume->verity.salt));
}

int image_volume_reader(const struct image *image, const struct descriptor_volume *volume,
			struct verity_reader **reader, struct error *err)
{
	struct image_volume found = { 0 };
	struct verity_params params;

	params_of(volume, &params);
	if (image_find_volume(image, volume, &found, err) < 0)
		return -1;
	return verity_reader_new(image->fd, found.hash->offset_bytes, &params,
				 volume->verity.root_hash, reader, err);
}

/* The guest takes these from the descriptor alone; other tools read the superblock, so it must not
 * say otherwise. */
static int check_superblock(const struct image *image, const struct gpt_partition *hash,
			    const struct verity_params *want, struct error *err)
{
	uint8_t block[DESCRIPTOR_BLOCK_BYTES];
	struct verity_params params;

	if (pread_exact(image->fd, block, sizeof(block), hash->offset_bytes, err) < 0 ||
	    verity_superblock_parse(block, VERITY_SUPERBLOCK_BYTES, &params, err) < 0)
		return -1;
	const char *differs = params.hash_type != want->hash_type               ? "hash type"
			      : params.data_block_size != want->data_block_size ? "data block size"
			      : params.hash_block_size != want->hash_block_size ? "hash block size"
			      : params.data_blocks != want->data_blocks ? "number of data blocks"
			      : params.salt_size != want->salt_size ||
					      memcmp(params.salt, want->salt, want->salt_size) != 0
				      ? "salt"
				      : NULL;
	if (differs)
		return error_mismatch(err, "the %s in the superblock of %s is not the descriptor's",
				      differs, hash->name);
	if (!is_zero(block + VERITY_SUPERBLOCK_BYTES, sizeof(block) - VERITY_SUPERBLOCK_BYTES))
		return error_mismatch(err, "the block of the superblock of %s is not zero after it",
				      hash->name);
	return 0;
}

/* Neither partition has room for anything besides. */
static int check_sizes(const struct image_volume *found, const struct verity_params *params,
		       struct error *err)
{
	struct verity_layout layout;

	if (verity_layout(params, &layout, err) < 0)
		return -1;
	if (found->data->size_bytes != params->data_blocks * DESCRIPTOR_BLOCK_BYTES)
		return error_mismatch(
			err, "partition %s is %llu bytes, its hash tree covers %llu",
			found->data->name, (unsigned long long)found->data->size_bytes,
			(unsigned long long)params->data_blocks * DESCRIPTOR_BLOCK_BYTES);
	if (found->hash->size_bytes != layout.size_bytes)
		return error_mismatch(err, "partition %s is %llu bytes, its hash tree ends at %llu",
				      found->hash->name,
				      (unsigned long long)found->hash->size_bytes,
				      (unsigned long long)layout.size_bytes);
	return 0;
}

int image_verify_volume(const struct image *image, const struct descriptor_volume *volume,
			const struct verity_effort *effort, struct error *err)
{
	struct image_volume found = { 0 };
	struct verity_params params;

	params_of(volume, &params);
	if (image_find_volume(image, volume, &found, err) < 0)
		return -1;
	if (!descriptor_uuids_match(volume) || !uuid_equal(&found.data->uuid, &volume->data_uuid) ||
	    !uuid_equal(&found.hash->uuid, &volume->hash_uuid))
		return error_mismatch(err, "the partition UUIDs do not follow from the root hash");
	if (check_sizes(&found, &params, err) < 0 ||
	    check_superblock(image, found.hash, &params, err) < 0)
		return -1;
	const struct verity_files files = {
		.data_fd = image->fd,
		.data_offset = found.data->offset_bytes,
		.data_size = found.data->size_bytes,
		.hash_fd = image->fd,
		.hash_offset = found.hash->offset_bytes,
		.hash_size = found.hash->size_bytes,
	};
	return verity_verify(&files, &params, volume->verity.root_hash, effort, err);
}
