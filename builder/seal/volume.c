// SPDX-License-Identifier: Apache-2.0
#include "builder/seal/volume.h"

#include <string.h>

#include "builder/ext4/ext4.h"
#include "builder/seal/content_writer.h"
#include "common/checked.h"
#include "verity/verity.h"

struct volume {
	struct volume_options options;
	struct derive_verity verity;
	struct sha256_salt salt;
	uint64_t limit_blocks, header_bytes;
	int spill_fd;
	struct pipeline *pipeline;
	struct weave *weave;
	struct content_writer made; /* the builder's own files, in the last lane */
};

static int derive_tree_parameters(struct volume *v, struct error *err)
{
	const struct volume_options *o = &v->options;
	const uint8_t *from = o->key ? o->key->bytes : o->inputs;
	size_t from_size = o->key ? o->key->size : sizeof(o->inputs);

	if (derive_verity(from, from_size, o->name, &v->verity, err) < 0)
		return -1;
	v->salt = (struct sha256_salt){ v->verity.salt, sizeof(v->verity.salt), SHA256_SALT_FIRST };
	return 0;
}

static int start(struct volume *v, struct error *err)
{
	const struct volume_options *o = &v->options;
	uint64_t weights[LANES_MAX + 1] = { 0 }; /* the last lane's is 0: the builder's own files */

	memcpy(weights, o->weights, o->lanes * sizeof(*weights));
	v->limit_blocks = o->limit_bytes / EXT4_BLOCK_BYTES;
	v->header_bytes = o->key ? LUKS2_PAYLOAD_OFFSET_BYTES : 0;
	if (derive_tree_parameters(v, err) < 0 || output_scratch(o->output, &v->spill_fd, err) < 0)
		return -1;
	const struct pipeline_options pipeline = {
		.fd = output_fd(o->output),
		.data_offset_bytes = o->offset_bytes,
		.header_blocks = (uint32_t)(v->header_bytes / PIPELINE_BLOCK_BYTES),
		.key = o->key,
		.salt = &v->salt,
		.spill_fd = v->spill_fd,
		.threads = o->threads,
		/* what each lane may hold, one being filled, and two for each thread */
		.segments = (o->lanes + 1) * (LANE_SEGMENTS_AHEAD + 1) + 2 * o->threads,
	};
	if (pipeline_new(&pipeline, &v->pipeline, err) < 0 ||
	    weave_new(v->pipeline, o->lanes + 1, weights, ext4_data_start(v->limit_blocks),
		      v->limit_blocks, &v->weave, err) < 0)
		return -1;
	content_writer_init(&v->made, weave_lane(v->weave, o->lanes));
	return 0;
}

int volume_begin(const struct volume_options *options, struct volume **volume, struct error *err)
{
	cleanup_volume struct volume *v = calloc(1, sizeof(*v));

	if (!v)
		return error_memory(err);
	v->options = *options;
	v->spill_fd = -1;
	if (start(v, err) < 0)
		return -1;
	*volume = take_ptr(v);
	return 0;
}

void volume_free(struct volume *v)
{
	if (!v)
		return;
	pipeline_free(v->pipeline);
	weave_free(v->weave);
	content_writer_free(&v->made);
	if (v->spill_fd >= 0)
		(void)close(v->spill_fd);
	free(v);
}

struct weave *volume_weave(struct volume *v)
{
	return v->weave;
}

int volume_add_file(struct volume *v, struct inode *inode, const void *bytes, size_t size,
		    struct error *err)
{
	struct content_writer *w = &v->made;

	inode->size = size;
	content_writer_begin(w);
	if (content_writer_piece(w, 0, bytes, size, err) < 0 || content_writer_end(w, err) < 0)
		return -1;
	inode->checksum = w->checksum;
	inode->run_count =
		(uint32_t)w->run_count; /* without holes there is one, or none if empty */
	if (w->run_count)
		inode->run = w->runs[0];
	return 0;
}

/* --- the blocks that hold nothing
 * ------------------------------------------------------------------------------------ */

static int by_first(const void *a, const void *b)
{
	uint64_t x = ((const struct block_range *)a)->first,
		 y = ((const struct block_range *)b)->first;

	return (x > y) - (x < y);
}

struct ranges {
	size_t count, capacity;
	struct block_range *items;
};

static int ranges_add(struct ranges *r, uint64_t first, uint64_t count, struct error *err)
{
	if (r->count == r->capacity) {
		size_t capacity = r->capacity ? 2 * r->capacity : 16;
		struct block_range *items = reallocarray(r->items, capacity, sizeof(*items));
		if (!items)
			return error_memory(err);
		r->items = items;
		r->capacity = capacity;
	}
	r->items[r->count++] = (struct block_range){ first, count };
	return 0;
}

static void ranges_merge(struct ranges *r)
{
	size_t n = 0;

	if (r->count == 0)
		return;
	qsort(r->items, r->count, sizeof(*r->items), by_first);
	for (size_t i = 1; i < r->count; i++) {
		if (r->items[n].first + r->items[n].count == r->items[i].first)
			r->items[n].count += r->items[i].count;
		else
			r->items[++n] = r->items[i];
	}
	r->count = n + 1;
}

static int free_ranges(const struct volume *v, const struct data_run *unused, size_t count,
		       struct ranges *ranges, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		for (uint32_t done = 0, n; done < unused[i].blocks; done += n) {
			uint64_t first = weave_locate(v->weave, unused[i].place + done,
						      unused[i].blocks - done, &n);
			if (ranges_add(ranges, first, n, err) < 0)
				return -1;
		}
	}
	ranges_merge(ranges);
	return 0;
}

static void ranges_release(struct ranges *r)
{
	free(r->items);
}

/* --- file-system metadata
 * --------------------------------------------------------------------------------------------- */

struct metadata_sink {
	const struct volume *volume;
	struct segment *segment; /* being filled with blocks that follow each other, or NULL */
};

static void sink_flush(struct metadata_sink *sink)
{
	if (sink->segment)
		pipeline_put(sink->volume->pipeline, take_ptr(sink->segment));
}

static int sink_write(void *context, uint64_t block, const void *bytes, uint32_t count,
		      struct error *err)
{
	struct metadata_sink *sink = context;
	const uint8_t *from = bytes;

	while (count) {
		struct segment *s = sink->segment;
		if (s && (s->blocks == SEGMENT_BLOCKS || s->first_block + s->blocks != block)) {
			sink_flush(sink);
			s = NULL;
		}
		if (!s) {
			if (pipeline_get(sink->volume->pipeline, &sink->segment, err) < 0)
				return -1;
			s = sink->segment;
			s->first_block = block;
		}
		uint32_t n =
			SEGMENT_BLOCKS - s->blocks < count ? SEGMENT_BLOCKS - s->blocks : count;
		size_t size = (size_t)n * PIPELINE_BLOCK_BYTES;
		memcpy(s->bytes + (size_t)s->blocks * PIPELINE_BLOCK_BYTES, from, size);
		s->blocks += n;
		block += n;
		from += size;
		count -= n;
	}
	return 0;
}

static uint64_t sink_locate(void *context, uint64_t place, uint32_t blocks, uint32_t *contiguous)
{
	const struct metadata_sink *sink = context;

	return weave_locate(sink->volume->weave, place, blocks, contiguous);
}

static int write_metadata(struct volume *v, struct tree *tree, const struct ranges *free,
			  uint64_t *total_blocks, const uint8_t tree_digest[TREE_DIGEST_BYTES],
			  struct error *err)
{
	struct metadata_sink context = { .volume = v };
	const struct ext4_sink sink = { &context, sink_locate, sink_write };
	struct derive_fs derived;

	if (derive_fs(tree_digest, v->options.name, &derived, err) < 0)
		return -1;
	struct ext4_options options = {
		.timestamp = v->options.timestamp,
		.label = v->options.name,
		.limit_blocks = v->limit_blocks,
		.data_end = weave_end_block(v->weave),
		.free_ranges = free->items,
		.free_count = free->count,
	};
	memcpy(options.uuid, derived.uuid.bytes, sizeof(options.uuid));
	memcpy(options.hash_seed, derived.hash_seed.bytes, sizeof(options.hash_seed));
	int result = ext4_write(tree, &options, &sink, total_blocks, err);
	sink_flush(&context);
	return result;
}

/* --- what encloses the file system
 * -------------------------------------------------------------------------------------- */

static int write_luks2_header(struct volume *v, struct error *err)
{
	const struct secret *key = v->options.key;
	struct derive_luks2 derived;
	uint8_t header[LUKS2_HEADER_BYTES];

	if (!key)
		return 0;
	if (derive_luks2(key->bytes, key->size, v->options.name, &derived, err) < 0 ||
	    luks2_encode(key->bytes, &derived, v->options.name, header, err) < 0)
		return -1;
	return pipeline_write_header(v->pipeline, header, sizeof(header), err);
}

static int write_hash_tree(struct volume *v, struct volume_result *result, struct error *err)
{
	struct descriptor_verity *verity = &result->verity;
	const struct verity_spill spill = { v->spill_fd, 0 };
	struct verity_params params = {
		.hash_type = VERITY_SALT_FIRST,
		.data_block_size = PIPELINE_BLOCK_BYTES,
		.hash_block_size = PIPELINE_BLOCK_BYTES,
		.data_blocks = result->data_bytes / PIPELINE_BLOCK_BYTES,
		.salt_size = sizeof(v->verity.salt),
		.uuid = v->verity.uuid,
	};
	uint64_t data_end, hash_offset;

	memcpy(params.salt, v->verity.salt, sizeof(v->verity.salt));
	if (!add_u64(v->options.offset_bytes, result->data_bytes, &data_end) ||
	    !round_up_u64(data_end, GPT_ALIGN_BYTES, &hash_offset))
		return error_input(err, "the image would be too large");
	if (verity_tree_finish(&spill, output_fd(v->options.output), hash_offset, &params,
			       verity->root_hash, &result->hash_bytes, err) < 0)
		return -1;
	verity->data_blocks = params.data_blocks;
	memcpy(verity->salt, v->verity.salt, sizeof(verity->salt));
	return 0;
}

int volume_finish(struct volume *v, struct tree *tree, const struct data_run *unused,
		  size_t unused_count, struct build_meter *meter, struct volume_result *result,
		  struct error *err)
{
	CLEANUP(ranges_release) struct ranges free = { 0 };

	/* content must be on the disk before metadata overwrites what of it is unused */
	if (lane_end(v->made.lane, err) < 0 || pipeline_drain(v->pipeline, err) < 0)
		return -1;
	if (free_ranges(v, unused, unused_count, &free, err) < 0 ||
	    tree_digest_of(tree, result->tree_digest, err) < 0 ||
	    write_metadata(v, tree, &free, &result->fs_blocks, result->tree_digest, err) < 0 ||
	    write_luks2_header(v, err) < 0 || pipeline_drain(v->pipeline, err) < 0)
		return -1;
	meter->stage = STAGE_TREE;
	result->inodes = tree->inode_count;
	result->data_bytes = v->header_bytes + result->fs_blocks * EXT4_BLOCK_BYTES;
	return write_hash_tree(v, result, err);
}
