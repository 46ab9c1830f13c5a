// SPDX-License-Identifier: Apache-2.0
#include "format/luks2.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/hex.h"
#include "common/io.h"
#include "common/json.h"
#include "common/secret.h"
#include "format/descriptor.h"
#include "format/luks2_disk.h"

/* A text field of `size` bytes: NUL-terminated, and nothing but NULs after that. */
static bool padded_text(const char *field, size_t size)
{
	size_t length = strnlen(field, size);

	return length < size && is_zero(field + length, size - length);
}

static int check_binary(const struct luks2_disk_header *header, const char *magic, uint64_t offset,
			struct error *err)
{
	if (memcmp(header->magic, magic, sizeof(header->magic)) != 0)
		return error_input(err, "no LUKS2 magic");
	if (be16_get(header->version) != LUKS2_VERSION)
		return error_input(err, "LUKS version %u, not %d", be16_get(header->version),
				   LUKS2_VERSION);
	if (be64_get(header->header_bytes) != LUKS2_COPY_BYTES)
		return error_input(err, "header of %" PRIu64 " bytes, not %d",
				   be64_get(header->header_bytes), LUKS2_COPY_BYTES);
	if (be64_get(header->header_offset) != offset)
		return error_input(err, "says it is at byte %" PRIu64 ", not %" PRIu64,
				   be64_get(header->header_offset), offset);
	if (be64_get(header->seqid) != LUKS2_SEQID)
		return error_input(err, "sequence ID %" PRIu64 ", not %d", be64_get(header->seqid),
				   LUKS2_SEQID);
	if (!padded_text(header->checksum_algorithm, sizeof(header->checksum_algorithm)) ||
	    strcmp(header->checksum_algorithm, LUKS2_CHECKSUM_ALGORITHM) != 0)
		return error_input(err, "checksum algorithm is not " LUKS2_CHECKSUM_ALGORITHM);
	if (!is_zero(header->subsystem, sizeof(header->subsystem)))
		return error_input(err, "has a subsystem");
	if (!is_zero(header->padding, sizeof(header->padding)) ||
	    !is_zero(header->padding_4096, sizeof(header->padding_4096)))
		return error_input(err, "reserved bytes are not zero");
	return 0;
}

static int check_checksum(const struct luks2_disk_header *header, const uint8_t *copy,
			  struct error *err)
{
	uint8_t checksum[sizeof(header->checksum)] = { 0 };

	luks2_checksum(copy, checksum);
	if (memcmp(checksum, header->checksum, sizeof(checksum)) != 0)
		return error_input(err, "wrong checksum");
	return 0;
}

static int parse_label(const struct luks2_disk_header *header, char label[LUKS2_LABEL_BYTES],
		       struct error *err)
{
	if (!padded_text(header->label, sizeof(header->label)) ||
	    strspn(header->label, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(header->label))
		return error_input(err, "label is not [a-z0-9-]*");
	memcpy(label, header->label, sizeof(header->label));
	return 0;
}

/* The one object, "0", in the member `name` of the metadata. */
static int only_object(const json_t *metadata, const char *name, json_t **object, struct error *err)
{
	static const char *const members[] = { "0", NULL };
	json_t *outer;

	if (json_get_object(metadata, "LUKS2 metadata", name, &outer, err) < 0 ||
	    json_only_members(outer, name, members, err) < 0 ||
	    json_get_object(outer, name, "0", object, err) < 0)
		return -1;
	return 0;
}

static int expect_empty(const json_t *metadata, const char *name, struct error *err)
{
	json_t *object;

	if (json_get_object(metadata, "LUKS2 metadata", name, &object, err) < 0)
		return -1;
	if (json_object_size(object) != 0)
		return error_input(err, "has %s, where there are to be none", name);
	return 0;
}

static int get_base64(const json_t *object, const char *where, const char *name, uint8_t *bytes,
		      size_t size, struct error *err)
{
	cleanup_free uint8_t *decoded = NULL;
	const char *text;
	size_t length;

	if (json_get_string(object, where, name, &text, err) < 0)
		return -1;
	if (base64_decode(text, &decoded, &length, err) < 0)
		return error_prefix(err, "\"%s\" of %s", name, where);
	if (length != size)
		return error_input(err, "\"%s\" of %s is %zu bytes, not %zu", name, where, length,
				   size);
	memcpy(bytes, decoded, size);
	return 0;
}

static int check_segment(const json_t *metadata, struct error *err)
{
	json_t *segment;
	char offset[24];

	(void)snprintf(offset, sizeof(offset), "%d", LUKS2_PAYLOAD_OFFSET_BYTES);
	if (only_object(metadata, "segments", &segment, err) < 0 ||
	    json_expect_string(segment, "segment", "type", "crypt", err) < 0 ||
	    json_expect_string(segment, "segment", "offset", offset, err) < 0 ||
	    json_expect_string(segment, "segment", "size", "dynamic", err) < 0 ||
	    json_expect_string(segment, "segment", "iv_tweak", "0", err) < 0 ||
	    json_expect_string(segment, "segment", "encryption", DESCRIPTOR_CIPHER, err) < 0 ||
	    json_expect_u64(segment, "segment", "sector_size", LUKS2_SECTOR_BYTES, err) < 0)
		return -1;
	return 0;
}

static int parse_digest(const json_t *metadata, struct luks2 *luks2, struct error *err)
{
	json_t *digest;

	if (only_object(metadata, "digests", &digest, err) < 0 ||
	    json_expect_string(digest, "digest", "type", "pbkdf2", err) < 0 ||
	    json_expect_string(digest, "digest", "hash", "sha256", err) < 0 ||
	    json_expect_u64(digest, "digest", "iterations", LUKS2_DIGEST_ITERATIONS, err) < 0 ||
	    get_base64(digest, "digest", "salt", luks2->digest_salt, sizeof(luks2->digest_salt),
		       err) < 0 ||
	    get_base64(digest, "digest", "digest", luks2->digest, sizeof(luks2->digest), err) < 0)
		return -1;
	return 0;
}

static int parse_metadata(const uint8_t *area, struct luks2 *luks2, struct error *err)
{
	cleanup_json json_t *metadata = NULL;
	size_t size = strnlen((const char *)area, LUKS2_JSON_BYTES);

	if (!is_zero(area + size, LUKS2_JSON_BYTES - size))
		return error_input(err, "JSON area goes on after its end");
	if (json_parse(area, size, LUKS2_JSON_BYTES - 1, &metadata, err) < 0 ||
	    expect_empty(metadata, "keyslots", err) < 0 ||
	    expect_empty(metadata, "tokens", err) < 0 || check_segment(metadata, err) < 0 ||
	    parse_digest(metadata, luks2, err) < 0)
		return -1;
	return 0;
}

/* One copy's binary header, with a checksum that holds. */
static int read_copy(const uint8_t *copy, const char *magic, uint64_t offset,
		     struct luks2_disk_header *header, struct error *err)
{
	memcpy(header, copy, sizeof(*header));
	if (check_binary(header, magic, offset, err) < 0 || check_checksum(header, copy, err) < 0)
		return -1;
	return 0;
}

static int parse_primary(const uint8_t *copy, struct luks2 *luks2, struct error *err)
{
	struct luks2_disk_header header;

	if (read_copy(copy, LUKS2_PRIMARY_MAGIC, 0, &header, err) < 0 ||
	    parse_label(&header, luks2->label, err) < 0 ||
	    parse_metadata(copy + LUKS2_BINARY_BYTES, luks2, err) < 0)
		return -1;
	if (!padded_text(header.uuid, sizeof(header.uuid)))
		return error_input(err, "UUID goes on after its end");
	if (uuid_from_text(header.uuid, &luks2->uuid, err) < 0)
		return -1;
	memcpy(luks2->primary_salt, header.salt, sizeof(luks2->primary_salt));
	return 0;
}

int luks2_parse(const uint8_t *header, size_t size, struct luks2 *luks2, struct error *err)
{
	struct luks2_disk_header secondary;
	struct luks2 out = { 0 };
	uint8_t again[LUKS2_HEADER_BYTES];

	if (size < LUKS2_HEADER_BYTES)
		return error_input(err, "LUKS2 header of %zu bytes, not %d", size,
				   LUKS2_HEADER_BYTES);
	if (parse_primary(header, &out, err) < 0)
		return error_prefix(err, "LUKS2 header");
	if (read_copy(header + LUKS2_COPY_BYTES, LUKS2_SECONDARY_MAGIC, LUKS2_COPY_BYTES,
		      &secondary, err) < 0)
		return error_prefix(err, "secondary LUKS2 header");
	memcpy(out.secondary_salt, secondary.salt, sizeof(out.secondary_salt));

	/* what is not a member of the struct cannot differ from what we write */
	if (luks2_write(&out, again, err) < 0)
		return -1;
	if (memcmp(again, header, LUKS2_COPY_BYTES) != 0)
		return error_input(err, "LUKS2 header: metadata is not in the form podseal writes");
	if (memcmp(again, header, sizeof(again)) != 0)
		return error_input(err, "secondary LUKS2 header: not the same as the primary one");
	*luks2 = out;
	return 0;
}

int luks2_verify_key(const struct luks2 *luks2, const uint8_t key[LUKS2_KEY_BYTES],
		     struct error *err)
{
	uint8_t digest[sizeof(luks2->digest)];

	if (luks2_key_digest(key, luks2->digest_salt, digest, err) < 0)
		return -1;
	if (!secret_equal(digest, luks2->digest, sizeof(digest)))
		return error_mismatch(err, "wrong key: its digest is not the one in the header");
	return 0;
}
