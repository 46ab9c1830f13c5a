// SPDX-License-Identifier: Apache-2.0
#include "guest-init/scratch_ext4.h"

#include <fcntl.h>
#include <string.h>
#include <sys/random.h>

#include <ext2fs/ext2fs.h>

#include "common/cleanup.h"
#include "common/io.h"

enum {
	BLOCK_BYTES = 4096,
	BLOCK_BYTES_LOG = 2, /* 1024 << 2 */
	INODE_BYTES = 256,
	BYTES_PER_INODE = 16384,  /* mke2fs' own ratio */
	GROUPS_PER_FLEX_LOG = 10, /* see scratch_ext4.h */
	SIZE_MIN_BYTES = 1 << 20,
};

static int failed(errcode_t code, const char *doing, struct error *err)
{
	return error_system_text(err, "making a file system, %s: %s", doing, error_message(code));
}

static void cleanup_filsys(ext2_filsys *fs)
{
	if (*fs)
		ext2fs_free(*fs);
}

/* Of 16 TiB and more the last blocks are left out: without the 64-bit feature, which doubles the
 * descriptors, a block number has 32 bits. */
static int describe(const char *path, struct ext2_super_block *super, struct error *err)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t bytes;

	if (fd < 0)
		return error_system(err, "%s", path);
	if (file_size(fd, &bytes, err) < 0)
		return -1;
	if (bytes < SIZE_MIN_BYTES)
		return error_input(err, "%llu bytes, at least %d", (unsigned long long)bytes,
				   SIZE_MIN_BYTES);
	uint64_t blocks = bytes / BLOCK_BYTES;
	if (blocks > UINT32_MAX)
		blocks = UINT32_MAX;
	memset(super, 0, sizeof(*super));
	ext2fs_blocks_count_set(super, blocks);
	super->s_inodes_count = (__u32)(blocks / (BYTES_PER_INODE / BLOCK_BYTES));
	super->s_log_block_size = super->s_log_cluster_size = BLOCK_BYTES_LOG;
	super->s_rev_level = EXT2_DYNAMIC_REV;
	super->s_inode_size = INODE_BYTES;
	super->s_log_groups_per_flex = GROUPS_PER_FLEX_LOG;
	super->s_feature_compat = EXT2_FEATURE_COMPAT_EXT_ATTR | EXT2_FEATURE_COMPAT_DIR_INDEX |
				  EXT4_FEATURE_COMPAT_SPARSE_SUPER2; /* no backups at all */
	super->s_feature_incompat = EXT2_FEATURE_INCOMPAT_FILETYPE | EXT3_FEATURE_INCOMPAT_EXTENTS |
				    EXT4_FEATURE_INCOMPAT_FLEX_BG;
	super->s_feature_ro_compat =
		EXT2_FEATURE_RO_COMPAT_LARGE_FILE | EXT4_FEATURE_RO_COMPAT_HUGE_FILE |
		EXT4_FEATURE_RO_COMPAT_DIR_NLINK | EXT4_FEATURE_RO_COMPAT_EXTRA_ISIZE |
		EXT4_FEATURE_RO_COMPAT_METADATA_CSUM;
	return 0;
}

static int identify(ext2_filsys fs, struct error *err)
{
	struct ext2_super_block *super = fs->super;

	if (getrandom(super->s_uuid, sizeof(super->s_uuid), 0) != sizeof(super->s_uuid) ||
	    getrandom(super->s_hash_seed, sizeof(super->s_hash_seed), 0) !=
		    sizeof(super->s_hash_seed))
		return error_system(err, "drawing random bytes");
	super->s_checksum_type = EXT2_CRC32C_CHKSUM;
	super->s_def_hash_version = EXT2_HASH_HALF_MD4;
	super->s_flags |= EXT2_FLAGS_UNSIGNED_HASH;
	super->s_errors = EXT2_ERRORS_RO;
	super->s_max_mnt_count = -1; /* never ask for a check */
	ext2fs_init_csum_seed(fs);
	return 0;
}

/* The two blocks that the library, or the kernel's page cache on its behalf, reads before it writes
 * a part of them: the one of the superblock, and the one of the root's inode. */
static errcode_t write_first(ext2_filsys fs)
{
	const uint8_t zeros[BLOCK_BYTES] = { 0 };
	errcode_t code = io_channel_write_blk64(fs->io, 0, 1, zeros);

	return code ? code
		    : io_channel_write_blk64(fs->io, ext2fs_inode_table_loc(fs, 0), 1, zeros);
}

static int fill(ext2_filsys fs, struct error *err)
{
	errcode_t code = ext2fs_allocate_tables(fs);

	if (code)
		return failed(code, "placing its tables", err);
	code = write_first(fs);
	if (code)
		return failed(code, "writing its first blocks", err);
	code = ext2fs_mkdir(fs, EXT2_ROOT_INO, EXT2_ROOT_INO, NULL);
	if (code)
		return failed(code, "making its root", err);
	for (ext2_ino_t i = EXT2_BAD_INO; i < EXT2_FIRST_INODE(fs->super); i++)
		if (i != EXT2_ROOT_INO)
			ext2fs_inode_alloc_stats2(fs, i, +1, 0);
	return 0;
}

int scratch_ext4_make(const char *path, struct error *err)
{
	CLEANUP(cleanup_filsys) ext2_filsys fs = NULL;
	struct ext2_super_block super;

	initialize_ext2_error_table();
	if (describe(path, &super, err) < 0)
		return -1;
	errcode_t code = ext2fs_initialize(path, EXT2_FLAG_EXCLUSIVE | EXT2_FLAG_64BITS, &super,
					   unix_io_manager, &fs);
	if (code)
		return failed(code, path, err);
	if (identify(fs, err) < 0 || fill(fs, err) < 0)
		return -1;
	code = ext2fs_close_free(&fs);
	return code ? failed(code, "writing it", err) : 0;
}
