// SPDX-License-Identifier: Apache-2.0
#include "attest/snp_report.h"

#include <string.h>

#include "common/disk.h"
#include "common/io.h"

/* ATTESTATION_REPORT, 1184 bytes, versions 2 to 5. Spec: 56860, "ATTESTATION_REPORT Structure". */
struct snp_disk_tcb {
	uint8_t b[8]; /* layout differs by product, see tcb_decode() */
};

struct snp_disk_report {
	le32 version;
	le32 guest_svn;
	le64 policy;
	uint8_t family_id[16];
	uint8_t image_id[16];
	le32 vmpl;
	le32 signature_algorithm;
	struct snp_disk_tcb current_tcb;
	le64 platform_info;
	le32 key_info;
	uint8_t reserved_4c[4];
	uint8_t report_data[64];
	uint8_t measurement[48];
	uint8_t host_data[32];
	uint8_t id_key_digest[48];
	uint8_t author_key_digest[48];
	uint8_t report_id[32];
	uint8_t report_id_ma[32];
	struct snp_disk_tcb reported_tcb;
	uint8_t cpuid[3]; /* family, model, stepping; reserved in version 2 */
	uint8_t reserved_18b[21];
	uint8_t chip_id[64];
	struct snp_disk_tcb committed_tcb;
	uint8_t current[4]; /* build, minor, major, reserved */
	uint8_t committed[4];
	struct snp_disk_tcb launch_tcb;
	le64 launch_mit_vector; /* this and the next: reserved before version 5 */
	le64 current_mit_vector;
	uint8_t reserved_208[152];
	uint8_t signature_r[72];
	uint8_t signature_s[72];
	uint8_t reserved_330[368];
};
DISK_AT(struct snp_disk_report, policy, 0x08);
DISK_AT(struct snp_disk_report, family_id, 0x10);
DISK_AT(struct snp_disk_report, image_id, 0x20);
DISK_AT(struct snp_disk_report, vmpl, 0x30);
DISK_AT(struct snp_disk_report, current_tcb, 0x38);
DISK_AT(struct snp_disk_report, platform_info, 0x40);
DISK_AT(struct snp_disk_report, key_info, 0x48);
DISK_AT(struct snp_disk_report, report_data, 0x50);
DISK_AT(struct snp_disk_report, measurement, 0x90);
DISK_AT(struct snp_disk_report, host_data, 0xc0);
DISK_AT(struct snp_disk_report, id_key_digest, 0xe0);
DISK_AT(struct snp_disk_report, author_key_digest, 0x110);
DISK_AT(struct snp_disk_report, report_id, 0x140);
DISK_AT(struct snp_disk_report, report_id_ma, 0x160);
DISK_AT(struct snp_disk_report, reported_tcb, 0x180);
DISK_AT(struct snp_disk_report, cpuid, 0x188);
DISK_AT(struct snp_disk_report, chip_id, 0x1a0);
DISK_AT(struct snp_disk_report, committed_tcb, 0x1e0);
DISK_AT(struct snp_disk_report, current, 0x1e8);
DISK_AT(struct snp_disk_report, committed, 0x1ec);
DISK_AT(struct snp_disk_report, launch_tcb, 0x1f0);
DISK_AT(struct snp_disk_report, launch_mit_vector, 0x1f8);
DISK_AT(struct snp_disk_report, current_mit_vector, 0x200);
DISK_AT(struct snp_disk_report, signature_r, SNP_REPORT_SIGNED_BYTES);
DISK_AT(struct snp_disk_report, signature_s, 0x2e8);
DISK_SIZE(struct snp_disk_report, SNP_REPORT_BYTES);

/* KEY_INFO: author key enabled, chip key masked, signing key in bits 4:2, the rest reserved */
enum {
	KEY_INFO_AUTHOR_KEY = 1 << 0,
	KEY_INFO_MASK_CHIP_KEY = 1 << 1,
	KEY_INFO_SIGNING_KEY_SHIFT = 2,
	KEY_INFO_SIGNING_KEY_MASK = 7,
	KEY_INFO_BITS = 0x1f,
};

static const char *const product_names[] = { "unknown", "Milan", "Genoa", "Turin" };

const char *snp_product_name(enum snp_product product)
{
	return product_names[product];
}

enum snp_product snp_product_from_name(const char *name)
{
	for (int p = SNP_MILAN; p <= SNP_TURIN; p++)
		if (!strcmp(name, product_names[p]))
			return (enum snp_product)p;
	return SNP_PRODUCT_UNKNOWN;
}

/* Bergamo and Siena are Genoa to AMD's key service: their models are the second range. */
enum snp_product snp_product_from_cpuid(uint8_t family, uint8_t model)
{
	if (family == 0x19 && model <= 0x0f)
		return SNP_MILAN;
	if (family == 0x19 &&
	    ((model >= 0x10 && model <= 0x1f) || (model >= 0xa0 && model <= 0xae)))
		return SNP_GENOA;
	if (family == 0x1a && model <= 0x11)
		return SNP_TURIN;
	return SNP_PRODUCT_UNKNOWN;
}

static int tcb_decode(const struct snp_disk_tcb *disk, bool turin, const char *name,
		      struct snp_tcb *tcb, struct error *err)
{
	const uint8_t *b = disk->b;

	if (turin) {
		if (!is_zero(b + 4, 3))
			return error_input(err, "%s has reserved bytes that are not zero", name);
		*tcb = (struct snp_tcb){ .has_fmc = true,
					 .fmc = b[0],
					 .bootloader = b[1],
					 .tee = b[2],
					 .snp = b[3],
					 .microcode = b[7] };
		return 0;
	}
	if (!is_zero(b + 2, 4))
		return error_input(err, "%s has reserved bytes that are not zero", name);
	*tcb = (struct snp_tcb){ .bootloader = b[0], .tee = b[1], .snp = b[6], .microcode = b[7] };
	return 0;
}

static void tcb_encode(const struct snp_tcb *tcb, struct snp_disk_tcb *disk)
{
	if (tcb->has_fmc)
		*disk = (struct snp_disk_tcb){ { tcb->fmc, tcb->bootloader, tcb->tee, tcb->snp, 0,
						 0, 0, tcb->microcode } };
	else
		*disk = (struct snp_disk_tcb){ { tcb->bootloader, tcb->tee, 0, 0, 0, 0, tcb->snp,
						 tcb->microcode } };
}

static int reserved_check(const struct snp_disk_report *d, uint32_t version, struct error *err)
{
	const struct {
		const void *bytes;
		size_t size;
		bool reserved;
	} ranges[] = {
		{ d->reserved_4c, sizeof(d->reserved_4c), true },
		{ d->cpuid, sizeof(d->cpuid), version < 3 },
		{ d->reserved_18b, sizeof(d->reserved_18b), true },
		{ d->current + 3, 1, true },
		{ d->committed + 3, 1, true },
		{ &d->launch_mit_vector, 16, version < 5 },
		{ d->reserved_208, sizeof(d->reserved_208), true },
		{ d->signature_r + 48, 24, true },
		{ d->signature_s + 48, 24, true },
		{ d->reserved_330, sizeof(d->reserved_330), true },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (ranges[i].reserved && !is_zero(ranges[i].bytes, ranges[i].size))
			return error_input(err,
					   "report version %u has bytes that are not zero in its "
					   "reserved range at 0x%tx",
					   version,
					   (const uint8_t *)ranges[i].bytes - (const uint8_t *)d);
	return 0;
}

int snp_key_info_decode(uint32_t info, struct snp_report *r, struct error *err)
{
	uint32_t key = (info >> KEY_INFO_SIGNING_KEY_SHIFT) & KEY_INFO_SIGNING_KEY_MASK;

	if (info & ~(uint32_t)KEY_INFO_BITS)
		return error_input(err, "KEY_INFO is 0x%x, with reserved bits set", info);
	if (key != SNP_SIGNED_BY_VCEK && key != SNP_SIGNED_BY_VLEK && key != SNP_SIGNED_BY_NONE)
		return error_input(err, "signing key is %u, not VCEK (0), VLEK (1) or none (7)",
				   key);
	r->author_key_enabled = info & KEY_INFO_AUTHOR_KEY;
	r->chip_key_masked = info & KEY_INFO_MASK_CHIP_KEY;
	r->signing_key = (enum snp_signing_key)key;
	return 0;
}

uint32_t snp_key_info_encode(const struct snp_report *r)
{
	return (r->author_key_enabled ? (uint32_t)KEY_INFO_AUTHOR_KEY : 0) |
	       (r->chip_key_masked ? (uint32_t)KEY_INFO_MASK_CHIP_KEY : 0) |
	       (uint32_t)r->signing_key << KEY_INFO_SIGNING_KEY_SHIFT;
}

static int tcbs_decode(const struct snp_disk_report *d, struct snp_report *r, struct error *err)
{
	bool turin = r->product == SNP_TURIN;

	if (r->product == SNP_PRODUCT_UNKNOWN)
		turin = !is_zero(d->chip_id, SNP_TURIN_CHIP_ID_BYTES) &&
			is_zero(d->chip_id + SNP_TURIN_CHIP_ID_BYTES,
				SNP_CHIP_ID_BYTES - SNP_TURIN_CHIP_ID_BYTES);
	if (tcb_decode(&d->current_tcb, turin, "CURRENT_TCB", &r->current_tcb, err) < 0 ||
	    tcb_decode(&d->reported_tcb, turin, "REPORTED_TCB", &r->reported_tcb, err) < 0 ||
	    tcb_decode(&d->committed_tcb, turin, "COMMITTED_TCB", &r->committed_tcb, err) < 0)
		return -1;
	return tcb_decode(&d->launch_tcb, turin, "LAUNCH_TCB", &r->launch_tcb, err);
}

static struct snp_version version_decode(const uint8_t b[4])
{
	return (struct snp_version){ .major = b[2], .minor = b[1], .build = b[0] };
}

/* Fields that any bytes are a value of. */
static void plain_decode(const struct snp_disk_report *d, struct snp_report *r)
{
	r->guest_svn = le32_get(d->guest_svn);
	r->policy = le64_get(d->policy);
	memcpy(r->family_id, d->family_id, sizeof(r->family_id));
	memcpy(r->image_id, d->image_id, sizeof(r->image_id));
	r->vmpl = le32_get(d->vmpl);
	r->signature_algorithm = le32_get(d->signature_algorithm);
	r->platform_info = le64_get(d->platform_info);
	memcpy(r->report_data, d->report_data, sizeof(r->report_data));
	memcpy(r->measurement, d->measurement, sizeof(r->measurement));
	memcpy(r->host_data, d->host_data, sizeof(r->host_data));
	memcpy(r->id_key_digest, d->id_key_digest, sizeof(r->id_key_digest));
	memcpy(r->author_key_digest, d->author_key_digest, sizeof(r->author_key_digest));
	memcpy(r->report_id, d->report_id, sizeof(r->report_id));
	memcpy(r->report_id_ma, d->report_id_ma, sizeof(r->report_id_ma));
	memcpy(r->chip_id, d->chip_id, sizeof(r->chip_id));
	r->current = version_decode(d->current);
	r->committed = version_decode(d->committed);
	r->launch_mit_vector = le64_get(d->launch_mit_vector);
	r->current_mit_vector = le64_get(d->current_mit_vector);
	memcpy(r->signature_r, d->signature_r, sizeof(r->signature_r));
	memcpy(r->signature_s, d->signature_s, sizeof(r->signature_s));
}

int snp_report_parse(const uint8_t *bytes, size_t size, struct snp_report *report,
		     struct error *err)
{
	struct snp_disk_report d;
	struct snp_report r = { 0 };

	if (size != sizeof(d))
		return error_input(err, "report is %zu bytes, not %zu", size, sizeof(d));
	memcpy(&d, bytes, sizeof(d));

	r.version = le32_get(d.version);
	if (r.version < 2 || r.version > 5)
		return error_input(err, "report version %u is not known (2 to 5 are)", r.version);
	if (reserved_check(&d, r.version, err) < 0)
		return -1;
	if (r.version >= 3) {
		r.cpuid_family = d.cpuid[0];
		r.cpuid_model = d.cpuid[1];
		r.cpuid_stepping = d.cpuid[2];
		r.product = snp_product_from_cpuid(r.cpuid_family, r.cpuid_model);
		if (r.product == SNP_PRODUCT_UNKNOWN)
			return error_input(
				err, "CPU family 0x%x model 0x%x is not Milan, Genoa or Turin",
				r.cpuid_family, r.cpuid_model);
	}
	if (snp_key_info_decode(le32_get(d.key_info), &r, err) < 0 || tcbs_decode(&d, &r, err) < 0)
		return -1;
	plain_decode(&d, &r);
	*report = r;
	return 0;
}

void snp_report_encode(const struct snp_report *r, uint8_t bytes[SNP_REPORT_BYTES])
{
	struct snp_disk_report d = {
		.version = le32_put(r->version),
		.guest_svn = le32_put(r->guest_svn),
		.policy = le64_put(r->policy),
		.vmpl = le32_put(r->vmpl),
		.signature_algorithm = le32_put(r->signature_algorithm),
		.platform_info = le64_put(r->platform_info),
		.key_info = le32_put(snp_key_info_encode(r)),
		.cpuid = { r->cpuid_family, r->cpuid_model, r->cpuid_stepping },
		.current = { r->current.build, r->current.minor, r->current.major },
		.committed = { r->committed.build, r->committed.minor, r->committed.major },
		.launch_mit_vector = le64_put(r->launch_mit_vector),
		.current_mit_vector = le64_put(r->current_mit_vector),
	};

	memcpy(d.family_id, r->family_id, sizeof(d.family_id));
	memcpy(d.image_id, r->image_id, sizeof(d.image_id));
	memcpy(d.report_data, r->report_data, sizeof(d.report_data));
	memcpy(d.measurement, r->measurement, sizeof(d.measurement));
	memcpy(d.host_data, r->host_data, sizeof(d.host_data));
	memcpy(d.id_key_digest, r->id_key_digest, sizeof(d.id_key_digest));
	memcpy(d.author_key_digest, r->author_key_digest, sizeof(d.author_key_digest));
	memcpy(d.report_id, r->report_id, sizeof(d.report_id));
	memcpy(d.report_id_ma, r->report_id_ma, sizeof(d.report_id_ma));
	memcpy(d.chip_id, r->chip_id, sizeof(d.chip_id));
	memcpy(d.signature_r, r->signature_r, sizeof(d.signature_r));
	memcpy(d.signature_s, r->signature_s, sizeof(d.signature_s));
	tcb_encode(&r->current_tcb, &d.current_tcb);
	tcb_encode(&r->reported_tcb, &d.reported_tcb);
	tcb_encode(&r->committed_tcb, &d.committed_tcb);
	tcb_encode(&r->launch_tcb, &d.launch_tcb);
	memcpy(bytes, &d, sizeof(d));
}
