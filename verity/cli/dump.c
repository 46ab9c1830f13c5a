// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

#include "common/cleanup.h"
#include "common/hex.h"
#include "verity/cli/cli.h"

int params_print(const struct verity_params *params, struct error *err)
{
	char uuid[UUID_TEXT_BYTES], salt[2 * VERITY_SALT_MAX_BYTES + 1];
	struct verity_layout layout;
	uint64_t blocks = 0;

	if (verity_layout(params, &layout, err) < 0)
		return -1;
	for (unsigned i = 0; i < layout.levels; i++)
		blocks += layout.level[i].blocks;
	uuid_to_text(&params->uuid, uuid);
	hex_encode(params->salt, params->salt_size, salt);
	printf("UUID:            %s\n", uuid);
	printf("Hash type:       %u\n", (unsigned)params->hash_type);
	printf("Data blocks:     %" PRIu64 "\n", params->data_blocks);
	printf("Data block size: %" PRIu32 "\n", params->data_block_size);
	printf("Hash blocks:     %" PRIu64 "\n", blocks);
	printf("Hash block size: %" PRIu32 "\n", params->hash_block_size);
	printf("Hash algorithm:  sha256\n");
	printf("Salt:            %s\n", params->salt_size ? salt : "-");
	printf("Hash area:       %" PRIu64 " bytes\n", layout.size_bytes);
	return 0;
}

int cmd_dump(const struct command *self, int argc, char **argv, struct error *err)
{
	struct verity_params params;
	cleanup_fd int fd = -1;
	uint64_t size;

	if (command_next_option(self, argc, argv, err) != -1 ||
	    command_operands(self, argc, 1, err) < 0)
		return -1;
	const char *path = argv[optind];
	if (input_open(path, &fd, &size, err) < 0)
		return -1;
	if (verity_superblock_read(fd, 0, &params, err) < 0)
		return error_prefix(err, "%s", path);
	return params_print(&params, err);
}
