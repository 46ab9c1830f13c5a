// SPDX-License-Identifier: Apache-2.0
#include "builder/stack/flatten.h"

#include <assert.h>
#include <string.h>

#include "builder/stack/flatten_state.h"

enum {
	TARGET_BYTES = 4095,          /* the longest symbolic link, as Linux has it */
	LAYER_LIMIT = UINT16_MAX - 1, /* stamps are a layer's number plus 1 */
	ENTRY_LIMIT = INT32_MAX,      /* paths and records are counted in 32 bits */
	PATHS_BESIDE_ENTRIES = 4096,  /* so that a low limit still lets deep paths in */
	TEXT_BYTES_PER_ENTRY = 128,   /* names, targets and attributes: several times */
	TEXT_BYTES_BESIDE = 64 << 20, /* what real images have */
	DEVICE_MAJOR_LIMIT = 1 << 12, /* Linux's dev_t */
	DEVICE_MINOR_LIMIT = 1 << 20,
	NSEC_PER_SEC = 1000000000,
};

/* ext4 counts a file's blocks in 32 bits */
static const uint64_t file_bytes_limit = (UINT64_C(1) << 32) * TREE_BLOCK_BYTES - TREE_BLOCK_BYTES;

static const char whiteout_prefix[] = ".wh.";
static const char aufs_prefix[] = ".wh..wh."; /* AUFS's own files, but for the opaque marker */
static const char opaque_name[] = ".wh..wh..opq";

int flatten_new(const struct flatten_limits *limits, struct flatten **flatten, struct error *err)
{
	cleanup_flatten struct flatten *made = calloc(1, sizeof(*made));
	if (!made)
		return error_memory(err);
	made->records_open = true;
	made->limits = *limits;
	if (made->limits.entries > ENTRY_LIMIT)
		made->limits.entries = ENTRY_LIMIT;
	/* No entry for the root: umoci takes the epoch for its time too, so that it is the same
	 * each time. */
	if (tree_new(0, &made->tree, err) < 0)
		return -1;
	made->arena = made->tree->arena;
	uint64_t text_limit = TEXT_BYTES_BESIDE + TEXT_BYTES_PER_ENTRY * made->limits.entries;
	if (paths_init(&made->paths, made->arena,
		       (uint32_t)made->limits.entries + PATHS_BESIDE_ENTRIES, text_limit, err) < 0)
		return -1;
	*flatten = take_ptr(made);
	return 0;
}

void flatten_free(struct flatten *flatten)
{
	if (!flatten)
		return;
	paths_release(&flatten->paths);
	xattr_sets_release(&flatten->xattrs);
	free(flatten->records);
	free(flatten->layers);
	tree_free(flatten->tree);
	free(flatten);
}

int flatten_begin_layer(struct flatten *flatten, size_t layer, struct error *err)
{
	if (layer >= LAYER_LIMIT)
		return error_input(err, "more than %d layers", LAYER_LIMIT);
	size_t count = flatten->layer_count;
	assert(count == 0 || layer < flatten->layers[count - 1].layer);
	struct layer_records *layers =
		reallocarray(flatten->layers, count + 1, sizeof(*flatten->layers));
	if (!layers)
		return error_memory(err);
	flatten->layers = layers;
	layers[count] = (struct layer_records){ layer, flatten->record_count };
	flatten->layer_count++;
	flatten->stamp = (uint16_t)(layer + 1);
	flatten->directory.known = false;
	return 0;
}

static bool begins_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool by_upper_layer(const struct flatten *flatten, uint16_t mark)
{
	return mark > flatten->stamp;
}

/* The path of `text`, which path_clean() made; *hidden (may be NULL): nothing in it shines through.
 */
static int walk_path(struct flatten *flatten, const char *text, size_t length, uint32_t *path,
		     bool *hidden, struct error *err)
{
	struct paths *paths = &flatten->paths;
	const char *end = text + length;
	uint32_t at = PATH_ROOT;
	bool below_hidden = by_upper_layer(flatten, paths->items[at].hides_below);
	while (text < end) {
		const char *slash = memchr(text, '/', (size_t)(end - text));
		const char *name_end = slash ? slash : end;
		if (paths_child(paths, at, text, (size_t)(name_end - text), &at, err) < 0)
			return -1;
		below_hidden |= by_upper_layer(flatten, paths->items[at].hides_below);
		text = slash ? slash + 1 : end;
	}
	*path = at;
	if (hidden)
		*hidden = below_hidden;
	return 0;
}

static bool in_aufs_directory(const char *directory)
{
	for (const char *at = directory; (at = strstr(at, aufs_prefix)); at++)
		if (at == directory || at[-1] == '/')
			return true;
	return false;
}

/* Makes `directory` that of the first `length` bytes of `text`. */
static int enter_directory(struct flatten *flatten, const char *text, size_t length,
			   struct error *err)
{
	if (flatten->directory.known && flatten->directory.length == length &&
	    memcmp(flatten->directory.text, text, length) == 0)
		return 0;
	flatten->directory.known = false;
	memcpy(flatten->directory.text, text, length);
	flatten->directory.text[length] = '\0';
	flatten->directory.aufs = in_aufs_directory(flatten->directory.text);
	if (!flatten->directory.aufs && walk_path(flatten, text, length, &flatten->directory.path,
						  &flatten->directory.hidden, err) < 0)
		return -1;
	flatten->directory.length = length;
	flatten->directory.known = true;
	return 0;
}

static int add_record(struct flatten *flatten, struct record record, struct error *err)
{
	if (flatten->record_count == flatten->record_capacity) {
		uint32_t capacity = flatten->record_capacity ? 2 * flatten->record_capacity : 256;
		struct record *records = reallocarray(flatten->records, capacity, sizeof(*records));
		if (!records)
			return error_memory(err);
		flatten->records = records;
		flatten->record_capacity = capacity;
	}
	flatten->records[flatten->record_count++] = record;
	return 0;
}

static void mark(uint16_t *where, uint16_t stamp)
{
	if (*where == 0)
		*where = stamp;
}

static int add_whiteout(struct flatten *flatten, const char *name, struct error *err)
{
	uint32_t directory = flatten->directory.path, path;
	if (strcmp(name, opaque_name) == 0) {
		mark(&flatten->paths.items[directory].hides_below, flatten->stamp);
		return add_record(flatten, (struct record){ directory, RECORD_OPAQUE, { NULL } },
				  err);
	}
	if (begins_with(name, aufs_prefix))
		return add_record(flatten, (struct record){ 0, RECORD_NOTHING, { NULL } }, err);
	name += strlen(whiteout_prefix);
	if (!tree_name_valid(name, strlen(name)))
		return error_input(err, "a whiteout of \"%s\"", name);
	if (paths_child(&flatten->paths, directory, name, strlen(name), &path, err) < 0)
		return -1;
	mark(&flatten->paths.items[path].hides_it, flatten->stamp);
	mark(&flatten->paths.items[path].hides_below, flatten->stamp);
	return add_record(flatten, (struct record){ path, RECORD_WHITEOUT, { NULL } }, err);
}

static int check_entry(const struct layer_entry *entry, struct error *err)
{
	if (entry->mtime_nsec >= NSEC_PER_SEC)
		return error_input(err, "a time with %u nanoseconds", entry->mtime_nsec);
	switch (entry->mode & S_IFMT) {
	case S_IFREG:
		if (entry->size > file_bytes_limit)
			return error_input(err, "a file of %llu bytes, at most %llu",
					   (unsigned long long)entry->size,
					   (unsigned long long)file_bytes_limit);
		return 0;
	case S_IFLNK:
		if (!entry->symlink || entry->symlink[0] == '\0')
			return error_input(err, "a symbolic link to nothing");
		if (strnlen(entry->symlink, TARGET_BYTES + 1) > TARGET_BYTES)
			return error_input(err, "a symbolic link of more than %d bytes",
					   TARGET_BYTES);
		return 0;
	case S_IFCHR:
	case S_IFBLK:
		if (entry->major >= DEVICE_MAJOR_LIMIT || entry->minor >= DEVICE_MINOR_LIMIT)
			return error_input(err, "device %u:%u, at most %d:%d", entry->major,
					   entry->minor, DEVICE_MAJOR_LIMIT - 1,
					   DEVICE_MINOR_LIMIT - 1);
		return 0;
	case S_IFDIR:
	case S_IFIFO:
		return 0;
	default:
		return error_input(err, "mode %07o: a kind of file that no layer can hold",
				   entry->mode);
	}
}

static int set_target(struct flatten *flatten, struct inode *inode, const char *target,
		      struct error *err)
{
	inode->mode = S_IFLNK | 0777; /* Linux knows no other */
	inode->size = strlen(target);
	if (paths_count_text(&flatten->paths, inode->size + 1, err) < 0)
		return -1;
	inode->target = arena_copy(flatten->arena, target, inode->size);
	return inode->target ? 0 : error_memory(err);
}

static int make_inode(struct flatten *flatten, const struct layer_entry *entry, struct inode **made,
		      struct error *err)
{
	struct inode *inode = tree_inode(flatten->tree, entry->mode & (S_IFMT | 07777));
	if (!inode)
		return error_memory(err);
	inode->uid = entry->uid;
	inode->gid = entry->gid;
	inode->mtime_sec = entry->mtime_sec;
	inode->mtime_nsec = entry->mtime_nsec;
	tree_time_clamp(&inode->mtime_sec, &inode->mtime_nsec);
	if (xattr_sets_get(&flatten->xattrs, &flatten->paths, entry->xattrs, entry->xattr_count,
			   &inode->xattrs, err) < 0)
		return -1;
	if (S_ISREG(inode->mode))
		inode->size = entry->size;
	if (S_ISLNK(inode->mode) && set_target(flatten, inode, entry->symlink, err) < 0)
		return -1;
	if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode)) {
		inode->device.major = entry->major;
		inode->device.minor = entry->minor;
	}
	*made = inode;
	return 0;
}

static int add_inode(struct flatten *flatten, const struct layer_entry *entry, uint32_t path,
		     struct inode **content, struct error *err)
{
	struct inode *inode = NULL;
	if (check_entry(entry, err) < 0)
		return -1;
	if (path == PATH_ROOT && !S_ISDIR(entry->mode))
		return error_input(err, "the root is to be something else than a directory");
	if (make_inode(flatten, entry, &inode, err) < 0)
		return -1;
	struct record record = { path, RECORD_INODE, { .inode = inode } };
	if (add_record(flatten, record, err) < 0)
		return -1;
	struct path *at = &flatten->paths.items[path];
	bool hidden = flatten->directory.hidden || by_upper_layer(flatten, at->hides_it);
	mark(&at->hides_it, flatten->stamp);
	if (!S_ISDIR(inode->mode))
		mark(&at->hides_below, flatten->stamp);
	if (!S_ISREG(inode->mode) || inode->size == 0)
		return 0;
	if (hidden)
		inode->flags = INODE_SKIPPED;
	else
		*content = inode;
	return 0;
}

static int add_link(struct flatten *flatten, const struct layer_entry *entry, uint32_t path,
		    struct error *err)
{
	char target[PATH_BYTES + 1];
	size_t length;
	struct record record = { path, RECORD_LINK, { .target = PATH_ROOT } };
	if (path_clean(entry->hardlink, target, &length, err) < 0)
		return error_prefix(err, "target of the hard link");
	if (path == PATH_ROOT || length == 0)
		return error_input(err, "a hard link %s the root", length ? "named as" : "to");
	if (walk_path(flatten, target, length, &record.target, /* hidden= */ NULL, err) < 0)
		return -1;
	mark(&flatten->paths.items[path].hides_it, flatten->stamp);
	mark(&flatten->paths.items[path].hides_below, flatten->stamp);
	return add_record(flatten, record, err);
}

static int add_entry(struct flatten *flatten, const struct layer_entry *entry,
		     struct inode **content, struct error *err)
{
	char text[PATH_BYTES + 1];
	size_t length;
	if (flatten->record_count >= flatten->limits.entries)
		return error_input(err,
				   "more than %llu files in the layers; --files-limit allows more",
				   (unsigned long long)flatten->limits.entries);
	if (path_clean(entry->path, text, &length, err) < 0)
		return -1;
	const char *slash = memrchr(text, '/', length);
	const char *name = slash ? slash + 1 : text;
	size_t directory_length = slash ? (size_t)(slash - text) : 0;
	if (enter_directory(flatten, text, directory_length, err) < 0)
		return -1;
	if (flatten->directory.aufs)
		return add_record(flatten, (struct record){ 0, RECORD_NOTHING, { NULL } }, err);
	if (begins_with(name, whiteout_prefix))
		return add_whiteout(flatten, name, err);
	uint32_t path = PATH_ROOT;
	size_t name_length = length - (size_t)(name - text);
	if (length > 0 && paths_child(&flatten->paths, flatten->directory.path, name, name_length,
				      &path, err) < 0)
		return -1;
	if (entry->hardlink)
		return add_link(flatten, entry, path, err);
	return add_inode(flatten, entry, path, content, err);
}

int flatten_entry(struct flatten *flatten, const struct layer_entry *entry, struct inode **content,
		  struct error *err)
{
	enum { SHOWN_BYTES = 200 };
	struct inode *wanted = NULL;
	assert(flatten->records_open && flatten->layer_count > 0);
	if (add_entry(flatten, entry, &wanted, err) < 0)
		return error_prefix(err, "%.*s%s", SHOWN_BYTES, entry->path,
				    strnlen(entry->path, SHOWN_BYTES + 1) > SHOWN_BYTES ? "..."
											: "");
	*content = wanted;
	return 0;
}

int flatten_set_runs(struct flatten *flatten, struct inode *inode, const struct data_run *runs,
		     size_t count, struct error *err)
{
	assert(S_ISREG(inode->mode) && count <= UINT32_MAX);
	if (count > 1) {
		struct data_run *kept = arena_alloc(flatten->arena, count * sizeof(*kept));
		if (!kept)
			return error_memory(err);
		memcpy(kept, runs, count * sizeof(*kept));
		inode->runs = kept;
	} else if (count == 1) {
		inode->run = runs[0];
	}
	inode->run_count = (uint32_t)count;
	return 0;
}
