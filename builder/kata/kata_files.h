// SPDX-License-Identifier: Apache-2.0
/* What is added to a base for Kata: the same bytes for every pod, so that pods on one base share
 * its volume.
 *
 *     /usr/lib/podseal-kata/podseal-imaged    the guest's image service
 *     /usr/lib/podseal-kata/podseal-no-disks  what kata-agent is started with
 *     /usr/lib/systemd/system/podseal-imaged.service
 *     /usr/lib/systemd/system/kata-agent.service.d/podseal.conf
 *     /usr/lib/systemd/system/kata-agent.service.d/no-disks.conf
 *     /pause_bundle/config.json               what kata-agent runs as the pause container
 *     /pause_bundle/rootfs/pause */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum { KATA_FILE_COUNT = 7, KATA_PROGRAM_MAX_BYTES = 64 << 20 };

/* A program that is put into the base. */
struct kata_program {
	const uint8_t *bytes;
	size_t size;
};

struct kata_programs {
	struct kata_program imaged, no_disks, pause;
};

struct kata_file {
	const char *directory, *name; /* "usr/lib/podseal-kata", "podseal-imaged" */
	uint32_t permissions;
	const void *bytes;
	size_t size;
};

/* Borrows the programs. */
void kata_files(const struct kata_programs *programs, struct kata_file files[KATA_FILE_COUNT]);

/* `program` is a static ELF program for the machine `arch` ("amd64", "arm64"): ERROR_INPUT says
 * what it is instead. */
int kata_program_check(const struct kata_program *program, const char *arch, struct error *err)
	MUST_CHECK;
