// SPDX-License-Identifier: Apache-2.0
/* Sessions between a challenge and the resources that follow it: in memory alone, bounded in number
 * and time. A restart forgets them all, and clients begin anew. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "attest/kbs_message.h"
#include "attest/snp_report.h"
#include "common/cleanup.h"
#include "common/error.h"

enum {
	SESSION_SECONDS = 300, /* from the challenge on; Trustee's default */
	SESSIONS_MAX = 4096,   /* about 3 KB each */
	SESSION_ID_BYTES = 33, /* 32 hexadecimal digits of a random UUID, and a NUL */
};

/* Evidence that was verified: what a policy is held against, and who receives the answer. */
struct session_evidence {
	struct snp_report report;
	enum snp_product product;
	bool laboratory_root;
	json_t *tee_public_key; /* the guest's, bound by REPORT_DATA */
};
void session_evidence_clear(struct session_evidence *evidence);
#define cleanup_session_evidence CLEANUP(session_evidence_clear)

struct sessions;

int sessions_new(struct sessions **sessions, struct error *err) MUST_CHECK;
void sessions_free(struct sessions *sessions);
DEFINE_CLEANUP(cleanup_sessions_p, struct sessions, sessions_free)
#define cleanup_sessions CLEANUP(cleanup_sessions_p)

/* Each may be called by several threads. `now` is in seconds of a clock that does not jump. */

/* Begins a session with a fresh nonce. Where SESSIONS_MAX are alive, the oldest without evidence
 * gives way, or else the oldest. */
int session_begin(struct sessions *sessions, int64_t now, char id[SESSION_ID_BYTES],
		  uint8_t nonce[KBS_NONCE_BYTES], struct error *err) MUST_CHECK;

/* Takes a session's nonce, whatever comes of it: the second time there is none. ERROR_MISMATCH: no
 * such session (any more), or its nonce was used. */
int session_take_nonce(struct sessions *sessions, const char *id, int64_t now,
		       uint8_t nonce[KBS_NONCE_BYTES], struct error *err) MUST_CHECK;

/* Stores what the session's evidence was found to say; the key is copied. ERROR_MISMATCH: the
 * session is over. */
int session_attest(struct sessions *sessions, const char *id, int64_t now,
		   const struct session_evidence *evidence, struct error *err) MUST_CHECK;

/* A copy of the evidence. ERROR_MISMATCH: no such session, or nothing was attested in it. */
int session_evidence(struct sessions *sessions, const char *id, int64_t now,
		     struct session_evidence *evidence, struct error *err) MUST_CHECK;
