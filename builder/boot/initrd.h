// SPDX-License-Identifier: Apache-2.0
/* The guest's initrd: podseal-init with the libraries, kernel modules and certificates that it
 * needs, and nothing else.
 *
 *     /init                           podseal-init
 *     /lib64/ld-linux-x86-64.so.2     its interpreter, where it names it
 *     /lib/x86_64-linux-gnu/...       its libraries, all in the directory of libc
 *     /lib/modules/VERSION/...        modules, plain, and modules.dep and modules.alias of these
 *     /etc/podseal/trust/HEX.pem      who may sign descriptors
 *     /etc/podseal/ca/HEX.pem         who may vouch for the broker's TLS certificate
 *     /dev /proc /sys /run            empty
 *
 * One newc cpio archive (Linux, Documentation/driver-api/early-userspace/buffer-format.rst) in one
 * zstd frame. The same files and timestamp give the same bytes. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/error.h"

struct initrd_options {
	const char *init;         /* path of podseal-init */
	const char *modules;      /* .../lib/modules/VERSION; NULL: the kernel needs none */
	const char *const *trust; /* PEM files, of one or more certificates each */
	size_t trust_count;
	const char *const *ca;
	size_t ca_count;
	int64_t timestamp; /* of every file, seconds since 1970, 0 to 2^32 - 1 (newc's field) */
};

/* What the kernel decompresses and this part reads: at most this much. */
#define INITRD_MAX_BYTES ((size_t)1 << 30)

/* The caller frees *initrd. */
int initrd_build(const struct initrd_options *options, uint8_t **initrd, size_t *size,
		 struct error *err) MUST_CHECK;

/* One file of an initrd. */
struct initrd_file {
	const char *path; /* as it is in the archive */
	mode_t mode;
	uint64_t uid, gid, size;
	int64_t mtime;
	const char *link_target; /* of a symbolic link, else NULL */
};

/* Calls `visit` for each file of an initrd in its order, ours or another's: a cpio archive, plain
 * or compressed with zstd or gzip; stops where it returns -1. The kernel unpacks any number of
 * archives one after the other, so whatever follows the first one but zeros is ERROR_INPUT:
 * nothing stays unseen. */
int initrd_list(const uint8_t *initrd, size_t size,
		int (*visit)(void *context, const struct initrd_file *file, struct error *err),
		void *context, struct error *err) MUST_CHECK;
