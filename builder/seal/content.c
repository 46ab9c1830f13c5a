// SPDX-License-Identifier: Apache-2.0
#include "builder/seal/content.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "builder/seal/content_writer.h"
#include "builder/stack/flatten.h"
#include "builder/stack/user.h"
#include "common/checked.h"

enum { KEPT_FILE_MAX_BYTES = USER_FILE_MAX_BYTES };

/* --- which image is read in which lane
 * --------------------------------------------------------------------------- */

unsigned content_lanes(size_t image_count)
{
	return image_count < LANES_MAX ? (unsigned)image_count : LANES_MAX;
}

static uint64_t image_bytes(const struct content_image *image)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < image->source->layer_count; i++)
		if (!add_u64(sum, image->source->layers[i].size_bytes, &sum))
			return UINT64_MAX;
	return sum;
}

/* Largest image first, each to the lane with the least so far: `lane_of[i]` for image i. */
static void assign_lanes(const struct content_image *images, size_t count, unsigned *lane_of,
			 uint64_t *weights)
{
	unsigned lanes = content_lanes(count);

	memset(weights, 0, LANES_MAX * sizeof(*weights));
	for (size_t i = 0; i < count; i++)
		lane_of[i] = LANES_MAX;
	for (size_t done = 0; done < count; done++) {
		size_t largest = count;
		for (size_t i = 0; i < count; i++)
			if (lane_of[i] == LANES_MAX &&
			    (largest == count ||
			     image_bytes(&images[i]) > image_bytes(&images[largest])))
				largest = i;
		unsigned lightest = 0;
		for (unsigned l = 1; l < lanes; l++)
			if (weights[l] < weights[lightest])
				lightest = l;
		lane_of[largest] = lightest;
		/* bounded so that the sum and the weave's products fit; an empty image still gets
		 * its turn */
		uint64_t bytes = image_bytes(&images[largest]);
		weights[lightest] += bytes < UINT64_C(1) << 48 ? bytes + 1 : UINT64_C(1) << 48;
	}
}

void content_weights(const struct content_image *images, size_t count, uint64_t weights[LANES_MAX])
{
	unsigned lane_of[CONTENT_IMAGES_MAX];

	assign_lanes(images, count, lane_of, weights);
}

/* --- reading one image
 * --------------------------------------------------------------------------------------------- */

/* A file of the image that is also kept in memory, for as long as it may be the one that stays
 * visible. */
struct candidate {
	struct inode *inode;
	struct kept_file *destination;
	struct kept_file file;
};

struct reading {
	struct content_image *image;
	struct flatten *flatten;
	struct content_writer writer;
	struct inode *inode; /* whose content comes */
	struct candidate *candidates;
	size_t candidate_count;
	struct candidate *keeping; /* the one that `inode` is, or NULL */
	/* reading a layer again, for what names alone had not told */
	const struct flatten_missing *missing, *missing_end;
	uint64_t ordinal;
};

static struct kept_file *kept_destination(struct content_image *image, const char *path)
{
	while (path[0] == '/' || (path[0] == '.' && path[1] == '/'))
		path++;
	if (strcmp(path, "etc/passwd") == 0)
		return &image->passwd;
	if (strcmp(path, "etc/group") == 0)
		return &image->group;
	return NULL;
}

static int keep(struct reading *r, const struct layer_entry *entry, struct error *err)
{
	struct kept_file *destination = kept_destination(r->image, entry->path);

	if (!destination)
		return 0;
	if (entry->size > KEPT_FILE_MAX_BYTES)
		return error_input(err, "%s is %llu bytes, at most %d", entry->path,
				   (unsigned long long)entry->size, KEPT_FILE_MAX_BYTES);
	struct candidate *grown =
		reallocarray(r->candidates, r->candidate_count + 1, sizeof(*r->candidates));
	if (!grown)
		return error_memory(err);
	r->candidates = grown;
	struct candidate *c = &r->candidates[r->candidate_count];
	*c = (struct candidate){ .inode = r->inode, .destination = destination };
	c->file.size = (size_t)entry->size;
	c->file.bytes = calloc(1, c->file.size + 1);
	if (!c->file.bytes)
		return error_memory(err);
	r->candidate_count++;
	r->keeping = c;
	return 0;
}

static int on_content(struct reading *r, struct inode *inode, const struct layer_entry *entry,
		      bool *want_data, struct error *err)
{
	r->inode = inode;
	r->keeping = NULL;
	*want_data = inode != NULL;
	if (!inode)
		return 0;
	content_writer_begin(&r->writer);
	return keep(r, entry, err);
}

static int on_entry(void *context, const struct layer_entry *entry, bool *want_data,
		    struct error *err)
{
	struct reading *r = context;
	struct inode *inode;

	if (flatten_entry(r->flatten, entry, &inode, err) < 0)
		return -1;
	return on_content(r, inode, entry, want_data, err);
}

static int on_entry_again(void *context, const struct layer_entry *entry, bool *want_data,
			  struct error *err)
{
	struct reading *r = context;
	struct inode *inode = NULL;

	if (r->missing < r->missing_end && r->missing->ordinal == r->ordinal) {
		inode = r->missing->inode;
		r->missing++;
	}
	r->ordinal++;
	return on_content(r, inode, entry, want_data, err);
}

static int on_data(void *context, uint64_t offset, const uint8_t *bytes, size_t size,
		   struct error *err)
{
	struct reading *r = context;

	if (r->keeping && offset <= r->keeping->file.size && size <= r->keeping->file.size - offset)
		memcpy(r->keeping->file.bytes + offset, bytes, size);
	return content_writer_piece(&r->writer, offset, bytes, size, err);
}

static int on_end(void *context, struct error *err)
{
	struct reading *r = context;

	if (content_writer_end(&r->writer, err) < 0)
		return -1;
	r->inode->checksum = r->writer.checksum;
	return flatten_set_runs(r->flatten, r->inode, r->writer.runs, r->writer.run_count, err);
}

static int read_layers(struct reading *r, struct error *err)
{
	const struct source_image *source = r->image->source;
	const struct layer_visitor visitor = { r, on_entry, on_data, on_end };

	for (size_t layer = source->layer_count; layer-- > 0;) {
		if (flatten_begin_layer(r->flatten, layer, err) < 0 ||
		    layer_read(source, layer, &visitor, &r->image->meter->bytes_read, err) < 0)
			return -1;
		r->image->meter->layers_read++;
	}
	return 0;
}

/* A layer is read again only for a hard link to a file that an upper layer hides, or a name through
 * a symbolic link: rare, and never for the sake of speed. */
static int read_missing(struct reading *r, const struct flatten_result *result, struct error *err)
{
	const struct flatten_missing *end = result->missing + result->missing_count;
	const struct layer_visitor visitor = { r, on_entry_again, on_data, on_end };

	for (const struct flatten_missing *m = result->missing; m < end; m = r->missing_end) {
		r->missing = r->missing_end = m;
		while (r->missing_end < end && r->missing_end->layer == m->layer)
			r->missing_end++;
		r->ordinal = 0;
		if (layer_read(r->image->source, m->layer, &visitor, NULL, err) < 0)
			return -1;
		if (r->missing != r->missing_end)
			return error_input(err, "layer %zu changed while it was read",
					   m->layer + 1);
	}
	return 0;
}

/* Of the files kept, those that ended up at their path. */
static void hand_out_kept(struct reading *r)
{
	static const char *const names[] = { "passwd", "group" };
	const struct dirent *etc = tree_find(r->image->tree->root, "etc");

	if (!etc || !S_ISDIR(etc->inode->mode))
		return;
	for (size_t n = 0; n < 2; n++) {
		const struct dirent *entry = tree_find(etc->inode, names[n]);
		for (size_t i = 0; entry && i < r->candidate_count; i++) {
			struct candidate *c = &r->candidates[i];
			if (c->inode == entry->inode && !c->destination->bytes) {
				c->destination->size = c->file.size;
				c->destination->bytes = take_ptr(c->file.bytes);
			}
		}
	}
}

static void reading_release(struct reading *r)
{
	for (size_t i = 0; i < r->candidate_count; i++)
		free(r->candidates[i].file.bytes);
	free(r->candidates);
	content_writer_free(&r->writer);
	flatten_free(r->flatten);
}

static int flatten_image(struct reading *r, struct error *err)
{
	CLEANUP(flatten_result_free) struct flatten_result result = { 0 };

	if (read_layers(r, err) < 0)
		return -1;
	if (flatten_finish(r->flatten, &result, err) < 0)
		return error_prefix(err, "%s", r->image->source->reference);
	r->image->tree = take_ptr(result.tree);
	if (read_missing(r, &result, err) < 0)
		return -1;
	r->image->unused = take_ptr(result.unused);
	r->image->unused_count = result.unused_count;
	hand_out_kept(r);
	return 0;
}

static int read_image(struct content_image *image, struct lane *lane,
		      const struct content_limits *limits, struct error *err)
{
	CLEANUP(reading_release) struct reading r = { .image = image };
	const struct flatten_limits flatten_limits = { .entries = limits->files };

	content_writer_init(&r.writer, lane);
	if (flatten_new(&flatten_limits, &r.flatten, err) < 0)
		return -1;
	return flatten_image(&r, err);
}

void content_image_release(struct content_image *image)
{
	tree_free(take_ptr(image->tree));
	free(image->unused);
	free(image->passwd.bytes);
	free(image->group.bytes);
}

/* --- all images, a thread for each lane
 * ------------------------------------------------------------------------------ */

struct lane_job {
	struct weave *weave;
	unsigned index;
	struct content_image *images;
	size_t image_count;
	const unsigned *lane_of;
	const struct content_limits *limits;
};

static void *run_lane(void *argument)
{
	struct lane_job *job = argument;
	struct lane *lane = weave_lane(job->weave, job->index);
	struct error err = { 0 };
	int result = 0;

	for (size_t i = 0; i < job->image_count && result == 0; i++)
		if (job->lane_of[i] == job->index)
			result = read_image(&job->images[i], lane, job->limits, &err);
	if (result < 0 || lane_end(lane, &err) < 0)
		weave_fail(job->weave, &err);
	return NULL;
}

int content_read(struct weave *weave, struct content_image *images, size_t count,
		 const struct content_limits *limits, struct error *err)
{
	unsigned lanes = content_lanes(count), started;
	unsigned lane_of[CONTENT_IMAGES_MAX];
	uint64_t weights[LANES_MAX];
	pthread_t threads[LANES_MAX];
	struct lane_job jobs[LANES_MAX];

	assign_lanes(images, count, lane_of, weights);
	for (started = 0; started < lanes; started++) {
		jobs[started] = (struct lane_job){ weave, started, images, count, lane_of, limits };
		errno = pthread_create(&threads[started], NULL, run_lane, &jobs[started]);
		if (errno) {
			struct error why;
			(void)error_system(&why, "starting a thread");
			weave_fail(weave, &why);
			break;
		}
	}
	for (unsigned i = 0; i < started; i++)
		(void)pthread_join(threads[i], NULL);
	return weave_failed(weave, err);
}
