// SPDX-License-Identifier: Apache-2.0
/* The LUKS2 header as it lies on the disk; private to the parser and the encoder. Spec: LUKS2
 * On-Disk Format Specification 1.1, sections 2 and 3. */
#pragma once

#include <stdint.h>

#include "common/disk.h"
#include "format/luks2.h"

enum {
	LUKS2_VERSION = 2,
	LUKS2_SEQID = 1, /* written once */
	LUKS2_COPY_BYTES = LUKS2_HEADER_BYTES / 2,
	LUKS2_BINARY_BYTES = 4096,
	LUKS2_JSON_BYTES = LUKS2_COPY_BYTES - LUKS2_BINARY_BYTES,
	LUKS2_CHECKSUM_BYTES = 32,
};

#define LUKS2_PRIMARY_MAGIC      "LUKS\xba\xbe"
#define LUKS2_SECONDARY_MAGIC    "SKUL\xba\xbe"
#define LUKS2_CHECKSUM_ALGORITHM "sha256"

/* At byte 0 of each copy; the JSON area follows. Text fields are padded with NULs. */
struct luks2_disk_header {
	uint8_t magic[6];
	be16 version;
	be64 header_bytes; /* with the JSON area */
	be64 seqid;
	char label[48];
	char checksum_algorithm[32];
	uint8_t salt[64]; /* makes headers of one content differ */
	char uuid[40];
	char subsystem[48];
	be64 header_offset; /* in the device, bytes */
	uint8_t padding[184];
	uint8_t checksum[64]; /* over header and JSON area, with this field zero */
	uint8_t padding_4096[7 * 512];
};
DISK_AT(struct luks2_disk_header, header_bytes, 8);
DISK_AT(struct luks2_disk_header, label, 24);
DISK_AT(struct luks2_disk_header, checksum_algorithm, 72);
DISK_AT(struct luks2_disk_header, salt, 104);
DISK_AT(struct luks2_disk_header, uuid, 168);
DISK_AT(struct luks2_disk_header, subsystem, 208);
DISK_AT(struct luks2_disk_header, header_offset, 256);
DISK_AT(struct luks2_disk_header, checksum, 448);
DISK_AT(struct luks2_disk_header, padding_4096, 512);
DISK_SIZE(struct luks2_disk_header, LUKS2_BINARY_BYTES);

/* SHA-256 of the copy of LUKS2_COPY_BYTES at `copy`, its checksum field taken as zero. */
void luks2_checksum(const uint8_t *copy, uint8_t checksum[LUKS2_CHECKSUM_BYTES]);

/* Both copies of what *luks2 says, whatever it says. `label` is padded with NULs. */
int luks2_write(const struct luks2 *luks2, uint8_t header[LUKS2_HEADER_BYTES], struct error *err)
	MUST_CHECK;

/* The digest of a key: PBKDF2-HMAC-SHA-256 with the digest's salt. */
int luks2_key_digest(const uint8_t key[LUKS2_KEY_BYTES], const uint8_t salt[DERIVE_SALT_BYTES],
		     uint8_t digest[32], struct error *err) MUST_CHECK;
