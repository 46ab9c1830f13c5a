// SPDX-License-Identifier: Apache-2.0
#include "attest/id_block.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "attest/snp_signature.h"
#include "common/cleanup.h"
#include "common/disk.h"
#include "common/sha2.h"

struct id_disk_block {
	uint8_t launch_digest[48];
	uint8_t family_id[16];
	uint8_t image_id[16];
	le32 version; /* 1 */
	le32 guest_svn;
	le64 policy;
};
DISK_AT(struct id_disk_block, version, 0x50);
DISK_AT(struct id_disk_block, policy, 0x58);
DISK_SIZE(struct id_disk_block, ID_BLOCK_BYTES);

struct id_disk_signature {
	uint8_t r[72];
	uint8_t s[72];
	uint8_t reserved[368];
};
DISK_SIZE(struct id_disk_signature, 512);

struct id_disk_key {
	le32 curve; /* 2: P-384 */
	uint8_t qx[72];
	uint8_t qy[72];
	uint8_t reserved[880];
};
DISK_SIZE(struct id_disk_key, 1028);

struct id_disk_auth {
	le32 id_key_algorithm; /* 1: ECDSA P-384 with SHA-384 */
	le32 author_key_algorithm;
	uint8_t reserved_008[56];
	struct id_disk_signature block_signature;
	struct id_disk_key id_key;
	uint8_t reserved_644[60];
	struct id_disk_signature id_key_signature;
	struct id_disk_key author_key;
	uint8_t reserved_c84[892];
};
DISK_AT(struct id_disk_auth, block_signature, 0x40);
DISK_AT(struct id_disk_auth, id_key, 0x240);
DISK_AT(struct id_disk_auth, id_key_signature, 0x680);
DISK_AT(struct id_disk_auth, author_key, 0x880);
DISK_SIZE(struct id_disk_auth, ID_AUTH_BYTES);

enum { ID_BLOCK_VERSION = 1, ALGORITHM_ECDSA_P384_SHA384 = 1, CURVE_P384 = 2 };

DEFINE_CLEANUP(cleanup_bn_p, BIGNUM, BN_free)
DEFINE_CLEANUP(cleanup_bio_p, BIO, BIO_free_all)
DEFINE_CLEANUP(cleanup_pkey_p, EVP_PKEY, EVP_PKEY_free)

static int public_key_write(const EVP_PKEY *key, struct id_disk_key *disk, struct error *err)
{
	struct id_disk_key d = { .curve = le32_put(CURVE_P384) };
	CLEANUP(cleanup_bn_p) BIGNUM *x = NULL;
	CLEANUP(cleanup_bn_p) BIGNUM *y = NULL;

	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_X, &x) != 1 ||
	    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_Y, &y) != 1 ||
	    BN_bn2lebinpad(x, d.qx, sizeof(d.qx)) < 0 || BN_bn2lebinpad(y, d.qy, sizeof(d.qy)) < 0)
		return error_crypto(err, "reading a public key");
	*disk = d;
	return 0;
}

static int author_sign(EVP_PKEY *author_key, struct id_disk_auth *auth,
		       uint8_t digest[SNP_DIGEST_BYTES], struct error *err)
{
	auth->author_key_algorithm = le32_put(ALGORITHM_ECDSA_P384_SHA384);
	if (public_key_write(author_key, &auth->author_key, err) < 0 ||
	    snp_ecdsa_sign(author_key, &auth->id_key, sizeof(auth->id_key),
			   auth->id_key_signature.r, auth->id_key_signature.s, err) < 0)
		return error_prefix(err, "author key");
	sha2_384(&auth->author_key, sizeof(auth->author_key), digest);
	return 0;
}

int id_block_sign(const struct id_block *block, EVP_PKEY *id_key, EVP_PKEY *author_key,
		  struct id_block_signed *result, struct error *err)
{
	struct id_disk_block b = {
		.version = le32_put(ID_BLOCK_VERSION),
		.guest_svn = le32_put(block->guest_svn),
		.policy = le64_put(block->policy),
	};
	struct id_disk_auth auth = {
		.id_key_algorithm = le32_put(ALGORITHM_ECDSA_P384_SHA384),
	};
	struct id_block_signed r = { 0 };

	memcpy(b.launch_digest, block->launch_digest, sizeof(b.launch_digest));
	memcpy(b.family_id, block->family_id, sizeof(b.family_id));
	memcpy(b.image_id, block->image_id, sizeof(b.image_id));
	if (snp_ecdsa_sign(id_key, &b, sizeof(b), auth.block_signature.r, auth.block_signature.s,
			   err) < 0 ||
	    public_key_write(id_key, &auth.id_key, err) < 0)
		return error_prefix(err, "ID key");
	sha2_384(&auth.id_key, sizeof(auth.id_key), r.id_key_digest);
	if (author_key && author_sign(author_key, &auth, r.author_key_digest, err) < 0)
		return -1;
	memcpy(r.block, &b, sizeof(b));
	memcpy(r.auth, &auth, sizeof(auth));
	*result = r;
	return 0;
}

/* Answers OpenSSL's question for a passphrase with "there is none", so that it never reads one
 * from the terminal. */
static int no_passphrase(char *buf, int size, int writing, void *unused)
{
	(void)buf, (void)size, (void)writing, (void)unused;
	return -1;
}

int id_key_parse(const uint8_t *pem, size_t size, EVP_PKEY **key, struct error *err)
{
	CLEANUP(cleanup_bio_p) BIO *bio = size <= 65536 ? BIO_new_mem_buf(pem, (int)size) : NULL;
	CLEANUP(cleanup_pkey_p)
	EVP_PKEY *k = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;

	if (!k || !snp_key_is_p384(k)) {
		ERR_clear_error();
		return error_input(err, "not a private key on P-384 in PEM without a passphrase");
	}
	*key = take_ptr(k);
	return 0;
}
