// SPDX-License-Identifier: Apache-2.0
#include "vectors.h"

#include "attest/kbs_message.h"
#include "common/json.h"

static const uint8_t *text_bytes(const char *text)
{
	return (const uint8_t *)text;
}

static void a_request_is_made_and_read(void **state)
{
	cleanup_free char *text = NULL;
	struct kbs_request request;

	(void)state;
	assert_ok(kbs_request_make("snp", &text, &err));
	assert_string_equal(text,
			    "{\"version\":\"0.4.0\",\"tee\":\"snp\",\"extra-params\":"
			    "{\"supported-hash-algorithms\":[\"sha256\",\"sha384\",\"sha512\"]}}");
	assert_ok(kbs_request_parse(text_bytes(text), strlen(text), &request, &err));
	assert_string_equal(request.tee, "snp");
}

static void requests_of_others_are_read_or_refused(void **state)
{
	static const struct {
		const char *text;
		enum error_kind kind; /* ERROR_NONE: accepted */
		const char *why;
	} rows[] = {
		{ "{\"version\":\"0.4.0\",\"tee\":\"snp\",\"extra-params\":\"\"}", ERROR_NONE, "" },
		{ "{\"version\":\"0.4.0\",\"tee\":\"snp\",\"extra-params\":{}}", ERROR_NONE, "" },
		{ "{\"version\":\"0.4.0\",\"tee\":\"snp\",\"extra-params\":null,\"more\":1}",
		  ERROR_NONE, "" },
		{ "{\"version\":\"0.4.0\",\"tee\":\"snp\"}", ERROR_INPUT, "extra-params" },
		{ "{\"version\":\"0.4.1\",\"tee\":\"snp\",\"extra-params\":\"\"}", ERROR_MISMATCH,
		  "KBS Client Protocol Version Mismatch: expect =0.4.0 while the request is "
		  "0.4.1" },
		{ "{\"version\":\"0.1.0\",\"tee\":\"snp\",\"extra-params\":\"\"}", ERROR_MISMATCH,
		  "0.1.0" },
		{ "{\"tee\":\"snp\",\"extra-params\":\"\"}", ERROR_INPUT, "version" },
		{ "{\"version\":\"0.4.0\",\"tee\":\"\",\"extra-params\":\"\"}", ERROR_INPUT,
		  "tee" },
		{ "{\"version\":\"0.4.0\",\"tee\":1,\"extra-params\":\"\"}", ERROR_INPUT, "tee" },
		{ "[]", ERROR_INPUT, "not an object" },
		{ "{", ERROR_INPUT, "JSON" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint8_t *text = text_bytes(rows[i].text);
		size_t size = strlen(rows[i].text);
		struct kbs_request request;

		if (rows[i].kind == ERROR_NONE)
			assert_ok(kbs_request_parse(text, size, &request, &err));
		else
			assert_fails(rows[i].kind, rows[i].why,
				     kbs_request_parse(text, size, &request, &err));
	}
}

static void a_challenge_is_made_and_read(void **state)
{
	static const uint8_t nonce[KBS_NONCE_BYTES] = { 0xff, 0xfe };
	cleanup_free char *text = NULL;
	struct kbs_challenge c;

	(void)state;
	assert_ok(kbs_challenge_make(nonce, &text, &err));
	assert_ok(kbs_challenge_parse(text_bytes(text), strlen(text), &c, &err));
	assert_string_equal(c.nonce, "//4AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
	assert_int_equal(c.hash, KBS_SHA384);
}

static void the_server_may_select_a_hash(void **state)
{
	static const struct {
		const char *extra;
		enum kbs_hash hash;
	} rows[] = {
		{ "{}", KBS_SHA384 },
		{ "{\"selected-hash-algorithm\":\"sha512\"}", KBS_SHA512 },
		{ "{\"selected-hash-algorithm\":\"SHA256\"}", KBS_SHA256 },
		{ "{\"selected-hash-algorithm\":null}", KBS_SHA384 },
	};
	struct kbs_challenge c;
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(text, sizeof(text), "{\"nonce\":\"x\",\"extra-params\":%s}",
			       rows[i].extra);
		assert_ok(kbs_challenge_parse(text_bytes(text), strlen(text), &c, &err));
		assert_int_equal(c.hash, rows[i].hash);
	}
	static const char sm3[] =
		"{\"nonce\":\"x\",\"extra-params\":{\"selected-hash-algorithm\":\"sm3\"}}";
	assert_fails(ERROR_INPUT, "\"sm3\"",
		     kbs_challenge_parse(text_bytes(sm3), strlen(sm3), &c, &err));
}

static void an_attestation_is_made_and_read(void **state)
{
	cleanup_kbs_attestation struct kbs_attestation a = { 0 };
	cleanup_json json_t *key = json_pack("{s:s}", "kty", "EC");
	cleanup_json json_t *evidence = json_pack("{s:i}", "attestation_report", 1);
	cleanup_free char *text = NULL, *bare = NULL;

	(void)state;
	assert_ok(kbs_attestation_make("n", key, evidence, "version = \"0.1.0\"\n", &text, &err));
	assert_ok(kbs_attestation_parse(text_bytes(text), strlen(text), &a, &err));
	assert_string_equal(a.nonce, "n");
	assert_true(json_equal(a.tee_public_key, key));
	assert_true(json_equal(a.primary_evidence, evidence));
	assert_string_equal(a.additional_evidence, "");
	assert_string_equal(a.init_data, "version = \"0.1.0\"\n");
	assert_int_equal(a.init_data_bytes, strlen(a.init_data));

	assert_ok(kbs_attestation_make("n", key, evidence, NULL, &bare, &err));
	assert_string_equal(bare, "{\"runtime-data\":{\"nonce\":\"n\",\"tee-pubkey\":{\"kty\":"
				  "\"EC\"}},\"tee-evidence\":{\"primary_evidence\":"
				  "{\"attestation_report\":1},\"additional_evidence\":\"\"}}");
	kbs_attestation_clear(&a);
	assert_ok(kbs_attestation_parse(text_bytes(bare), strlen(bare), &a, &err));
	assert_null(a.init_data);
}

static void attestations_that_lack_a_part_are_refused(void **state)
{
#define EVIDENCE "\"tee-evidence\":{\"primary_evidence\":{},\"additional_evidence\":\"\"}"
#define RUNTIME  "\"runtime-data\":{\"nonce\":\"n\",\"tee-pubkey\":{}}"
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "{" RUNTIME "}", "tee-evidence" },
		{ "{" EVIDENCE "}", "runtime-data" },
		{ "{\"runtime-data\":{\"nonce\":\"n\"}," EVIDENCE "}", "tee-pubkey" },
		{ "{\"runtime-data\":{\"tee-pubkey\":{}}," EVIDENCE "}", "nonce" },
		{ "{" RUNTIME ",\"tee-evidence\":\"{}\"}", "tee-evidence" },
		{ "{" RUNTIME ",\"tee-evidence\":{\"primary_evidence\":{}}}",
		  "additional_evidence" },
		{ "{" RUNTIME ",\"tee-evidence\":{\"primary_evidence\":\"\","
		  "\"additional_evidence\":\"\"}}",
		  "primary_evidence" },
		{ "{" RUNTIME "," EVIDENCE ",\"init-data\":{\"format\":\"json\",\"body\":\"\"}}",
		  "\"json\"" },
		{ "{" RUNTIME "," EVIDENCE ",\"init-data\":\"\"}", "init-data" },
	};
	struct kbs_attestation a;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_fails(ERROR_INPUT, rows[i].why,
			     kbs_attestation_parse(text_bytes(rows[i].text), strlen(rows[i].text),
						   &a, &err));
}

static void tokens_and_errors_are_made_and_read(void **state)
{
	cleanup_free char *text = NULL, *token = NULL, *body = NULL;
	struct kbs_error e;

	(void)state;
	assert_ok(kbs_token_make("a.b.c", &text, &err));
	assert_string_equal(text, "{\"token\":\"a.b.c\"}");
	assert_ok(kbs_token_parse(text_bytes(text), strlen(text), &token, &err));
	assert_string_equal(token, "a.b.c");

	assert_ok(kbs_error_make("PolicyDeny", "rule vmpl", &body, &err));
	assert_string_equal(body, "{\"type\":\"https://github.com/confidential-containers/kbs/"
				  "errors/PolicyDeny\",\"detail\":\"rule vmpl\"}");
	assert_ok(kbs_error_parse(text_bytes(body), strlen(body), &e, &err));
	assert_string_equal(e.variant, "PolicyDeny");
	assert_string_equal(e.detail, "rule vmpl");
	static const char other[] = "{\"type\":\"about:blank\",\"detail\":\"\"}";
	assert_fails(ERROR_INPUT, "about:blank",
		     kbs_error_parse(text_bytes(other), strlen(other), &e, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_made_and_read),
		cmocka_unit_test(requests_of_others_are_read_or_refused),
		cmocka_unit_test(a_challenge_is_made_and_read),
		cmocka_unit_test(the_server_may_select_a_hash),
		cmocka_unit_test(an_attestation_is_made_and_read),
		cmocka_unit_test(attestations_that_lack_a_part_are_refused),
		cmocka_unit_test(tokens_and_errors_are_made_and_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
