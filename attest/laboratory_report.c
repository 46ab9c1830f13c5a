// SPDX-License-Identifier: Apache-2.0
#include "attest/laboratory_report.h"

#include <string.h>

#include <openssl/evp.h>

#include "attest/cert_table.h"
#include "attest/snp_certificate.h"

static const char measurement_label[] = "podseal laboratory measurement 1";

enum { REPORT_VERSION = 3, ECDSA_P384_SHA384 = 1, PLATFORM_SMT = 1, NO_MIGRATION_AGENT = 0xff };

DEFINE_CLEANUP(cleanup_md_ctx_p, EVP_MD_CTX, EVP_MD_CTX_free)

int laboratory_measure(const struct measure_kernel *kernel, uint8_t measurement[SNP_DIGEST_BYTES],
		       struct error *err)
{
	CLEANUP(cleanup_md_ctx_p) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || EVP_DigestInit_ex(ctx, EVP_sha384(), NULL) != 1 ||
	    EVP_DigestUpdate(ctx, measurement_label, sizeof(measurement_label)) != 1 ||
	    EVP_DigestUpdate(ctx, kernel->kernel, sizeof(kernel->kernel)) != 1 ||
	    EVP_DigestUpdate(ctx, kernel->initrd, sizeof(kernel->initrd)) != 1 ||
	    EVP_DigestUpdate(ctx, kernel->cmdline, sizeof(kernel->cmdline)) != 1 ||
	    EVP_DigestFinal_ex(ctx, measurement, NULL) != 1)
		return error_crypto(err, "making a laboratory measurement");
	return 0;
}

/* CPUID of each generation's first server model; see snp_product_from_cpuid(). */
static void set_cpuid(struct snp_report *report, enum snp_product product)
{
	static const uint8_t cpuid[][2] = {
		[SNP_MILAN] = { 0x19, 0x01 },
		[SNP_GENOA] = { 0x19, 0x11 },
		[SNP_TURIN] = { 0x1a, 0x02 },
	};

	report->cpuid_family = cpuid[product][0];
	report->cpuid_model = cpuid[product][1];
	report->cpuid_stepping = 1;
	report->product = product;
}

static int read_vcek(const uint8_t *bytes, size_t size, struct snp_vek *vek, struct error *err)
{
	cleanup_x509 X509 *certificate = NULL;

	if (snp_certificate_parse(bytes, size, &certificate, err) < 0 ||
	    snp_certificate_read_vek(certificate, vek, err) < 0)
		return -1;
	if (vek->kind != SNP_SIGNED_BY_VCEK)
		return error_input(err, "not a VCEK");
	return 0;
}

int laboratory_report(const uint8_t *vcek, size_t size, const uint8_t measurement[SNP_DIGEST_BYTES],
		      const uint8_t host_data[SNP_HOST_DATA_BYTES],
		      uint8_t report_bytes[SNP_REPORT_BYTES], struct error *err)
{
	cleanup_snp_vek struct snp_vek *vek = calloc(1, sizeof(*vek));
	struct snp_report report = {
		.version = REPORT_VERSION,
		.policy = SNP_POLICY_SMT | SNP_POLICY_RESERVED_ONE,
		.signature_algorithm = ECDSA_P384_SHA384,
		.platform_info = PLATFORM_SMT,
		.signing_key = SNP_SIGNED_BY_VCEK,
		.current = { 1, 55, 40 },
		.committed = { 1, 55, 40 },
	};

	if (!vek)
		return error_memory(err);
	if (read_vcek(vcek, size, vek, err) < 0)
		return -1;
	report.current_tcb = report.reported_tcb = report.committed_tcb = report.launch_tcb =
		vek->tcb;
	set_cpuid(&report, vek->product);
	memcpy(report.chip_id, vek->hardware_id, vek->hardware_id_bytes);
	memcpy(report.measurement, measurement, SNP_DIGEST_BYTES);
	memcpy(report.host_data, host_data, SNP_HOST_DATA_BYTES);
	memset(report.report_id_ma, NO_MIGRATION_AGENT, sizeof(report.report_id_ma));
	snp_report_encode(&report, report_bytes);
	return 0;
}

static int to_der(const char *name, const char *pem, struct kbs_certificate *der, struct error *err)
{
	cleanup_x509 X509 *certificate = NULL;

	if (snp_certificate_parse((const uint8_t *)pem, strlen(pem), &certificate, err) < 0)
		return error_prefix(err, "%s", name);
	int size = i2d_X509(certificate, &der->bytes);
	if (size < 0)
		return error_crypto(err, "%s", name);
	der->size = (size_t)size;
	return 0;
}

static void release_certificates(struct cert_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		OPENSSL_free(table->certificates[i].bytes);
}

int laboratory_certificates(const char *ark, const char *ask, const char *vcek, uint8_t **table,
			    size_t *size, struct error *err)
{
	CLEANUP(release_certificates)
	struct cert_table certificates = {
		.certificates = { { KBS_CERTIFICATE_VCEK, NULL, 0 },
				  { KBS_CERTIFICATE_ASK, NULL, 0 },
				  { KBS_CERTIFICATE_ARK, NULL, 0 } },
		.count = 3,
	};

	if (to_der("VCEK", vcek, &certificates.certificates[0], err) < 0 ||
	    to_der("ASK", ask, &certificates.certificates[1], err) < 0 ||
	    to_der("ARK", ark, &certificates.certificates[2], err) < 0)
		return -1;
	return cert_table_encode(&certificates, table, size, err);
}
