// SPDX-License-Identifier: Apache-2.0
/* The checksum of a file's content in struct inode: it finds a build that went wrong, not an
 * attacker (that is dm-verity's work).
 *
 * It is CRC-64/XZ (ECMA-182 polynomial, reflected) over the file's allocated 4096-byte blocks in
 * their order in the file, the last one padded with zeros to 4096 bytes, holes left out. A file
 * without allocated blocks has checksum 0. The writer runs it while it copies, `podseal check` on
 * what it decrypts. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The checksum after `size` further bytes; it starts at 0. */
uint64_t content_checksum_update(uint64_t checksum, const void *blocks, size_t size);
