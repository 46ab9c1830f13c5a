// SPDX-License-Identifier: Apache-2.0
#include "builder/ext4/inode.h"

#include <inttypes.h>
#include <string.h>
#include <sys/sysmacros.h>

enum {
	SECTOR_BYTES = 512,
	BLOCK_SECTORS = EXT4_BLOCK_BYTES / SECTOR_BYTES,
	DEVICE_MAJOR_MAX = 0xfff,
	DEVICE_MINOR_MAX = 0xfffff,
};

/* Block numbers in a file have 32 bits, and the last one stays unused. */
static const uint64_t file_bytes_max = (uint64_t)UINT32_MAX * EXT4_BLOCK_BYTES;

int inode_check(const struct inode *inode, struct error *err)
{
	if (!S_ISDIR(inode->mode) && inode->names > INODE_LINKS_MAX)
		return error_input(err, "%u hard links, at most %u", inode->names, INODE_LINKS_MAX);
	if (inode->mtime_sec < TREE_TIME_MIN || inode->mtime_sec > TREE_TIME_MAX)
		return error_input(err, "the time %" PRId64 " is not one that ext4 can say",
				   inode->mtime_sec);
	switch (inode->mode & S_IFMT) {
	case S_IFREG:
		if (inode->size > file_bytes_max)
			return error_input(err, "%" PRIu64 " bytes, at most %" PRIu64, inode->size,
					   file_bytes_max);
		return 0;
	case S_IFLNK:
		if (inode->size == 0 || inode->size > INODE_SYMLINK_MAX)
			return error_input(err,
					   "a symbolic link to a path of %" PRIu64
					   " bytes, 1 to %u are possible",
					   inode->size, INODE_SYMLINK_MAX);
		return 0;
	case S_IFCHR:
	case S_IFBLK:
		if (inode->device.major > DEVICE_MAJOR_MAX ||
		    inode->device.minor > DEVICE_MINOR_MAX)
			return error_input(err, "device number %u:%u, at most %u:%u",
					   inode->device.major, inode->device.minor,
					   DEVICE_MAJOR_MAX, DEVICE_MINOR_MAX);
		return 0;
	case S_IFDIR:
	case S_IFIFO:
	case S_IFSOCK:
		return 0;
	default:
		return error_input(err, "mode 0%o is of no type of file", inode->mode);
	}
}

static void set_time(__u32 *low, __u32 *extra, int64_t seconds, uint32_t nanoseconds)
{
	*low = (__u32)seconds;
	__u32 epoch = (__u32)((seconds - (int32_t)*low) >> 32) & EXT4_EPOCH_MASK;
	*extra = nanoseconds << EXT4_EPOCH_BITS | epoch;
}

/* The kernel's two encodings, the old one where it does. */
static void set_device(uint32_t major, uint32_t minor, __u32 *words)
{
	if (major < 256 && minor < 256)
		words[0] = major << 8 | minor;
	else
		words[1] = (minor & 0xff) | major << 8 | (minor & ~0xffU) << 12;
}

void inode_fill(const struct inode *inode, int64_t created, struct ext2_inode_large *disk)
{
	disk->i_mode = (__u16)inode->mode;
	disk->i_uid = (__u16)inode->uid;
	disk->osd2.linux2.l_i_uid_high = (__u16)(inode->uid >> 16);
	disk->i_gid = (__u16)inode->gid;
	disk->osd2.linux2.l_i_gid_high = (__u16)(inode->gid >> 16);
	disk->i_extra_isize = sizeof(*disk) - EXT2_GOOD_OLD_INODE_SIZE;
	set_time(&disk->i_mtime, &disk->i_mtime_extra, inode->mtime_sec, inode->mtime_nsec);
	disk->i_atime = disk->i_ctime = disk->i_mtime;
	disk->i_atime_extra = disk->i_ctime_extra = disk->i_mtime_extra;
	set_time(&disk->i_crtime, &disk->i_crtime_extra, created, 0);

	if (S_ISREG(inode->mode) || S_ISLNK(inode->mode)) {
		disk->i_size = (__u32)inode->size;
		disk->i_size_high = (__u32)(inode->size >> 32);
	}
	if (S_ISLNK(inode->mode) && inode_link_blocks(inode) == 0)
		memcpy(disk->i_block, inode->target, inode->size);
	if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode))
		set_device(inode->device.major, inode->device.minor, disk->i_block);
}

void inode_set_links(const struct inode *inode, uint32_t subdirectories,
		     struct ext2_inode_large *disk)
{
	uint32_t links = S_ISDIR(inode->mode) ? 2 + subdirectories : inode->names;
	/* dir_nlink: 1 stands for more than the field can say. */
	disk->i_links_count = (__u16)(links > INODE_LINKS_MAX ? 1 : links);
}

void inode_set_blocks(uint64_t blocks, struct ext2_inode_large *disk)
{
	uint64_t sectors = blocks * BLOCK_SECTORS;
	disk->i_blocks = (__u32)sectors;
	disk->osd2.linux2.l_i_blocks_hi = (__u16)(sectors >> 32);
}

void inode_set_xattrs(const struct xattr_space *space, uint64_t block,
		      struct ext2_inode_large *disk)
{
	if (space->in_inode) {
		uint8_t *tail = (uint8_t *)(disk + 1);
		uint32_t magic = EXT2_EXT_ATTR_MAGIC;
		memcpy(tail, &magic, sizeof(magic));
		memcpy(tail + sizeof(magic), space->inode, sizeof(space->inode));
	}
	if (space->in_block) {
		disk->i_file_acl = (__u32)block;
		disk->osd2.linux2.l_i_file_acl_high = (__u16)(block >> 32);
	}
}
