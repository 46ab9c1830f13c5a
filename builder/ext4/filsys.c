// SPDX-License-Identifier: Apache-2.0
#include "builder/ext4/filsys.h"

#include <inttypes.h>
#include <string.h>

#include "builder/ext4/emit.h"
#include "common/checked.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "libext2fs' structs are written as they lie in memory");
_Static_assert(sizeof(struct ext2_super_block) == SUPERBLOCK_SIZE, "superblock is not 1024 bytes");

/* Checksums cover the generation of the inode they belong to: 0 in every inode written here, so
 * the table, which is not in memory, need not be read. */
static errcode_t read_generation(ext2_filsys fs, ext2_ino_t number, struct ext2_inode *inode)
{
	(void)fs;
	(void)number;
	memset(inode, 0, sizeof(*inode));
	return 0;
}

static void set_features(struct ext2_super_block *super, const struct layout *layout,
			 const struct filsys_features *features)
{
	super->s_feature_compat = EXT2_FEATURE_COMPAT_EXT_ATTR | EXT2_FEATURE_COMPAT_DIR_INDEX |
				  EXT4_FEATURE_COMPAT_SPARSE_SUPER2;
	super->s_feature_incompat = EXT2_FEATURE_INCOMPAT_FILETYPE | EXT3_FEATURE_INCOMPAT_EXTENTS |
				    EXT4_FEATURE_INCOMPAT_FLEX_BG;
	super->s_feature_ro_compat = EXT4_FEATURE_RO_COMPAT_DIR_NLINK |
				     EXT4_FEATURE_RO_COMPAT_EXTRA_ISIZE |
				     EXT4_FEATURE_RO_COMPAT_METADATA_CSUM;
	if (layout->descriptor_bytes > EXT2_MIN_DESC_SIZE) {
		super->s_feature_incompat |= EXT4_FEATURE_INCOMPAT_64BIT;
		super->s_desc_size = (__u16)layout->descriptor_bytes;
	}
	if (features->large_file)
		super->s_feature_ro_compat |= EXT2_FEATURE_RO_COMPAT_LARGE_FILE;
	if (features->huge_file)
		super->s_feature_ro_compat |= EXT4_FEATURE_RO_COMPAT_HUGE_FILE;
}

static void set_times(struct ext2_super_block *super, int64_t timestamp)
{
	__u32 low = (__u32)timestamp;
	__u8 high = (__u8)(timestamp >> 32);

	super->s_mkfs_time = super->s_wtime = super->s_lastcheck = low;
	super->s_mkfs_time_hi = super->s_wtime_hi = super->s_lastcheck_hi = high;
	super->s_max_mnt_count = -1; /* never ask for a check */
}

static void set_sizes(struct ext2_super_block *super, const struct layout *layout)
{
	super->s_log_block_size = super->s_log_cluster_size = 2; /* 1024 << 2 */
	super->s_inodes_count = layout->groups * layout->inodes_per_group;
	super->s_blocks_per_group = super->s_clusters_per_group = layout->blocks_per_group;
	super->s_inodes_per_group = layout->inodes_per_group;
	super->s_log_groups_per_flex = 4; /* as mke2fs; the tables lie where they lie */
	ext2fs_blocks_count_set(super, layout->total_blocks);
	ext2fs_free_blocks_count_set(super, layout->free_blocks);
}

static void set_super(struct ext2_super_block *super, const struct layout *layout,
		      const struct ext4_options *options, const struct filsys_features *features)
{
	super->s_magic = EXT2_SUPER_MAGIC;
	super->s_state = EXT2_VALID_FS;
	super->s_errors = EXT2_ERRORS_RO;
	super->s_rev_level = EXT2_DYNAMIC_REV;
	super->s_creator_os = EXT2_OS_LINUX;
	super->s_first_ino = EXT2_GOOD_OLD_FIRST_INO;
	super->s_inode_size = LAYOUT_INODE_BYTES;
	super->s_min_extra_isize = super->s_want_extra_isize =
		sizeof(struct ext2_inode_large) - EXT2_GOOD_OLD_INODE_SIZE;
	super->s_default_mount_opts = EXT2_DEFM_XATTR_USER | EXT2_DEFM_ACL;
	super->s_def_hash_version = EXT2_HASH_HALF_MD4;
	super->s_flags = EXT2_FLAGS_UNSIGNED_HASH; /* on every machine, whatever its char is */
	super->s_checksum_type = EXT2_CRC32C_CHKSUM;
	memcpy(super->s_uuid, options->uuid, sizeof(super->s_uuid));
	memcpy(super->s_hash_seed, options->hash_seed, sizeof(super->s_hash_seed));
	if (options->label)
		memcpy(super->s_volume_name, options->label,
		       strnlen(options->label, sizeof(super->s_volume_name)));
	set_features(super, layout, features);
	set_times(super, options->timestamp);
	set_sizes(super, layout);
}

int filsys_init(struct filsys *filsys, const struct layout *layout,
		const struct ext4_options *options, const struct filsys_features *features,
		struct error *err)
{
	void *descriptors = calloc(layout->descriptor_blocks, EXT4_BLOCK_BYTES);
	if (!descriptors)
		return error_memory(err);

	memset(filsys, 0, sizeof(*filsys));
	set_super(&filsys->super, layout, options, features);
	filsys->fs.magic = EXT2_ET_MAGIC_EXT2FS_FILSYS;
	filsys->fs.super = &filsys->super;
	filsys->fs.blocksize = EXT4_BLOCK_BYTES;
	filsys->fs.group_desc_count = layout->groups;
	filsys->fs.desc_blocks = layout->descriptor_blocks;
	filsys->fs.group_desc = descriptors;
	filsys->fs.inode_blocks_per_group = layout->table_blocks;
	filsys->fs.read_inode = read_generation;
	ext2fs_init_csum_seed(&filsys->fs);
	return 0;
}

void filsys_free(struct filsys *filsys)
{
	free(filsys->fs.group_desc);
	filsys->fs.group_desc = NULL;
}

static void set_bits(uint8_t *bitmap, uint64_t first, uint64_t end)
{
	for (; first < end && first % 8 != 0; first++)
		bitmap[first / 8] |= (uint8_t)(1U << first % 8);
	for (; first + 8 <= end; first += 8)
		bitmap[first / 8] = 0xff;
	for (; first < end; first++)
		bitmap[first / 8] |= (uint8_t)(1U << first % 8);
}

static void clear_bits(uint8_t *bitmap, uint64_t first, uint64_t end)
{
	for (; first < end; first++)
		bitmap[first / 8] &= (uint8_t) ~(1U << first % 8);
}

/* All blocks are in use, but for what is left of the spaces. What lies behind the group's or the
 * file system's end counts as used. Returns how many are free. */
static uint32_t fill_block_bitmap(uint8_t *bitmap, const struct layout *layout, uint32_t group)
{
	uint64_t first = (uint64_t)group * layout->blocks_per_group;
	uint64_t end = first + layout->blocks_per_group;
	uint32_t free_blocks = 0;

	memset(bitmap, 0xff, EXT4_BLOCK_BYTES);
	for (size_t i = 0; i + 1 < layout->space_count; i++) {
		const struct layout_space *space = &layout->spaces[i];
		uint64_t from = space->first + space->used;
		uint64_t to = space->first + space->count;
		from = from < first ? first : from;
		to = to > end ? end : to;
		if (from >= to)
			continue;
		clear_bits(bitmap, from - first, to - first);
		free_blocks += (uint32_t)(to - from);
	}
	return free_blocks;
}

static int write_block_bitmap(struct filsys *filsys, const struct layout *layout, uint32_t group,
			      struct scatter *scatter, struct error *err)
{
	uint64_t block;
	uint8_t *bitmap = scatter_block(scatter, &block, err);
	if (!bitmap)
		return -1;
	ext2fs_bg_free_blocks_count_set(&filsys->fs, group,
					fill_block_bitmap(bitmap, layout, group));
	ext2fs_block_bitmap_loc_set(&filsys->fs, group, block);
	ext2fs_block_bitmap_csum_set(&filsys->fs, group, (char *)bitmap,
				     (int)(layout->blocks_per_group / 8));
	return 0;
}

static int write_inode_bitmap(struct filsys *filsys, const struct layout *layout, uint32_t group,
			      uint32_t last_inode, struct scatter *scatter, struct error *err)
{
	uint64_t block;
	uint8_t *bitmap = scatter_block(scatter, &block, err);
	if (!bitmap)
		return -1;

	uint32_t before = group * layout->inodes_per_group;
	uint32_t used = last_inode > before ? last_inode - before : 0;
	if (used > layout->inodes_per_group)
		used = layout->inodes_per_group;
	uint32_t unused = layout->inodes_per_group - used;

	set_bits(bitmap, 0, used);
	set_bits(bitmap, layout->inodes_per_group, LAYOUT_GROUP_INODES);
	filsys->super.s_free_inodes_count += unused;
	ext2fs_bg_free_inodes_count_set(&filsys->fs, group, unused);
	ext2fs_bg_itable_unused_set(&filsys->fs, group, unused);
	ext2fs_inode_bitmap_loc_set(&filsys->fs, group, block);
	ext2fs_inode_bitmap_csum_set(&filsys->fs, group, (char *)bitmap,
				     (int)(layout->inodes_per_group / 8));
	return 0;
}

int filsys_write_bitmaps(struct filsys *filsys, const struct layout *layout, uint32_t last_inode,
			 struct scatter *scatter, struct error *err)
{
	struct layout_cursor tables = { .layout = layout };

	for (uint32_t group = 0; group < layout->groups; group++) {
		ext2fs_inode_table_loc_set(&filsys->fs, group, layout_next_table(&tables));
		ext2fs_bg_flags_set(&filsys->fs, group, EXT2_BG_INODE_ZEROED);
		if (write_block_bitmap(filsys, layout, group, scatter, err) < 0)
			return -1;
	}
	for (uint32_t group = 0; group < layout->groups; group++) {
		if (write_inode_bitmap(filsys, layout, group, last_inode, scatter, err) < 0)
			return -1;
	}
	return 0;
}

int filsys_write(struct filsys *filsys, const struct ext4_sink *sink, struct error *err)
{
	uint8_t first[EXT4_BLOCK_BYTES] = { 0 };

	for (uint32_t group = 0; group < filsys->fs.group_desc_count; group++)
		ext2fs_group_desc_csum_set(&filsys->fs, group);
	ext2fs_superblock_csum_set(&filsys->fs, &filsys->super);
	memcpy(first + SUPERBLOCK_OFFSET, &filsys->super, sizeof(filsys->super));
	if (sink->write(sink->context, 0, first, 1, err) < 0)
		return -1;
	return sink->write(sink->context, 1, filsys->fs.group_desc,
			   (uint32_t)filsys->fs.desc_blocks, err);
}
