// SPDX-License-Identifier: Apache-2.0
/* The judgement over one attestation message: whose key is in it, bound to which guest. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "broker/certificates.h"
#include "broker/session.h"
#include "common/error.h"

/* Everything must hold: the message is of protocol 0.4.0, its nonce is the session's, its key is
 * one we encrypt to, REPORT_DATA binds that key and nonce, HOST_DATA is the initdata's digest where
 * initdata was sent, and the report is signed by an endorsement key with a trusted chain that is
 * its chip's. Evidence of further devices is refused: nothing here could check it. No policy is
 * asked yet; that comes with the resource. ERROR_INPUT or ERROR_MISMATCH says what does not hold,
 * ERROR_SYSTEM that the broker failed. The caller clears *evidence. */
int attestation_judge(struct certificates *certificates, const uint8_t nonce[KBS_NONCE_BYTES],
		      const uint8_t *message, size_t size, time_t now,
		      struct session_evidence *evidence, struct error *err) MUST_CHECK;
