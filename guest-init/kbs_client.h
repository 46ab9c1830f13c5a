// SPDX-License-Identifier: Apache-2.0
/* A key-broker client: proves once who this guest is, then asks for secrets. Protocol 0.4.0 of
 * Trustee's KBS; its messages are attest/kbs_message.h's. */
#pragma once

#include "attest/kbs_message.h"
#include "common/secret.h"
#include "guest-init/report.h"
#include "guest-init/stream.h"

enum { KBS_CLIENT_TIMEOUT_MS = 30000 }; /* a broker may have to ask AMD for certificates */

struct kbs_client_options {
	const struct broker_url *url;
	uint64_t timeout_ms;  /* from the connection to the last secret */
	const struct pem *ca; /* for https */
	size_t ca_count;
	int sys_fd;         /* an open /sys */
	const char *config; /* "/sys/kernel/config" and "/dev/sev-guest": report_get() */
	const char *device;
	const char *init_data; /* the TOML text of initdata, where it is in HOST_DATA; or NULL */
};

struct kbs_client;

/* Connects, and attests with a report that is bound to a fresh key. ERROR_MISMATCH: the broker
 * refuses, in its own words. ERROR_INPUT: it does not keep to the protocol. */
int kbs_client_attest(const struct kbs_client_options *options, struct kbs_client **client,
		      struct error *err) MUST_CHECK;
void kbs_client_free(struct kbs_client *client);
DEFINE_CLEANUP(cleanup_kbs_client_p, struct kbs_client, kbs_client_free)
#define cleanup_kbs_client CLEANUP(cleanup_kbs_client_p)

/* The secret at the resource path `key_id`, of exactly `size` bytes. ERROR_MISMATCH: refused, or
 * encrypted to another key than this client's. */
int kbs_client_fetch(struct kbs_client *client, const char *key_id, size_t size,
		     struct secret **secret, struct error *err) MUST_CHECK;

/* The same of any size: *size bytes, in an allocation that may be larger. */
int kbs_client_fetch_any(struct kbs_client *client, const char *key_id, struct secret **secret,
			 size_t *size, struct error *err) MUST_CHECK;

/* How long it waited for the broker so far. */
uint64_t kbs_client_waited_ms(const struct kbs_client *client);

/* And for the firmware to make its report. */
uint64_t kbs_client_report_ms(const struct kbs_client *client);
