// SPDX-License-Identifier: Apache-2.0
#include "attest/ovmf.h"

#include <string.h>

#include "common/disk.h"

/* A table entry's trailer: the entry's data comes before it, and its size counts both. */
struct ovmf_disk_entry {
	le16 size;
	uint8_t guid[16];
};
DISK_SIZE(struct ovmf_disk_entry, 18);

struct ovmf_disk_metadata {
	uint8_t signature[4]; /* "ASEV" */
	le32 size_bytes;
	le32 version; /* 1 */
	le32 section_count;
};
DISK_SIZE(struct ovmf_disk_metadata, 16);

struct ovmf_disk_section {
	le32 gpa;
	le32 size_bytes;
	le32 type;
};
DISK_SIZE(struct ovmf_disk_section, 12);

enum {
	TABLE_END_BYTES = 32, /* the reset vector's code after the table */
	PAGE_BYTES = 4096,
	SECTIONS_MAX_BYTES = 256 << 20, /* bounds the work; OVMF declares some 9 MiB */
};

/* GUIDs as they lie in memory: the first three groups little-endian */
static const uint8_t guid_footer[16] = { /* 96b582de-1fb2-45f7-baea-a366c55a082d */
					 0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45,
					 0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d
};
static const uint8_t guid_hashes[16] = { /* 7255371f-3a3b-4b04-927b-1da6efa8d454 */
					 0x1f, 0x37, 0x55, 0x72, 0x3b, 0x3a, 0x04, 0x4b,
					 0x92, 0x7b, 0x1d, 0xa6, 0xef, 0xa8, 0xd4, 0x54
};
static const uint8_t guid_reset[16] = { /* 00f771de-1a7e-4fcb-890e-68c77e2fb44e */
					0xde, 0x71, 0xf7, 0x00, 0x7e, 0x1a, 0xcb, 0x4f,
					0x89, 0x0e, 0x68, 0xc7, 0x7e, 0x2f, 0xb4, 0x4e
};
static const uint8_t guid_metadata[16] = { /* dc886566-984a-4798-a75e-5585a7bf67cc */
					   0x66, 0x65, 0x88, 0xdc, 0x4a, 0x98, 0x98, 0x47,
					   0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67, 0xcc
};

static int section_parse(const uint8_t *at, struct ovmf_section *section, struct error *err)
{
	struct ovmf_disk_section d;

	memcpy(&d, at, sizeof(d));
	uint32_t type = le32_get(d.type);
	switch (type) {
	case OVMF_SECTION_ZERO:
	case OVMF_SECTION_SECRETS:
	case OVMF_SECTION_CPUID:
	case OVMF_SECTION_SVSM_CAA:
	case OVMF_SECTION_KERNEL_HASHES:
		break;
	default:
		return error_input(err, "firmware: SEV metadata section type 0x%x is not known",
				   type);
	}
	*section = (struct ovmf_section){ le32_get(d.gpa), le32_get(d.size_bytes),
					  (enum ovmf_section_type)type };
	if (section->gpa % PAGE_BYTES || section->size_bytes % PAGE_BYTES)
		return error_input(err,
				   "firmware: SEV metadata section at 0x%x of 0x%x bytes is "
				   "not made of pages",
				   section->gpa, section->size_bytes);
	return 0;
}

/* `from_end` is where the metadata begins, counted back from the image's end. */
static int metadata_parse(const uint8_t *bytes, size_t size, uint32_t from_end, struct ovmf *ovmf,
			  struct error *err)
{
	struct ovmf_disk_metadata d;
	uint64_t total = 0;

	if (from_end > size || from_end < sizeof(d))
		return error_input(err, "firmware: SEV metadata lies outside the image");
	const uint8_t *at = bytes + (size - from_end);
	memcpy(&d, at, sizeof(d));
	if (memcmp(d.signature, "ASEV", sizeof(d.signature)) || le32_get(d.version) != 1)
		return error_input(err, "firmware: SEV metadata is not of version 1");
	uint32_t count = le32_get(d.section_count);
	if (count > OVMF_SECTIONS_MAX)
		return error_input(err, "firmware: %u SEV metadata sections, at most %d", count,
				   OVMF_SECTIONS_MAX);
	uint64_t needed = sizeof(d) + (uint64_t)count * sizeof(struct ovmf_disk_section);
	if (needed > le32_get(d.size_bytes) || needed > from_end)
		return error_input(err, "firmware: SEV metadata is cut short");
	for (uint32_t i = 0; i < count; i++) {
		if (section_parse(at + sizeof(d) + i * sizeof(struct ovmf_disk_section),
				  &ovmf->sections[i], err) < 0)
			return -1;
		total += ovmf->sections[i].size_bytes;
	}
	if (total > SECTIONS_MAX_BYTES)
		return error_input(err, "firmware: SEV metadata sections of %llu bytes, at most %d",
				   (unsigned long long)total, SECTIONS_MAX_BYTES);
	ovmf->has_metadata = true;
	ovmf->section_count = count;
	return 0;
}

/* The first four bytes of an entry's data, all that the entries we know of need. */
static int entry_word(const uint8_t *data, size_t size, uint32_t *word, struct error *err)
{
	le32 d;

	if (size < sizeof(d))
		return error_input(err, "firmware: a footer table entry is cut short");
	memcpy(&d, data, sizeof(d));
	*word = le32_get(d);
	return 0;
}

static int entry_parse(const uint8_t *bytes, size_t size, const uint8_t guid[16],
		       const uint8_t *data, size_t data_size, struct ovmf *ovmf, struct error *err)
{
	uint32_t from_end = 0;

	if (!memcmp(guid, guid_hashes, sizeof(guid_hashes)))
		return entry_word(data, data_size, &ovmf->hashes_gpa, err);
	if (!memcmp(guid, guid_reset, sizeof(guid_reset))) {
		ovmf->has_reset_eip = true;
		return entry_word(data, data_size, &ovmf->reset_eip, err);
	}
	if (!memcmp(guid, guid_metadata, sizeof(guid_metadata)))
		return entry_word(data, data_size, &from_end, err) < 0
			       ? -1
			       : metadata_parse(bytes, size, from_end, ovmf, err);
	return 0; /* entries for others, TDX among them */
}

int ovmf_parse(const uint8_t *bytes, size_t size, struct ovmf *ovmf, struct error *err)
{
	const size_t trailer = sizeof(struct ovmf_disk_entry);
	struct ovmf_disk_entry d;
	struct ovmf o = { 0 };

	if (size < TABLE_END_BYTES + trailer || size > OVMF_MAX_BYTES)
		return error_input(err, "firmware of %zu bytes, from %zu to %d", size,
				   TABLE_END_BYTES + trailer, OVMF_MAX_BYTES);
	size_t end = size - TABLE_END_BYTES - trailer; /* of what is left of the table */
	memcpy(&d, bytes + end, trailer);
	if (memcmp(d.guid, guid_footer, sizeof(d.guid)) != 0) {
		*ovmf = o;
		return 0;
	}
	if (le16_get(d.size) < trailer || le16_get(d.size) - trailer > end)
		return error_input(err, "firmware: the footer table lies outside the image");
	size_t left = le16_get(d.size) - trailer;
	while (left >= trailer) {
		memcpy(&d, bytes + end - trailer, trailer);
		size_t entry = le16_get(d.size);
		if (entry < trailer || entry > left)
			return error_input(err, "firmware: a footer table entry of %zu bytes",
					   entry);
		if (entry_parse(bytes, size, d.guid, bytes + end - entry, entry - trailer, &o,
				err) < 0)
			return -1;
		end -= entry;
		left -= entry;
	}
	*ovmf = o;
	return 0;
}
