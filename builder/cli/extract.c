// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <archive.h>
#include <archive_entry.h>

#include "builder/cli/view.h"
#include "builder/ext4/walk.h"

enum { OPT_KEY = 256, OPT_SEAL, ZERO_BYTES = 65536 };

const struct command_option extract_options[] = {
	{ OPT_KEY, "key", "KEY", "the volume key, for a sealed volume" },
	{ OPT_SEAL, "seal", "sha256:HEX", "the seal digest the image must have" },
	{ 'o', "output", "DIR",
	  "extract into this directory, which is made; without it, a tar on standard output" },
	{ 0 },
};

DEFINE_CLEANUP(cleanup_entry_p, struct archive_entry, archive_entry_free)
DEFINE_CLEANUP(cleanup_links_p, struct archive_entry_linkresolver, archive_entry_linkresolver_free)

static inline void cleanup_archive_p(struct archive **archive)
{
	if (*archive)
		(void)archive_write_free(*archive);
}

/* Files on their way out, to a tar or to a directory. */
struct extraction {
	struct ext4_reader *files;
	struct archive *out;
	struct archive_entry_linkresolver *links;
	const char *top; /* the name of what is extracted, "" for a directory's content */
	bool to_directory, as_root;
	bool output_failed; /* and not the image */
	uint64_t skipped_devices;
	uint64_t at; /* in the file being written to a tar */
};

static int archive_error(struct extraction *x, const char *path, struct error *err)
{
	const char *why = archive_error_string(x->out);
	char file[EXT4_PATH_MAX_BYTES + 1] = "standard output";

	x->output_failed = true;
	if (x->to_directory)
		(void)snprintf(file, sizeof(file), "/%s", path);
	if (!why || archive_errno(x->out) <= 0)
		return error_system_text(err, "%s: %s", file, why ? why : "it cannot be written");
	errno = archive_errno(x->out);
	return error_system(err, "%s: %s", file, why);
}

/* A tar takes a file's bytes in order, holes too: one that is marked as such is left out of the tar
 * again. */
static int write_hole(struct extraction *x, uint64_t until, struct error *err)
{
	static const uint8_t zeros[ZERO_BYTES];

	while (x->at < until) {
		size_t n = until - x->at < ZERO_BYTES ? (size_t)(until - x->at) : ZERO_BYTES;
		if (archive_write_data(x->out, zeros, n) < 0)
			return archive_error(x, "", err);
		x->at += n;
	}
	return 0;
}

static int write_piece(void *context, uint64_t offset, const uint8_t *bytes, size_t size,
		       struct error *err)
{
	struct extraction *x = context;

	if (x->to_directory)
		return archive_write_data_block(x->out, bytes, size, (la_int64_t)offset) <
				       ARCHIVE_OK
			       ? archive_error(x, "", err)
			       : 0;
	if (write_hole(x, offset, err) < 0)
		return -1;
	if (archive_write_data(x->out, bytes, size) < 0)
		return archive_error(x, "", err);
	x->at += size;
	return 0;
}

static void note_range(void *context, uint64_t offset, uint64_t size)
{
	archive_entry_sparse_add_entry(context, (la_int64_t)offset, (la_int64_t)size);
}

static struct archive_entry *make_entry(const char *path, const struct ext4_file *f)
{
	struct archive_entry *e = archive_entry_new();

	if (!e)
		return NULL;
	archive_entry_copy_pathname(e, *path ? path : ".");
	archive_entry_set_mode(e, (mode_t)f->mode);
	archive_entry_set_uid(e, f->uid);
	archive_entry_set_gid(e, f->gid);
	archive_entry_set_mtime(e, f->mtime_sec, (long)f->mtime_nsec);
	archive_entry_set_nlink(e, f->links);
	archive_entry_set_dev(e, 1); /* one file system: only the inode tells files apart */
	archive_entry_set_ino(e, f->number);
	archive_entry_set_size(e, S_ISREG(f->mode) ? (la_int64_t)f->size : 0);
	if (S_ISLNK(f->mode))
		archive_entry_copy_symlink(e, f->target);
	if (S_ISCHR(f->mode) || S_ISBLK(f->mode)) {
		archive_entry_set_rdevmajor(e, f->major);
		archive_entry_set_rdevminor(e, f->minor);
	}
	for (uint32_t i = 0; f->xattrs && i < f->xattrs->count; i++)
		archive_entry_xattr_add_entry(e, f->xattrs->items[i].name,
					      f->xattrs->items[i].value, f->xattrs->items[i].size);
	return e;
}

/* Only root may make devices, here as everywhere: they are left out of a directory and counted. */
static bool must_skip(const struct extraction *x, const struct ext4_file *f)
{
	return x->to_directory && !x->as_root && (S_ISCHR(f->mode) || S_ISBLK(f->mode));
}

static int write_entry(struct extraction *x, const char *path, struct archive_entry *e,
		       uint32_t number, uint64_t size, struct error *err)
{
	bool content =
		archive_entry_filetype(e) == AE_IFREG && !archive_entry_hardlink(e) && size > 0;

	if (content && !x->to_directory) {
		/* what has no range at all is written out whole; this one joins the first */
		archive_entry_sparse_add_entry(e, 0, 0);
		if (ext4_list_ranges(x->files, number, note_range, e, err) < 0)
			return -1;
	}
	int status = archive_write_header(x->out, e);
	if (status < ARCHIVE_WARN)
		return archive_error(x, path, err);
	x->at = 0;
	if (content && (ext4_read_content(x->files, number, write_piece, x, err) < 0 ||
			(!x->to_directory && write_hole(x, size, err) < 0)))
		return error_prefix(err, "/%s", path);
	if (archive_write_finish_entry(x->out) < ARCHIVE_WARN)
		return archive_error(x, path, err);
	return 0;
}

static int extract_file(void *context, const char *path, const struct ext4_file *f,
			struct error *err)
{
	struct extraction *x = context;
	uint32_t number = f->number;
	uint64_t size = f->size;

	if (S_ISSOCK(f->mode) || must_skip(x, f)) {
		x->skipped_devices++;
		return 0;
	}
	CLEANUP(cleanup_entry_p) struct archive_entry *e = make_entry(*x->top ? x->top : path, f);
	CLEANUP(cleanup_entry_p) struct archive_entry *deferred = NULL;
	if (!e)
		return error_memory(err);
	archive_entry_linkify(x->links, &e, &deferred);
	return write_entry(x, path, e, number, size, err);
}

static struct archive *open_tar(struct error *err)
{
	struct archive *out = archive_write_new();

	/* In the C locale names are bytes, and libarchive says so where they are not ASCII. Its
	 * option hdrcharset=BINARY says so for each entry, and GNU tar then warns of each; so it
	 * does of libarchive's own way to write extended attributes. */
	if (!out || archive_write_set_format_pax(out) != ARCHIVE_OK ||
	    archive_write_set_options(out, "xattrheader=SCHILY") != ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(out, 0) != ARCHIVE_OK ||
	    archive_write_open_fd(out, STDOUT_FILENO) != ARCHIVE_OK) {
		(void)error_system_text(err, "standard output: %s",
					out && archive_error_string(out) ? archive_error_string(out)
									 : "no memory");
		(void)archive_write_free(out);
		return NULL;
	}
	return out;
}

/* libarchive writes below the working directory, through no symbolic link and no "..". */
static struct archive *open_directory(const char *directory, bool as_root, struct error *err)
{
	int flags = ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_SECURE_NODOTDOT |
		    ARCHIVE_EXTRACT_SECURE_SYMLINKS | ARCHIVE_EXTRACT_SECURE_NOABSOLUTEPATHS |
		    ARCHIVE_EXTRACT_SPARSE;

	if (mkdir(directory, 0777) < 0) {
		if (errno == EEXIST)
			(void)error_input(err,
					  "%s: exists already; extract makes the directory itself",
					  directory);
		else
			(void)error_system(err, "%s", directory);
		return NULL;
	}
	if (chdir(directory) < 0) {
		(void)error_system(err, "%s", directory);
		return NULL;
	}
	if (as_root)
		flags |= ARCHIVE_EXTRACT_OWNER | ARCHIVE_EXTRACT_XATTR;
	struct archive *out = archive_write_disk_new();
	if (!out || archive_write_disk_set_options(out, flags) != ARCHIVE_OK) {
		(void)archive_write_free(out);
		(void)error_memory(err);
		return NULL;
	}
	return out;
}

static int extract_all(struct extraction *x, uint32_t number, struct error *err)
{
	if (ext4_walk(x->files, number, true, extract_file, x, err) < 0)
		return -1;
	if (archive_write_close(x->out) != ARCHIVE_OK)
		return archive_error(x, "", err);
	if (x->skipped_devices)
		(void)fprintf(
			stderr,
			"podseal: %llu devices and sockets left out: only root can make them\n",
			(unsigned long long)x->skipped_devices);
	return 0;
}

/* libarchive dates directories last, but not the working directory. */
static int date_directory(const struct ext4_file *f, const char *directory, struct error *err)
{
	const struct timespec times[2] = {
		{ .tv_nsec = UTIME_OMIT },
		{ .tv_sec = f->mtime_sec, .tv_nsec = (long)f->mtime_nsec },
	};

	if (utimensat(AT_FDCWD, ".", times, 0) < 0)
		return error_system(err, "%s", directory);
	return 0;
}

static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : slash ? "file" : path;
}

static int extract(struct view *view, const char *path, const char *directory, struct error *err)
{
	struct extraction x = { .top = "",
				.to_directory = directory != NULL,
				.as_root = geteuid() == 0 };
	CLEANUP(cleanup_links_p)
	struct archive_entry_linkresolver *links = archive_entry_linkresolver_new();
	CLEANUP(cleanup_archive_p) struct archive *out = NULL;
	struct ext4_file file = { 0 };
	uint32_t number = 0;

	if (!links)
		return error_memory(err);
	archive_entry_linkresolver_set_strategy(links, ARCHIVE_FORMAT_TAR);
	if (view_find(view, path, &number, &file, err) < 0)
		return -1;
	if (!S_ISDIR(file.mode))
		x.top = last_component(path);
	out = directory ? open_directory(directory, x.as_root, err) : open_tar(err);
	if (!out)
		return -1;
	x.files = view->files;
	x.out = out;
	x.links = links;
	if (extract_all(&x, number, err) < 0)
		return x.output_failed ? -1 : error_prefix(err, "%s", view->image_path);
	return directory && S_ISDIR(file.mode) ? date_directory(&file, directory, err) : 0;
}

int cmd_extract(const struct command *self, int argc, char **argv, struct error *err)
{
	cleanup_view struct view view = { 0 };
	struct view_options options = { 0 };
	const char *directory = NULL;
	int id;

	while ((id = command_next_option(self, argc, argv, err)) != -1) {
		if (id == '?')
			return -1;
		options.key = id == OPT_KEY ? optarg : options.key;
		options.seal = id == OPT_SEAL ? optarg : options.seal;
		directory = id == 'o' ? optarg : directory;
	}
	if (command_operands(self, argc, 2, err) < 0)
		return -1;
	const char *path = argv[optind + 1];
	if (!directory && isatty(STDOUT_FILENO))
		return error_usage(
			err, "extract: a tar would go to the terminal; redirect it, or use -o DIR");
	if (view_open(argv[optind], &options, &view, err) < 0 ||
	    extract(&view, path, directory, err) < 0)
		return error_prefix(err, "extracting %s", path);
	return 0;
}
