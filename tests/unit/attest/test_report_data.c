// SPDX-License-Identifier: Apache-2.0
#include "vectors.h"

#include "attest/report_data.h"
#include "common/cleanup.h"
#include "common/hex.h"
#include "common/json.h"

static json_t *vector_json(const char *name)
{
	json_t *root = NULL;
	size_t size;
	cleanup_free uint8_t *text = vector_read(name, &size);

	assert_ok(json_parse(text, size, 1 << 20, &root, &err));
	return root;
}

static void report_data_is_what_trustee_computes(void **state)
{
	cleanup_json json_t *root = vector_json("kbs/report-data.json");
	const json_t *row = json_array_get(json_object_get(root, "cases"), 1);
	const json_t *input = json_object_get(row, "input");
	uint8_t report_data[SNP_REPORT_DATA_BYTES];
	char text[2 * SNP_REPORT_DATA_BYTES + 1];

	(void)state;
	assert_ok(kbs_report_data(json_string_value(json_object_get(input, "nonce")),
				  json_object_get(input, "tee-pubkey"),
				  json_string_value(json_object_get(input, "additional-evidence")),
				  KBS_SHA384, report_data, &err));
	hex_encode(report_data, sizeof(report_data), text);
	assert_string_equal(text, json_string_value(json_object_get(row, "report_data_hex")));
}

static void every_part_and_the_hash_count(void **state)
{
	uint8_t all[5][SNP_REPORT_DATA_BYTES];
	cleanup_json json_t *key = json_pack("{s:s}", "x", "1"),
			    *other = json_pack("{s:s}", "x", "2");

	(void)state;
	assert_ok(kbs_report_data("n", key, "", KBS_SHA384, all[0], &err));
	assert_ok(kbs_report_data("m", key, "", KBS_SHA384, all[1], &err));
	assert_ok(kbs_report_data("n", other, "", KBS_SHA384, all[2], &err));
	assert_ok(kbs_report_data("n", key, "{\"tdx\":1}", KBS_SHA384, all[3], &err));
	assert_ok(kbs_report_data("n", key, "", KBS_SHA512, all[4], &err));
	for (int i = 0; i < 5; i++)
		for (int j = 0; j < i; j++)
			assert_memory_not_equal(all[i], all[j], SNP_REPORT_DATA_BYTES);
	assert_true(is_zero(all[0] + 48, 16));
	assert_fails(ERROR_INPUT, "ASCII",
		     kbs_report_data("\xc3\xa9", key, "", KBS_SHA384, all[0], &err));
	assert_fails(ERROR_INPUT, "not text",
		     kbs_report_data("\xff", key, "", KBS_SHA384, all[0], &err));
}

static void host_data_is_the_digest_of_initdata(void **state)
{
	cleanup_json json_t *root = vector_json("kbs/initdata-host-data.json");
	json_t *row;
	size_t i, checked = 0;

	(void)state;
	json_array_foreach (root, i, row) {
		const char *toml = json_string_value(json_object_get(row, "toml"));
		const char *want = json_string_value(json_object_get(row, "host_data_hex"));
		uint8_t host_data[SNP_HOST_DATA_BYTES];
		char text[2 * SNP_HOST_DATA_BYTES + 1];
		enum kbs_hash hash, named;

		assert_ok(kbs_hash_from_name(json_string_value(json_object_get(row, "algorithm")),
					     &hash, &err));
		assert_ok(kbs_init_data_algorithm(toml, &named, &err));
		assert_int_equal(named, hash);
		kbs_host_data(toml, strlen(toml), hash, host_data);
		hex_encode(host_data, sizeof(host_data), text);
		assert_string_equal(text, want);
		checked++;
	}
	assert_int_equal(checked, 3);
}

static void the_algorithm_is_read_before_the_first_table_only(void **state)
{
	static const struct {
		const char *toml;
		enum kbs_hash hash;
	} good[] = {
		{ "algorithm = \"sha256\"\n", KBS_SHA256 },
		{ "algorithm='sha512'", KBS_SHA512 },
		{ "# algorithm = \"sha512\"\r\n\tversion = \"0.1.0\"\r\n algorithm\t=\t\"SHA384\" "
		  "# x\r\n[data]",
		  KBS_SHA384 },
	};
	static const char *const bad[] = {
		"",
		"[data]\nalgorithm = \"sha256\"\n",
		"algorithm = sha256\n",
		"algorithm = \"sha256'\n",
		"algorithm = \"sha256\" x\n",
		"algorithm = \"\"\n",
		"algorithms = \"sha256\"\n",
		"algorithm = \"md5\"\n",
		"x = \"\"\"\nalgorithm = \"sha256\"\n\"\"\"\n",
		"x = '''\nalgorithm = \"sha256\"\n'''\n",
	};
	enum kbs_hash hash;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_ok(kbs_init_data_algorithm(good[i].toml, &hash, &err));
		assert_int_equal(hash, good[i].hash);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(ERROR_INPUT, "", kbs_init_data_algorithm(bad[i], &hash, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(report_data_is_what_trustee_computes),
		cmocka_unit_test(every_part_and_the_hash_count),
		cmocka_unit_test(host_data_is_the_digest_of_initdata),
		cmocka_unit_test(the_algorithm_is_read_before_the_first_table_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
