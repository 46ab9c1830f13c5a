// SPDX-License-Identifier: Apache-2.0
/* This guest's own attestation report, from the kernel. Who gets it decides; here it is only
 * fetched. */
#pragma once

#include <stdbool.h>

#include "attest/snp_report.h"
#include "common/cleanup.h"
#include "common/error.h"

#define REPORT_CONFIG "/sys/kernel/config"
#define REPORT_DEVICE "/dev/sev-guest"

enum { REPORT_CERTIFICATES_MAX_BYTES = 1 << 16 };

struct report {
	uint8_t bytes[SNP_REPORT_BYTES];
	uint8_t *certificates; /* the host's table, for cert_table_parse(); NULL: none */
	size_t certificates_size;
};

/* A report at VMPL 0 that has `report_data` in it. Through configfs-tsm where the kernel has it
 * and a driver behind it (`config` is "/sys/kernel/config"), else through the ioctls of `device`
 * ("/dev/sev-guest"). ERROR_INPUT: neither is there, so this is no SNP guest, or the report does
 * not have `report_data` in it. */
int report_get(const char *config, const char *device,
	       const uint8_t report_data[SNP_REPORT_DATA_BYTES], struct report *report,
	       struct error *err) MUST_CHECK;
void report_clear(struct report *report);
#define cleanup_report CLEANUP(report_clear)

/* MSG_REPORT_RSP as the ioctls give it (AMD 56860, table "MSG_REPORT_RSP"): status, size, then the
 * report. ERROR_INPUT: a status but 0, or another size. */
int report_response_parse(const uint8_t *response, size_t size, uint8_t report[SNP_REPORT_BYTES],
			  struct error *err) MUST_CHECK;
