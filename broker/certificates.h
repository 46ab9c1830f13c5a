// SPDX-License-Identifier: Apache-2.0
/* Where the certificates come from that a report is checked with: the evidence itself, a folder of
 * the owner's, and what the store kept of verified ones. None of them is trusted for where it came
 * from: each chain is verified anew, up to AMD's roots or those the owner named. Nothing is
 * fetched. */
#pragma once

#include "attest/kbs_evidence.h"
#include "attest/snp_chain.h"
#include "broker/store.h"
#include "common/cleanup.h"
#include "common/error.h"

enum {
	CERTIFICATES_ROOTS_MAX = 16,
	CERTIFICATES_FILES_MAX = 20000, /* in a folder, with the folders in it */
};

struct certificates;

/* `store` outlives it. */
int certificates_new(struct store *store, struct certificates **certificates, struct error *err)
	MUST_CHECK;
void certificates_free(struct certificates *certificates);
DEFINE_CLEANUP(cleanup_certificates_p, struct certificates, certificates_free)
#define cleanup_certificates CLEANUP(cleanup_certificates_p)

/* A root (DER or PEM) to trust beside AMD's: what it vouches for is of a "laboratory root". */
int certificates_trust_ark(struct certificates *certificates, const char *path, struct error *err)
	MUST_CHECK;

/* Reads a folder and the folders in it, whatever the names. "*.pem": ASKs, ASVKs and ARKs, also
 * several in one file; "*.der" and "*.pem": VCEKs. A VCEK whose chain holds is kept in the store;
 * `left_out` receives how many .der files are none. The roots that are to be trusted must have been
 * named before. */
int certificates_load(struct certificates *certificates, const char *path, time_t now,
		      size_t *left_out, struct error *err) MUST_CHECK;

/* The verified endorsement key for the evidence's report. A VCEK that came with the evidence is
 * kept in the store, for evidence that comes without; a VLEK has to come with it. ERROR_MISMATCH:
 * none at hand, or its chain does not hold at `now`. Several threads may ask at once. */
int certificates_find_vek(struct certificates *certificates, const struct kbs_evidence *evidence,
			  const struct snp_report *report, time_t now, struct snp_vek **vek,
			  struct error *err) MUST_CHECK;
