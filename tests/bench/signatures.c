// SPDX-License-Identifier: Apache-2.0
/* signatures VCEK.pem ASK.pem ARK.pem VCEK.key: what one core needs for the signatures that nobody
 * can leave out of an attestation. Prints core-milliseconds for one: the report's (ECDSA, P-384)
 * and the three certificates' (RSA-4096, PSS). */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "attest/snp_signature.h"

enum { RUNS = 500 };

static double core_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static X509 *certificate_read(const char *path)
{
	FILE *f = fopen(path, "re");
	X509 *x = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;

	if (f)
		(void)fclose(f);
	return x;
}

static EVP_PKEY *key_read(const char *path)
{
	FILE *f = fopen(path, "re");
	EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;

	if (f)
		(void)fclose(f);
	return key;
}

static double report_ms(EVP_PKEY *signer, X509 *vcek)
{
	uint8_t data[0x2a0] = { 3 }, r[SNP_SIGNATURE_PART_BYTES], s[SNP_SIGNATURE_PART_BYTES];
	struct error err;

	if (snp_ecdsa_sign(signer, data, sizeof(data), r, s, &err) < 0)
		return -1;
	double start = core_ms();
	for (int i = 0; i < RUNS; i++)
		if (snp_ecdsa_verify(X509_get0_pubkey(vcek), data, sizeof(data), r, s, &err) < 0)
			return -1;
	return (core_ms() - start) / RUNS;
}

static double chain_ms(X509 *const chain[3])
{
	double start = core_ms();

	for (int i = 0; i < RUNS; i++)
		for (int c = 0; c < 3; c++)
			if (X509_verify(chain[c], X509_get0_pubkey(chain[c < 2 ? c + 1 : 2])) != 1)
				return -1;
	return (core_ms() - start) / RUNS;
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	X509 *chain[3] = { certificate_read(argv[1]), certificate_read(argv[2]),
			   certificate_read(argv[3]) };
	EVP_PKEY *signer = key_read(argv[4]);
	if (!chain[0] || !chain[1] || !chain[2] || !signer)
		return 3;
	double report = report_ms(signer, chain[0]), certificates = chain_ms(chain);
	for (int c = 0; c < 3; c++)
		X509_free(chain[c]);
	EVP_PKEY_free(signer);
	if (report < 0 || certificates < 0)
		return 1;
	printf("report %.3f\nchain %.3f\n", report, certificates);
	return 0;
}
