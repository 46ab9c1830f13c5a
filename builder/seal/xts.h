// SPDX-License-Identifier: Apache-2.0
/* AES-256-XTS as dm-crypt's aes-xts-plain64 does it in 4096-byte sectors: one data unit a sector,
 * and for a tweak the little-endian number of its first 512-byte sector, counted from the payload's
 * start. (dm-crypt counts so unless it is told iv_large_sectors, which LUKS2 never does.) */
#pragma once

#include <stdint.h>

#include "common/cleanup.h"
#include "common/error.h"

enum { XTS_KEY_BYTES = 64, XTS_SECTOR_BYTES = 4096 };

enum xts_direction { XTS_ENCRYPT, XTS_DECRYPT };

/* One key and one direction. Not to be shared between threads. */
struct xts;

int xts_new(const uint8_t key[XTS_KEY_BYTES], enum xts_direction direction, struct xts **xts,
	    struct error *err) MUST_CHECK;
void xts_free(struct xts *xts);
DEFINE_CLEANUP(cleanup_xts_p, struct xts, xts_free)
#define cleanup_xts CLEANUP(cleanup_xts_p)

/* Turns `count` sectors, the first being number `sector` (in 4096-byte sectors of the payload), in
 * place. */
int xts_apply(struct xts *xts, uint64_t sector, uint8_t *bytes, uint32_t count, struct error *err)
	MUST_CHECK;
