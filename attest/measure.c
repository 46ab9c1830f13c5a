// SPDX-License-Identifier: Apache-2.0
#include "attest/measure.h"

#include <string.h>

#include <openssl/evp.h>

#include "attest/kernel_hashes.h"
#include "attest/ovmf.h"
#include "attest/vmsa.h"
#include "common/cleanup.h"
#include "common/disk.h"
#include "common/sha2.h"

enum { PAGE_BYTES = 4096 };

#define FOUR_GIB UINT64_C(0x100000000)
/* A VMSA has no address of its own: the RMP holds -1, cut to a page below 2^52. */
#define VMSA_GPA UINT64_C(0xfffffffff000)

/* PAGE_TYPE, 56860 "SNP_LAUNCH_UPDATE" */
enum page_type {
	PAGE_NORMAL = 1,
	PAGE_VMSA = 2,
	PAGE_ZERO = 3,
	PAGE_SECRETS = 5,
	PAGE_CPUID = 6,
};

/* PAGE_INFO, 56860: what each page adds to the launch digest. */
struct page_disk_info {
	uint8_t digest_so_far[48];
	uint8_t contents[48]; /* SHA-384, or zero for pages the firmware fills */
	le16 length;
	uint8_t page_type;
	uint8_t is_imi;
	uint8_t vmpl_permissions[4];
	le64 gpa;
};
DISK_SIZE(struct page_disk_info, 0x70);

static const struct {
	const char *name;
	uint8_t family, model, stepping;
} vcpu_types[] = {
	/* QEMU target/i386/cpu.c, builtin_x86_defs */
	{ "EPYC", 23, 1, 2 },           { "EPYC-v1", 23, 1, 2 },
	{ "EPYC-v2", 23, 1, 2 },        { "EPYC-IBPB", 23, 1, 2 },
	{ "EPYC-v3", 23, 1, 2 },        { "EPYC-v4", 23, 1, 2 },
	{ "EPYC-Rome", 23, 49, 0 },     { "EPYC-Rome-v1", 23, 49, 0 },
	{ "EPYC-Rome-v2", 23, 49, 0 },  { "EPYC-Rome-v3", 23, 49, 0 },
	{ "EPYC-Milan", 25, 1, 1 },     { "EPYC-Milan-v1", 25, 1, 1 },
	{ "EPYC-Milan-v2", 25, 1, 1 },  { "EPYC-Genoa", 25, 17, 0 },
	{ "EPYC-Genoa-v1", 25, 17, 0 }, { "EPYC-Turin", 26, 0, 0 },
};

int measure_vcpu_type(const char *name, uint32_t *signature, struct error *err)
{
	const size_t count = sizeof(vcpu_types) / sizeof(vcpu_types[0]);
	char names[512] = "";
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(name, vcpu_types[i].name) != 0)
			continue;
		/* AMD 25481, CPUID Fn0000_0001_EAX: families from 0Fh on are split in two */
		uint32_t family = vcpu_types[i].family, model = vcpu_types[i].model;
		*signature = (family - 0xf) << 20 | (model >> 4) << 16 | 0xfU << 8 |
			     (model & 0xf) << 4 | vcpu_types[i].stepping;
		return 0;
	}
	for (size_t i = 0; i < count && used < sizeof(names); i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i ? ", " : "",
					 vcpu_types[i].name);
	return error_usage(err, "vCPU type \"%s\" is none of %s", name, names);
}

static void page_add(uint8_t digest[SHA2_384_BYTES], enum page_type type, uint64_t gpa,
		     const uint8_t contents[SHA2_384_BYTES])
{
	struct page_disk_info info = {
		.length = le16_put(sizeof(info)),
		.page_type = (uint8_t)type,
		.gpa = le64_put(gpa),
	};

	memcpy(info.digest_so_far, digest, sizeof(info.digest_so_far));
	if (contents)
		memcpy(info.contents, contents, sizeof(info.contents));
	sha2_384(&info, sizeof(info), digest);
}

static void data_pages_add(uint8_t digest[SHA2_384_BYTES], enum page_type type, uint64_t gpa,
			   const uint8_t *bytes, size_t size)
{
	uint8_t contents[SHA2_384_BYTES];

	for (size_t at = 0; at < size; at += PAGE_BYTES) {
		sha2_384(bytes + at, PAGE_BYTES, contents);
		page_add(digest, type, gpa + at, contents);
	}
}

static void zero_pages_add(uint8_t digest[SHA2_384_BYTES], const struct ovmf_section *section)
{
	for (uint64_t at = 0; at < section->size_bytes; at += PAGE_BYTES)
		page_add(digest, PAGE_ZERO, section->gpa + at, NULL);
}

/* QEMU puts the table at the same place in its page as OVMF's footer says for SEV. */
static int hashes_page_add(uint8_t digest[48], const struct ovmf *ovmf,
			   const struct ovmf_section *section, const struct measure_kernel *kernel,
			   struct error *err)
{
	uint8_t page[PAGE_BYTES] = { 0 };
	size_t offset = ovmf->hashes_gpa % PAGE_BYTES;

	if (!kernel) {
		zero_pages_add(digest, section);
		return 0;
	}
	if (section->size_bytes != PAGE_BYTES || offset + KERNEL_HASHES_BYTES > PAGE_BYTES)
		return error_input(err, "firmware: the kernel hashes do not fit in their page");
	kernel_hashes_build(kernel, page + offset);
	data_pages_add(digest, PAGE_NORMAL, section->gpa, page, sizeof(page));
	return 0;
}

static int sections_add(uint8_t digest[48], const struct ovmf *ovmf,
			const struct measure_kernel *kernel, struct error *err)
{
	bool takes_hashes = false;

	for (size_t i = 0; i < ovmf->section_count; i++) {
		const struct ovmf_section *s = &ovmf->sections[i];
		switch (s->type) {
		case OVMF_SECTION_ZERO:
		case OVMF_SECTION_SVSM_CAA:
			zero_pages_add(digest, s);
			break;
		case OVMF_SECTION_SECRETS:
			page_add(digest, PAGE_SECRETS, s->gpa, NULL);
			break;
		case OVMF_SECTION_CPUID:
			page_add(digest, PAGE_CPUID, s->gpa, NULL);
			break;
		case OVMF_SECTION_KERNEL_HASHES:
			takes_hashes = true;
			if (hashes_page_add(digest, ovmf, s, kernel, err) < 0)
				return -1;
			break;
		}
	}
	if (kernel && !takes_hashes)
		return error_input(err, "firmware has no place for kernel hashes in its SNP "
					"metadata (OVMF's AmdSev build has one)");
	return 0;
}

static int snp_launch(const struct measure_launch *l, const struct ovmf *ovmf, uint8_t digest[48],
		      struct error *err)
{
	uint8_t page[VMSA_BYTES];

	if (l->firmware_size % PAGE_BYTES)
		return error_input(err, "firmware of %zu bytes is not made of pages",
				   l->firmware_size);
	if (!ovmf->has_metadata)
		return error_input(err, "firmware has no SEV metadata, so it cannot boot an SNP "
					"guest");
	memset(digest, 0, MEASURE_MAX_BYTES);
	data_pages_add(digest, PAGE_NORMAL, FOUR_GIB - l->firmware_size, l->firmware,
		       l->firmware_size);
	if (sections_add(digest, ovmf, l->kernel, err) < 0)
		return -1;
	for (unsigned i = 0; i < l->vcpus; i++) {
		vmsa_build(i ? ovmf->reset_eip : VMSA_BOOT_EIP, l->vcpu_signature,
			   l->guest_features, page);
		data_pages_add(digest, PAGE_VMSA, VMSA_GPA, page, sizeof(page));
	}
	return 0;
}

DEFINE_CLEANUP(cleanup_md_ctx_p, EVP_MD_CTX, EVP_MD_CTX_free)

static int sev_launch(const struct measure_launch *l, const struct ovmf *ovmf, uint8_t digest[32],
		      struct error *err)
{
	CLEANUP(cleanup_md_ctx_p) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t table[KERNEL_HASHES_BYTES], page[VMSA_BYTES];
	unsigned size = 32, vcpus = l->mode == MEASURE_SEV_ES ? l->vcpus : 0;

	if (l->kernel && !ovmf->hashes_gpa)
		return error_input(err, "firmware takes no kernel hashes (OVMF's AmdSev build "
					"does)");
	bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
		  EVP_DigestUpdate(ctx, l->firmware, l->firmware_size) == 1;
	if (ok && l->kernel) {
		kernel_hashes_build(l->kernel, table);
		ok = EVP_DigestUpdate(ctx, table, sizeof(table)) == 1;
	}
	for (unsigned i = 0; ok && i < vcpus; i++) {
		vmsa_build(i ? ovmf->reset_eip : VMSA_BOOT_EIP, l->vcpu_signature, 0, page);
		ok = EVP_DigestUpdate(ctx, page, sizeof(page)) == 1;
	}
	if (!ok || EVP_DigestFinal_ex(ctx, digest, &size) != 1)
		return error_crypto(err, "hashing with SHA-256");
	return 0;
}

int measure_launch(const struct measure_launch *l, uint8_t digest[MEASURE_MAX_BYTES], size_t *size,
		   struct error *err)
{
	uint8_t result[MEASURE_MAX_BYTES];
	struct ovmf ovmf;

	if (l->mode != MEASURE_SEV && (l->vcpus < 1 || l->vcpus > MEASURE_VCPUS_MAX))
		return error_input(err, "%u vCPUs, from 1 to %d", l->vcpus, MEASURE_VCPUS_MAX);
	if (ovmf_parse(l->firmware, l->firmware_size, &ovmf, err) < 0)
		return -1;
	if (l->mode != MEASURE_SEV && l->vcpus > 1 && !ovmf.has_reset_eip)
		return error_input(err, "firmware does not say where further vCPUs start, so it "
					"can have one");
	if ((l->mode == MEASURE_SNP ? snp_launch(l, &ovmf, result, err)
				    : sev_launch(l, &ovmf, result, err)) < 0)
		return -1;
	*size = l->mode == MEASURE_SNP ? 48 : 32;
	memcpy(digest, result, *size);
	return 0;
}
