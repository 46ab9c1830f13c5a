// SPDX-License-Identifier: Apache-2.0
#include "format/descriptor.h"

#include <string.h>

#include "common/hex.h"
#include "common/json.h"
#include "format/descriptor_json.h"
#include "format/seal.h"

static json_t *verity_json(const struct descriptor_verity *verity)
{
	char salt[2 * DESCRIPTOR_SALT_BYTES + 1];
	char root_hash[2 * DESCRIPTOR_ROOT_HASH_BYTES + 1];

	hex_encode(verity->salt, sizeof(verity->salt), salt);
	hex_encode(verity->root_hash, sizeof(verity->root_hash), root_hash);
	return json_pack("{s:s, s:i, s:i, s:I, s:s, s:s}", "algorithm", DESCRIPTOR_ALGORITHM,
			 "data_block_size", DESCRIPTOR_BLOCK_BYTES, "hash_block_size",
			 DESCRIPTOR_BLOCK_BYTES, "data_blocks", (json_int_t)verity->data_blocks,
			 "salt", salt, "root_hash", root_hash);
}

static json_t *crypt_json(const struct descriptor_crypt *crypt)
{
	return json_pack("{s:s, s:i, s:i, s:I, s:s}", "cipher", DESCRIPTOR_CIPHER, "key_bytes",
			 DESCRIPTOR_KEY_BYTES, "sector_size", DESCRIPTOR_BLOCK_BYTES,
			 "offset_bytes", (json_int_t)crypt->offset_bytes, "key_id", crypt->key_id);
}

/* "O*" leaves out a member whose value is NULL, as "crypt" is where the volume is not sealed. */
static json_t *volume_json(const struct descriptor_volume *volume)
{
	char data_uuid[UUID_TEXT_BYTES];
	char hash_uuid[UUID_TEXT_BYTES];

	uuid_to_text(&volume->data_uuid, data_uuid);
	uuid_to_text(&volume->hash_uuid, hash_uuid);
	cleanup_json json_t *crypt = volume->sealed ? crypt_json(&volume->crypt) : NULL;
	if (volume->sealed && !crypt)
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:O*}", "name", volume->name, "mount",
			 volume->mount, "fs", DESCRIPTOR_FS, "data_uuid", data_uuid, "hash_uuid",
			 hash_uuid, "verity", verity_json(&volume->verity), "crypt", crypt);
}

int descriptor_canonical(const struct descriptor *descriptor, char **text, size_t *size,
			 struct error *err)
{
	cleanup_json json_t *volumes = json_array();
	char policy[SEAL_DIGEST_TEXT_BYTES];

	for (size_t i = 0; i < descriptor->count; i++)
		if (json_array_append_new(volumes, volume_json(&descriptor->volumes[i])) < 0)
			return error_memory(err);
	seal_digest_to_text(descriptor->kata_policy, policy);
	cleanup_json json_t *json =
		json_pack("{s:i, s:s, s:s*, s:s*, s:O}", "format", DESCRIPTOR_FORMAT, "arch",
			  descriptor_arch_name(descriptor->arch), "init",
			  descriptor->init[0] ? descriptor->init : NULL, "kata_policy",
			  descriptor->has_kata_policy ? policy : NULL, "volumes", volumes);
	if (!json)
		return error_memory(err);
	return json_canonical(json, text, size, err);
}

int descriptor_encode(const struct descriptor *descriptor, uint8_t **bytes, size_t *size,
		      struct error *err)
{
	cleanup_free char *text = NULL;
	size_t length;
	struct descriptor check;

	if (descriptor->count > DESCRIPTOR_MAX_VOLUMES)
		return error_input(err, "%zu volumes, at most %d", descriptor->count,
				   DESCRIPTOR_MAX_VOLUMES);
	if (descriptor_canonical(descriptor, &text, &length, err) < 0 ||
	    descriptor_parse((const uint8_t *)text, length, &check, err) < 0)
		return -1;
	*bytes = (uint8_t *)take_ptr(text);
	*size = length;
	return 0;
}
