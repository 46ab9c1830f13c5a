// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/hex.h"
#include "common/sha2.h"

/* The messages of FIPS 180-4's examples, and none. */
static const struct {
	const char *text, *sha256, *sha384, *sha512;
} rows[] = {
	{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	  "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
	  "274edebfe76f65fbd51ad2f14898b95b",
	  "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
	  "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e" },
	{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	  "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
	  "8086072ba1e7cc2358baeca134c825a7",
	  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
	{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
	  "lmnopqrsmnopqrstnopqrstu",
	  "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
	  "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712"
	  "fcc7c71a557e2db966c3e9fa91746039",
	  "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
	  "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909" },
};

static void assert_digest(const uint8_t *digest, size_t size, const char *want)
{
	char text[2 * SHA2_512_BYTES + 1];

	hex_encode(digest, size, text);
	assert_string_equal(text, want);
}

static void known_digests(void **state)
{
	uint8_t digest[SHA2_512_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t size = strlen(rows[i].text);
		sha2_256(rows[i].text, size, digest);
		assert_digest(digest, SHA2_256_BYTES, rows[i].sha256);
		sha2_384(rows[i].text, size, digest);
		assert_digest(digest, SHA2_384_BYTES, rows[i].sha384);
		sha2_512(rows[i].text, size, digest);
		assert_digest(digest, SHA2_512_BYTES, rows[i].sha512);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(known_digests) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
