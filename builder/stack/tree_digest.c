// SPDX-License-Identifier: Apache-2.0
#include "builder/stack/tree_digest.h"

#include <string.h>

#include <openssl/evp.h>

#include "common/disk.h"

enum { BUFFER_BYTES = 65536 };

struct tree_digest {
	EVP_MD_CTX *ctx;
	size_t used;
	uint8_t buffer[BUFFER_BYTES]; /* the hash is fed in large pieces: entries are small */
};

int tree_digest_new(struct tree_digest **digest, struct error *err)
{
	cleanup_tree_digest struct tree_digest *d = calloc(1, sizeof(*d));

	if (!d)
		return error_memory(err);
	d->ctx = EVP_MD_CTX_new();
	if (!d->ctx || EVP_DigestInit_ex2(d->ctx, EVP_sha256(), NULL) != 1)
		return error_crypto(err, "setting up SHA-256");
	*digest = take_ptr(d);
	return 0;
}

void tree_digest_free(struct tree_digest *d)
{
	if (!d)
		return;
	EVP_MD_CTX_free(d->ctx);
	free(d);
}

static bool flush(struct tree_digest *d)
{
	bool ok = EVP_DigestUpdate(d->ctx, d->buffer, d->used) == 1;

	d->used = 0;
	return ok;
}

static bool put(struct tree_digest *d, const void *bytes, size_t size)
{
	if (size > sizeof(d->buffer) - d->used && !flush(d))
		return false;
	if (size > sizeof(d->buffer))
		return EVP_DigestUpdate(d->ctx, bytes, size) == 1;
	if (size)
		memcpy(d->buffer + d->used, bytes, size);
	d->used += size;
	return true;
}

static bool put_text(struct tree_digest *d, const char *text)
{
	return put(d, text, strlen(text) + 1);
}

static bool put_u32(struct tree_digest *d, uint32_t value)
{
	le32 v = le32_put(value);
	return put(d, &v, sizeof(v));
}

static bool put_u64(struct tree_digest *d, uint64_t value)
{
	le64 v = le64_put(value);
	return put(d, &v, sizeof(v));
}

static bool put_xattrs(struct tree_digest *d, const struct xattr_set *set)
{
	bool ok = put_u32(d, set ? set->count : 0);

	for (uint32_t i = 0; set && i < set->count && ok; i++)
		ok = put_text(d, set->items[i].name) && put_u32(d, set->items[i].size) &&
		     put(d, set->items[i].value, set->items[i].size);
	return ok;
}

static bool put_by_type(struct tree_digest *d, const struct tree_digest_entry *e)
{
	switch (e->mode & S_IFMT) {
	case S_IFREG:
		return put_u64(d, e->size) && put_u64(d, e->checksum);
	case S_IFLNK:
		return put_text(d, e->target);
	case S_IFCHR:
	case S_IFBLK:
		return put_u32(d, e->major) && put_u32(d, e->minor);
	default:
		return true;
	}
}

int tree_digest_add(struct tree_digest *d, const struct tree_digest_entry *e, struct error *err)
{
	bool ok = put_text(d, e->path) && put_u64(d, e->first_name) && put_u32(d, e->mode) &&
		  put_u32(d, e->uid) && put_u32(d, e->gid) && put_u64(d, (uint64_t)e->mtime_sec) &&
		  put_u32(d, e->mtime_nsec) && put_by_type(d, e) && put_xattrs(d, e->xattrs);

	return ok ? 0 : error_crypto(err, "hashing the listing");
}

int tree_digest_finish(struct tree_digest *d, uint8_t value[TREE_DIGEST_BYTES], struct error *err)
{
	if (!flush(d) || EVP_DigestFinal_ex(d->ctx, value, NULL) != 1)
		return error_crypto(err, "hashing the listing");
	return 0;
}

struct walk {
	struct tree_digest *digest;
	uint32_t position; /* of the next name */
};

static int forget_number(void *context, const char *path, struct inode *inode, struct error *err)
{
	(void)context;
	(void)path;
	(void)err;
	inode->number = 0;
	return 0;
}

static int add_inode(void *context, const char *path, struct inode *inode, struct error *err)
{
	struct walk *walk = context;

	walk->position++;
	if (walk->position == 0)
		return error_input(err, "more than %u names", UINT32_MAX);
	if (inode->number == 0)
		inode->number = walk->position; /* counted from 1, so that 0 means: not seen */
	bool device = S_ISCHR(inode->mode) || S_ISBLK(inode->mode);
	const struct tree_digest_entry entry = {
		.path = path,
		.first_name = inode->number - 1,
		.mode = inode->mode,
		.uid = inode->uid,
		.gid = inode->gid,
		.mtime_sec = inode->mtime_sec,
		.mtime_nsec = inode->mtime_nsec,
		.size = inode->size,
		.checksum = inode->checksum,
		.target = S_ISLNK(inode->mode) ? inode->target : NULL,
		.major = device ? inode->device.major : 0,
		.minor = device ? inode->device.minor : 0,
		.xattrs = inode->xattrs,
	};
	return tree_digest_add(walk->digest, &entry, err);
}

int tree_digest_of(const struct tree *tree, uint8_t value[TREE_DIGEST_BYTES], struct error *err)
{
	cleanup_tree_digest struct tree_digest *digest = NULL;

	if (tree_digest_new(&digest, err) < 0)
		return -1;
	struct walk walk = { .digest = digest };
	if (tree_walk(tree, forget_number, NULL, err) < 0 ||
	    tree_walk(tree, add_inode, &walk, err) < 0)
		return -1;
	return tree_digest_finish(digest, value, err);
}
