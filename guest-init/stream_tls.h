// SPDX-License-Identifier: Apache-2.0
/* TLS for a stream. Private to stream.c. */
#pragma once

#include <openssl/ssl.h>

#include "common/error.h"
#include "format/signature.h"

/* A client over the connected `fd`, not yet shaken hands: TLS 1.2 or later, the peer's certificate
 * by one of `ca` and for the IP address `host`. ERROR_INPUT: no `ca` at all, or one is damaged. */
int stream_tls_new(int fd, const char *host, const struct pem *ca, size_t ca_count, SSL **tls,
		   struct error *err) MUST_CHECK;
