// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>
#include <stdio.h>

#include "common/hex.h"
#include "verity/cli/cli.h"
#include "verity/image.h"

int cmd_root(const struct command *self, int argc, char **argv, struct error *err)
{
	cleanup_image struct image *image = NULL;
	char seal[SEAL_DIGEST_TEXT_BYTES];

	if (command_next_option(self, argc, argv, err) != -1 ||
	    command_operands(self, argc, 1, err) < 0 || image_open(argv[optind], &image, err) < 0)
		return -1;
	for (size_t i = 0; i < image->descriptor.count; i++) {
		const struct descriptor_volume *v = &image->descriptor.volumes[i];
		char root[2 * DESCRIPTOR_ROOT_HASH_BYTES + 1];
		hex_encode(v->verity.root_hash, sizeof(v->verity.root_hash), root);
		printf("%s sha256:%s\n", v->name, root);
	}
	seal_digest_to_text(image->seal_digest, seal);
	printf("seal %s\n", seal);
	return 0;
}
