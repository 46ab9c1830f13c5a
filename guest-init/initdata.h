// SPDX-License-Identifier: Apache-2.0
/* initdata: what Kata hands to a guest beside its image, on a disk of its own, and whose digest it
 * puts into HOST_DATA. Spec: Trustee kbs/docs/initdata.md; Kata's initdata_block.rs for the disk.
 *
 *     "initdata"  8 bytes
 *     length      le64, of what follows
 *     gzip        one member: TOML text
 *     zeros       to the end of the disk
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "format/seal.h"

enum {
	INITDATA_HEADER_BYTES = 16,
	INITDATA_GZIP_MAX_BYTES = 1 << 20,
	INITDATA_TOML_MAX_BYTES = 1 << 20,
};

/* The length that a header names. ERROR_INPUT: not a header, or longer than
 * INITDATA_GZIP_MAX_BYTES. */
int initdata_header_parse(const uint8_t header[INITDATA_HEADER_BYTES], size_t *gzip_bytes,
			  struct error *err) MUST_CHECK;

/* The text that was compressed. The caller frees *toml, which has a NUL after its `size` bytes and
 * none in them. ERROR_INPUT: damaged, too long, or more than one member. */
int initdata_unpack(const uint8_t *gzip, size_t gzip_size, char **toml, size_t *size,
		    struct error *err) MUST_CHECK;

/* The seal digest that it names: "podseal.seal" (with the quotes, as a key with a dot has to be
 * written in TOML) in the table [data]. Read is what initdata consists of, tables with strings of
 * all four kinds in them; any other TOML is ERROR_INPUT, and so is a key or table that comes
 * twice where it matters. */
int initdata_seal_digest(const char *toml, uint8_t digest[SEAL_DIGEST_BYTES], struct error *err)
	MUST_CHECK;

/* The text from the first disk that has such a header. `sys_fd` is an open /sys, `dev` is "/dev".
 * The caller frees *toml. ERROR_INPUT: there is none. */
int initdata_read(int sys_fd, const char *dev, char **toml, size_t *size, struct error *err)
	MUST_CHECK;
