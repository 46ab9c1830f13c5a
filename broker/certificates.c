// SPDX-License-Identifier: Apache-2.0
#include "broker/certificates.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/hex.h"
#include "common/io.h"

struct certificates {
	struct store *store;
	uint8_t roots[CERTIFICATES_ROOTS_MAX][SNP_SPKI_DIGEST_BYTES];
	size_t root_count;
	struct snp_certificates *issuers; /* the owner's, for evidence that brings none */
};

int certificates_new(struct store *store, struct certificates **certificates, struct error *err)
{
	cleanup_certificates struct certificates *c = calloc(1, sizeof(*c));

	if (!c)
		return error_memory(err);
	c->store = store;
	if (snp_certificates_new(&c->issuers, err) < 0)
		return -1;
	*certificates = take_ptr(c);
	return 0;
}

void certificates_free(struct certificates *certificates)
{
	if (!certificates)
		return;
	snp_certificates_free(certificates->issuers);
	free(certificates);
}

int certificates_trust_ark(struct certificates *c, const char *path, struct error *err)
{
	cleanup_free uint8_t *bytes = NULL;
	size_t size;

	if (c->root_count == CERTIFICATES_ROOTS_MAX)
		return error_usage(err, "at most %d roots", CERTIFICATES_ROOTS_MAX);
	if (file_read(path, SNP_PEM_MAX_BYTES, &bytes, &size, err) < 0)
		return -1;
	if (snp_ark_digest(bytes, size, c->roots[c->root_count], err) < 0 ||
	    snp_certificates_add(c->issuers, bytes, size, err) < 0)
		return error_prefix(err, "%s", path);
	c->root_count++;
	return 0;
}

/* The name under which the store keeps a VCEK: chip and TCB. A version 2 report does not say its
 * product, so that is not part of it; a Turin's chip ID has another length. */
static void vek_name(const uint8_t *hardware_id, size_t size, const struct snp_tcb *tcb,
		     char name[STORE_VEK_NAME_BYTES])
{
	char hex[2 * SNP_CHIP_ID_BYTES + 1];

	hex_encode(hardware_id, size, hex);
	(void)snprintf(name, STORE_VEK_NAME_BYTES, "%s/bl%02u_tee%02u_snp%02u_ucode%02u_fmc%02u",
		       hex, tcb->bootloader, tcb->tee, tcb->snp, tcb->microcode, tcb->fmc);
}

static int vek_keep(const struct certificates *c, const struct snp_vek *vek, const uint8_t *der,
		    size_t size, struct error *err)
{
	char name[STORE_VEK_NAME_BYTES];
	cleanup_free uint8_t *kept = NULL;
	size_t kept_size;

	if (vek->hardware_id_bytes == 0)
		return 0;
	vek_name(vek->hardware_id, vek->hardware_id_bytes, &vek->tcb, name);
	if (store_vek_find(c->store, name, &kept, &kept_size, err) < 0)
		return -1;
	/* a new one with the same name replaces nothing: AMD issues one for each chip and TCB */
	return kept ? 0 : store_vek_keep(c->store, name, der, size, err);
}

static int vek_verify(const struct certificates *c, const struct snp_certificates *issuers,
		      const uint8_t *bytes, size_t size, time_t now, struct snp_vek **vek,
		      struct error *err)
{
	const struct snp_trust trust = { (const uint8_t(*)[SNP_SPKI_DIGEST_BYTES])c->roots,
					 c->root_count };

	return snp_chain_verify(bytes, size, issuers, &trust, now, vek, err);
}

static bool name_ends(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n > m && !strcmp(name + n - m, end);
}

enum pass { PASS_ISSUERS, PASS_VEKS };

static int file_load(struct certificates *c, const char *path, enum pass pass, time_t now,
		     size_t *left_out, struct error *err)
{
	cleanup_snp_vek struct snp_vek *vek = NULL;
	cleanup_free uint8_t *bytes = NULL;
	bool pem = name_ends(path, ".pem");
	struct error why;
	size_t size;

	if (!pem && (pass == PASS_ISSUERS || !name_ends(path, ".der")))
		return 0;
	if (file_read(path, SNP_PEM_MAX_BYTES, &bytes, &size, err) < 0)
		return -1;
	if (pass == PASS_ISSUERS)
		return snp_certificates_add(c->issuers, bytes, size, err) < 0
			       ? error_prefix(err, "%s", path)
			       : 0;
	if (vek_verify(c, c->issuers, bytes, size, now, &vek, &why) < 0) {
		*left_out += !pem;
		return 0;
	}
	return vek_keep(c, vek, bytes, size, err);
}

static void cleanup_fts_p(FTS **fts)
{
	if (*fts)
		(void)fts_close(*fts);
}

static int folder_load(struct certificates *c, const char *path, enum pass pass, time_t now,
		       size_t *left_out, struct error *err)
{
	char *const paths[] = { (char *)(uintptr_t)path, NULL };
	CLEANUP(cleanup_fts_p)
	FTS *fts = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, NULL);
	size_t files = 0;
	FTSENT *entry;

	if (!fts)
		return error_system(err, "%s", path);
	while ((errno = 0, entry = fts_read(fts))) {
		if (entry->fts_info == FTS_ERR || entry->fts_info == FTS_DNR ||
		    entry->fts_info == FTS_NS) {
			errno = entry->fts_errno;
			return error_system(err, "%s", entry->fts_path);
		}
		if (entry->fts_info != FTS_F)
			continue;
		if (++files > CERTIFICATES_FILES_MAX)
			return error_input(err, "%s: more than %d files", path,
					   CERTIFICATES_FILES_MAX);
		if (file_load(c, entry->fts_accpath, pass, now, left_out, err) < 0)
			return -1;
	}
	return errno ? error_system(err, "%s", path) : 0;
}

int certificates_load(struct certificates *c, const char *path, time_t now, size_t *left_out,
		      struct error *err)
{
	size_t n = 0;

	if (folder_load(c, path, PASS_ISSUERS, now, &n, err) < 0 ||
	    folder_load(c, path, PASS_VEKS, now, &n, err) < 0)
		return -1;
	*left_out = n;
	return 0;
}

static const struct kbs_certificate *evidence_vek(const struct kbs_evidence *evidence,
						  enum snp_signing_key kind)
{
	enum kbs_certificate_type wanted =
		kind == SNP_SIGNED_BY_VLEK ? KBS_CERTIFICATE_VLEK : KBS_CERTIFICATE_VCEK;

	for (size_t i = 0; i < evidence->certificate_count; i++)
		if (evidence->certificates[i].type == wanted)
			return &evidence->certificates[i];
	return NULL;
}

/* The owner's issuers, then those of the evidence. */
static int issuers_gather(const struct certificates *c, const struct kbs_evidence *evidence,
			  struct snp_certificates **issuers, struct error *err)
{
	cleanup_snp_certificates struct snp_certificates *all = NULL;

	if (snp_certificates_new(&all, err) < 0 ||
	    snp_certificates_add_all(all, c->issuers, err) < 0)
		return -1;
	for (size_t i = 0; i < evidence->certificate_count; i++) {
		const struct kbs_certificate *one = &evidence->certificates[i];
		if (one->type != KBS_CERTIFICATE_ARK && one->type != KBS_CERTIFICATE_ASK)
			continue;
		if (snp_certificates_add(all, one->bytes, one->size, err) < 0)
			return error_prefix(err, "certificate %zu of the evidence", i);
	}
	*issuers = take_ptr(all);
	return 0;
}

/* A VCEK that the store knows for chip and TCB of the report. */
static int known_vek(const struct certificates *c, const struct snp_report *report, uint8_t **der,
		     size_t *size, struct error *err)
{
	size_t id_bytes =
		report->reported_tcb.has_fmc ? SNP_TURIN_CHIP_ID_BYTES : SNP_CHIP_ID_BYTES;
	char name[STORE_VEK_NAME_BYTES];

	if (report->signing_key != SNP_SIGNED_BY_VCEK || is_zero(report->chip_id, id_bytes))
		return error_mismatch(err, "the evidence brings no certificate, and its report "
					   "does not say which chip signed");
	vek_name(report->chip_id, id_bytes, &report->reported_tcb, name);
	if (store_vek_find(c->store, name, der, size, err) < 0)
		return -1;
	return *der ? 0
		    : error_mismatch(err, "the evidence brings no VCEK, and none is known for %s",
				     name);
}

int certificates_find_vek(struct certificates *c, const struct kbs_evidence *evidence,
			  const struct snp_report *report, time_t now, struct snp_vek **vek,
			  struct error *err)
{
	cleanup_snp_certificates struct snp_certificates *issuers = NULL;
	const struct kbs_certificate *brought = evidence_vek(evidence, report->signing_key);
	cleanup_snp_vek struct snp_vek *verified = NULL;
	cleanup_free uint8_t *known = NULL;
	size_t known_size = 0;

	if (issuers_gather(c, evidence, &issuers, err) < 0)
		return -1;
	if (!brought && known_vek(c, report, &known, &known_size, err) < 0)
		return -1;
	if (vek_verify(c, issuers, brought ? brought->bytes : known,
		       brought ? brought->size : known_size, now, &verified, err) < 0)
		return -1;
	if (brought && vek_keep(c, verified, brought->bytes, brought->size, err) < 0)
		return -1;
	*vek = take_ptr(verified);
	return 0;
}
