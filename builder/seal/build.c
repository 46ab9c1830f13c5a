// SPDX-License-Identifier: Apache-2.0
#include "builder/seal/build.h"

#include <string.h>

#include <openssl/evp.h>

#include "builder/seal/assemble.h"
#include "builder/seal/content.h"
#include "builder/seal/keycheck.h"
#include "builder/seal/volume.h"
#include "common/checked.h"
#include "common/io.h"

/* What goes into one volume. */
struct plan {
	const char *name, *mount;
	bool sealed;
	bool has_base, has_pod;
};

struct build {
	const struct build_options *options;
	const struct output *output;
	struct build_meter *meter;
	struct build_result *result;
	struct gpt gpt;
	struct descriptor descriptor;
};

/* --- times
 * -----------------------------------------------------------------------------------------------------------
 */

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Of what the builder makes in this volume, a time that a tree can hold. A base alone is dated by
 * itself: it is the same for every pod. */
static int64_t timestamp_of(const struct build_options *o, const struct plan *plan)
{
	int64_t newest = 0;

	if (o->has_timestamp)
		return o->timestamp;
	if (plan->has_base)
		newest = later(newest, o->base->created);
	for (size_t i = 0; plan->has_pod && i < o->pod->container_count; i++)
		newest = later(newest, o->pod_images[i]->created);
	return newest < TREE_TIME_MAX ? newest : TREE_TIME_MAX;
}

/* --- the images of a volume
 * -------------------------------------------------------------------------------------------- */

struct images {
	size_t count;
	struct content_image *items;
};

static void images_release(struct images *images)
{
	for (size_t i = 0; i < images->count; i++)
		content_image_release(&images->items[i]);
	free(images->items);
}

static int collect_images(const struct build *b, const struct plan *plan, struct images *images,
			  struct error *err)
{
	const struct build_options *o = b->options;

	images->items = calloc(1 + o->pod->container_count, sizeof(*images->items));
	if (!images->items)
		return error_memory(err);
	if (plan->has_base)
		images->items[images->count++].source = o->base;
	for (size_t i = 0; plan->has_pod && i < o->pod->container_count; i++)
		images->items[images->count++].source = o->pod_images[i];
	for (size_t i = 0; i < images->count; i++)
		images->items[i].meter = b->meter;
	return 0;
}

DEFINE_CLEANUP(cleanup_md_ctx_p, EVP_MD_CTX, EVP_MD_CTX_free)

/* A digest over the layers' digests. A layer without one, of a directory, counts by its place
 * alone: then two contents share a salt, which costs nothing. */
static int digest_inputs(const struct images *images, uint8_t inputs[DERIVE_INPUTS_BYTES],
			 struct error *err)
{
	CLEANUP(cleanup_md_ctx_p) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestInit_ex2(ctx, EVP_sha256(), NULL) == 1;

	for (size_t i = 0; i < images->count; i++) {
		const struct source_image *image = images->items[i].source;
		for (size_t l = 0; l < image->layer_count && ok; l++) {
			const struct source_layer *layer = &image->layers[l];
			const char *digest = *layer->digest ? layer->digest : layer->diff_id;
			ok = EVP_DigestUpdate(ctx, digest, strlen(digest) + 1) == 1;
		}
		ok = ok && EVP_DigestUpdate(ctx, "image", sizeof("image")) == 1;
	}
	if (!ok || EVP_DigestFinal_ex(ctx, inputs, NULL) != 1)
		return error_crypto(err, "hashing the inputs");
	return 0;
}

/* --- one volume
 * ----------------------------------------------------------------------------------------------------------
 */

/* The base as the image has it: checked, with what Kata needs. */
static int make_base(const struct build *b, struct volume *volume, struct tree *base,
		     int64_t timestamp, struct error *err)
{
	const struct kata_options *kata = b->options->kata;

	if (assemble_check_base(base, err) < 0 || (kata && kata_base_check(base, err) < 0))
		return error_prefix(err, "%s", b->options->base->reference);
	return kata ? assemble_kata_base(volume, base, kata, timestamp, err) : 0;
}

static int make_tree(struct build *b, const struct plan *plan, struct volume *volume,
		     struct images *images, int64_t timestamp, struct tree **tree,
		     struct error *err)
{
	const char *directory = plan->has_base ? POD_DIRECTORY : "";
	cleanup_tree struct tree *made = NULL;
	struct inode *mount_point;

	if (plan->has_base) {
		made = take_ptr(images->items[0].tree);
		if (make_base(b, volume, made, timestamp, err) < 0)
			return -1;
	} else if (tree_new(timestamp, &made, err) < 0) {
		return -1;
	}
	if (plan->has_pod) {
		struct content_image *pod_images = images->items + (plan->has_base ? 1 : 0);
		if (assemble_pod(volume, made, directory, b->options->pod, pod_images,
				 b->options->kata, timestamp, b->descriptor.kata_policy, err) < 0)
			return -1;
	} else if (tree_make_directory(made, directory, timestamp, &mount_point, err) < 0) {
		return -1;
	}
	if (tree_sort(made, err) < 0)
		return -1;
	*tree = take_ptr(made);
	return 0;
}

static int join_unused(const struct images *images, struct data_run **unused, size_t *count,
		       struct error *err)
{
	size_t sum = 0, n = 0;

	for (size_t i = 0; i < images->count; i++)
		sum += images->items[i].unused_count;
	struct data_run *all = calloc(sum + 1, sizeof(*all));
	if (!all)
		return error_memory(err);
	for (size_t i = 0; i < images->count; i++) {
		if (images->items[i].unused_count)
			memcpy(all + n, images->items[i].unused,
			       images->items[i].unused_count * sizeof(*all));
		n += images->items[i].unused_count;
	}
	*unused = all;
	*count = n;
	return 0;
}

static int fill_volume(struct build *b, const struct plan *plan, uint64_t offset,
		       struct volume_result *made, struct error *err)
{
	const struct build_options *o = b->options;
	CLEANUP(images_release) struct images images = { 0 };
	cleanup_volume struct volume *volume = NULL;
	cleanup_tree struct tree *tree = NULL;
	cleanup_free struct data_run *unused = NULL;
	size_t unused_count = 0;
	int64_t timestamp = timestamp_of(o, plan);
	const struct content_limits limits = { .files = o->files_limit };

	if (collect_images(b, plan, &images, err) < 0)
		return -1;
	struct volume_options options = {
		.name = plan->name,
		.key = plan->sealed ? o->key : NULL,
		.timestamp = timestamp,
		.limit_bytes = o->size_limit_bytes,
		.threads = o->threads,
		.output = b->output,
		.offset_bytes = offset,
		.lanes = content_lanes(images.count),
	};
	content_weights(images.items, images.count, options.weights);
	b->meter->stage = STAGE_CONTENT;
	if (digest_inputs(&images, options.inputs, err) < 0 ||
	    volume_begin(&options, &volume, err) < 0 ||
	    content_read(volume_weave(volume), images.items, images.count, &limits, err) < 0)
		return -1;
	b->meter->stage = STAGE_METADATA;
	if (make_tree(b, plan, volume, &images, timestamp, &tree, err) < 0 ||
	    join_unused(&images, &unused, &unused_count, err) < 0)
		return -1;
	b->result->timestamp = later(b->result->timestamp, timestamp);
	return volume_finish(volume, tree, unused, unused_count, b->meter, made, err);
}

/* --- how volumes stand in the image
 * ---------------------------------------------------------------------------------------- */

static const struct uuid *data_type(const struct build *b, const struct plan *plan)
{
	if (plan->sealed)
		return &GPT_TYPE_SEALED_DATA;
	if (strcmp(plan->mount, "/") != 0)
		return &GPT_TYPE_LINUX_DATA;
	return b->options->arch == DESCRIPTOR_AARCH64 ? &GPT_TYPE_ROOT_ARM64
						      : &GPT_TYPE_ROOT_X86_64;
}

static const struct uuid *hash_type(const struct build *b, const struct plan *plan)
{
	if (plan->sealed || strcmp(plan->mount, "/") != 0)
		return &GPT_TYPE_HASH;
	return b->options->arch == DESCRIPTOR_AARCH64 ? &GPT_TYPE_ROOT_VERITY_ARM64
						      : &GPT_TYPE_ROOT_VERITY_X86_64;
}

static int append_partition(struct build *b, const struct uuid *type, const struct uuid *uuid,
			    const char *volume, const char *suffix, uint64_t size,
			    struct error *err)
{
	char name[GPT_NAME_BYTES];

	(void)snprintf(name, sizeof(name), "%s%s", volume, suffix);
	struct gpt_partition *partition = gpt_append(&b->gpt, type, name, size, err);
	if (!partition)
		return -1;
	partition->uuid = *uuid;
	partition->attributes = GPT_ATTRIBUTE_READ_ONLY;
	return 0;
}

/* Where the next partition will start: gpt_append() puts it there. */
static int next_offset(const struct gpt *gpt, uint64_t *offset, struct error *err)
{
	uint64_t end = GPT_PRIMARY_BYTES;

	if (gpt->count) {
		const struct gpt_partition *last = &gpt->partitions[gpt->count - 1];
		end = last->offset_bytes + last->size_bytes;
	}
	return round_up_u64(end, GPT_ALIGN_BYTES, offset)
		       ? 0
		       : error_input(err, "the image would be too large");
}

static int describe_volume(struct build *b, const struct plan *plan,
			   const struct volume_result *made, struct error *err)
{
	struct descriptor_volume *d = &b->descriptor.volumes[b->descriptor.count++];
	struct build_volume *r = &b->result->volumes[b->result->volume_count++];

	(void)snprintf(d->name, sizeof(d->name), "%s", plan->name);
	(void)snprintf(d->mount, sizeof(d->mount), "%s", plan->mount);
	d->verity = made->verity;
	d->sealed = plan->sealed;
	if (plan->sealed) {
		d->crypt.offset_bytes = LUKS2_PAYLOAD_OFFSET_BYTES;
		(void)snprintf(d->crypt.key_id, sizeof(d->crypt.key_id), "%s", b->result->key_id);
	}
	uuid_from_root_hash(d->verity.root_hash, &d->data_uuid, &d->hash_uuid);
	memcpy(r->name, d->name, sizeof(r->name));
	r->sealed = plan->sealed;
	r->data_bytes = made->data_bytes;
	r->fs_blocks = made->fs_blocks;
	r->inodes = made->inodes;
	memcpy(r->root_hash, made->verity.root_hash, sizeof(r->root_hash));
	memcpy(r->tree_digest, made->tree_digest, sizeof(r->tree_digest));
	if (append_partition(b, data_type(b, plan), &d->data_uuid, d->name, "-data",
			     made->data_bytes, err) < 0)
		return -1;
	return append_partition(b, hash_type(b, plan), &d->hash_uuid, d->name, "-hash",
				made->hash_bytes, err);
}

static int build_volume(struct build *b, const struct plan *plan, struct error *err)
{
	struct volume_result made = { 0 };
	uint64_t offset = 0;

	if (next_offset(&b->gpt, &offset, err) < 0 || fill_volume(b, plan, offset, &made, err) < 0)
		return error_prefix(err, "volume %s", plan->name);
	return describe_volume(b, plan, &made, err);
}

/* --- descriptor, signature, partition table
 * ---------------------------------------------------------------------------------- */

static int make_descriptor(struct build *b, struct error *err)
{
	struct build_result *r = b->result;

	b->descriptor.arch = b->options->arch;
	b->descriptor.has_kata_policy = b->options->kata != NULL;
	(void)snprintf(b->descriptor.init, sizeof(b->descriptor.init), "%s", b->options->init);
	if (descriptor_encode(&b->descriptor, &r->descriptor, &r->descriptor_size, err) < 0)
		return error_prefix(err, "writing the descriptor");
	seal_digest(r->descriptor, r->descriptor_size, r->seal_digest);
	return 0;
}

static int write_seal(struct build *b, struct error *err)
{
	const struct build_options *o = b->options;
	struct seal seal = { .descriptor = b->result->descriptor,
			     .descriptor_bytes = b->result->descriptor_size };
	cleanup_free uint8_t *signature = NULL, *partition = NULL;
	struct derive_disk derived;
	size_t size;
	uint64_t offset = 0;

	if (o->sign_key.bytes) {
		if (signature_sign(seal.descriptor, seal.descriptor_bytes, &o->sign_key,
				   &o->sign_certificate, b->result->timestamp, &signature,
				   &seal.signature_bytes, err) < 0)
			return error_prefix(err, "signing the descriptor");
		seal.signature = signature;
	}
	if (seal_encode(&seal, &partition, &size, err) < 0 ||
	    next_offset(&b->gpt, &offset, err) < 0 ||
	    derive_disk(b->result->seal_digest, &derived, err) < 0 ||
	    append_partition(b, &GPT_TYPE_SEAL, &derived.seal_partition, "seal", "", size, err) < 0)
		return -1;
	b->gpt.disk = derived.disk;
	return pwrite_all(output_fd(b->output), partition, size, offset, err);
}

static int write_partition_table(struct build *b, struct error *err)
{
	int fd = output_fd(b->output);
	uint8_t primary[GPT_PRIMARY_BYTES], backup[GPT_BACKUP_BYTES];

	if (gpt_encode(&b->gpt, primary, backup, err) < 0 ||
	    pwrite_all(fd, primary, sizeof(primary), 0, err) < 0 ||
	    pwrite_all(fd, backup, sizeof(backup), b->gpt.disk_bytes - sizeof(backup), err) < 0)
		return -1;
	b->result->image_bytes = b->gpt.disk_bytes;
	return 0;
}

/* The header as it now lies on the disk, in the eyes of libcryptsetup. */
static int check_key(const struct build *b, struct error *err)
{
	uint8_t header[LUKS2_HEADER_BYTES];

	for (size_t i = 0; i < b->descriptor.count; i++) {
		const struct descriptor_volume *d = &b->descriptor.volumes[i];
		if (!d->sealed)
			continue;
		/* the data partition of volume i is number 2 * i */
		if (pread_exact(output_fd(b->output), header, sizeof(header),
				b->gpt.partitions[2 * i].offset_bytes, err) < 0 ||
		    keycheck_header(header, sizeof(header), b->options->key, err) < 0)
			return error_prefix(err, "checking volume %s", d->name);
	}
	return 0;
}

/* --- the story
 * ------------------------------------------------------------------------------------------------------------------
 */

static const struct plan *make_plans(enum build_encryption encryption, size_t *count)
{
	static const struct plan all[] = { { "root", "/", true, true, true } };
	static const struct plan none[] = { { "root", "/", false, true, true } };
	static const struct plan pod[] = {
		{ "root", "/", false, true, false },
		{ "pod", "/" POD_DIRECTORY, true, false, true },
	};

	*count = encryption == ENCRYPT_POD ? 2 : 1;
	return encryption == ENCRYPT_ALL ? all : encryption == ENCRYPT_POD ? pod : none;
}

static int choose_key_id(struct build *b, struct error *err)
{
	const struct build_options *o = b->options;

	if (o->encryption == ENCRYPT_NONE)
		return 0;
	if (o->key_id) {
		(void)snprintf(b->result->key_id, sizeof(b->result->key_id), "%s", o->key_id);
		return 0;
	}
	return derive_key_id(o->key->bytes, o->key->size, b->result->key_id, err);
}

static void count_layers(const struct build_options *o, struct build_meter *meter)
{
	for (size_t i = 0; i <= o->pod->container_count; i++) {
		const struct source_image *image = i ? o->pod_images[i - 1] : o->base;
		meter->layers_total += (unsigned)image->layer_count;
		for (size_t l = 0; l < image->layer_count; l++)
			meter->bytes_total += image->layers[l].size_bytes;
	}
}

int build_image(const struct build_options *options, const struct output *output,
		struct build_meter *meter, struct build_result *result, struct error *err)
{
	cleanup_free struct build *b = calloc(1, sizeof(*b));
	size_t count;
	const struct plan *plans = make_plans(options->encryption, &count);

	if (!b)
		return error_memory(err);
	*b = (struct build){
		.options = options, .output = output, .meter = meter, .result = result
	};
	count_layers(options, meter);
	if (choose_key_id(b, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (build_volume(b, &plans[i], err) < 0)
			return -1;
	meter->stage = STAGE_SEAL;
	if (make_descriptor(b, err) < 0 || write_seal(b, err) < 0 ||
	    write_partition_table(b, err) < 0)
		return -1;
	return check_key(b, err);
}

void build_result_release(struct build_result *result)
{
	free(result->descriptor);
}
