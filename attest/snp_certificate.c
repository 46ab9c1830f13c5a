// SPDX-License-Identifier: Apache-2.0
#include "attest/snp_certificate.h"

#include <string.h>

#include <openssl/err.h>

#include "attest/snp_signature.h"
#include "common/sha2.h"

DEFINE_CLEANUP(cleanup_object_p, ASN1_OBJECT, ASN1_OBJECT_free)
DEFINE_CLEANUP(cleanup_integer_p, ASN1_INTEGER, ASN1_INTEGER_free)
DEFINE_CLEANUP(cleanup_ia5_p, ASN1_IA5STRING, ASN1_IA5STRING_free)

int snp_certificate_name(const X509_NAME *name, char text[64], struct error *err)
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);

	if (at < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0)
		return error_input(err, "a certificate's name has not exactly one common name");
	const ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
	int size = ASN1_STRING_length(value);
	const unsigned char *bytes = ASN1_STRING_get0_data(value);
	if (size < 1 || size > 63 || memchr(bytes, 0, (size_t)size))
		return error_input(err, "a certificate's common name is empty, too long or binary");
	memcpy(text, bytes, (size_t)size);
	text[size] = 0;
	return 0;
}

int snp_certificate_spki_digest(const X509 *certificate, uint8_t digest[SNP_SPKI_DIGEST_BYTES],
				struct error *err)
{
	unsigned char *der = NULL;
	int der_size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);

	if (der_size <= 0)
		return error_crypto(err, "encoding a public key");
	sha2_256(der, (size_t)der_size, digest);
	OPENSSL_free(der);
	return 0;
}

/* The one extension of that OID; *extension is NULL where there is none. */
static int extension_find(const X509 *certificate, const char *oid, const ASN1_OCTET_STRING **value,
			  struct error *err)
{
	CLEANUP(cleanup_object_p) ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);

	if (!object)
		return error_memory(err);
	int at = X509_get_ext_by_OBJ(certificate, object, -1);
	if (at >= 0 && X509_get_ext_by_OBJ(certificate, object, at) >= 0)
		return error_input(err, "certificate has the extension %s twice", oid);
	*value = at < 0 ? NULL : X509_EXTENSION_get_data(X509_get_ext(certificate, at));
	return 0;
}

/* A security version number, INTEGER 0..255. *present tells an absent one. */
static int svn_read(const X509 *certificate, const char *oid, bool *present, uint8_t *svn,
		    struct error *err)
{
	const ASN1_OCTET_STRING *value;
	uint64_t n;

	if (extension_find(certificate, oid, &value, err) < 0)
		return -1;
	*present = value;
	if (!value)
		return 0;
	const unsigned char *bytes = ASN1_STRING_get0_data(value), *p = bytes;
	long size = ASN1_STRING_length(value);
	CLEANUP(cleanup_integer_p) ASN1_INTEGER *integer = d2i_ASN1_INTEGER(NULL, &p, size);
	if (!integer || p != bytes + size || ASN1_INTEGER_get_uint64(&n, integer) != 1 || n > 255) {
		ERR_clear_error();
		return error_input(err, "extension %s is not an integer from 0 to 255", oid);
	}
	*svn = (uint8_t)n;
	return 0;
}

static int tcb_read(const X509 *certificate, struct snp_tcb *tcb, struct error *err)
{
	const struct {
		const char *oid;
		uint8_t *svn;
	} needed[] = {
		{ SNP_OID_BOOTLOADER, &tcb->bootloader },
		{ SNP_OID_TEE, &tcb->tee },
		{ SNP_OID_SNP, &tcb->snp },
		{ SNP_OID_MICROCODE, &tcb->microcode },
	};
	/* SPL 4 to 7 stand for bytes of TCB_VERSION that are reserved, so zero */
	static const char *const reserved[] = { "1.3.6.1.4.1.3704.1.3.4", "1.3.6.1.4.1.3704.1.3.5",
						"1.3.6.1.4.1.3704.1.3.6",
						"1.3.6.1.4.1.3704.1.3.7" };
	bool present;

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (svn_read(certificate, needed[i].oid, &present, needed[i].svn, err) < 0)
			return -1;
		if (!present)
			return error_input(err, "certificate lacks the extension %s",
					   needed[i].oid);
	}
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		uint8_t svn = 0;
		if (svn_read(certificate, reserved[i], &present, &svn, err) < 0)
			return -1;
		if (svn)
			return error_input(err, "extension %s is %u, and reserved", reserved[i],
					   svn);
	}
	return svn_read(certificate, SNP_OID_FMC, &tcb->has_fmc, &tcb->fmc, err);
}

/* "Milan-B0", "Genoa", ...: the product is what comes before the stepping. */
static int product_read(const X509 *certificate, enum snp_product *product, struct error *err)
{
	const ASN1_OCTET_STRING *value;
	char name[16];

	if (extension_find(certificate, SNP_OID_PRODUCT, &value, err) < 0)
		return -1;
	if (!value)
		return error_input(err, "certificate lacks the product name extension");
	const unsigned char *bytes = ASN1_STRING_get0_data(value), *p = bytes;
	long size = ASN1_STRING_length(value);
	CLEANUP(cleanup_ia5_p) ASN1_IA5STRING *text = d2i_ASN1_IA5STRING(NULL, &p, size);
	if (!text || p != bytes + size || ASN1_STRING_length(text) >= (int)sizeof(name)) {
		ERR_clear_error();
		return error_input(err, "the product name extension is not a short IA5String");
	}
	memcpy(name, ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text));
	name[ASN1_STRING_length(text)] = 0;
	name[strcspn(name, "-")] = 0;
	*product = snp_product_from_name(name);
	if (*product == SNP_PRODUCT_UNKNOWN)
		return error_input(err, "product \"%s\" is not Milan, Genoa or Turin", name);
	return 0;
}

/* AMD writes the bytes bare; an OCTET STRING around them occurs as well. */
static int hardware_id_read(const X509 *certificate, struct snp_vek *vek, struct error *err)
{
	size_t want = vek->product == SNP_TURIN ? SNP_TURIN_CHIP_ID_BYTES : SNP_CHIP_ID_BYTES;
	const ASN1_OCTET_STRING *value;

	if (extension_find(certificate, SNP_OID_HARDWARE_ID, &value, err) < 0)
		return -1;
	if (vek->kind == SNP_SIGNED_BY_VLEK)
		return value ? error_input(err, "a VLEK certificate with a hardware ID") : 0;
	if (!value)
		return error_input(err, "certificate lacks the hardware ID extension");
	const unsigned char *bytes = ASN1_STRING_get0_data(value);
	size_t size = (size_t)ASN1_STRING_length(value);
	if (size == want + 2 && bytes[0] == V_ASN1_OCTET_STRING && bytes[1] == want) {
		bytes += 2;
		size -= 2;
	}
	if (size != want)
		return error_input(err, "the hardware ID is %zu bytes, not %zu", size, want);
	memcpy(vek->hardware_id, bytes, want);
	vek->hardware_id_bytes = want;
	return 0;
}

int snp_certificate_read_vek(X509 *certificate, struct snp_vek *vek, struct error *err)
{
	struct snp_vek v = { 0 };
	char name[64];

	if (snp_certificate_name(X509_get_subject_name(certificate), name, err) < 0)
		return -1;
	if (!strcmp(name, "SEV-VCEK"))
		v.kind = SNP_SIGNED_BY_VCEK;
	else if (!strcmp(name, "SEV-VLEK"))
		v.kind = SNP_SIGNED_BY_VLEK;
	else
		return error_input(err, "certificate of \"%s\", not of SEV-VCEK or SEV-VLEK", name);
	if (product_read(certificate, &v.product, err) < 0 ||
	    tcb_read(certificate, &v.tcb, err) < 0 || hardware_id_read(certificate, &v, err) < 0)
		return -1;
	if (v.tcb.has_fmc != (v.product == SNP_TURIN))
		return error_input(err, "a certificate for %s %s an FMC version",
				   snp_product_name(v.product), v.tcb.has_fmc ? "with" : "without");
	EVP_PKEY *key = X509_get0_pubkey(certificate);
	if (!key || !snp_key_is_p384(key)) {
		ERR_clear_error();
		return error_input(err, "the certificate's key is not an EC key on P-384");
	}
	if (EVP_PKEY_up_ref(key) != 1)
		return error_crypto(err, "holding a public key");
	v.key = key;
	*vek = v;
	return 0;
}
