// SPDX-License-Identifier: Apache-2.0
#include "guest-init/volumes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

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

/* The path from the first data block to the root. */
static int read_through(const struct mapped *verity, struct error *err)
{
	uint8_t block[DESCRIPTOR_BLOCK_BYTES];
	cleanup_fd int fd = open(verity->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_system(err, "%s", verity->path);
	if (pread_exact(fd, block, sizeof(block), 0, err) < 0)
		return error_mismatch(err, "the first block does not match the root hash, or "
					   "cannot be read: the image is damaged");
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
	return read_through(verity, err);
}

int volume_check_key(const struct mapped *verity, const struct secret *key, struct error *err)
{
	uint8_t header[LUKS2_HEADER_BYTES];
	struct luks2 luks2;
	cleanup_fd int fd = open(verity->path, O_RDONLY | O_CLOEXEC);

	if (key->size != DESCRIPTOR_KEY_BYTES)
		return error_input(err, "the key is %zu bytes, not %d", key->size,
				   DESCRIPTOR_KEY_BYTES);
	if (fd < 0)
		return error_system(err, "%s", verity->path);
	if (pread_exact(fd, header, sizeof(header), 0, err) < 0)
		return error_mismatch(err, "the LUKS2 header does not match the root hash: the "
					   "image is damaged");
	if (luks2_parse(header, sizeof(header), &luks2, err) < 0)
		return -1;
	return luks2_verify_key(&luks2, key->bytes, err);
}

int volume_open_crypt(const struct descriptor_volume *volume, const struct mapped *verity,
		      const struct secret *key, struct mapped *crypt, struct error *err)
{
	cleanup_keyring_key struct keyring_key entry = { 0 };
	char description[sizeof(TABLE_KEY_PREFIX) + DESCRIPTOR_NAME_BYTES];
	struct table table;

	(void)snprintf(description, sizeof(description), TABLE_KEY_PREFIX "%s", volume->name);
	if (table_crypt(volume, verity->number, &table, err) < 0 ||
	    keyring_add(description, key->bytes, key->size, &entry, err) < 0)
		return -1;
	return create(volume, "crypt", &table, crypt, err);
}
