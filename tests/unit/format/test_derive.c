// SPDX-License-Identifier: Apache-2.0
/* The expected values were computed by another HKDF (RFC 5869 written out in Python on hmac). */
#include "tests/unit/format/specimen.h"

#include "common/hex.h"

static void assert_hex(const void *bytes, size_t size, const char *wanted)
{
	char text[2 * DERIVE_HEADER_SALT_BYTES + 1];

	hex_encode(bytes, size, text);
	assert_string_equal(text, wanted);
}

static void file_system(void **state)
{
	uint8_t inputs[DERIVE_INPUTS_BYTES];
	struct derive_fs fs;
	struct error err;

	(void)state;
	count_up(inputs, sizeof(inputs), 0x80);
	assert_done(derive_fs(inputs, "root", &fs, &err), &err);
	assert_hex(fs.uuid.bytes, 16, "69e044f818a983189d5cea0df2ea552d");
	assert_hex(fs.hash_seed.bytes, 16, "512228db3caf82c482a05f7393a40e27");
}

static void verity(void **state)
{
	uint8_t key[LUKS2_KEY_BYTES];
	uint8_t inputs[DERIVE_INPUTS_BYTES];
	struct derive_verity verity;
	struct error err;

	(void)state;
	specimen_key(key);
	count_up(inputs, sizeof(inputs), 0x80);
	assert_done(derive_verity(key, sizeof(key), "pod", &verity, &err), &err);
	assert_hex(verity.uuid.bytes, 16, "bd61ce958f4b840493de6acb9ff4fb21");
	assert_hex(verity.salt, 32,
		   "7a52b509b132e4751596466c752af91735c733b80ba7ce7a127f514ef98a6066");
	assert_done(derive_verity(inputs, sizeof(inputs), "root", &verity, &err), &err);
	assert_hex(verity.uuid.bytes, 16, "c9855e109dc380b2a539d326abf58fe7");
	assert_hex(verity.salt, 32,
		   "50d34924b7965dec074967f7b31fb0997365ff9776708e26d2456fbbf16b5c7c");
}

static void luks2(void **state)
{
	uint8_t key[LUKS2_KEY_BYTES];
	struct derive_luks2 luks2;
	struct error err;

	(void)state;
	specimen_key(key);
	assert_done(derive_luks2(key, sizeof(key), "pod", &luks2, &err), &err);
	assert_hex(luks2.uuid.bytes, 16, "3a156d4ef41c818dac9c291480d004b7");
	assert_hex(luks2.digest_salt, 32,
		   "87a9130dc42dc75177acbc6d24d1bd1588d8662ca87cf955ea1c99d34432d105");
	assert_hex(luks2.primary_salt, 64,
		   "6b89e68b2015f9d3c4a9b728cb659cb3f759d66a0402a8bba8ca6173058f23e1"
		   "ef7e85bcecb6947654344a4632c8bf470f9e06cf25d220c0133d0c5ad2faba31");
	assert_hex(luks2.secondary_salt, 64,
		   "b3a604ca27b03106d2c44912cc8a4ade2dbe54d45f2bbec54a91cfaca32d2993"
		   "4152227e4376fe1405e14ab561ee841ca0960ae71d71e84acf275fb7806685d2");
}

static void disk(void **state)
{
	uint8_t seal[SEAL_DIGEST_BYTES];
	struct derive_disk disk;
	struct error err;

	(void)state;
	count_up(seal, sizeof(seal), 0xc0);
	assert_done(derive_disk(seal, &disk, &err), &err);
	assert_hex(disk.disk.bytes, 16, "cf7f796e179b88328aab9d9e89b44b27");
	assert_hex(disk.seal_partition.bytes, 16, "4928f45b404888c2a43d7af639ba5e58");
}

static void a_name_that_is_too_long_is_refused(void **state)
{
	uint8_t inputs[DERIVE_INPUTS_BYTES] = { 0 };
	struct derive_fs fs;
	struct error err;
	char name[200];

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	assert_refused("long", derive_fs(inputs, name, &fs, &err), &err, ERROR_INPUT,
		       "volume name of 199 characters");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_system),
		cmocka_unit_test(verity),
		cmocka_unit_test(luks2),
		cmocka_unit_test(disk),
		cmocka_unit_test(a_name_that_is_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
