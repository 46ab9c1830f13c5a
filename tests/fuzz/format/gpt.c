// SPDX-License-Identifier: Apache-2.0
/* A primary GPT, as it comes and with its checksums made right; what is accepted can be written and
 * read again, and means the same. */
#include <stdlib.h>
#include <string.h>

#include "format/gpt.h"
#include "format/gpt_disk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint64_t disk_bytes = UINT64_C(1) << 40;

static void renew_checksums(uint8_t *primary)
{
	struct gpt_disk_header header;

	memcpy(&header, primary + GPT_SECTOR_BYTES, sizeof(header));
	uint32_t entries = le32_get(header.entry_count);
	if (entries > GPT_MAX_PARTITIONS)
		return;
	header.entries_crc = le32_put(gpt_crc(primary + 1024, entries * GPT_ENTRY_BYTES));
	header.header_crc = le32_put(0);
	header.header_crc = le32_put(gpt_crc(&header, GPT_HEADER_BYTES));
	memcpy(primary + GPT_SECTOR_BYTES, &header, sizeof(header));
}

static void check(const struct gpt *gpt)
{
	uint8_t primary[GPT_PRIMARY_BYTES];
	uint8_t backup[GPT_BACKUP_BYTES];
	struct gpt again;
	struct error err;

	/* another's table may be smaller than ours and its partitions begin or end nearer to it */
	if (gpt_encode(gpt, primary, backup, &err) < 0)
		return;
	if (gpt_parse(primary, disk_bytes, &again, &err) < 0 || again.count != gpt->count)
		abort();
	for (size_t i = 0; i < gpt->count; i++)
		if (again.partitions[i].offset_bytes != gpt->partitions[i].offset_bytes ||
		    again.partitions[i].size_bytes != gpt->partitions[i].size_bytes ||
		    strcmp(again.partitions[i].name, gpt->partitions[i].name) != 0)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t primary[GPT_PRIMARY_BYTES] = { 0 };
	struct gpt gpt;
	struct error err;

	memcpy(primary, data, size < sizeof(primary) ? size : sizeof(primary));
	if (gpt_parse(primary, disk_bytes, &gpt, &err) == 0)
		check(&gpt);
	renew_checksums(primary);
	if (gpt_parse(primary, disk_bytes, &gpt, &err) == 0)
		check(&gpt);
	return 0;
}
