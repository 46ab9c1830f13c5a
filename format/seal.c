// SPDX-License-Identifier: Apache-2.0
#include "format/seal.h"

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/disk.h"
#include "common/hex.h"
#include "common/io.h"
#include "common/sha2.h"

enum { SEAL_VERSION = 1 };

static const char seal_magic[8] = "podseal"; /* and its NUL */

/* At byte 0 of the partition; the descriptor follows at once, then the signature, then zeros up to
 * a multiple of SEAL_BLOCK_BYTES. */
struct seal_disk_header {
	uint8_t magic[8];
	le32 version;
	le32 descriptor_bytes; /* 1 to SEAL_DESCRIPTOR_MAX_BYTES */
	le32 signature_bytes;  /* 0: none; at most SEAL_SIGNATURE_MAX_BYTES */
	uint8_t reserved[44];
};
DISK_AT(struct seal_disk_header, version, 8);
DISK_AT(struct seal_disk_header, descriptor_bytes, 12);
DISK_AT(struct seal_disk_header, signature_bytes, 16);
DISK_SIZE(struct seal_disk_header, 64);

static int check_lengths(size_t descriptor, size_t signature, struct error *err)
{
	if (descriptor == 0 || descriptor > SEAL_DESCRIPTOR_MAX_BYTES)
		return error_input(err, "descriptor of %zu bytes, from 1 to %d", descriptor,
				   SEAL_DESCRIPTOR_MAX_BYTES);
	if (signature > SEAL_SIGNATURE_MAX_BYTES)
		return error_input(err, "signature of %zu bytes, at most %d", signature,
				   SEAL_SIGNATURE_MAX_BYTES);
	return 0;
}

/* Lengths are within bounds by now, so that nothing can overflow. */
static size_t partition_bytes(size_t descriptor, size_t signature)
{
	size_t used = sizeof(struct seal_disk_header) + descriptor + signature;
	return (used + SEAL_BLOCK_BYTES - 1) / SEAL_BLOCK_BYTES * SEAL_BLOCK_BYTES;
}

int seal_parse(const uint8_t *partition, size_t size, struct seal *seal, struct error *err)
{
	struct seal_disk_header header;

	if (size < sizeof(header))
		return error_input(err, "seal partition of %zu bytes, at least %d", size,
				   SEAL_BLOCK_BYTES);
	memcpy(&header, partition, sizeof(header));
	if (memcmp(header.magic, seal_magic, sizeof(header.magic)) != 0)
		return error_input(err, "seal partition does not begin with \"%s\"", seal_magic);
	if (le32_get(header.version) != SEAL_VERSION)
		return error_input(err, "seal partition of version %u, not %d",
				   le32_get(header.version), SEAL_VERSION);
	if (!is_zero(header.reserved, sizeof(header.reserved)))
		return error_input(err, "seal partition has reserved bytes that are not zero");

	size_t descriptor = le32_get(header.descriptor_bytes);
	size_t signature = le32_get(header.signature_bytes);
	if (check_lengths(descriptor, signature, err) < 0)
		return -1;
	if (size != partition_bytes(descriptor, signature))
		return error_input(err, "seal partition of %zu bytes, its content needs %zu", size,
				   partition_bytes(descriptor, signature));
	size_t end = sizeof(header) + descriptor + signature;
	if (!is_zero(partition + end, size - end))
		return error_input(err, "seal partition is not zero after its content");

	seal->descriptor = partition + sizeof(header);
	seal->descriptor_bytes = descriptor;
	seal->signature = signature ? partition + sizeof(header) + descriptor : NULL;
	seal->signature_bytes = signature;
	return 0;
}

int seal_encode(const struct seal *seal, uint8_t **partition, size_t *size, struct error *err)
{
	if (check_lengths(seal->descriptor_bytes, seal->signature_bytes, err) < 0)
		return -1;
	size_t bytes = partition_bytes(seal->descriptor_bytes, seal->signature_bytes);
	uint8_t *out = calloc(1, bytes);
	if (!out)
		return error_memory(err);

	struct seal_disk_header header = {
		.version = le32_put(SEAL_VERSION),
		.descriptor_bytes = le32_put((uint32_t)seal->descriptor_bytes),
		.signature_bytes = le32_put((uint32_t)seal->signature_bytes),
	};
	memcpy(header.magic, seal_magic, sizeof(header.magic));
	memcpy(out, &header, sizeof(header));
	memcpy(out + sizeof(header), seal->descriptor, seal->descriptor_bytes);
	if (seal->signature_bytes)
		memcpy(out + sizeof(header) + seal->descriptor_bytes, seal->signature,
		       seal->signature_bytes);
	*partition = out;
	*size = bytes;
	return 0;
}

void seal_digest(const uint8_t *descriptor, size_t size, uint8_t digest[SEAL_DIGEST_BYTES])
{
	sha2_256(descriptor, size, digest);
}

static const char digest_prefix[] = "sha256:";

void seal_digest_to_text(const uint8_t digest[SEAL_DIGEST_BYTES], char text[SEAL_DIGEST_TEXT_BYTES])
{
	memcpy(text, digest_prefix, sizeof(digest_prefix) - 1);
	hex_encode(digest, SEAL_DIGEST_BYTES, text + sizeof(digest_prefix) - 1);
}

int seal_digest_from_text(const char *text, uint8_t digest[SEAL_DIGEST_BYTES], struct error *err)
{
	if (strncmp(text, digest_prefix, sizeof(digest_prefix) - 1) != 0)
		return error_input(err, "\"%s\" does not begin with \"%s\"", text, digest_prefix);
	const char *digits = text + sizeof(digest_prefix) - 1;
	if (strspn(digits, "0123456789abcdef") != strlen(digits))
		return error_input(err, "\"%s\" has other than lower-case digits", text);
	if (hex_decode(digits, digest, SEAL_DIGEST_BYTES, err) < 0)
		return error_prefix(err, "seal digest");
	return 0;
}
