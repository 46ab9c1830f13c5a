// SPDX-License-Identifier: Apache-2.0
/* What a guest puts into REPORT_DATA so that its report stands for its key: protocol 0.4.0 of
 * Trustee's key broker. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "attest/snp_report.h"
#include "common/error.h"

enum kbs_hash { KBS_SHA384 = 0, KBS_SHA256, KBS_SHA512 };

/* The digest of the canonical JSON (RFC 8785) of {"additional-evidence", "nonce", "tee-pubkey"},
 * then zeros. `nonce` and `additional_evidence` as they stand in the messages ("" where there is no
 * further device). ERROR_INPUT: text in them that is not printable ASCII. */
int kbs_report_data(const char *nonce, const json_t *tee_public_key,
		    const char *additional_evidence, enum kbs_hash hash,
		    uint8_t report_data[SNP_REPORT_DATA_BYTES], struct error *err) MUST_CHECK;

/* The digest of initdata (its whole TOML text) as HOST_DATA holds it: cut, or filled up with zeros,
 * to 32 bytes. */
void kbs_host_data(const char *init_data, size_t size, enum kbs_hash hash,
		   uint8_t host_data[SNP_HOST_DATA_BYTES]);

/* "sha256", "sha384", "sha512", in any case. ERROR_INPUT for another. */
int kbs_hash_from_name(const char *name, enum kbs_hash *hash, struct error *err) MUST_CHECK;

/* The algorithm that initdata names for its own digest: `algorithm = "sha384"` among what stands
 * before its first table (CoCo's initdata specification). Not a TOML parser: initdata written in
 * another way, such as with a multi-line string before it, is ERROR_INPUT. */
int kbs_init_data_algorithm(const char *init_data, enum kbs_hash *hash, struct error *err)
	MUST_CHECK;
