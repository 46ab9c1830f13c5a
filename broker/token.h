// SPDX-License-Identifier: Apache-2.0
/* The token that attest answers with: a JWT (RFC 7519), ES256 by the store's key. It names the
 * session it was given in, and is of use only while the broker has that session: another form of
 * the cookie. */
#pragma once

#include <stdint.h>

#include <jansson.h>

#include "broker/session.h"
#include "common/error.h"

enum { TOKEN_MAX_BYTES = 2048 };

/* `key` is store_token_key()'s; `now` is Unix time. The caller frees *token. */
int token_make(const json_t *key, const char session_id[SESSION_ID_BYTES], int64_t now,
	       char **token, struct error *err) MUST_CHECK;

/* The session that a token names. ERROR_MISMATCH: not ours, or past its time. */
int token_verify(const json_t *key, const char *token, int64_t now,
		 char session_id[SESSION_ID_BYTES], struct error *err) MUST_CHECK;
