// SPDX-License-Identifier: Apache-2.0
/* Certificates, DER or PEM, and the first of them as the VEK of a chain made of all. No root is
 * trusted, so none may pass. */
#include <assert.h>

#include "attest/snp_chain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_snp_certificates struct snp_certificates *bag = NULL;
	uint8_t digest[SNP_SPKI_DIGEST_BYTES];
	struct snp_vek *vek = NULL;
	struct error err;

	assert(snp_certificates_new(&bag, &err) == 0);
	if (snp_certificates_add(bag, data, size, &err) < 0)
		return 0;
	assert(snp_certificates_count(bag) > 0);
	if (snp_ark_digest(data, size, digest, &err) < 0)
		return 0;
	const struct snp_trust trust = { (const uint8_t(*)[SNP_SPKI_DIGEST_BYTES]) & digest, 1 };
	assert(snp_chain_verify(data, size, bag, &trust, 1700000000, &vek, &err) < 0);
	return 0;
}
