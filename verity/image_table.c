// SPDX-License-Identifier: Apache-2.0
/* The table that a descriptor leads to is made as the builder makes it, and the one that is there
 * compared with it: what no hash tree covers has one form only, so that nothing can be hidden in it
 * and no two tools see two images. */
#include <string.h>

#include "common/io.h"
#include "verity/image.h"

/* A tool that reads the backup copy must see the same image as one that reads the primary. */
static int check_copies(const struct image *image, struct error *err)
{
	uint8_t primary[2][GPT_PRIMARY_BYTES], backup[2][GPT_BACKUP_BYTES];

	if (gpt_encode(&image->gpt, primary[0], backup[0], err) < 0 ||
	    pread_exact(image->fd, primary[1], sizeof(primary[1]), 0, err) < 0 ||
	    pread_exact(image->fd, backup[1], sizeof(backup[1]),
			image->gpt.disk_bytes - sizeof(backup[1]), err) < 0)
		return -1;
	if (memcmp(primary[0], primary[1], sizeof(primary[0])) != 0)
		return error_mismatch(err, "the partition table is not as podseal writes it");
	if (memcmp(backup[0], backup[1], sizeof(backup[0])) != 0)
		return error_mismatch(err,
				      "the backup partition table differs from the primary one");
	return 0;
}

/* With the size and UUID that the partition has. */
static int want_partition(struct gpt *want, const struct uuid *type,
			  const struct gpt_partition *there, struct error *err)
{
	struct gpt_partition *p = gpt_append(want, type, there->name, there->size_bytes, err);

	if (!p)
		return -1;
	p->uuid = there->uuid;
	return 0;
}

static int want_volume(const struct image *image, const struct descriptor_volume *volume,
		       struct gpt *want, struct error *err)
{
	struct image_volume found = { 0 };
	struct uuid data, hash;

	if (image_find_volume(image, volume, &found, err) < 0)
		return -1;
	descriptor_partition_types(image->descriptor.arch, volume, &data, &hash);
	if (want_partition(want, &data, found.data, err) < 0)
		return -1;
	return want_partition(want, &hash, found.hash, err);
}

static int want_table(const struct image *image, struct gpt *want, struct error *err)
{
	const struct gpt_partition *seal = gpt_find(&image->gpt, "seal");
	struct derive_disk derived;

	for (size_t i = 0; i < image->descriptor.count; i++)
		if (want_volume(image, &image->descriptor.volumes[i], want, err) < 0)
			return -1;
	if (derive_disk(image->seal_digest, &derived, err) < 0 ||
	    want_partition(want, &GPT_TYPE_SEAL, seal, err) < 0)
		return -1;
	want->disk = derived.disk;
	want->partitions[want->count - 1].uuid = derived.seal_partition;
	return 0;
}

static int check_uuid(const char *what, const struct uuid *found, const struct uuid *want,
		      struct error *err)
{
	char found_text[UUID_TEXT_BYTES], want_text[UUID_TEXT_BYTES];

	if (uuid_equal(found, want))
		return 0;
	uuid_to_text(found, found_text);
	uuid_to_text(want, want_text);
	return error_mismatch(err, "the %s is %s, not %s", what, found_text, want_text);
}

static int check_partition(size_t number, const struct gpt_partition *found,
			   const struct gpt_partition *want, struct error *err)
{
	if (strcmp(found->name, want->name) != 0)
		return error_mismatch(err, "partition %zu is %s, not %s", number, found->name,
				      want->name);
	if (found->attributes != want->attributes)
		return error_mismatch(err, "it has attributes 0x%llx, not 0x%llx",
				      (unsigned long long)found->attributes,
				      (unsigned long long)want->attributes);
	if (found->offset_bytes != want->offset_bytes)
		return error_mismatch(err, "it begins at byte %llu, not %llu",
				      (unsigned long long)found->offset_bytes,
				      (unsigned long long)want->offset_bytes);
	if (check_uuid("type", &found->type, &want->type, err) < 0)
		return -1;
	return check_uuid("UUID", &found->uuid, &want->uuid, err);
}

static int check_table(const struct gpt *found, const struct gpt *want, struct error *err)
{
	/* names that occur twice were not found above, so the rest is nobody's */
	if (found->count != want->count)
		return error_mismatch(err, "there are %zu partitions, the descriptor tells of %zu",
				      found->count, want->count);
	for (size_t i = 0; i < want->count; i++)
		if (check_partition(i + 1, &found->partitions[i], &want->partitions[i], err) < 0)
			return error_prefix(err, "partition %s", want->partitions[i].name);
	if (found->disk_bytes != want->disk_bytes)
		return error_mismatch(err, "the table tells of a disk of %llu bytes, not %llu",
				      (unsigned long long)found->disk_bytes,
				      (unsigned long long)want->disk_bytes);
	return check_uuid("disk GUID", &found->disk, &want->disk, err);
}

static int check_gap(const struct image *image, uint64_t from, uint64_t until, struct error *err)
{
	uint8_t bytes[64 << 10];

	while (from < until) {
		uint64_t size = until - from < sizeof(bytes) ? until - from : sizeof(bytes);
		if (pread_exact(image->fd, bytes, size, from, err) < 0)
			return -1;
		if (!is_zero(bytes, size))
			return error_mismatch(
				err,
				"bytes %llu to %llu belong to no partition and are not all zero",
				(unsigned long long)from, (unsigned long long)(from + size - 1));
		from += size;
	}
	return 0;
}

/* Partitions are in their places by now, so that each gap is less than GPT_ALIGN_BYTES. */
static int check_gaps(const struct image *image, struct error *err)
{
	uint64_t end = GPT_PRIMARY_BYTES;

	for (size_t i = 0; i < image->gpt.count; i++) {
		const struct gpt_partition *p = &image->gpt.partitions[i];
		if (check_gap(image, end, p->offset_bytes, err) < 0)
			return -1;
		end = p->offset_bytes + p->size_bytes;
	}
	return check_gap(image, end, image->gpt.disk_bytes - GPT_BACKUP_BYTES, err);
}

int image_verify_table(const struct image *image, struct error *err)
{
	struct gpt want = { 0 };

	if (check_copies(image, err) < 0 || want_table(image, &want, err) < 0 ||
	    check_table(&image->gpt, &want, err) < 0)
		return -1;
	return check_gaps(image, err);
}
