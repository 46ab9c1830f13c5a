// SPDX-License-Identifier: Apache-2.0
/* podseal-verity: what its subcommands share. It checks images and makes hash areas on plain files;
 * it never needs a key, a device or a privilege. */
#pragma once

#include <stdbool.h>

#include "common/command.h"
#include "common/error.h"
#include "verity/verity.h"

int cmd_verify(const struct command *self, int argc, char **argv, struct error *err);
int cmd_root(const struct command *self, int argc, char **argv, struct error *err);
int cmd_format(const struct command *self, int argc, char **argv, struct error *err);
int cmd_dump(const struct command *self, int argc, char **argv, struct error *err);

extern const struct command_option verify_options[];
extern const struct command_option format_options[];

/* Opens a file or block device for reading. Messages name `path`. The caller closes *fd. */
int input_open(const char *path, int *fd, uint64_t *size_bytes, struct error *err) MUST_CHECK;

/* --threads: 1 to 256. */
int threads_parse(const char *text, unsigned *threads, struct error *err) MUST_CHECK;

/* What a superblock says, a line each, as veritysetup words it. */
int params_print(const struct verity_params *params, struct error *err) MUST_CHECK;
