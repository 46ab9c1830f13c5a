// SPDX-License-Identifier: Apache-2.0
/* What /dev/sev-guest answers. Pure: ioctls come and go as bytes.
 *
 * Specs: Linux, Documentation/virt/coco/sev-guest.rst and linux/sev-guest.h; AMD 56860, MSG_REPORT_
 * REQ and MSG_REPORT_RSP; GHCB 2.03, "SNP Extended Guest Request". */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "attest/snp_report.h"
#include "common/cleanup.h"
#include "common/error.h"

struct device {
	uint8_t report[SNP_REPORT_BYTES]; /* all but REPORT_DATA, VMPL and signature */
	EVP_PKEY *key;                    /* the VCEK's */
	uint8_t *certificates;            /* as cert_table_encode() makes them */
	size_t certificates_size;
};

enum { DEVICE_RANGES_MAX = 4, DEVICE_CERTIFICATES_MAX_BYTES = 1 << 16 };

/* A part of the caller's memory. */
struct device_range {
	uint64_t address;
	size_t size;
};

/* CUSE does not know what an ioctl reads and writes, so the device says it: first the ioctl's
 * argument, then what that points to. */
enum device_verdict {
	DEVICE_MORE,   /* call again with the contents of `in`, and room for `out` */
	DEVICE_ANSWER, /* `answer` is for `out`, from its start; `result` is the ioctl's */
};

struct device_round {
	enum device_verdict verdict;
	struct device_range in[2], out[DEVICE_RANGES_MAX];
	size_t in_count, out_count;
	int result; /* 0 or a negative errno */
	uint8_t *answer;
	size_t answer_size;
};
void device_round_release(struct device_round *round);
#define cleanup_device_round CLEANUP(device_round_release)

/* One round of the ioctl `request` with `argument`; `in` and `out_size` are nothing in the first
 * one. SNP_GET_REPORT and SNP_GET_EXT_REPORT are known, any other is ENOTTY. Release *round.
 * ERROR_SYSTEM: no memory, or the key does not sign. */
int device_ioctl(const struct device *device, uint32_t request, uint64_t argument,
		 const uint8_t *in, size_t in_size, size_t out_size, struct device_round *round,
		 struct error *err) MUST_CHECK;
