// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>

#include "common/cleanup.h"
#include "common/hex.h"
#include "verity/cli/cli.h"
#include "verity/cli/progress.h"
#include "verity/cli/verify.h"

int verify_files(const char *data_path, const char *hash_path, const char *root_text,
		 const struct verify_options *options, json_t *report, struct error *err)
{
	struct verity_files files = { 0 };
	struct verity_params params;
	cleanup_fd int data_fd = -1;
	cleanup_fd int hash_fd = -1;
	uint8_t root[VERITY_DIGEST_BYTES];
	struct progress progress;
	struct verity_effort effort = { options->threads, &progress.blocks_done };

	if (hex_decode(root_text, root, sizeof(root), err) < 0) {
		err->kind = ERROR_USAGE;
		return error_prefix(err, "verify: root hash");
	}
	if (input_open(data_path, &data_fd, &files.data_size, err) < 0 ||
	    input_open(hash_path, &hash_fd, &files.hash_size, err) < 0)
		return -1;
	if (verity_superblock_read(hash_fd, 0, &params, err) < 0)
		return error_prefix(err, "%s", hash_path);
	files.data_fd = data_fd;
	files.hash_fd = hash_fd;
	progress_start(&progress, "", params.data_blocks);
	int verified = verity_verify(&files, &params, root, &effort, err);
	progress_stop(&progress);
	if (verified < 0)
		return error_prefix(err, "verifying %s: %s", data_path, hash_path);
	if (!options->json)
		printf("%s: %" PRIu64 " data blocks of %" PRIu32 " bytes hold\n", data_path,
		       params.data_blocks, params.data_block_size);
	if (json_object_set_new(report, "data_blocks",
				json_integer((json_int_t)params.data_blocks)) < 0)
		return error_memory(err);
	return 0;
}
