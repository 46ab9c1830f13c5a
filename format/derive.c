// SPDX-License-Identifier: Apache-2.0
#include "format/derive.h"

#include <stdio.h>
#include <string.h>

#include "common/hex.h"
#include "common/secret.h"

static int derive(const uint8_t *from, size_t from_size, const char *label, const char *volume,
		  void *out, size_t size, struct error *err)
{
	char info[128];
	int length = snprintf(info, sizeof(info), "podseal/1/%s%s%s", label, volume ? "/" : "",
			      volume ? volume : "");

	if (length < 0 || (size_t)length >= sizeof(info))
		return error_input(err, "volume name of %zu characters", strlen(volume));
	return secret_derive(from, from_size, info, out, size, err);
}

static int derive_uuid(const uint8_t *from, size_t from_size, const char *label, const char *volume,
		       struct uuid *uuid, struct error *err)
{
	struct uuid out;

	if (derive(from, from_size, label, volume, out.bytes, sizeof(out.bytes), err) < 0)
		return -1;
	out.bytes[6] = (uint8_t)((out.bytes[6] & 0x0f) | 0x80); /* version 8: the maker's own */
	out.bytes[8] = (uint8_t)((out.bytes[8] & 0x3f) | 0x80);
	*uuid = out;
	return 0;
}

int derive_fs(const uint8_t inputs[DERIVE_INPUTS_BYTES], const char *volume, struct derive_fs *fs,
	      struct error *err)
{
	struct derive_fs out;

	if (derive_uuid(inputs, DERIVE_INPUTS_BYTES, DERIVE_FS_UUID, volume, &out.uuid, err) < 0 ||
	    derive_uuid(inputs, DERIVE_INPUTS_BYTES, DERIVE_FS_HASH_SEED, volume, &out.hash_seed,
			err) < 0)
		return -1;
	*fs = out;
	return 0;
}

int derive_verity(const uint8_t *from, size_t from_size, const char *volume,
		  struct derive_verity *verity, struct error *err)
{
	struct derive_verity out;

	if (derive_uuid(from, from_size, DERIVE_VERITY_UUID, volume, &out.uuid, err) < 0 ||
	    derive(from, from_size, DERIVE_VERITY_SALT, volume, out.salt, sizeof(out.salt), err) <
		    0)
		return -1;
	*verity = out;
	return 0;
}

int derive_luks2(const uint8_t *key, size_t key_size, const char *volume,
		 struct derive_luks2 *luks2, struct error *err)
{
	struct derive_luks2 out;
	const struct {
		const char *label;
		void *bytes;
		size_t size;
	} salts[] = {
		{ DERIVE_LUKS2_DIGEST_SALT, out.digest_salt, sizeof(out.digest_salt) },
		{ DERIVE_LUKS2_PRIMARY_SALT, out.primary_salt, sizeof(out.primary_salt) },
		{ DERIVE_LUKS2_SECONDARY_SALT, out.secondary_salt, sizeof(out.secondary_salt) },
	};

	if (derive_uuid(key, key_size, DERIVE_LUKS2_UUID, volume, &out.uuid, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(salts) / sizeof(salts[0]); i++)
		if (derive(key, key_size, salts[i].label, volume, salts[i].bytes, salts[i].size,
			   err) < 0)
			return -1;
	*luks2 = out;
	return 0;
}

int derive_disk(const uint8_t seal_digest[32], struct derive_disk *disk, struct error *err)
{
	struct derive_disk out;

	if (derive_uuid(seal_digest, 32, DERIVE_DISK_UUID, NULL, &out.disk, err) < 0 ||
	    derive_uuid(seal_digest, 32, DERIVE_SEAL_PARTITION_UUID, NULL, &out.seal_partition,
			err) < 0)
		return -1;
	*disk = out;
	return 0;
}

int derive_key_id(const uint8_t *key, size_t key_size, char key_id[RESOURCE_PATH_BYTES],
		  struct error *err)
{
	uint8_t id[8];
	char digits[2 * sizeof(id) + 1];

	if (derive(key, key_size, DERIVE_KEY_ID, NULL, id, sizeof(id), err) < 0)
		return -1;
	hex_encode(id, sizeof(id), digits);
	(void)snprintf(key_id, RESOURCE_PATH_BYTES, "podseal/key/%s", digits);
	return 0;
}
