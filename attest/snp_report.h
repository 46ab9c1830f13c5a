// SPDX-License-Identifier: Apache-2.0
/* What the bytes of an attestation report say.
 *
 * Spec: AMD "SEV Secure Nested Paging Firmware ABI Specification" (56860), ATTESTATION_REPORT and
 * TCB_VERSION. Versions 2 to 5 are known. Version 3 added the CPUID bytes, so from there on a
 * report names its CPU generation; version 5 added the mitigation vectors. Version 4 has the
 * layout of 3. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "common/error.h"

enum {
	SNP_REPORT_BYTES = 1184,
	SNP_REPORT_SIGNED_BYTES = 0x2a0, /* the signature covers what is before it */
	SNP_DIGEST_BYTES = 48,           /* MEASUREMENT, ID_KEY_DIGEST, AUTHOR_KEY_DIGEST */
	SNP_REPORT_DATA_BYTES = 64,
	SNP_HOST_DATA_BYTES = 32,
	SNP_CHIP_ID_BYTES = 64,
	SNP_TURIN_CHIP_ID_BYTES = 8,   /* the rest of CHIP_ID is zero on Turin */
	SNP_SIGNATURE_PART_BYTES = 72, /* R and S, little-endian, zero-padded */
};

enum snp_product {
	SNP_PRODUCT_UNKNOWN = 0, /* a version 2 report does not say */
	SNP_MILAN,
	SNP_GENOA,
	SNP_TURIN,
};

/* "Milan", "Genoa", "Turin", as AMD's key service writes them; "unknown". */
const char *snp_product_name(enum snp_product product);
/* The reverse, case-sensitive; SNP_PRODUCT_UNKNOWN for any other text. */
enum snp_product snp_product_from_name(const char *name);

/* Security version numbers. `has_fmc` on Turin alone: its TCB_VERSION has another layout. */
struct snp_tcb {
	bool has_fmc;
	uint8_t fmc;
	uint8_t bootloader;
	uint8_t tee;
	uint8_t snp;
	uint8_t microcode;
};

struct snp_version {
	uint8_t major;
	uint8_t minor;
	uint8_t build;
};

/* Bits of the guest policy (GUEST_POLICY). */
#define SNP_POLICY_SMT             (UINT64_C(1) << 16)
#define SNP_POLICY_RESERVED_ONE    (UINT64_C(1) << 17)
#define SNP_POLICY_MIGRATION_AGENT (UINT64_C(1) << 18)
#define SNP_POLICY_DEBUG           (UINT64_C(1) << 19)
#define SNP_POLICY_SINGLE_SOCKET   (UINT64_C(1) << 20)
#define SNP_POLICY_CXL             (UINT64_C(1) << 21)
#define SNP_POLICY_AES_256_XTS     (UINT64_C(1) << 22)
#define SNP_POLICY_RAPL_DISABLED   (UINT64_C(1) << 23)
#define SNP_POLICY_CIPHERTEXT_HIDE (UINT64_C(1) << 24)
#define SNP_POLICY_NO_PAGE_SWAP    (UINT64_C(1) << 25)
#define SNP_POLICY_UNKNOWN_BITS    (~UINT64_C(0) << 26)

enum snp_signing_key {
	SNP_SIGNED_BY_VCEK = 0,
	SNP_SIGNED_BY_VLEK = 1,
	SNP_SIGNED_BY_NONE = 7,
};

struct snp_report {
	uint32_t version; /* 2..5 */
	uint32_t guest_svn;
	uint64_t policy;
	uint8_t family_id[16];
	uint8_t image_id[16];
	uint32_t vmpl;
	uint32_t signature_algorithm; /* 1: ECDSA P-384 with SHA-384 */
	struct snp_tcb current_tcb;
	uint64_t platform_info;
	bool author_key_enabled;
	bool chip_key_masked;
	enum snp_signing_key signing_key;
	uint8_t report_data[SNP_REPORT_DATA_BYTES];
	uint8_t measurement[SNP_DIGEST_BYTES];
	uint8_t host_data[SNP_HOST_DATA_BYTES];
	uint8_t id_key_digest[SNP_DIGEST_BYTES];
	uint8_t author_key_digest[SNP_DIGEST_BYTES];
	uint8_t report_id[32];
	uint8_t report_id_ma[32];
	struct snp_tcb reported_tcb; /* the one the VEK was derived with */
	uint8_t cpuid_family;        /* this and the next two: 0 in version 2 */
	uint8_t cpuid_model;
	uint8_t cpuid_stepping;
	enum snp_product product;           /* from CPUID; unknown in version 2 */
	uint8_t chip_id[SNP_CHIP_ID_BYTES]; /* all zero when the host masks it */
	struct snp_tcb committed_tcb;
	struct snp_version current;
	struct snp_version committed;
	struct snp_tcb launch_tcb;
	uint64_t launch_mit_vector; /* this and the next: 0 before version 5 */
	uint64_t current_mit_vector;
	uint8_t signature_r[SNP_SIGNATURE_PART_BYTES];
	uint8_t signature_s[SNP_SIGNATURE_PART_BYTES];
};

/* Reads a report of exactly SNP_REPORT_BYTES. ERROR_INPUT: another size, a version that is not
 * 2..5 (the message has its number), a CPU that is not Milan, Genoa or Turin, a reserved byte that
 * is not zero, a reserved value. The signature is not looked at, only where it lies.
 *
 * A version 2 report is read with Turin's TCB layout when its CHIP_ID has Turin's form, and with
 * Milan's and Genoa's (they are the same) otherwise; snp_vek_matches_report() holds that against
 * the certificate. */
int snp_report_parse(const uint8_t *bytes, size_t size, struct snp_report *report,
		     struct error *err) MUST_CHECK;

/* The bytes of `report`; the inverse of snp_report_parse(), which accepts the result exactly when
 * the fields hold what it could have read. */
void snp_report_encode(const struct snp_report *report, uint8_t bytes[SNP_REPORT_BYTES]);

/* KEY_INFO, the flags and the signing key, as the report's word at 0x48. ERROR_INPUT for reserved
 * values. */
int snp_key_info_decode(uint32_t info, struct snp_report *report, struct error *err) MUST_CHECK;
uint32_t snp_key_info_encode(const struct snp_report *report);

/* The generation that CPUID names, or SNP_PRODUCT_UNKNOWN. */
enum snp_product snp_product_from_cpuid(uint8_t family, uint8_t model);

/* Every field, in the report's order: byte fields as hex, flag words as a number beside the names
 * of the flags. The caller owns the object; NULL: no memory. */
json_t *snp_report_json(const struct snp_report *report);

/* {"bootloader":N, ...} with "fmc" where there is one. The caller owns the object. */
json_t *snp_tcb_json(const struct snp_tcb *tcb);
