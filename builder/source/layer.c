// SPDX-License-Identifier: Apache-2.0
/* layer_read(): three stages, each on a thread, with bounded queues between:
 *
 *     read and hash the blob  ->  inflate  ->  tar reader and visitor, on the caller's thread
 *
 * An uncompressed layer has no second stage. Inflating is the slowest by far, so it gets a thread
 * to itself, and nobody copies what it made. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "builder/source/backend.h"
#include "builder/source/digest.h"
#include "builder/source/inflate.h"
#include "builder/source/ring.h"
#include "builder/source/tar.h"
#include "common/io.h"

/* Multiples of 512, so that tar's headers lie within one buffer. */
enum {
	BLOB_BUFFERS = 8,
	BLOB_BUFFER_BYTES = 256 << 10,
	TAR_BUFFERS = 4,
	TAR_BUFFER_BYTES = 1 << 20,
};

struct pipeline {
	struct blob blob;
	enum layer_format format;
	const char *digest;  /* of the blob, or NULL */
	const char *diff_id; /* of what comes out of it, if that is to be checked, or NULL */
	_Atomic uint64_t *bytes_read;
	struct ring *compressed; /* what was read; NULL for an uncompressed layer */
	struct ring *tar;
};

static int read_blob(const struct pipeline *p, struct ring *to, EVP_MD_CTX *md, struct error *err)
{
	uint64_t done = 0;

	while (done < p->blob.size_bytes) {
		uint64_t left = p->blob.size_bytes - done;
		size_t size = left < BLOB_BUFFER_BYTES ? (size_t)left : (size_t)BLOB_BUFFER_BYTES;
		uint8_t *bytes = ring_reserve(to);
		if (!bytes)
			return 0; /* cancelled: there is nobody to tell */
		if (pread_exact(p->blob.fd, bytes, size, p->blob.offset + done, err) < 0 ||
		    (md && digest_update(md, bytes, size, err) < 0))
			return -1;
		ring_commit(to, size);
		done += size;
		if (p->bytes_read)
			atomic_fetch_add_explicit(p->bytes_read, size, memory_order_relaxed);
	}
	/* of an uncompressed layer the diff ID is the digest of the blob */
	const char *wanted = p->digest ? p->digest : p->compressed ? NULL : p->diff_id;
	return wanted ? digest_finish(md, wanted, p->digest ? "its digest" : "its diff ID", err)
		      : 0;
}

static void *read_thread(void *argument)
{
	const struct pipeline *p = argument;
	struct ring *to = p->compressed ? p->compressed : p->tar;
	cleanup_md EVP_MD_CTX *md = NULL;
	struct error err;
	bool hash = p->digest || (!p->compressed && p->diff_id);
	bool ok = (!hash || digest_start(&md, &err) == 0) && read_blob(p, to, md, &err) == 0;

	ring_close(to, ok ? NULL : &err);
	return NULL;
}

/* Fills one buffer as far as the input goes; *ended at its end. */
static int fill(struct ring *from, struct inflater *inflater, struct span *in, uint8_t *out,
		size_t *filled, bool *ended, struct error *err)
{
	size_t done = 0, produced;

	for (;;) {
		if (inflater_step(inflater, in, out + done, TAR_BUFFER_BYTES - done, &produced,
				  err) < 0)
			return -1;
		done += produced;
		if (done == TAR_BUFFER_BYTES)
			break;
		int got = ring_take(from, &in->bytes, &in->size, err);
		if (got < 0)
			return -1;
		if (got == 0) {
			*ended = true;
			break;
		}
	}
	*filled = done;
	return 0;
}

static int inflate(const struct pipeline *p, EVP_MD_CTX *md, struct error *err)
{
	cleanup_inflater struct inflater *inflater = NULL;
	struct span in = { 0 };
	bool ended = false;

	if (inflater_new(p->format, &inflater, err) < 0)
		return -1;
	while (!ended) {
		uint8_t *out = ring_reserve(p->tar);
		size_t filled;
		if (!out)
			return 0;
		if (fill(p->compressed, inflater, &in, out, &filled, &ended, err) < 0 ||
		    (md && digest_update(md, out, filled, err) < 0))
			return -1;
		if (filled)
			ring_commit(p->tar, filled);
	}
	if (inflater_end(inflater, err) < 0)
		return -1;
	return md ? digest_finish(md, p->diff_id, "its diff ID", err) : 0;
}

static void *inflate_thread(void *argument)
{
	const struct pipeline *p = argument;
	cleanup_md EVP_MD_CTX *md = NULL;
	struct error err;
	bool ok = (!p->diff_id || digest_start(&md, &err) == 0) && inflate(p, md, &err) == 0;

	ring_cancel(p->compressed);
	ring_close(p->tar, ok ? NULL : &err);
	return NULL;
}

static int next_tar_piece(void *context, const uint8_t **bytes, size_t *size, struct error *err)
{
	return ring_take(context, bytes, size, err);
}

static int start_thread(pthread_t *thread, void *(*run)(void *), struct pipeline *p,
			struct error *err)
{
	errno = pthread_create(thread, NULL, run, p);
	return errno ? error_system(err, "starting a thread") : 0;
}

/* Stops what still runs upstream of the tar reader, and waits for it. */
static void stop_thread(pthread_t thread, struct ring *its_output)
{
	ring_cancel(its_output);
	(void)pthread_join(thread, NULL);
}

static int run(struct pipeline *p, const struct layer_visitor *visitor, struct error *err)
{
	const struct tar_input input = { .context = p->tar, .next = next_tar_piece };
	pthread_t reader, inflater;
	int result;

	if (start_thread(&reader, read_thread, p, err) < 0)
		return -1;
	if (p->compressed && start_thread(&inflater, inflate_thread, p, err) < 0) {
		stop_thread(reader, p->compressed);
		return -1;
	}
	result = tar_read(&input, visitor, err);
	if (p->compressed)
		stop_thread(inflater, p->tar);
	stop_thread(reader, p->compressed ? p->compressed : p->tar);
	return result;
}

static int detect(struct pipeline *p, enum layer_format expected, struct error *err)
{
	uint8_t magic[4];
	size_t size = p->blob.size_bytes < 4 ? (size_t)p->blob.size_bytes : sizeof(magic);

	if (pread_exact(p->blob.fd, magic, size, p->blob.offset, err) < 0)
		return -1;
	p->format = inflate_detect(magic, size);
	if (expected != LAYER_ANY && expected != p->format)
		return error_input(err, "its media type says %s, but it is %s",
				   layer_format_name(expected), layer_format_name(p->format));
	return 0;
}

static int open_blob(const struct source_image *image, size_t i, struct blob *blob,
		     struct error *err)
{
	const struct source_backend *backend = image->backend;

	if (backend->layers[i].name) {
		if (blobs_open(backend->blobs, backend->layers[i].name, blob, err) < 0)
			return -1;
	} else {
		blob->fd = fcntl(backend->rootfs_fd, F_DUPFD_CLOEXEC, 0);
		if (blob->fd < 0)
			return error_system(err, "opening it");
		blob->size_bytes = image->layers[i].size_bytes;
	}
	if (blob->size_bytes != image->layers[i].size_bytes)
		return error_input(err, "%llu bytes, should be %llu",
				   (unsigned long long)blob->size_bytes,
				   (unsigned long long)image->layers[i].size_bytes);
	return 0;
}

static int read_blob_layer(const struct source_image *image, size_t i,
			   const struct layer_visitor *visitor, _Atomic uint64_t *bytes_read,
			   struct error *err)
{
	const struct source_layer *layer = &image->layers[i];
	cleanup_blob struct blob blob = { .fd = -1 };
	cleanup_ring struct ring *compressed = NULL, *tar = NULL;
	struct pipeline p = { .bytes_read = bytes_read };

	if (open_blob(image, i, &blob, err) < 0)
		return -1;
	p.blob = blob;
	p.digest = *layer->digest ? layer->digest : NULL;
	p.diff_id = !p.digest && *layer->diff_id ? layer->diff_id : NULL;
	if (detect(&p, image->backend->layers[i].format, err) < 0)
		return -1;
	if (p.format != LAYER_TAR &&
	    ring_new(BLOB_BUFFERS, BLOB_BUFFER_BYTES, &compressed, err) < 0)
		return -1;
	if (ring_new(TAR_BUFFERS, compressed ? TAR_BUFFER_BYTES : BLOB_BUFFER_BYTES, &tar, err) < 0)
		return -1;
	p.compressed = compressed;
	p.tar = tar;
	return run(&p, visitor, err);
}

int layer_read(const struct source_image *image, size_t i, const struct layer_visitor *visitor,
	       _Atomic uint64_t *bytes_read, struct error *err)
{
	const struct source_backend *backend = image->backend;
	int result = backend->rootfs_is_directory
			     ? rootfs_read(backend->rootfs_fd, visitor, bytes_read, err)
			     : read_blob_layer(image, i, visitor, bytes_read, err);

	if (result == 0)
		return 0;
	if (image->layer_count > 1)
		(void)error_prefix(err, "layer %zu of %zu", i + 1, image->layer_count);
	return error_prefix(err, "%s", image->reference);
}
