// SPDX-License-Identifier: Apache-2.0
/* Messages of Trustee's key-broker protocol, version 0.4.0 exactly: both ends of it, for the guest
 * and for the broker. Source: kbs_attestation_protocol.md and what Trustee and guest-components
 * really do; paths of resources are in common/resource_path.h. All texts that are made here are
 * freed by the caller. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "attest/report_data.h"
#include "common/cleanup.h"
#include "common/error.h"

#define KBS_PROTOCOL_VERSION "0.4.0"
#define KBS_ERROR_TYPE       "https://github.com/confidential-containers/kbs/errors/"

enum {
	KBS_MESSAGE_MAX_BYTES = 1 << 20,
	KBS_NONCE_BYTES = 32,
	KBS_NONCE_MAX_CHARACTERS = 256,
	KBS_TEE_MAX_CHARACTERS = 31,
	KBS_DETAIL_MAX_CHARACTERS = 512,
};

/* --- auth: POST /kbs/v0/auth ---------------------------------------------------------------- */

struct kbs_request {
	char tee[KBS_TEE_MAX_CHARACTERS + 1]; /* "snp" */
};

int kbs_request_make(const char *tee, char **text, struct error *err) MUST_CHECK;

/* ERROR_MISMATCH for another version of the protocol, in Trustee's words; ERROR_INPUT for the
 * rest. */
int kbs_request_parse(const uint8_t *bytes, size_t size, struct kbs_request *request,
		      struct error *err) MUST_CHECK;

struct kbs_challenge {
	char nonce[KBS_NONCE_MAX_CHARACTERS + 1]; /* passed on as it came */
	enum kbs_hash hash;                       /* for REPORT_DATA: SHA-384 unless it names one */
};

int kbs_challenge_make(const uint8_t nonce[KBS_NONCE_BYTES], char **text, struct error *err)
	MUST_CHECK;
int kbs_challenge_parse(const uint8_t *bytes, size_t size, struct kbs_challenge *challenge,
			struct error *err) MUST_CHECK;

/* --- attest: POST /kbs/v0/attest ------------------------------------------------------------ */

struct kbs_attestation {
	json_t *root; /* owns what the others borrow */
	const char *nonce;
	json_t *tee_public_key;          /* not yet checked: kbs_key_check() */
	json_t *primary_evidence;        /* see kbs_evidence_parse() */
	const char *additional_evidence; /* "" where there is none */
	const char *init_data;           /* TOML, or NULL */
	size_t init_data_bytes;
};

/* `init_data` may be NULL. References to the JSON values are counted, not taken. */
int kbs_attestation_make(const char *nonce, json_t *tee_public_key, json_t *primary_evidence,
			 const char *init_data, char **text, struct error *err) MUST_CHECK;
int kbs_attestation_parse(const uint8_t *bytes, size_t size, struct kbs_attestation *attestation,
			  struct error *err) MUST_CHECK;
void kbs_attestation_clear(struct kbs_attestation *attestation);
#define cleanup_kbs_attestation CLEANUP(kbs_attestation_clear)

/* The answer: {"token": ...}. The parsed token is a copy. */
int kbs_token_make(const char *token, char **text, struct error *err) MUST_CHECK;
int kbs_token_parse(const uint8_t *bytes, size_t size, char **token, struct error *err) MUST_CHECK;

/* --- errors, any step ----------------------------------------------------------------------- */

struct kbs_error {
	char variant[64]; /* "PolicyDeny": what a client decides by, never the status alone */
	char detail[KBS_DETAIL_MAX_CHARACTERS + 1];
};

int kbs_error_make(const char *variant, const char *detail, char **text, struct error *err)
	MUST_CHECK;
/* ERROR_INPUT for a body that is not such an error. A long detail is cut. */
int kbs_error_parse(const uint8_t *bytes, size_t size, struct kbs_error *error, struct error *err)
	MUST_CHECK;
