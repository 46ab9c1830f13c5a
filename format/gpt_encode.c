// SPDX-License-Identifier: Apache-2.0
#include "format/gpt.h"

#include <inttypes.h>
#include <string.h>

#include "common/checked.h"
#include "format/gpt_disk.h"

struct gpt_partition *gpt_append(struct gpt *gpt, const struct uuid *type, const char *name,
				 uint64_t size_bytes, struct error *err)
{
	const struct gpt_partition *last = gpt->count ? &gpt->partitions[gpt->count - 1] : NULL;
	uint64_t start = GPT_ALIGN_BYTES;
	uint64_t end;
	uint64_t disk;

	if (gpt->count == GPT_MAX_PARTITIONS) {
		(void)error_input(err, "more than %d partitions", GPT_MAX_PARTITIONS);
		return NULL;
	}
	if (strlen(name) >= GPT_NAME_BYTES) {
		(void)error_input(err, "partition name of %zu characters, at most %d", strlen(name),
				  GPT_NAME_CHARS);
		return NULL;
	}
	if (size_bytes == 0 || size_bytes % GPT_SECTOR_BYTES != 0) {
		(void)error_input(err, "partition %s of %" PRIu64 " bytes, not a multiple of %d",
				  name, size_bytes, GPT_SECTOR_BYTES);
		return NULL;
	}
	if ((last &&
	     !round_up_u64(last->offset_bytes + last->size_bytes, GPT_ALIGN_BYTES, &start)) ||
	    !add_u64(start, size_bytes, &end) || !add_u64(end, GPT_BACKUP_BYTES, &disk) ||
	    !round_up_u64(disk, GPT_ALIGN_BYTES, &disk) || disk > INT64_MAX) {
		(void)error_input(err, "partition %s of %" PRIu64 " bytes: the disk is too large",
				  name, size_bytes);
		return NULL;
	}

	struct gpt_partition *partition = &gpt->partitions[gpt->count++];
	*partition = (struct gpt_partition){
		.type = *type,
		.attributes = GPT_ATTRIBUTE_READ_ONLY,
		.offset_bytes = start,
		.size_bytes = size_bytes,
	};
	memcpy(partition->name, name, strlen(name) + 1);
	gpt->disk_bytes = disk;
	return partition;
}

static void encode_mbr(uint64_t disk_sectors, uint8_t *sector)
{
	uint64_t rest = disk_sectors - 1;
	struct mbr_disk mbr = {
		.partitions[0] = {
			.first_chs = { 0x00, 0x02, 0x00 }, /* sector 1 */
			.type = MBR_TYPE_PROTECTIVE,
			.last_chs = { 0xff, 0xff, 0xff }, /* beyond what CHS can say */
			.first_lba = le32_put(1),
			.sectors = le32_put(rest > UINT32_MAX ? UINT32_MAX : (uint32_t)rest),
		},
		.signature = le16_put(MBR_SIGNATURE),
	};

	memcpy(sector, &mbr, sizeof(mbr));
}

static void encode_entry(const struct gpt_partition *partition, uint8_t *to)
{
	uint64_t first = partition->offset_bytes / GPT_SECTOR_BYTES;
	struct gpt_disk_entry entry = {
		.first_lba = le64_put(first),
		.last_lba = le64_put(first + partition->size_bytes / GPT_SECTOR_BYTES - 1),
		.attributes = le64_put(partition->attributes),
	};

	gpt_swap_guid(partition->type.bytes, entry.type);
	gpt_swap_guid(partition->uuid.bytes, entry.guid);
	for (size_t i = 0; i < GPT_NAME_CHARS && partition->name[i]; i++)
		entry.name[i] = le16_put((uint8_t)partition->name[i]);
	memcpy(to, &entry, sizeof(entry));
}

static void encode_header(const struct gpt *gpt, const uint8_t *entries, uint64_t my_lba,
			  uint64_t alternate_lba, uint64_t entries_lba, uint8_t *sector)
{
	struct gpt_disk_header header = {
		.revision = le32_put(GPT_REVISION),
		.header_bytes = le32_put(GPT_HEADER_BYTES),
		.my_lba = le64_put(my_lba),
		.alternate_lba = le64_put(alternate_lba),
		.first_usable_lba = le64_put(GPT_FIRST_USABLE_LBA),
		.last_usable_lba =
			le64_put((gpt->disk_bytes - GPT_BACKUP_BYTES) / GPT_SECTOR_BYTES - 1),
		.entries_lba = le64_put(entries_lba),
		.entry_count = le32_put(GPT_MAX_PARTITIONS),
		.entry_bytes = le32_put(GPT_ENTRY_BYTES),
		.entries_crc = le32_put(gpt_crc(entries, GPT_MAX_PARTITIONS * GPT_ENTRY_BYTES)),
	};

	memcpy(header.magic, GPT_MAGIC, sizeof(header.magic));
	gpt_swap_guid(gpt->disk.bytes, header.disk_guid);
	header.header_crc = le32_put(gpt_crc(&header, GPT_HEADER_BYTES));
	memcpy(sector, &header, sizeof(header));
}

int gpt_encode(const struct gpt *gpt, uint8_t primary[GPT_PRIMARY_BYTES],
	       uint8_t backup[GPT_BACKUP_BYTES], struct error *err)
{
	uint8_t first[GPT_PRIMARY_BYTES] = { 0 };
	uint8_t last[GPT_BACKUP_BYTES] = { 0 };
	uint8_t *entries = first + GPT_ENTRIES_LBA * GPT_SECTOR_BYTES;
	struct gpt check;

	if (gpt->count > GPT_MAX_PARTITIONS)
		return error_input(err, "more than %d partitions", GPT_MAX_PARTITIONS);
	if (gpt->disk_bytes % GPT_SECTOR_BYTES != 0 ||
	    gpt->disk_bytes < GPT_PRIMARY_BYTES + GPT_BACKUP_BYTES)
		return error_input(err, "a disk of %" PRIu64 " bytes", gpt->disk_bytes);

	uint64_t sectors = gpt->disk_bytes / GPT_SECTOR_BYTES;
	encode_mbr(sectors, first);
	for (size_t i = 0; i < gpt->count; i++)
		encode_entry(&gpt->partitions[i], entries + i * GPT_ENTRY_BYTES);
	encode_header(gpt, entries, 1, sectors - 1, GPT_ENTRIES_LBA, first + GPT_SECTOR_BYTES);

	memcpy(last, entries, GPT_MAX_PARTITIONS * GPT_ENTRY_BYTES);
	encode_header(gpt, entries, sectors - 1, 1, sectors - 1 - GPT_ENTRIES_SECTORS,
		      last + GPT_ENTRIES_SECTORS * GPT_SECTOR_BYTES);

	if (gpt_parse(first, gpt->disk_bytes, &check, err) < 0)
		return -1;
	memcpy(primary, first, sizeof(first));
	memcpy(backup, last, sizeof(last));
	return 0;
}
