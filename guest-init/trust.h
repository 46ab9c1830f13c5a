// SPDX-License-Identifier: Apache-2.0
/* Whether a descriptor is the one that this guest was launched for.
 *
 * What the measured command line asks for has to hold, all of it: podseal.seal= (the digest is
 * pinned there), podseal.bind=host-data (it is HOST_DATA of this guest's own report),
 * podseal.bind=initdata (HOST_DATA is the digest of the initdata, which names it). Where it asks
 * for none of these, the measured initrd decides: the descriptor's signature has to be by one of
 * its trust certificates. So a signature never lets in an older image where a digest was asked for.
 * With none of all that nothing is trusted. */
#pragma once

#include <stdbool.h>

#include "attest/snp_report.h"
#include "format/descriptor.h"
#include "format/format.h"
#include "guest-init/cmdline.h"

struct trust {
	const struct cmdline *cmdline;
	const struct pem *certificates; /* of the initrd */
	size_t certificate_count;
	const uint8_t *host_data; /* SNP_HOST_DATA_BYTES; NULL unless bind asks for it */
	const char *initdata;     /* its TOML text; NULL unless bind=initdata */
};

/* 0 if it is. `how` receives the words for what decided, for the console. ERROR_MISMATCH: another
 * digest, HOST_DATA or signer. ERROR_INPUT: no signature, damaged initdata, or nothing to trust. */
int trust_check(const struct trust *trust, const struct seal *seal,
		const uint8_t digest[SEAL_DIGEST_BYTES], const char **how, struct error *err)
	MUST_CHECK;

/* Whether an image for `arch` runs on this machine, as uname(2) names it. ERROR_MISMATCH: no. */
int trust_check_arch(enum descriptor_arch arch, const char *machine, struct error *err) MUST_CHECK;
