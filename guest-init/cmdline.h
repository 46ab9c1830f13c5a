// SPDX-License-Identifier: Apache-2.0
/* The kernel command line: the parameters that are podseal's, strictly, and no look at the rest.
 *
 * The line is part of the launch measurement, so what it says is what the broker's policy was
 * written for. It still is parsed strictly: a misspelt parameter must not turn into a default. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/descriptor.h"
#include "format/seal.h"
#include "guest-init/broker_url.h"
#include "guest-init/ip_config.h"

enum { CMDLINE_MAX_BYTES = 16384 }; /* x86 has 2048, and bootconfig may add to it */

enum cmdline_bind {
	BIND_NONE = 0,
	BIND_HOST_DATA, /* HOST_DATA of this guest's report is the seal digest */
	BIND_INITDATA,  /* HOST_DATA is the digest of initdata, which names the seal digest */
};

enum cmdline_scratch {
	SCRATCH_TMPFS = 0,
	SCRATCH_DISK,
	SCRATCH_NONE,
};

struct cmdline {
	bool has_seal;
	uint8_t seal[SEAL_DIGEST_BYTES];
	struct broker_url kbs; /* transport BROKER_NONE where there is none */
	bool has_ip;
	struct ip_config ip;
	enum cmdline_scratch scratch;
	uint64_t scratch_bytes; /* of a tmpfs; 0: half of the memory, the kernel's own default */
	enum cmdline_bind bind;
	char init[DESCRIPTOR_PATH_BYTES]; /* "": as the descriptor says */
};

/* What /proc/cmdline holds. Words are split as the kernel does (lib/cmdline.c, next_arg()): double
 * quotes keep spaces together and are taken off around a word or a value. Words that do not begin
 * with "podseal." are skipped, those after "--" are not. ERROR_INPUT: an unknown podseal parameter,
 * one given twice or without a value, a value out of its grammar, an open quote, a control byte. */
int cmdline_parse(const uint8_t *text, size_t size, struct cmdline *cmdline, struct error *err)
	MUST_CHECK;
