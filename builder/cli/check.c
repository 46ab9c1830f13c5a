// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/cli.h"

#include <inttypes.h>
#include <string.h>

#include "builder/cli/record.h"
#include "builder/cli/view.h"
#include "builder/ext4/walk.h"
#include "builder/stack/content_checksum.h"
#include "builder/stack/tree_digest.h"
#include "common/io.h"

enum { OPT_KEY = 256, OPT_RECORD };

const struct command_option check_options[] = {
	{ OPT_KEY, "key", "KEY", "the volume key, for a sealed volume" },
	{ OPT_RECORD, "record", "RECORD", "the OUT.img.record.json of the build" },
	{ 0 },
};

/* The file that a name stands for, met before under another name or not. */
struct seen {
	uint64_t first_name, checksum;
};

/* A volume's files on their way into a tree digest. */
struct digesting {
	struct ext4_reader *files;
	struct tree_digest *digest;
	uint64_t position;
	struct seen *seen; /* by inode number; first_name counts from 1, 0 is: not met */
	size_t seen_count;
};

static struct seen *seen_at(struct digesting *d, uint32_t number)
{
	if (number >= d->seen_count) {
		size_t count = 2 * (size_t)number + 64;
		struct seen *grown = reallocarray(d->seen, count, sizeof(*grown));
		if (!grown)
			return NULL;
		memset(grown + d->seen_count, 0, (count - d->seen_count) * sizeof(*grown));
		d->seen = grown;
		d->seen_count = count;
	}
	return &d->seen[number];
}

/* The last piece ends at the file's size: its block's padding is zeros on the disk, and part of the
 * checksum. */
static int add_piece(void *context, uint64_t offset, const uint8_t *bytes, size_t size,
		     struct error *err)
{
	static const uint8_t zeros[TREE_BLOCK_BYTES];
	uint64_t *checksum = context;

	(void)offset;
	(void)err;
	*checksum = content_checksum_update(*checksum, bytes, size);
	if (size % TREE_BLOCK_BYTES)
		*checksum = content_checksum_update(*checksum, zeros,
						    TREE_BLOCK_BYTES - size % TREE_BLOCK_BYTES);
	return 0;
}

static int add_file(void *context, const char *path, const struct ext4_file *f, struct error *err)
{
	struct digesting *d = context;
	struct seen *seen = seen_at(d, f->number);

	struct ext4_file file = *f;

	if (!seen)
		return error_memory(err);
	d->position++;
	if (seen->first_name == 0) {
		seen->first_name = d->position;
		/* reading ends the life of what `f` points to */
		if (S_ISREG(f->mode) && (ext4_read_content(d->files, file.number, add_piece,
							   &seen->checksum, err) < 0 ||
					 ext4_stat(d->files, file.number, &file, err) < 0))
			return error_prefix(err, "/%s", path);
	}
	struct tree_digest_entry entry = {
		.path = path,
		.mode = file.mode,
		.uid = file.uid,
		.gid = file.gid,
		.mtime_sec = file.mtime_sec,
		.mtime_nsec = file.mtime_nsec,
		.size = file.size,
		.target = file.target,
		.major = file.major,
		.minor = file.minor,
		.xattrs = file.xattrs,
	};
	entry.first_name = seen->first_name - 1;
	entry.checksum = seen->checksum;
	return tree_digest_add(d->digest, &entry, err);
}

static void digesting_release(struct digesting *d)
{
	tree_digest_free(d->digest);
	free(d->seen);
}

static int compare_files(struct view *view, const struct record_volume *want, struct error *err)
{
	CLEANUP(digesting_release) struct digesting d = { .files = view->files };
	uint8_t found[TREE_DIGEST_BYTES];
	uint32_t root = 0;

	if (tree_digest_new(&d.digest, err) < 0 ||
	    ext4_lookup(view->files, "/", false, &root, err) < 0 ||
	    ext4_walk(view->files, root, true, add_file, &d, err) < 0 ||
	    tree_digest_finish(d.digest, found, err) < 0)
		return -1;
	if (memcmp(found, want->tree_digest, sizeof(found)) != 0) {
		char found_text[SEAL_DIGEST_TEXT_BYTES], want_text[SEAL_DIGEST_TEXT_BYTES];
		seal_digest_to_text(found, found_text);
		seal_digest_to_text(want->tree_digest, want_text);
		return error_mismatch(err, "the files have tree digest %s, the record says %s",
				      found_text, want_text);
	}
	printf("volume %s: %" PRIu64 " names, as recorded\n", want->name, d.position);
	return 0;
}

static const struct record_volume *find_recorded(const struct record *record, const char *name)
{
	for (size_t i = 0; i < record->volume_count; i++)
		if (strcmp(record->volumes[i].name, name) == 0)
			return &record->volumes[i];
	return NULL;
}

static int check_volume(struct view *view, const struct descriptor_volume *volume,
			const struct record *record, struct error *err)
{
	const struct verity_effort effort = { 0 };
	const struct record_volume *want = find_recorded(record, volume->name);

	if (!want)
		return error_mismatch(err, "volume %s: not in the record", volume->name);
	if (image_verify_volume(view->image, volume, &effort, err) < 0)
		return error_prefix(err, "volume %s", volume->name);
	if (view_open_volume(view, volume, err) < 0)
		return -1;
	if (compare_files(view, want, err) < 0)
		return error_prefix(err, "volume %s", volume->name);
	return 0;
}

static int check(struct view *view, const struct record *record, struct error *err)
{
	const struct descriptor *d = &view->image->descriptor;

	if (memcmp(view->image->seal_digest, record->seal_digest, SEAL_DIGEST_BYTES) != 0)
		return error_mismatch(err,
				      "the record is of another image: the seal digests differ");
	if (d->count != record->volume_count)
		return error_mismatch(err, "%zu volumes, the record says %zu", d->count,
				      record->volume_count);
	for (size_t i = 0; i < d->count; i++)
		if (check_volume(view, &d->volumes[i], record, err) < 0)
			return -1;
	return 0;
}

static int read_record(const char *path, struct record *record, struct error *err)
{
	cleanup_free uint8_t *bytes = NULL;
	size_t size = 0;

	if (file_read(path, RECORD_MAX_BYTES, &bytes, &size, err) < 0)
		return error_prefix(err, "reading the record");
	if (record_parse(bytes, size, record, err) < 0)
		return error_prefix(err, "reading the record: %s", path);
	return 0;
}

int cmd_check(const struct command *self, int argc, char **argv, struct error *err)
{
	cleanup_view struct view view = { 0 };
	struct view_options options = { 0 };
	const char *record_path = NULL;
	struct record record;
	int id;

	while ((id = command_next_option(self, argc, argv, err)) != -1) {
		if (id == '?')
			return -1;
		options.key = id == OPT_KEY ? optarg : options.key;
		record_path = id == OPT_RECORD ? optarg : record_path;
	}
	if (command_operands(self, argc, 1, err) < 0)
		return -1;
	if (!record_path)
		return error_usage(err, "check: which record: --record RECORD");
	if (read_record(record_path, &record, err) < 0)
		return -1;
	if (view_open(argv[optind], &options, &view, err) < 0)
		return error_prefix(err, "checking");
	if (check(&view, &record, err) < 0)
		return error_prefix(err, "checking: %s", argv[optind]);
	return 0;
}
