// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/hex.h"
#include "common/io.h"
#include "common/number.h"
#include "common/output.h"
#include "verity/cli/cli.h"
#include "verity/cli/progress.h"

enum {
	OPTION_SALT = 256,
	OPTION_UUID,
	OPTION_DATA_BLOCK,
	OPTION_HASH_BLOCK,
	OPTION_FORMAT,
	OPTION_THREADS
};

const struct command_option format_options[] = {
	{ OPTION_SALT, "salt", "HEX",
	  "hashed with every block, up to 256 bytes, - for none\n"
	  "(default: 32 random bytes)" },
	{ OPTION_UUID, "uuid", "UUID", "of the superblock (default: random)" },
	{ OPTION_DATA_BLOCK, "data-block-size", "BYTES", "a power of two (default: 4096)" },
	{ OPTION_HASH_BLOCK, "hash-block-size", "BYTES", "likewise" },
	{ OPTION_FORMAT, "format", "0|1", "hash type: 1 (default), or 0, with the salt last" },
	{ OPTION_THREADS, "threads", "N", "(default: one for each CPU)" },
	{ 0 },
};

enum { DEFAULT_BLOCK_BYTES = 4096, DEFAULT_SALT_BYTES = 32 };

static int random_bytes(void *bytes, size_t size, struct error *err)
{
	if (getrandom(bytes, size, 0) != (ssize_t)size)
		return error_system(err, "drawing random bytes");
	return 0;
}

/* RFC 9562, version 4. */
static int uuid_random(struct uuid *uuid, struct error *err)
{
	if (random_bytes(uuid->bytes, sizeof(uuid->bytes), err) < 0)
		return -1;
	uuid->bytes[6] = (uint8_t)((uuid->bytes[6] & 0x0f) | 0x40);
	uuid->bytes[8] = (uint8_t)((uuid->bytes[8] & 0x3f) | 0x80);
	return 0;
}

static int block_size_parse(const char *text, uint32_t *size, struct error *err)
{
	uint64_t n;

	if (number_parse(text, VERITY_BLOCK_MIN_BYTES, VERITY_BLOCK_MAX_BYTES, &n, err) < 0)
		return -1;
	if (n & (n - 1))
		return error_usage(err, "%" PRIu64 " is not a power of two", n);
	*size = (uint32_t)n;
	return 0;
}

static int salt_parse(const char *text, struct verity_params *params, struct error *err)
{
	params->salt_size = 0;
	if (strcmp(text, "-") == 0)
		return 0;
	return hex_decode_any(text, params->salt, sizeof(params->salt), &params->salt_size, err);
}

static const char *option_name(int id)
{
	const struct command_option *o = format_options;

	while (o->id != id)
		o++;
	return o->name;
}

static int option_apply(int id, struct verity_params *params, unsigned *threads, struct error *err)
{
	uint64_t n;

	int applied = 0;

	switch (id) {
	case OPTION_SALT:
		applied = salt_parse(optarg, params, err);
		break;
	case OPTION_UUID:
		applied = uuid_from_text(optarg, &params->uuid, err);
		break;
	case OPTION_DATA_BLOCK:
		applied = block_size_parse(optarg, &params->data_block_size, err);
		break;
	case OPTION_HASH_BLOCK:
		applied = block_size_parse(optarg, &params->hash_block_size, err);
		break;
	case OPTION_FORMAT:
		applied = number_parse(optarg, 0, 1, &n, err);
		if (applied == 0)
			params->hash_type = (enum verity_hash_type)n;
		break;
	case OPTION_THREADS:
		return threads_parse(optarg, threads, err);
	default:
		return -1;
	}
	/* what was parsed came from the command line, whoever parsed it */
	if (applied < 0)
		err->kind = ERROR_USAGE;
	return applied < 0 ? error_prefix(err, "--%s", option_name(id)) : 0;
}

/* The rename that ends it would replace the data by their own hashes. */
static int check_not_same(int data_fd, const char *hash_path, struct error *err)
{
	struct stat data, hash;

	if (fstat(data_fd, &data) == 0 && stat(hash_path, &hash) == 0 &&
	    data.st_dev == hash.st_dev && data.st_ino == hash.st_ino)
		return error_usage(err, "%s: DATA and HASH are the same file", hash_path);
	return 0;
}

static int format(const char *data_path, const char *hash_path, struct verity_params *params,
		  unsigned threads, struct error *err)
{
	struct verity_files files = { 0 };
	cleanup_output struct output *out = NULL;
	cleanup_fd int data_fd = -1;
	struct progress progress;
	struct verity_effort effort = { threads, &progress.blocks_done };
	uint8_t root[VERITY_DIGEST_BYTES];
	char text[2 * VERITY_DIGEST_BYTES + 1];

	if (input_open(data_path, &data_fd, &files.data_size, err) < 0 ||
	    check_not_same(data_fd, hash_path, err) < 0)
		return -1;
	params->data_blocks = files.data_size / params->data_block_size;
	uint64_t rest = files.data_size % params->data_block_size;
	if (params->data_blocks == 0)
		return error_input(err, "%s: is %" PRIu64 " bytes, less than one block", data_path,
				   files.data_size);
	output_guard_signals();
	if (output_open(hash_path, 0644, &out, err) < 0)
		return -1;
	files.data_fd = data_fd;
	files.hash_fd = output_fd(out);
	progress_start(&progress, "", params->data_blocks);
	int done = verity_format(&files, params, root, &effort, err);
	progress_stop(&progress);
	if (done < 0)
		return error_prefix(err, "formatting %s for %s", hash_path, data_path);
	if (output_commit(out, err) < 0 || params_print(params, err) < 0)
		return -1;
	if (rest)
		printf("Not covered:     the last %" PRIu64 " bytes, less than a block\n", rest);
	hex_encode(root, sizeof(root), text);
	printf("Root hash:\n%s\n", text);
	return 0;
}

int cmd_format(const struct command *self, int argc, char **argv, struct error *err)
{
	struct verity_params params = {
		.hash_type = VERITY_SALT_FIRST,
		.data_block_size = DEFAULT_BLOCK_BYTES,
		.hash_block_size = DEFAULT_BLOCK_BYTES,
		.salt_size = DEFAULT_SALT_BYTES,
	};
	unsigned threads = 0;
	int id;

	if (random_bytes(params.salt, params.salt_size, err) < 0 ||
	    uuid_random(&params.uuid, err) < 0)
		return -1;
	while ((id = command_next_option(self, argc, argv, err)) != -1)
		if (option_apply(id, &params, &threads, err) < 0)
			return -1;
	if (command_operands(self, argc, 2, err) < 0)
		return -1;
	return format(argv[optind], argv[optind + 1], &params, threads, err);
}
