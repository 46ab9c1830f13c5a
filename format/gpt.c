// SPDX-License-Identifier: Apache-2.0
#include "format/gpt.h"

#include <inttypes.h>
#include <string.h>

#include "common/checked.h"
#include "common/io.h"
#include "format/gpt_disk.h"

/* Firmware and old tools look at the MBR, we do not: it only has to say that this disk is GPT. */
static int check_mbr(const uint8_t *sector, struct error *err)
{
	struct mbr_disk mbr;

	memcpy(&mbr, sector, sizeof(mbr));
	if (le16_get(mbr.signature) != MBR_SIGNATURE)
		return error_input(err, "no partition table: sector 0 does not end in 55 aa");
	for (size_t i = 0; i < 4; i++)
		if (mbr.partitions[i].type == MBR_TYPE_PROTECTIVE)
			return 0;
	return error_input(err, "not a GPT disk: no protective partition in sector 0");
}

static int check_header_form(const struct gpt_disk_header *header, struct error *err)
{
	struct gpt_disk_header blank = *header;

	if (memcmp(header->magic, GPT_MAGIC, sizeof(header->magic)) != 0)
		return error_input(err, "GPT header does not begin with \"" GPT_MAGIC "\"");
	if (le32_get(header->revision) != GPT_REVISION)
		return error_input(err, "GPT revision %08" PRIx32 ", not %08x",
				   le32_get(header->revision), GPT_REVISION);
	if (le32_get(header->header_bytes) != GPT_HEADER_BYTES)
		return error_input(err, "GPT header of %" PRIu32 " bytes, not %d",
				   le32_get(header->header_bytes), GPT_HEADER_BYTES);
	blank.header_crc = le32_put(0);
	uint32_t crc = gpt_crc(&blank, GPT_HEADER_BYTES);
	if (crc != le32_get(header->header_crc))
		return error_input(err, "GPT header has CRC %08" PRIx32 ", and says %08" PRIx32,
				   crc, le32_get(header->header_crc));
	if (le32_get(header->reserved) != 0 || !is_zero(header->padding, sizeof(header->padding)))
		return error_input(err, "GPT header has reserved bytes that are not zero");
	return 0;
}

static int check_header_ranges(const struct gpt_disk_header *header, uint64_t disk_sectors,
			       struct error *err)
{
	uint64_t first = le64_get(header->first_usable_lba);
	uint64_t last = le64_get(header->last_usable_lba);
	uint64_t alternate = le64_get(header->alternate_lba);
	uint32_t entries = le32_get(header->entry_count);

	if (le64_get(header->my_lba) != 1)
		return error_input(err, "GPT header says it is at sector %" PRIu64 ", not 1",
				   le64_get(header->my_lba));
	if (le64_get(header->entries_lba) != GPT_ENTRIES_LBA)
		return error_input(err, "GPT entries at sector %" PRIu64 ", not %d",
				   le64_get(header->entries_lba), GPT_ENTRIES_LBA);
	if (entries == 0 || entries > GPT_MAX_PARTITIONS)
		return error_input(err, "GPT with %" PRIu32 " entries, from 1 to %d", entries,
				   GPT_MAX_PARTITIONS);
	if (le32_get(header->entry_bytes) != GPT_ENTRY_BYTES)
		return error_input(err, "GPT entries of %" PRIu32 " bytes, not %d",
				   le32_get(header->entry_bytes), GPT_ENTRY_BYTES);
	if (first < GPT_ENTRIES_LBA + div_up_u64(entries * GPT_ENTRY_BYTES, GPT_SECTOR_BYTES))
		return error_input(err, "GPT data begins at sector %" PRIu64 ", inside the table",
				   first);
	if (first > last || last >= alternate)
		return error_input(err,
				   "GPT data from sector %" PRIu64 " to %" PRIu64
				   ", other header at %" PRIu64,
				   first, last, alternate);
	if (alternate >= disk_sectors)
		return error_input(
			err, "GPT ends at sector %" PRIu64 ", the disk has %" PRIu64 " sectors",
			alternate, disk_sectors);
	return 0;
}

static int parse_name(const struct gpt_disk_entry *entry, char name[GPT_NAME_BYTES],
		      struct error *err)
{
	size_t length = 0;

	while (length < GPT_NAME_CHARS && le16_get(entry->name[length]) != 0) {
		uint16_t unit = le16_get(entry->name[length]);
		if (unit < 0x20 || unit > 0x7e)
			return error_input(err, "name has a character U+%04X, not printable ASCII",
					   unit);
		name[length++] = (char)unit;
	}
	name[length] = '\0';
	if (!is_zero(&entry->name[length], (GPT_NAME_CHARS - length) * sizeof(le16)))
		return error_input(err, "name goes on after its end");
	return 0;
}

static int parse_entry(const struct gpt_disk_entry *entry, const struct gpt_disk_header *header,
		       struct gpt_partition *partition, struct error *err)
{
	uint64_t first = le64_get(entry->first_lba);
	uint64_t last = le64_get(entry->last_lba);

	if (is_zero(entry->guid, sizeof(entry->guid)))
		return error_input(err, "no UUID");
	if (first > last || first < le64_get(header->first_usable_lba) ||
	    last > le64_get(header->last_usable_lba))
		return error_input(err,
				   "sectors %" PRIu64 " to %" PRIu64 ", not within %" PRIu64
				   " to %" PRIu64,
				   first, last, le64_get(header->first_usable_lba),
				   le64_get(header->last_usable_lba));
	if (parse_name(entry, partition->name, err) < 0)
		return -1;
	gpt_swap_guid(entry->type, partition->type.bytes);
	gpt_swap_guid(entry->guid, partition->uuid.bytes);
	partition->attributes = le64_get(entry->attributes);
	/* below the size of the disk in bytes, so neither overflows */
	partition->offset_bytes = first * GPT_SECTOR_BYTES;
	partition->size_bytes = (last - first + 1) * GPT_SECTOR_BYTES;
	return 0;
}

/* A lookup by name or UUID, and a byte of the disk, must mean one partition. */
static int check_apart(const struct gpt_partition *a, const struct gpt_partition *b,
		       struct error *err)
{
	if (a->offset_bytes < b->offset_bytes + b->size_bytes &&
	    b->offset_bytes < a->offset_bytes + a->size_bytes)
		return error_input(err, "overlaps partition \"%s\"", a->name);
	if (uuid_equal(&a->uuid, &b->uuid))
		return error_input(err, "has the UUID of partition \"%s\"", a->name);
	return 0;
}

static int parse_entries(const uint8_t *entries, const struct gpt_disk_header *header,
			 struct gpt *gpt, struct error *err)
{
	for (size_t i = 0; i < le32_get(header->entry_count); i++) {
		struct gpt_disk_entry entry;
		struct gpt_partition *partition = &gpt->partitions[gpt->count];

		memcpy(&entry, entries + i * GPT_ENTRY_BYTES, sizeof(entry));
		if (is_zero(&entry, sizeof(entry)))
			continue;
		if (is_zero(entry.type, sizeof(entry.type)))
			return error_input(err, "partition %zu: no type, and yet not empty", i + 1);
		if (parse_entry(&entry, header, partition, err) < 0)
			return error_prefix(err, "partition %zu", i + 1);
		for (size_t j = 0; j < gpt->count; j++)
			if (check_apart(&gpt->partitions[j], partition, err) < 0)
				return error_prefix(err, "partition %zu", i + 1);
		gpt->count++;
	}
	return 0;
}

int gpt_parse(const uint8_t primary[GPT_PRIMARY_BYTES], uint64_t disk_bytes, struct gpt *gpt,
	      struct error *err)
{
	const uint8_t *entries = primary + GPT_ENTRIES_LBA * GPT_SECTOR_BYTES;
	struct gpt_disk_header header;
	struct gpt out = { 0 };

	memcpy(&header, primary + GPT_SECTOR_BYTES, sizeof(header));
	if (check_mbr(primary, err) < 0 || check_header_form(&header, err) < 0 ||
	    check_header_ranges(&header, disk_bytes / GPT_SECTOR_BYTES, err) < 0)
		return -1;
	uint32_t crc = gpt_crc(entries, le32_get(header.entry_count) * GPT_ENTRY_BYTES);
	if (crc != le32_get(header.entries_crc))
		return error_input(err,
				   "GPT entries have CRC %08" PRIx32 ", the header says %08" PRIx32,
				   crc, le32_get(header.entries_crc));
	gpt_swap_guid(header.disk_guid, out.disk.bytes);
	out.disk_bytes = (le64_get(header.alternate_lba) + 1) * GPT_SECTOR_BYTES;
	if (parse_entries(entries, &header, &out, err) < 0)
		return -1;
	*gpt = out;
	return 0;
}

const struct gpt_partition *gpt_find(const struct gpt *gpt, const char *name)
{
	const struct gpt_partition *found = NULL;

	for (size_t i = 0; i < gpt->count; i++) {
		if (strcmp(gpt->partitions[i].name, name) != 0)
			continue;
		if (found)
			return NULL;
		found = &gpt->partitions[i];
	}
	return found;
}
