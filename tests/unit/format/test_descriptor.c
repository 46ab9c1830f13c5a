// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/format/specimen.h"

#include <stdio.h>

/* The canonical text of specimen_descriptor(), piece by piece, so that a row below can replace one.
 */
#define VERITY_ROOT                                                                           \
	"{\"algorithm\":\"sha256\",\"data_block_size\":4096,\"data_blocks\":1000,"            \
	"\"hash_block_size\":4096,"                                                           \
	"\"root_hash\":\"808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f\"," \
	"\"salt\":\"202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f\"}"
#define VERITY_POD                                                                            \
	"{\"algorithm\":\"sha256\",\"data_block_size\":4096,\"data_blocks\":5000,"            \
	"\"hash_block_size\":4096,"                                                           \
	"\"root_hash\":\"c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf\"," \
	"\"salt\":\"606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f\"}"
#define ROOT                                                                       \
	"{\"data_uuid\":\"80818283-8485-8687-8889-8a8b8c8d8e8f\",\"fs\":\"ext4\"," \
	"\"hash_uuid\":\"90919293-9495-9697-9899-9a9b9c9d9e9f\",\"mount\":\"/"     \
	"\",\"name\":\"root\","                                                    \
	"\"verity\":" VERITY_ROOT "}"
#define POD                                                                                      \
	"{\"crypt\":{\"cipher\":\"aes-xts-plain64\",\"key_bytes\":64,"                           \
	"\"key_id\":\"podseal/key/0123456789abcdef\",\"offset_bytes\":16777216,"                 \
	"\"sector_size\":4096},"                                                                 \
	"\"data_uuid\":\"c0c1c2c3-c4c5-c6c7-c8c9-cacbcccdcecf\",\"fs\":\"ext4\","                \
	"\"hash_uuid\":\"d0d1d2d3-d4d5-d6d7-d8d9-dadbdcdddedf\",\"mount\":\"/usr/lib/podseal\"," \
	"\"name\":\"pod\",\"verity\":" VERITY_POD "}"
#define CANONICAL                                                                                  \
	"{\"arch\":\"x86_64\",\"format\":1,\"init\":\"/sbin/init\",\"volumes\":[" ROOT "," POD "]" \
	"}"

static int parse_text(const char *text, struct descriptor *descriptor, struct error *err)
{
	return descriptor_parse((const uint8_t *)text, strlen(text), descriptor, err);
}

static void assert_same(const struct descriptor *a, const struct descriptor *b)
{
	assert_int_equal(a->arch, b->arch);
	assert_string_equal(a->init, b->init);
	assert_int_equal(a->has_kata_policy, b->has_kata_policy);
	assert_memory_equal(a->kata_policy, b->kata_policy, DESCRIPTOR_POLICY_BYTES);
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct descriptor_volume *v = &a->volumes[i];
		const struct descriptor_volume *w = &b->volumes[i];
		assert_string_equal(v->name, w->name);
		assert_string_equal(v->mount, w->mount);
		assert_true(uuid_equal(&v->data_uuid, &w->data_uuid));
		assert_true(uuid_equal(&v->hash_uuid, &w->hash_uuid));
		assert_int_equal(v->verity.data_blocks, w->verity.data_blocks);
		assert_memory_equal(v->verity.salt, w->verity.salt, DESCRIPTOR_SALT_BYTES);
		assert_memory_equal(v->verity.root_hash, w->verity.root_hash,
				    DESCRIPTOR_ROOT_HASH_BYTES);
		assert_int_equal(v->sealed, w->sealed);
		assert_int_equal(v->crypt.offset_bytes, w->crypt.offset_bytes);
		assert_string_equal(v->crypt.key_id, w->crypt.key_id);
	}
}

static void golden_text(void **state)
{
	struct descriptor descriptor = specimen_descriptor();
	cleanup_free uint8_t *bytes = NULL;
	size_t size = 0;
	struct error err;

	(void)state;
	assert_done(descriptor_encode(&descriptor, &bytes, &size, &err), &err);
	assert_int_equal(size, strlen(CANONICAL));
	assert_memory_equal(bytes, CANONICAL, size);
	assert_golden(GOLDEN("descriptor.json"), bytes, size);
}

static void read_back_equal(void **state)
{
	struct descriptor descriptor = specimen_descriptor();
	struct descriptor again;
	struct error err;

	(void)state;
	assert_done(parse_text(CANONICAL, &again, &err), &err);
	assert_same(&descriptor, &again);
}

static void other_valid_descriptors(void **state)
{
	struct descriptor descriptor = specimen_descriptor();
	struct descriptor again;
	struct error err;

	(void)state;
	descriptor.arch = DESCRIPTOR_AARCH64;
	descriptor.init[0] = '\0';
	descriptor.has_kata_policy = true;
	count_up(descriptor.kata_policy, DESCRIPTOR_POLICY_BYTES, 0xe0);
	for (descriptor.count = 2; descriptor.count < DESCRIPTOR_MAX_VOLUMES; descriptor.count++) {
		struct descriptor_volume *volume = &descriptor.volumes[descriptor.count];
		*volume = descriptor.volumes[1];
		(void)snprintf(volume->name, sizeof(volume->name), "volume-number-%02zu",
			       descriptor.count);
		(void)snprintf(volume->mount, sizeof(volume->mount), "/a..b/.c/%zu",
			       descriptor.count);
		volume->data_uuid.bytes[15] = (uint8_t)descriptor.count;
		volume->hash_uuid.bytes[15] = (uint8_t)descriptor.count;
		volume->verity.data_blocks = UINT64_C(1) << 51;
	}
	cleanup_free uint8_t *bytes = NULL;
	size_t size = 0;
	assert_done(descriptor_encode(&descriptor, &bytes, &size, &err), &err);
	assert_done(descriptor_parse(bytes, size, &again, &err), &err);
	assert_same(&descriptor, &again);
	assert_null(strstr((const char *)bytes, "init"));
	assert_non_null(strstr((const char *)bytes, "\"kata_policy\":\"sha256:e0e1e2e3"));
}

/* CANONICAL with the first `from` in it replaced by `to`. */
static char *replaced(const char *from, const char *to)
{
	const char *at = strstr(CANONICAL, from);
	char *text = NULL;

	assert_non_null(at);
	assert_true(asprintf(&text, "%.*s%s%s", (int)(at - CANONICAL), CANONICAL, to,
			     at + strlen(from)) > 0);
	return text;
}

static void each_broken_member_is_refused(void **state)
{
	static const struct {
		const char *from, *to, *why;
	} rows[] = {
		{ "{\"arch\"", "[\"arch\"", "not valid JSON" },
		{ "]}", "]} ", "canonical form" },
		{ "]}", "]}\n", "canonical form" },
		{ "]}", "]}x", "not valid JSON" },
		{ "\"format\":1", "\"format\": 1", "canonical form" },
		{ "\"arch\":\"x86_64\",\"format\":1", "\"format\":1,\"arch\":\"x86_64\"",
		  "canonical form" },
		{ "\"arch\":\"x86_64\"", "\"arch\":\"x86\\u005f64\"", "canonical form" },
		{ "\"init\":\"/sbin/init\"", "\"init\":\"\\/sbin/init\"", "canonical form" },
		{ "\"init\":\"/sbin/init\"", "\"init\":null", "canonical form" },
		{ "2a2b2c", "2A2b2c", "canonical form" },
		{ "\"format\":1", "\"format\":2", "\"format\" of descriptor is 2, not 1" },
		{ "\"format\":1", "\"format\":1.0", "\"format\" of descriptor is not a whole" },
		{ "\"format\":1", "\"format\":\"1\"", "\"format\" of descriptor is not a whole" },
		{ "\"format\":1,", "", "descriptor has no \"format\"" },
		{ "\"format\":1", "\"format\":1,\"format\":1", "not valid JSON" },
		{ "\"format\":1", "\"format\":1,\"hooks\":[]", "unknown member \"hooks\"" },
		{ "x86_64", "riscv64", "\"arch\" of descriptor is \"riscv64\"" },
		{ "\"arch\":\"x86_64\",", "", "descriptor has no \"arch\"" },
		{ "/sbin/init", "sbin/init", "\"init\" of descriptor is \"sbin/init\"" },
		{ "/sbin/init", "", "\"init\" of descriptor is \"\"" },
		{ "/sbin/init", "/", "\"init\" of descriptor is \"/\"" },
		{ "/sbin/init", "/sbin/in it", "\"init\" of descriptor is" },
		{ "\"volumes\"", "\"kata_policy\":7,\"volumes\"", "\"kata_policy\" of descriptor" },
		{ "\"volumes\"", "\"kata_policy\":\"\",\"volumes\"",
		  "\"kata_policy\" of descriptor" },
		{ "\"volumes\"", "\"kata_policy\":\"sha256:00\",\"volumes\"",
		  "\"kata_policy\" of descriptor" },
		{ "\"volumes\"", "\"kata_policy\":null,\"volumes\"", "canonical form" },
		{ "\"volumes\":[" ROOT "," POD "]", "\"volumes\":{}", "is not an array" },
		{ "[" ROOT "," POD "]", "[]", "first volume is not mounted at \"/\"" },
		{ ROOT "," POD, POD, "first volume is not mounted at \"/\"" },
		{ ROOT "," POD, POD "," ROOT, "first volume is not mounted at \"/\"" },
		{ ROOT, "7", "volume 0 is not an object" },
		{ "\"fs\":\"ext4\"", "\"fs\":\"ext4\",\"mode\":1", "unknown member \"mode\"" },
		{ "\"fs\":\"ext4\"", "\"fs\":\"erofs\"", "\"fs\" of volume 0 is \"erofs\"" },
		{ "\"name\":\"root\"", "\"name\":\"Root\"", "\"name\" of volume 0 is \"Root\"" },
		{ "\"name\":\"root\"", "\"name\":\"\"", "\"name\" of volume 0 is \"\"" },
		{ "\"name\":\"root\"", "\"name\":\"12345678901234567\"", "\"name\" of volume 0" },
		{ "\"name\":\"pod\"", "\"name\":\"root\"", "two volumes are named \"root\"" },
		{ "/usr/lib/podseal", "/usr//lib", "\"mount\" of volume 1 is \"/usr//lib\"" },
		{ "/usr/lib/podseal", "/usr/../lib", "\"mount\" of volume 1" },
		{ "/usr/lib/podseal", "/usr/./lib", "\"mount\" of volume 1" },
		{ "/usr/lib/podseal", "/..", "\"mount\" of volume 1" },
		{ "/usr/lib/podseal", "/usr/", "\"mount\" of volume 1" },
		{ "/usr/lib/podseal", "usr", "\"mount\" of volume 1" },
		{ "/usr/lib/podseal", "", "\"mount\" of volume 1" },
		{ "/usr/lib/podseal", "/usr\\u0007", "\"mount\" of volume 1" },
		{ "/usr/lib/podseal", "/us\\\"r", "\"mount\" of volume 1" },
		{ "/usr/lib/podseal", "/us\xc3\xa9r", "\"mount\" of volume 1" },
		{ "/usr/lib/podseal", "/", "two volumes are mounted at \"/\"" },
		{ "\"data_uuid\":\"8", "\"data_uuid\":\"8-", "\"data_uuid\" of volume 0" },
		{ "\"hash_uuid\":\"9", "\"hash_uuid\":\"A", "\"hash_uuid\" of volume 0" },
		{ "c0c1c2c3-c4c5-c6c7-c8c9-cacbcccdcecf", "80818283-8485-8687-8889-8a8b8c8d8e8f",
		  "share a partition UUID" },
		{ "c0c1c2c3-c4c5-c6c7-c8c9-cacbcccdcecf", "90919293-9495-9697-9899-9a9b9c9d9e9f",
		  "share a partition UUID" },
		{ "c0c1c2c3-c4c5-c6c7-c8c9-cacbcccdcecf", "d0d1d2d3-d4d5-d6d7-d8d9-dadbdcdddedf",
		  "both partitions of volume \"pod\" have one UUID" },
		{ VERITY_ROOT, "null", "volume 0 has no \"verity\"" },
		{ VERITY_ROOT, "[]", "\"verity\" of volume 0 is not an object" },
		{ "\"algorithm\":\"sha256\"", "\"algorithm\":\"md5\"",
		  "\"algorithm\" of verity of volume 0 is \"md5\", not \"sha256\"" },
		{ "\"data_block_size\":4096", "\"data_block_size\":512",
		  "\"data_block_size\" of verity of volume 0 is 512, not 4096" },
		{ "\"hash_block_size\":4096", "\"hash_block_size\":1024", "is 1024, not 4096" },
		{ "\"data_blocks\":1000", "\"data_blocks\":0", "\"data_blocks\" of verity of" },
		{ "\"data_blocks\":1000", "\"data_blocks\":-1", "\"data_blocks\" of verity of" },
		{ "\"data_blocks\":1000", "\"data_blocks\":1e3", "\"data_blocks\" of verity of" },
		{ "\"data_blocks\":1000", "\"data_blocks\":2251799813685249",
		  "not a whole number" },
		{ "\"salt\":\"2021", "\"salt\":\"20", "\"salt\" of verity of volume 0: 62 hex" },
		{ "\"salt\":\"2021", "\"salt\":\"202g", "\"salt\" of verity of volume 0" },
		{ "\"root_hash\":\"80", "\"root_hash\":\"8",
		  "\"root_hash\" of verity of volume 0" },
		{ "\"salt\":\"2021", "\"tree\":1,\"salt\":\"2021", "unknown member \"tree\"" },
		{ "aes-xts-plain64", "cipher_null-ecb",
		  "\"cipher\" of crypt of volume 1 is \"cipher_null-ecb\"" },
		{ "\"key_bytes\":64", "\"key_bytes\":32", "\"key_bytes\" of crypt of volume 1" },
		{ "\"sector_size\":4096", "\"sector_size\":512", "\"sector_size\" of crypt of" },
		{ "16777216", "0", "\"offset_bytes\" of crypt of volume 1 is 0, not 16777216" },
		{ "\"data_blocks\":5000", "\"data_blocks\":4096", "of a volume of 4096 blocks" },
		{ "\"cipher\"", "\"iv\":1,\"cipher\"", "unknown member \"iv\"" },
		{ "podseal/key/0123456789abcdef", "podseal/key", "not a resource path" },
		{ "podseal/key/0123456789abcdef", "a/b/c/d", "not a resource path" },
		{ "podseal/key/0123456789abcdef", "a/b/", "not a resource path" },
		{ "podseal/key/0123456789abcdef", "/a/b/c", "not a resource path" },
		{ "podseal/key/0123456789abcdef", "a/.b/c", "not a resource path" },
		{ "podseal/key/0123456789abcdef", "a/b/c?d", "not a resource path" },
		{ "podseal/key/0123456789abcdef", "a/b/c ", "not a resource path" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(rows); i++) {
		struct descriptor descriptor = { .count = 99 };
		cleanup_free char *text = replaced(rows[i].from, rows[i].to);
		struct error err;
		assert_refused(rows[i].to, parse_text(text, &descriptor, &err), &err, ERROR_INPUT,
			       rows[i].why);
		assert_int_equal(descriptor.count, 99);
	}
}

static void not_even_an_object(void **state)
{
	static const char *const texts[] = { "", "{}", "[]", "7", "null", "{\"format\":1}" };
	struct descriptor descriptor;
	struct error err;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(texts); i++)
		assert_refused(texts[i], parse_text(texts[i], &descriptor, &err), &err, ERROR_INPUT,
			       "");
}

static void deep_or_large_text_is_refused(void **state)
{
	static char text[SEAL_DESCRIPTOR_MAX_BYTES + 2];
	struct descriptor descriptor;
	struct error err;

	(void)state;
	memset(text, '[', 10000);
	assert_refused("depth", parse_text(text, &descriptor, &err), &err, ERROR_INPUT,
		       "not valid JSON");
	memset(text, ' ', sizeof(text) - 1);
	assert_refused("size", parse_text(text, &descriptor, &err), &err, ERROR_INPUT,
		       "JSON of 65537 bytes, at most 65536");
}

static void encode_refuses_what_parse_would(void **state)
{
	struct descriptor descriptor = specimen_descriptor();
	uint8_t *bytes = NULL;
	size_t size;
	struct error err;

	(void)state;
	memcpy(descriptor.volumes[0].mount, "/x", 3);
	assert_refused("mount", descriptor_encode(&descriptor, &bytes, &size, &err), &err,
		       ERROR_INPUT, "first volume is not mounted at \"/\"");
	descriptor.count = DESCRIPTOR_MAX_VOLUMES + 1;
	assert_refused("count", descriptor_encode(&descriptor, &bytes, &size, &err), &err,
		       ERROR_INPUT, "9 volumes, at most 8");
	assert_null(bytes);
}

static void a_mount_that_hides_another_is_refused(void **state)
{
	struct descriptor descriptor = specimen_descriptor();
	uint8_t *bytes = NULL;
	size_t size;
	struct error err;

	(void)state;
	descriptor.count = 3;
	descriptor.volumes[2] = descriptor.volumes[1];
	memcpy(descriptor.volumes[2].name, "usr", 4);
	memcpy(descriptor.volumes[2].mount, "/usr", 5);
	descriptor.volumes[2].data_uuid.bytes[0] = 1;
	descriptor.volumes[2].hash_uuid.bytes[0] = 1;
	assert_refused("hides", descriptor_encode(&descriptor, &bytes, &size, &err), &err,
		       ERROR_INPUT,
		       "\"/usr/lib/podseal\" is mounted before \"/usr\", which would hide it");
	memcpy(descriptor.volumes[2].mount, "/us", 4);
	assert_done(descriptor_encode(&descriptor, &bytes, &size, &err), &err);
	free(bytes);
}

static void uuids_follow_the_root_hash_or_not(void **state)
{
	struct descriptor descriptor = specimen_descriptor();

	(void)state;
	assert_true(descriptor_uuids_match(&descriptor.volumes[0]));
	descriptor.volumes[0].hash_uuid.bytes[15] ^= 1;
	assert_false(descriptor_uuids_match(&descriptor.volumes[0]));
	descriptor.volumes[1].data_uuid.bytes[0] ^= 0x80;
	assert_false(descriptor_uuids_match(&descriptor.volumes[1]));
}

static void partition_types(void **state)
{
	static const struct {
		enum descriptor_arch arch;
		const char *mount;
		bool sealed;
		const struct uuid *data, *hash;
	} rows[] = {
		{ DESCRIPTOR_X86_64, "/", false, &GPT_TYPE_ROOT_X86_64,
		  &GPT_TYPE_ROOT_VERITY_X86_64 },
		{ DESCRIPTOR_AARCH64, "/", false, &GPT_TYPE_ROOT_ARM64,
		  &GPT_TYPE_ROOT_VERITY_ARM64 },
		{ DESCRIPTOR_X86_64, "/", true, &GPT_TYPE_SEALED_DATA, &GPT_TYPE_HASH },
		{ DESCRIPTOR_X86_64, "/srv", false, &GPT_TYPE_LINUX_DATA, &GPT_TYPE_HASH },
		{ DESCRIPTOR_AARCH64, "/srv", true, &GPT_TYPE_SEALED_DATA, &GPT_TYPE_HASH },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(rows); i++) {
		struct descriptor_volume volume = { .sealed = rows[i].sealed };
		struct uuid data;
		struct uuid hash;
		memcpy(volume.mount, rows[i].mount, strlen(rows[i].mount) + 1);
		descriptor_partition_types(rows[i].arch, &volume, &data, &hash);
		assert_true(uuid_equal(&data, rows[i].data));
		assert_true(uuid_equal(&hash, rows[i].hash));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_text),
		cmocka_unit_test(read_back_equal),
		cmocka_unit_test(other_valid_descriptors),
		cmocka_unit_test(each_broken_member_is_refused),
		cmocka_unit_test(not_even_an_object),
		cmocka_unit_test(deep_or_large_text_is_refused),
		cmocka_unit_test(encode_refuses_what_parse_would),
		cmocka_unit_test(a_mount_that_hides_another_is_refused),
		cmocka_unit_test(uuids_follow_the_root_hash_or_not),
		cmocka_unit_test(partition_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
