// SPDX-License-Identifier: Apache-2.0
#include "format/luks2.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/hex.h"
#include "common/json.h"
#include "common/sha2.h"
#include "format/descriptor.h"
#include "format/luks2_disk.h"

void luks2_checksum(const uint8_t *copy, uint8_t checksum[LUKS2_CHECKSUM_BYTES])
{
	uint8_t bytes[LUKS2_COPY_BYTES];

	memcpy(bytes, copy, sizeof(bytes));
	memset(bytes + offsetof(struct luks2_disk_header, checksum), 0,
	       sizeof(((struct luks2_disk_header *)NULL)->checksum));
	sha2_256(bytes, sizeof(bytes), checksum);
}

int luks2_key_digest(const uint8_t key[LUKS2_KEY_BYTES], const uint8_t salt[DERIVE_SALT_BYTES],
		     uint8_t digest[32], struct error *err)
{
	if (PKCS5_PBKDF2_HMAC((const char *)key, LUKS2_KEY_BYTES, salt, DERIVE_SALT_BYTES,
			      LUKS2_DIGEST_ITERATIONS, EVP_sha256(), 32, digest) != 1)
		return error_crypto(err, "computing the digest of a volume key");
	return 0;
}

/* 64-bit numbers are strings in LUKS2's JSON. The keyslots area takes all the room up to the
 * payload, as cryptsetup lays it out. */
static json_t *metadata_json(const struct luks2 *luks2)
{
	char json_size[24];
	char keyslots_size[24];
	char offset[24];
	cleanup_free char *salt = base64_encode(luks2->digest_salt, sizeof(luks2->digest_salt));
	cleanup_free char *digest = base64_encode(luks2->digest, sizeof(luks2->digest));

	if (!salt || !digest)
		return NULL;
	(void)snprintf(json_size, sizeof(json_size), "%d", LUKS2_JSON_BYTES);
	(void)snprintf(keyslots_size, sizeof(keyslots_size), "%d",
		       LUKS2_PAYLOAD_OFFSET_BYTES - LUKS2_HEADER_BYTES);
	(void)snprintf(offset, sizeof(offset), "%d", LUKS2_PAYLOAD_OFFSET_BYTES);
	return json_pack("{s:{}, s:{}, s:{s:{s:s, s:s, s:s, s:s, s:s, s:i}},"
			 " s:{s:{s:s, s:[], s:[s], s:s, s:i, s:s, s:s}}, s:{s:s, s:s}}",
			 "keyslots", "tokens", "segments", "0", "type", "crypt", "offset", offset,
			 "size", "dynamic", "iv_tweak", "0", "encryption", DESCRIPTOR_CIPHER,
			 "sector_size", LUKS2_SECTOR_BYTES, "digests", "0", "type", "pbkdf2",
			 "keyslots", "segments", "0", "hash", "sha256", "iterations",
			 LUKS2_DIGEST_ITERATIONS, "salt", salt, "digest", digest, "config",
			 "json_size", json_size, "keyslots_size", keyslots_size);
}

static void write_copy(const struct luks2 *luks2, const char *magic, uint64_t offset,
		       const uint8_t *salt, const char *json, uint8_t *copy)
{
	struct luks2_disk_header header = {
		.version = be16_put(LUKS2_VERSION),
		.header_bytes = be64_put(LUKS2_COPY_BYTES),
		.seqid = be64_put(LUKS2_SEQID),
		.checksum_algorithm = LUKS2_CHECKSUM_ALGORITHM,
		.header_offset = be64_put(offset),
	};

	memcpy(header.magic, magic, sizeof(header.magic));
	memcpy(header.label, luks2->label, strlen(luks2->label));
	memcpy(header.salt, salt, sizeof(header.salt));
	uuid_to_text(&luks2->uuid, header.uuid);
	memcpy(copy, &header, sizeof(header));
	memcpy(copy + LUKS2_BINARY_BYTES, json, strlen(json));
	luks2_checksum(copy, header.checksum);
	memcpy(copy, &header, sizeof(header));
}

int luks2_write(const struct luks2 *luks2, uint8_t header[LUKS2_HEADER_BYTES], struct error *err)
{
	uint8_t out[LUKS2_HEADER_BYTES] = { 0 };
	cleanup_json json_t *json = metadata_json(luks2);
	cleanup_free char *text = NULL;
	size_t size;

	if (!json)
		return error_memory(err);
	/* about 500 bytes: it fits */
	if (json_canonical(json, &text, &size, err) < 0)
		return -1;
	write_copy(luks2, LUKS2_PRIMARY_MAGIC, 0, luks2->primary_salt, text, out);
	write_copy(luks2, LUKS2_SECONDARY_MAGIC, LUKS2_COPY_BYTES, luks2->secondary_salt, text,
		   out + LUKS2_COPY_BYTES);
	memcpy(header, out, sizeof(out));
	return 0;
}

int luks2_encode(const uint8_t key[LUKS2_KEY_BYTES], const struct derive_luks2 *derived,
		 const char *label, uint8_t header[LUKS2_HEADER_BYTES], struct error *err)
{
	uint8_t out[LUKS2_HEADER_BYTES];
	struct luks2 luks2 = { .uuid = derived->uuid };
	struct luks2 check;

	if (strlen(label) >= LUKS2_LABEL_BYTES)
		return error_input(err, "LUKS2 label of %zu characters, at most %d", strlen(label),
				   LUKS2_LABEL_BYTES - 1);
	memcpy(luks2.label, label, strlen(label) + 1);
	memcpy(luks2.primary_salt, derived->primary_salt, sizeof(luks2.primary_salt));
	memcpy(luks2.secondary_salt, derived->secondary_salt, sizeof(luks2.secondary_salt));
	memcpy(luks2.digest_salt, derived->digest_salt, sizeof(luks2.digest_salt));
	if (luks2_key_digest(key, luks2.digest_salt, luks2.digest, err) < 0 ||
	    luks2_write(&luks2, out, err) < 0 || luks2_parse(out, sizeof(out), &check, err) < 0)
		return -1;
	memcpy(header, out, sizeof(out));
	return 0;
}
