// SPDX-License-Identifier: Apache-2.0
#include "guest-init/volumes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/disk.h"
#include "common/io.h"
#include "format/luks2.h"
#include "guest-init/keyring.h"

enum { DEVICE_NAME_BYTES = 64 };

static void device_name(const struct descriptor_volume *volume, const char *layer,
			char name[DEVICE_NAME_BYTES])
{
	(void)snprintf(name, DEVICE_NAME_BYTES, "podseal-%s-%s", volume->name, layer);
}

static int create(const struct descriptor_volume *volume, const char *layer,
		  const struct table *table, struct mapped *mapped, struct error *err)
{
	char name[DEVICE_NAME_BYTES];

	device_name(volume, layer, name);
	return mapper_create(name, table, MAPPER_READ_ONLY, mapped, err);
}

/* Nothing but what is asked for: each block read ahead is one more to hash, and to decrypt. */
static int read_start(const struct mapped *device, uint8_t *bytes, size_t size, struct error *err)
{
	cleanup_fd int fd = open(device->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_system(err, "%s", device->path);
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	return pread_exact(fd, bytes, size, 0, err);
}

/* The path from the first data block to the root. A LUKS2 header is read whole: nobody parses it
 * here, but an image that is damaged there is damaged. */
static int read_through(const struct descriptor_volume *volume, const struct mapped *verity,
			struct error *err)
{
	uint8_t bytes[LUKS2_HEADER_BYTES];

	if (read_start(verity, bytes, DESCRIPTOR_BLOCK_BYTES, err) < 0)
		return error_mismatch(err, "the first block does not match the root hash, or "
					   "cannot be read: the image is damaged");
	if (volume->sealed && read_start(verity, bytes, sizeof(bytes), err) < 0)
		return error_mismatch(err, "the LUKS2 header does not match the root hash: the "
					   "image is damaged");
	return 0;
}

int volume_open_verity(const struct image *image, const struct descriptor_volume *volume,
		       const struct disk *disk, struct mapped *verity, struct error *err)
{
	const struct device_number number = { disk->major, disk->minor };
	struct image_volume found;
	struct mapped data;
	struct table table;

	if (image_find_volume(image, volume, &found, err) < 0 ||
	    table_linear(volume, number, found.data->offset_bytes, &table, err) < 0 ||
	    create(volume, "data", &table, &data, err) < 0 ||
	    table_verity(volume, data.number, number, found.hash->offset_bytes, &table, err) < 0 ||
	    create(volume, "verity", &table, verity, err) < 0)
		return -1;
	return read_through(volume, verity, err);
}

/* ext4's documentation, "The Super Block": the first 1024 bytes are not used, and podseal writes
 * zeros. No two keys decrypt one block to those, so they stand for the key as well as a digest. */
enum { BOOT_BYTES = 1024, MAGIC_OFFSET = BOOT_BYTES + 56, MAGIC = 0xef53 };

static int check_key(const struct mapped *crypt, struct error *err)
{
	uint8_t block[DESCRIPTOR_BLOCK_BYTES];
	le16 magic;

	if (read_start(crypt, block, sizeof(block), err) < 0)
		return error_mismatch(err, "the file system's first block does not match the root "
					   "hash: the image is damaged");
	memcpy(&magic, block + MAGIC_OFFSET, sizeof(magic));
	if (!is_zero(block, BOOT_BYTES) || le16_get(magic) != MAGIC)
		return error_mismatch(err, "wrong key: what it decrypts is no " DESCRIPTOR_FS);
	return 0;
}

int volume_open_crypt(const struct descriptor_volume *volume, const struct mapped *verity,
		      const struct secret *key, struct mapped *crypt, struct error *err)
{
	cleanup_keyring_key struct keyring_key entry = { 0 };
	char description[sizeof(TABLE_KEY_PREFIX) + DESCRIPTOR_NAME_BYTES];
	struct table table;

	if (key->size != DESCRIPTOR_KEY_BYTES)
		return error_input(err, "the key is %zu bytes, not %d", key->size,
				   DESCRIPTOR_KEY_BYTES);
	(void)snprintf(description, sizeof(description), TABLE_KEY_PREFIX "%s", volume->name);
	if (table_crypt(volume, verity->number, &table, err) < 0 ||
	    keyring_add(description, key->bytes, key->size, &entry, err) < 0 ||
	    create(volume, "crypt", &table, crypt, err) < 0)
		return -1;
	return check_key(crypt, err);
}
