// SPDX-License-Identifier: Apache-2.0
#include "builder/seal/xts.h"

#include <openssl/evp.h>

#include "common/disk.h"

/* dm-crypt's unit of the IV, whatever the sector size */
enum { IV_UNITS_PER_SECTOR = XTS_SECTOR_BYTES / 512 };

struct xts {
	EVP_CIPHER_CTX *ctx;
	enum xts_direction direction;
};

int xts_new(const uint8_t key[XTS_KEY_BYTES], enum xts_direction direction, struct xts **result,
	    struct error *err)
{
	cleanup_xts struct xts *xts = calloc(1, sizeof(*xts));

	if (!xts)
		return error_memory(err);
	xts->direction = direction;
	xts->ctx = EVP_CIPHER_CTX_new();
	/* OpenSSL refuses a key whose halves are equal, as IEEE 1619 wants */
	if (!xts->ctx || EVP_CipherInit_ex2(xts->ctx, EVP_aes_256_xts(), key, NULL,
					    direction == XTS_ENCRYPT, NULL) != 1)
		return error_crypto(err, "setting up AES-256-XTS");
	*result = take_ptr(xts);
	return 0;
}

void xts_free(struct xts *xts)
{
	if (!xts)
		return;
	EVP_CIPHER_CTX_free(xts->ctx); /* zeroes the key schedule */
	free(xts);
}

int xts_apply(struct xts *xts, uint64_t sector, uint8_t *bytes, uint32_t count, struct error *err)
{
	for (uint32_t i = 0; i < count; i++) {
		struct {
			le64 unit;
			uint8_t zero[8];
		} tweak = { .unit = le64_put((sector + i) * IV_UNITS_PER_SECTOR) };
		uint8_t *at = bytes + (size_t)i * XTS_SECTOR_BYTES;
		int n;

		if (EVP_CipherInit_ex2(xts->ctx, NULL, NULL, (const uint8_t *)&tweak, -1, NULL) !=
			    1 ||
		    EVP_CipherUpdate(xts->ctx, at, &n, at, XTS_SECTOR_BYTES) != 1)
			return error_crypto(err, "AES-256-XTS on sector %llu",
					    (unsigned long long)(sector + i));
	}
	return 0;
}
