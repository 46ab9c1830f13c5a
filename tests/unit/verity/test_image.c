// SPDX-License-Identifier: Apache-2.0
/* A small image with two volumes, made here out of format/'s encoders, and each way in which its
 * parts can disagree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "common/io.h"
#include "verity/image.h"

enum { VOLUMES = 2 };
static const uint64_t volume_blocks[VOLUMES] = { 300, 1 };

/* What the image is made from, for a test to bend before it is written. */
struct plan {
	struct gpt gpt;
	struct descriptor descriptor;
	struct verity_params params[VOLUMES];
	uint8_t disk_flip, seal_flip; /* bits to change in the GUIDs that follow from the seal */
};

struct specimen {
	struct plan plan;
	int fd;
	char path[64]; /* of the memory file, for image_open() */
};

static struct verity_params params_of(size_t volume)
{
	struct verity_params p = { .hash_type = VERITY_SALT_FIRST,
				   .data_block_size = DESCRIPTOR_BLOCK_BYTES,
				   .hash_block_size = DESCRIPTOR_BLOCK_BYTES,
				   .data_blocks = volume_blocks[volume],
				   .salt_size = DESCRIPTOR_SALT_BYTES };

	memset(p.salt, (int)volume + 1, p.salt_size);
	return p;
}

static void add_volume(struct specimen *s, size_t i, const char *name, const char *mount)
{
	struct descriptor_volume *volume = &s->plan.descriptor.volumes[i];
	struct verity_effort effort = { .threads = 1 };
	struct verity_layout layout;
	char label[GPT_NAME_BYTES];
	struct error err = { 0 };

	struct uuid data_type, hash_type;

	(void)snprintf(volume->name, sizeof(volume->name), "%s", name);
	(void)snprintf(volume->mount, sizeof(volume->mount), "%s", mount);
	descriptor_partition_types(s->plan.descriptor.arch, volume, &data_type, &hash_type);
	s->plan.params[i] = params_of(i);
	assert_int_equal(verity_layout(&s->plan.params[i], &layout, &err), 0);
	(void)snprintf(label, sizeof(label), "%s-data", name);
	struct gpt_partition *data = gpt_append(&s->plan.gpt, &data_type, label,
						volume_blocks[i] * DESCRIPTOR_BLOCK_BYTES, &err);
	(void)snprintf(label, sizeof(label), "%s-hash", name);
	struct gpt_partition *hash =
		gpt_append(&s->plan.gpt, &hash_type, label, layout.size_bytes, &err);
	assert_true(data && hash);
	assert_int_equal(pwrite_all(s->fd, name, strlen(name), data->offset_bytes + 100, &err), 0);
	assert_int_equal(ftruncate(s->fd, (off_t)s->plan.gpt.disk_bytes), 0);
	const struct verity_files files = { .data_fd = s->fd,
					    .data_offset = data->offset_bytes,
					    .data_size = data->size_bytes,
					    .hash_fd = s->fd,
					    .hash_offset = hash->offset_bytes };
	assert_int_equal(
		verity_format(&files, &s->plan.params[i], volume->verity.root_hash, &effort, &err),
		0);
	uuid_from_root_hash(volume->verity.root_hash, &data->uuid, &hash->uuid);
	volume->data_uuid = data->uuid;
	volume->hash_uuid = hash->uuid;
	volume->verity.data_blocks = volume_blocks[i];
	memcpy(volume->verity.salt, s->plan.params[i].salt, sizeof(volume->verity.salt));
	s->plan.descriptor.count = i + 1;
}

static void specimen_new(struct specimen *s)
{
	memset(s, 0, sizeof(*s));
	s->fd = memfd_create("image", MFD_CLOEXEC);
	assert_true(s->fd >= 0);
	(void)snprintf(s->path, sizeof(s->path), "/proc/self/fd/%d", s->fd);
	s->plan.descriptor.arch = DESCRIPTOR_X86_64;
	add_volume(s, 0, "root", "/");
	add_volume(s, 1, "pod", "/pod");
}

/* Writes descriptor, seal partition and partition table as the plan says now. */
static void specimen_seal(const struct specimen *s)
{
	cleanup_free uint8_t *descriptor = NULL;
	cleanup_free uint8_t *partition = NULL;
	uint8_t primary[GPT_PRIMARY_BYTES], backup[GPT_BACKUP_BYTES];
	struct gpt gpt = s->plan.gpt;
	struct seal seal = { 0 };
	struct error err = { 0 };
	size_t size;

	assert_int_equal(
		descriptor_encode(&s->plan.descriptor, &descriptor, &seal.descriptor_bytes, &err),
		0);
	seal.descriptor = descriptor;
	assert_int_equal(seal_encode(&seal, &partition, &size, &err), 0);
	struct gpt_partition *p = gpt_append(&gpt, &GPT_TYPE_SEAL, "seal", size, &err);
	assert_non_null(p);
	uint8_t digest[SEAL_DIGEST_BYTES];
	struct derive_disk derived;
	seal_digest(descriptor, seal.descriptor_bytes, digest);
	assert_int_equal(derive_disk(digest, &derived, &err), 0);
	gpt.disk = derived.disk;
	gpt.disk.bytes[0] ^= s->plan.disk_flip;
	p->uuid = derived.seal_partition;
	p->uuid.bytes[0] ^= s->plan.seal_flip;
	assert_int_equal(ftruncate(s->fd, (off_t)gpt.disk_bytes), 0);
	assert_int_equal(pwrite_all(s->fd, partition, size, p->offset_bytes, &err), 0);
	if (gpt_encode(&gpt, primary, backup, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(pwrite_all(s->fd, primary, sizeof(primary), 0, &err), 0);
	assert_int_equal(
		pwrite_all(s->fd, backup, sizeof(backup), gpt.disk_bytes - sizeof(backup), &err),
		0);
}

/* The whole verification, as podseal-verity does it. */
static int verify(const struct specimen *s, struct error *err)
{
	static const struct verity_effort effort = { 0 };
	cleanup_image struct image *image = NULL;

	if (image_open(s->path, &image, err) < 0 || image_verify_table(image, err) < 0)
		return -1;
	for (size_t i = 0; i < image->descriptor.count; i++)
		if (image_verify_volume(image, &image->descriptor.volumes[i], &effort, err) < 0)
			return -1;
	return 0;
}

static void test_holds(void **state)
{
	struct error err = { 0 };
	struct specimen s;

	(void)state;
	specimen_new(&s);
	specimen_seal(&s);
	if (verify(&s, &err) < 0)
		fail_msg("%s", err.text);
	(void)close(s.fd);
}

static void flip(int fd, uint64_t at)
{
	uint8_t byte;
	struct error err;

	assert_int_equal(pread_exact(fd, &byte, 1, at, &err), 0);
	byte ^= 1;
	assert_int_equal(pwrite_all(fd, &byte, 1, at, &err), 0);
}

static uint64_t start_of(const struct specimen *s, const char *name)
{
	return gpt_find(&s->plan.gpt, name)->offset_bytes;
}

static void damage_data(struct specimen *s)
{
	specimen_seal(s);
	flip(s->fd, start_of(s, "root-data") + 77 * 4096);
}

static void damage_tree(struct specimen *s)
{
	specimen_seal(s);
	flip(s->fd, start_of(s, "root-hash") + 2 * 4096);
}

static void damage_single_block(struct specimen *s)
{
	specimen_seal(s);
	flip(s->fd, start_of(s, "pod-data"));
}

static void damage_backup_table(struct specimen *s)
{
	uint64_t size;
	struct error err;

	specimen_seal(s);
	assert_int_equal(file_size(s->fd, &size, &err), 0);
	flip(s->fd, size - GPT_BACKUP_BYTES + 56);
}

static void damage_descriptor(struct specimen *s)
{
	/* the root hash and what follows from it, for another's */
	memset(s->plan.descriptor.volumes[0].verity.root_hash, 7, 32);
	specimen_seal(s);
}

static void change_salt(struct specimen *s)
{
	s->plan.descriptor.volumes[1].verity.salt[0] ^= 1;
	specimen_seal(s);
}

static void change_block_count(struct specimen *s)
{
	s->plan.descriptor.volumes[0].verity.data_blocks--;
	specimen_seal(s);
}

static void change_partition_uuid(struct specimen *s)
{
	s->plan.gpt.partitions[0].uuid.bytes[3] ^= 1;
	specimen_seal(s);
}

static void change_superblock(struct specimen *s)
{
	specimen_seal(s);
	flip(s->fd, start_of(s, "root-hash") + 80); /* salt size */
}

static void hide_a_partition(struct specimen *s)
{
	struct error err;
	struct gpt_partition *p =
		gpt_append(&s->plan.gpt, &GPT_TYPE_LINUX_DATA, "hidden", 4096, &err);

	assert_non_null(p);
	p->uuid.bytes[0] = 9;
	specimen_seal(s);
}

static void lose_a_partition(struct specimen *s)
{
	(void)snprintf(s->plan.gpt.partitions[3].name, GPT_NAME_BYTES, "%s", "pod-hush");
	specimen_seal(s);
}

static void change_type(struct specimen *s)
{
	s->plan.gpt.partitions[2].type = GPT_TYPE_SEALED_DATA;
	specimen_seal(s);
}

static void change_attributes(struct specimen *s)
{
	s->plan.gpt.partitions[1].attributes |= UINT64_C(1) << 63;
	specimen_seal(s);
}

static void change_disk_guid(struct specimen *s)
{
	s->plan.disk_flip = 1;
	specimen_seal(s);
}

static void change_seal_uuid(struct specimen *s)
{
	s->plan.seal_flip = 1;
	specimen_seal(s);
}

static void exchange_partitions(struct specimen *s)
{
	struct gpt_partition data = s->plan.gpt.partitions[0];

	s->plan.gpt.partitions[0] = s->plan.gpt.partitions[1];
	s->plan.gpt.partitions[1] = data;
	specimen_seal(s);
}

static void leave_room(struct specimen *s)
{
	/* the last volume's hash partition, and with it the seal, a MiB later */
	s->plan.gpt.partitions[3].offset_bytes += GPT_ALIGN_BYTES;
	specimen_seal(s);
}

static void lengthen_hash(struct specimen *s)
{
	s->plan.gpt.partitions[1].size_bytes += 4096;
	specimen_seal(s);
}

static void fill_superblock_block(struct specimen *s)
{
	specimen_seal(s);
	flip(s->fd, start_of(s, "root-hash") + 4095);
}

static void fill_gap_after_table(struct specimen *s)
{
	specimen_seal(s);
	flip(s->fd, GPT_PRIMARY_BYTES);
}

static void fill_gap_between(struct specimen *s)
{
	specimen_seal(s);
	flip(s->fd, start_of(s, "pod-data") - 1);
}

static void fill_gap_before_backup(struct specimen *s)
{
	uint64_t size;
	struct error err;

	specimen_seal(s);
	assert_int_equal(file_size(s->fd, &size, &err), 0);
	flip(s->fd, size - GPT_BACKUP_BYTES - 1);
}

static void fill_seal_padding(struct specimen *s)
{
	uint64_t size;
	struct error err;

	specimen_seal(s);
	assert_int_equal(file_size(s->fd, &size, &err), 0);
	flip(s->fd, size - GPT_ALIGN_BYTES + 4095);
}

static void test_disagreements(void **state)
{
	static const struct {
		const char *name;
		void (*bend)(struct specimen *s);
		enum error_kind kind;
		const char *message;
	} rows[] = {
		{ "data", damage_data, ERROR_MISMATCH,
		  "data block 77 does not match the hash tree" },
		{ "tree", damage_tree, ERROR_MISMATCH,
		  "hash block 0 at level 0 does not match the hash tree" },
		{ "single block", damage_single_block, ERROR_MISMATCH,
		  "data block 0 does not match the hash tree" },
		{ "backup table", damage_backup_table, ERROR_MISMATCH,
		  "the backup partition table differs from the primary one" },
		{ "root hash", damage_descriptor, ERROR_MISMATCH,
		  "the partition UUIDs do not follow from the root hash" },
		{ "salt", change_salt, ERROR_MISMATCH,
		  "the salt in the superblock of pod-hash is not the descriptor's" },
		{ "block count", change_block_count, ERROR_MISMATCH,
		  "partition root-data is 1228800 bytes, its hash tree covers 1224704" },
		{ "partition UUID", change_partition_uuid, ERROR_MISMATCH,
		  "the partition UUIDs do not follow from the root hash" },
		{ "superblock", change_superblock, ERROR_MISMATCH,
		  "the salt in the superblock of root-hash is not the descriptor's" },
		{ "one too many", hide_a_partition, ERROR_MISMATCH,
		  "there are 6 partitions, the descriptor tells of 5" },
		{ "type", change_type, ERROR_MISMATCH,
		  "partition pod-data: the type is c371e78c-25d8-4864-9826-415f1910c5fd, not "
		  "0fc63daf-8483-4772-8e79-3d69d8477de4" },
		{ "attributes", change_attributes, ERROR_MISMATCH,
		  "partition root-hash: it has attributes 0x9000000000000000, not "
		  "0x1000000000000000" },
		{ "disk GUID", change_disk_guid, ERROR_MISMATCH, "the disk GUID is " },
		{ "seal UUID", change_seal_uuid, ERROR_MISMATCH, "partition seal: the UUID is " },
		{ "order", exchange_partitions, ERROR_MISMATCH,
		  "partition 1 is root-hash, not root-data" },
		{ "room", leave_room, ERROR_MISMATCH,
		  "partition pod-hash: it begins at byte 6291456, not 5242880" },
		{ "hash partition", lengthen_hash, ERROR_MISMATCH,
		  "partition root-hash is 24576 bytes, its hash tree ends at 20480" },
		{ "superblock's block", fill_superblock_block, ERROR_MISMATCH,
		  "the block of the superblock of root-hash is not zero after it" },
		{ "gap after the table", fill_gap_after_table, ERROR_MISMATCH,
		  "bytes 17408 to 82943 belong to no partition and are not all zero" },
		{ "gap between partitions", fill_gap_between, ERROR_MISMATCH,
		  "belong to no partition and are not all zero" },
		{ "gap before the backup table", fill_gap_before_backup, ERROR_MISMATCH,
		  "belong to no partition and are not all zero" },
		{ "seal partition's padding", fill_seal_padding, ERROR_INPUT,
		  "seal partition is not zero after its content" },
		{ "one too few", lose_a_partition, ERROR_INPUT, "no partition pod-hash" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err = { 0 };
		struct specimen s;
		specimen_new(&s);
		rows[i].bend(&s);
		if (verify(&s, &err) == 0)
			fail_msg("%s: accepted", rows[i].name);
		if (err.kind != rows[i].kind || !strstr(err.text, rows[i].message))
			fail_msg("%s: says \"%s\", kind %d", rows[i].name, err.text, (int)err.kind);
		(void)close(s.fd);
	}
}

static void test_not_an_image(void **state)
{
	struct error err = { 0 };
	struct specimen s;

	(void)state;
	specimen_new(&s);
	assert_int_equal(ftruncate(s.fd, 0), 0);
	assert_int_equal(verify(&s, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_int_equal(ftruncate(s.fd, 1 << 20), 0);
	assert_int_equal(verify(&s, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	(void)close(s.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_holds),
		cmocka_unit_test(test_disagreements),
		cmocka_unit_test(test_not_an_image),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
