// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/view.h"

#include <string.h>

#include "builder/cli/keyfile.h"

int view_open(const char *image_path, const struct view_options *options, struct view *view,
	      struct error *err)
{
	if (options->key && keyfile_read(options->key, &view->key, err) < 0)
		return error_prefix(err, "reading the key");
	view->image_path = image_path;
	if (image_open(image_path, &view->image, err) < 0)
		return -1;
	if (options->seal && image_check_seal(view->image, options->seal, err) < 0)
		return error_prefix(err, "%s", err->kind == ERROR_USAGE ? "--seal" : image_path);
	return 0;
}

static void close_volume(struct view *view)
{
	ext4_close(take_ptr(view->files));
	volume_reader_close(take_ptr(view->volume));
}

int view_open_volume(struct view *view, const struct descriptor_volume *volume, struct error *err)
{
	close_volume(view);
	if (volume_reader_open(view->image, volume, view->key, &view->volume, err) < 0)
		return -1;
	struct ext4_source source = volume_reader_source(view->volume);
	if (ext4_open(&source, &view->files, err) < 0)
		return error_prefix(err, "volume %s", volume->name);
	view->descriptor = volume;
	return 0;
}

/* How much of `path` (without leading slashes) lies above the volume; -1 if it is not below `mount`
 * at all. */
static ptrdiff_t below(const char *mount, const char *path)
{
	size_t length = strlen(mount + 1);

	if (strncmp(path, mount + 1, length) != 0)
		return -1;
	return length == 0 || path[length] == '/' || path[length] == '\0' ? (ptrdiff_t)length : -1;
}

static int open_path(struct view *view, const char *path, const char **inside, struct error *err)
{
	const struct descriptor *d = &view->image->descriptor;
	const struct descriptor_volume *deepest = NULL;
	ptrdiff_t deepest_length = -1;

	path += strspn(path, "/");
	for (size_t i = 0; i < d->count; i++) {
		ptrdiff_t length = below(d->volumes[i].mount, path);
		if (length > deepest_length) {
			deepest = &d->volumes[i];
			deepest_length = length;
		}
	}
	if (!deepest)
		return error_input(err, "no volume holds it");
	*inside = path + deepest_length;
	return view_open_volume(view, deepest, err);
}

int view_find(struct view *view, const char *path, uint32_t *number, struct ext4_file *file,
	      struct error *err)
{
	const char *inside = NULL;

	if (open_path(view, path, &inside, err) < 0 ||
	    ext4_lookup(view->files, inside, true, number, err) < 0 ||
	    ext4_stat(view->files, *number, file, err) < 0)
		return error_prefix(err, "%s", view->image_path);
	return 0;
}

void view_release(struct view *view)
{
	close_volume(view);
	image_close(view->image);
	secret_free(view->key);
}
