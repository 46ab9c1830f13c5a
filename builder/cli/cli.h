// SPDX-License-Identifier: Apache-2.0
/* podseal's subcommands: a file each, all named in the table of main.c. */
#pragma once

#include "common/command.h"

typedef int command_function(const struct command *self, int argc, char **argv, struct error *err);

command_function cmd_build, cmd_keygen, cmd_inspect, cmd_ls, cmd_cat, cmd_extract, cmd_check,
	cmd_measure, cmd_report, cmd_policy, cmd_initrd, cmd_uki, cmd_run, cmd_kata_config;

extern const struct command_option build_options[], keygen_options[], inspect_options[],
	ls_options[], cat_options[], extract_options[], check_options[], measure_options[],
	report_options[], policy_options[], initrd_options[], uki_options[], run_options[],
	kata_config_options[];
