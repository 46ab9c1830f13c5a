// SPDX-License-Identifier: Apache-2.0
/* AES-256-XTS, sector by sector. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "builder/seal/xts.h"
#include "common/hex.h"

/* The key of IEEE 1619-2007, annex B, vector 10. That the numbers are those of dm-crypt is shown by
 * tests/interop, with a decryptor that is not ours. */
static const char key_text[] =
	"27182818284590452353602874713526624977572470936999595749669676273141592653589793"
	"238462643383279502884197169399375105820974944592";

static void load_key(uint8_t key[XTS_KEY_BYTES])
{
	struct error err;

	assert_int_equal(hex_decode(key_text, key, XTS_KEY_BYTES, &err), 0);
}

static void decrypting_undoes_encrypting(void **state)
{
	uint8_t key[XTS_KEY_BYTES], bytes[3 * XTS_SECTOR_BYTES], plain[sizeof(bytes)];
	cleanup_xts struct xts *encrypt = NULL, *decrypt = NULL;
	struct error err;

	(void)state;
	load_key(key);
	for (size_t i = 0; i < sizeof(plain); i++)
		plain[i] = (uint8_t)i;
	memcpy(bytes, plain, sizeof(bytes));
	assert_int_equal(xts_new(key, XTS_ENCRYPT, &encrypt, &err), 0);
	assert_int_equal(xts_new(key, XTS_DECRYPT, &decrypt, &err), 0);
	assert_int_equal(xts_apply(encrypt, 7, bytes, 3, &err), 0);
	assert_memory_not_equal(bytes, plain, XTS_SECTOR_BYTES);
	/* sector by sector is the same as all at once */
	for (uint32_t s = 0; s < 3; s++)
		assert_int_equal(
			xts_apply(decrypt, 7 + s, bytes + (size_t)s * XTS_SECTOR_BYTES, 1, &err),
			0);
	assert_memory_equal(bytes, plain, sizeof(bytes));
}

static void equal_sectors_differ_by_number(void **state)
{
	uint8_t key[XTS_KEY_BYTES], bytes[2 * XTS_SECTOR_BYTES] = { 0 };
	cleanup_xts struct xts *xts = NULL;
	struct error err;

	(void)state;
	load_key(key);
	assert_int_equal(xts_new(key, XTS_ENCRYPT, &xts, &err), 0);
	assert_int_equal(xts_apply(xts, 0, bytes, 2, &err), 0);
	assert_memory_not_equal(bytes, bytes + XTS_SECTOR_BYTES, XTS_SECTOR_BYTES);
}

static void halves_that_are_equal_are_refused(void **state)
{
	const uint8_t key[XTS_KEY_BYTES] = { 0 };
	struct xts *xts = NULL;
	struct error err;

	(void)state;
	assert_int_equal(xts_new(key, XTS_ENCRYPT, &xts, &err), -1);
	assert_null(xts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decrypting_undoes_encrypting),
		cmocka_unit_test(equal_sectors_differ_by_number),
		cmocka_unit_test(halves_that_are_equal_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
