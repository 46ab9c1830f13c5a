// SPDX-License-Identifier: Apache-2.0
/* Which of the broker's resources a call names. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/resource_path.h"

enum { SEALED_SECRET_MAX_BYTES = 65536 };

/* "kbs:///REPOSITORY/TYPE/TAG", as guest-components write it; the broker is always the one on the
 * kernel command line, so the URI names none. ERROR_INPUT: anything else. */
int resource_uri_parse(const char *uri, char path[RESOURCE_PATH_BYTES], struct error *err)
	MUST_CHECK;

/* The resource that a sealed secret points to: "sealed.HEADER.PAYLOAD.SIGNATURE" with the payload
 * in base64url, JSON of version 0.1.0 and type "vault" with provider "kbs" (guest-components,
 * confidential-data-hub/docs/SEALED_SECRET.md). The signature is not looked at: whoever wrote the
 * secret can name what the broker gives to this guest anyway, and nothing else. ERROR_INPUT: not of
 * that form; the type "envelope" is refused by name. */
int sealed_secret_parse(const uint8_t *text, size_t size, char path[RESOURCE_PATH_BYTES],
			struct error *err) MUST_CHECK;
