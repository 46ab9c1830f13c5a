// SPDX-License-Identifier: Apache-2.0
/* Whole exchanges with a laboratory's guest, and with ones that are wrong in one point each. */
#include "tests/unit/attest/vectors.h"

#include "attest/kbs_jwe.h"
#include "attest/laboratory.h"
#include "attest/snp_signature.h"
#include "broker/broker.h"
#include "broker/store_private.h"
#include "broker/token.h"
#include "common/json.h"

#define NOW ((time_t)1748736000)

static const char policy[] =
	"{\"measurements\": [\"070000000000000000000000000000000000000000000000"
	"000000000000000000000000000000000000000000000000\"]}";

static const struct laboratory_options options = {
	.product = SNP_GENOA,
	.tcb = { false, 0, 10, 0, 23, 200 },
	.chip_id = { 0xc1, 0xc2, [63] = 0xff },
	.not_before = NOW - 86400,
	.not_after = NOW + 86400,
};

static struct laboratory *lab;
static struct store *store;
static struct broker broker;

/* A guest on its way: what a test may bend before it attests. */
struct guest {
	json_t *key, *public_key;
	struct kbs_challenge challenge;
	char cookie[64]; /* the session's ID */
	char *token;
	struct snp_report report;
	EVP_PKEY *signer;
	const char *init_data;
	size_t certificates; /* 3: VCEK, ASK, ARK */
	time_t now;
};

static void guest_clear(struct guest *g)
{
	kbs_key_free(g->key);
	json_decref(g->public_key);
	free(g->token);
}
#define cleanup_guest CLEANUP(guest_clear)

static struct broker_response ask(const struct guest *g, const char *method, const char *path,
				  const char *body, const char *authorization)
{
	struct broker_response response;
	const struct broker_request request = {
		.peer = "test",
		.method = method,
		.path = path,
		.session = *g->cookie ? g->cookie : NULL,
		.authorization = authorization,
		.body = (const uint8_t *)body,
		.body_size = strlen(body),
		.now_ms = (int64_t)g->now * 1000,
		.monotonic = (int64_t)g->now,
	};

	broker_answer(&broker, &request, &response);
	assert_non_null(response.body);
	return response;
}

static void guest_begin(struct guest *g)
{
	cleanup_broker_response struct broker_response r = { 0 };
	cleanup_free char *text = NULL;

	*g = (struct guest){ .signer = lab->vcek_key, .certificates = 3, .now = NOW };
	g->report = (struct snp_report){
		.version = 3,
		.policy = SNP_POLICY_RESERVED_ONE | SNP_POLICY_SMT,
		.signature_algorithm = 1,
		.current_tcb = options.tcb,
		.reported_tcb = options.tcb,
		.committed_tcb = options.tcb,
		.launch_tcb = options.tcb,
		.measurement = { 7 },
		.cpuid_family = 0x19,
		.cpuid_model = 0x11,
		.product = SNP_GENOA,
	};
	memcpy(g->report.chip_id, options.chip_id, sizeof(g->report.chip_id));
	assert_ok(kbs_key_generate(&g->key, &err));
	assert_ok(kbs_key_public(g->key, &g->public_key, &err));
	assert_ok(kbs_request_make("snp", &text, &err));
	r = ask(g, "POST", "/kbs/v0/auth", text, NULL);
	assert_int_equal(r.status, 200);
	assert_ok(
		kbs_challenge_parse((const uint8_t *)r.body, strlen(r.body), &g->challenge, &err));
	assert_int_equal(sscanf(r.cookie, "kbs-session-id=%32s", g->cookie), 1);
}

static json_t *evidence_make(const struct guest *g)
{
	X509 *const chain[] = { lab->vcek, lab->ask, lab->ark };
	const enum kbs_certificate_type types[] = { KBS_CERTIFICATE_VCEK, KBS_CERTIFICATE_ASK,
						    KBS_CERTIFICATE_ARK };
	struct kbs_certificate certificates[3] = { 0 };
	uint8_t bytes[SNP_REPORT_BYTES];
	json_t *json = NULL;

	snp_report_encode(&g->report, bytes);
	assert_ok(snp_signature_make(bytes, g->signer, &err));
	for (size_t i = 0; i < g->certificates; i++) {
		certificates[i].type = types[i];
		certificates[i].size = (size_t)i2d_X509(chain[i], &certificates[i].bytes);
	}
	assert_ok(kbs_evidence_make(bytes, certificates, g->certificates, &json, &err));
	for (size_t i = 0; i < 3; i++)
		OPENSSL_free(certificates[i].bytes);
	return json;
}

/* Sends the evidence; the token is set where it is taken. */
static struct broker_response guest_attest(struct guest *g)
{
	cleanup_free char *text = NULL;

	cleanup_json json_t *evidence = evidence_make(g);
	assert_ok(kbs_attestation_make(g->challenge.nonce, g->public_key, evidence, g->init_data,
				       &text, &err));
	struct broker_response r = ask(g, "POST", "/kbs/v0/attest", text, NULL);
	if (r.status == 200)
		assert_ok(
			kbs_token_parse((const uint8_t *)r.body, strlen(r.body), &g->token, &err));
	return r;
}

static void guest_bind(struct guest *g)
{
	assert_ok(kbs_report_data(g->challenge.nonce, g->public_key, "", KBS_SHA384,
				  g->report.report_data, &err));
}

static void assert_refused(const struct broker_response *r, unsigned status, const char *variant,
			   const char *why)
{
	struct kbs_error e;

	if (r->status != status)
		fail_msg("status %u, not %u: %s", r->status, status, r->body);
	assert_ok(kbs_error_parse((const uint8_t *)r->body, strlen(r->body), &e, &err));
	assert_string_equal(e.variant, variant);
	assert_string_equal(r->cookie, "");
	if (!strstr(e.detail, why))
		fail_msg("\"%s\" has no \"%s\"", e.detail, why);
	assert_non_null(strstr(r->log, "refused"));
}

static struct broker_response get(const struct guest *g, const char *authorization)
{
	return ask(g, "GET", "/kbs/v0/resource/a/b/c", "", authorization);
}

static void assert_released(const struct guest *g, const struct broker_response *r)
{
	cleanup_secret struct secret *secret = NULL;
	size_t size;

	if (r->status != 200)
		fail_msg("status %u: %s", r->status, r->body);
	assert_ok(kbs_jwe_decrypt(g->key, (const uint8_t *)r->body, strlen(r->body), &secret, &size,
				  &err));
	assert_int_equal(size, 6);
	assert_memory_equal(secret->bytes, "secret", 6);
	assert_non_null(strstr(r->log, "laboratory root"));
}

static void a_guest_that_attests_gets_the_resource(void **state)
{
	cleanup_broker_response struct broker_response attested = { 0 }, released = { 0 };
	cleanup_guest struct guest g = { 0 };

	(void)state;
	guest_begin(&g);
	guest_bind(&g);
	attested = guest_attest(&g);
	assert_int_equal(attested.status, 200);
	released = get(&g, NULL);
	assert_released(&g, &released);
}

static void the_token_does_what_the_cookie_does(void **state)
{
	cleanup_broker_response struct broker_response attested = { 0 }, released = { 0 },
						       forged = { 0 }, late = { 0 };
	cleanup_guest struct guest g = { 0 };
	char header[TOKEN_MAX_BYTES];

	(void)state;
	guest_begin(&g);
	guest_bind(&g);
	attested = guest_attest(&g);
	g.cookie[0] = '\0';
	(void)snprintf(header, sizeof(header), "Bearer %s", g.token);
	released = get(&g, header);
	assert_released(&g, &released);
	header[strlen(header) - 10] ^= 1;
	forged = get(&g, header);
	assert_refused(&forged, 401, "TokenVerifierError", "signature");
	header[strlen(header) - 10] ^= 1;
	g.now += SESSION_SECONDS;
	late = get(&g, header);
	assert_refused(&late, 401, "TokenVerifierError", "time is over");
}

/* --- each wrong in one point --- */

static void bend_nothing_bound(struct guest *g)
{
	memset(g->report.report_data, 0, sizeof(g->report.report_data));
}

static void bend_other_key(struct guest *g)
{
	json_decref(g->public_key);
	kbs_key_free(g->key);
	g->key = g->public_key = NULL;
	assert_ok(kbs_key_generate(&g->key, &err));
	assert_ok(kbs_key_public(g->key, &g->public_key, &err));
}

static void bend_other_nonce(struct guest *g)
{
	g->challenge.nonce[0] = g->challenge.nonce[0] == 'A' ? 'B' : 'A';
	guest_bind(g);
}

static void bend_signer(struct guest *g)
{
	g->signer = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
}

static void bend_chip(struct guest *g)
{
	g->report.chip_id[5] = 1;
}

static void bend_tcb(struct guest *g)
{
	g->report.reported_tcb.microcode++;
}

static void bend_no_root(struct guest *g)
{
	g->certificates = 1;
}

static void bend_masked_without_chain(struct guest *g)
{
	memset(g->report.chip_id, 0, sizeof(g->report.chip_id));
	g->certificates = 0;
}

static void bend_unknown_chip_without_chain(struct guest *g)
{
	g->report.chip_id[5] = 1;
	g->certificates = 0;
}

static void bend_init_data(struct guest *g)
{
	g->init_data = "algorithm = \"sha256\"\nversion = \"0.1.0\"\n";
}

static void bend_key_member(struct guest *g)
{
	(void)json_object_set_new(g->public_key, "use", json_string("enc"));
}

static void a_guest_that_is_wrong_in_one_point_is_refused(void **state)
{
	static const struct {
		const char *what, *why;
		void (*bend)(struct guest *g);
	} rows[] = {
		{ "REPORT_DATA binds nothing", "Report Data Mismatch", bend_nothing_bound },
		{ "another's key", "Report Data Mismatch", bend_other_key },
		{ "another nonce", "nonce is not this session's", bend_other_nonce },
		{ "another signer", "signature does not verify", bend_signer },
		{ "another chip's certificate", "CHIP_ID is", bend_chip },
		{ "another TCB's certificate", "microcode", bend_tcb },
		{ "no certificate of a root", "issuer", bend_no_root },
		{ "a masked chip, and no certificate", "which chip", bend_masked_without_chain },
		{ "an unknown chip, and no certificate", "none is known",
		  bend_unknown_chip_without_chain },
		{ "initdata that HOST_DATA does not name", "HOST_DATA", bend_init_data },
		{ "a member too many in the key", "use", bend_key_member },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_broker_response struct broker_response r = { 0 }, then = { 0 };
		cleanup_guest struct guest g = { 0 };
		print_message("# %s\n", rows[i].what);
		guest_begin(&g);
		guest_bind(&g);
		rows[i].bend(&g);
		r = guest_attest(&g);
		assert_refused(&r, 401, "AttestationError", rows[i].why);
		then = get(&g, NULL);
		assert_refused(&then, 401, "TokenNotFound", "session");
		if (g.signer != lab->vcek_key)
			EVP_PKEY_free(g.signer);
	}
}

static void a_nonce_counts_once(void **state)
{
	cleanup_broker_response struct broker_response first = { 0 }, again = { 0 };
	cleanup_guest struct guest g = { 0 };

	(void)state;
	guest_begin(&g);
	first = guest_attest(&g); /* nothing is bound: refused */
	assert_refused(&first, 401, "AttestationError", "Mismatch");
	guest_bind(&g);
	again = guest_attest(&g);
	assert_refused(&again, 401, "AttestationError", "was used");
}

static void a_policy_is_asked_for_each_resource(void **state)
{
	cleanup_broker_response struct broker_response attested = { 0 }, released = { 0 },
						       denied = { 0 }, none = { 0 };
	cleanup_guest struct guest g = { 0 };

	(void)state;
	guest_begin(&g);
	g.report.measurement[0] = 8;
	guest_bind(&g);
	attested = guest_attest(&g);
	assert_int_equal(attested.status, 200);
	denied = get(&g, NULL);
	assert_refused(&denied, 403, "PolicyDeny", "rule measurements");
	assert_non_null(strstr(denied.log, "found 08"));
	none = ask(&g, "GET", "/kbs/v0/resource/a/b/none", "", NULL);
	assert_refused(&none, 404, "PluginInternalError", "no resource");
	released = ask(&g, "GET", "/kbs/v0/resource/a/b", "", NULL);
	assert_refused(&released, 404, "PluginInternalError", "not a path");
}

static void what_nobody_serves_is_not_found(void **state)
{
	static const struct {
		const char *method, *path, *variant;
	} rows[] = {
		{ "GET", "/", "InvalidRequestPath" },
		{ "GET", "/kbs/v0/auth", "PluginNotFound" },
		{ "DELETE", "/kbs/v0/resource/a/b/c", "PluginNotFound" },
		{ "POST", "/kbs/v0/resource-policy", "PluginNotFound" },
		{ "GET", "/kbs/v1/resource/a/b/c", "InvalidRequestPath" },
	};
	const struct guest nobody = { .now = NOW };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_broker_response struct broker_response r =
			ask(&nobody, rows[i].method, rows[i].path, "", NULL);
		assert_refused(&r, 404, rows[i].variant, rows[i].method);
	}
	cleanup_broker_response struct broker_response posing =
		ask(&nobody, "GET", "/x released; audit 1:00", "", NULL);
	assert_non_null(strstr(posing.log, " other /x?released;?audit?1:00 refused "));
	cleanup_broker_response struct broker_response r = get(&nobody, NULL);
	assert_refused(&r, 401, "TokenNotFound", "neither a cookie");
}

/* A key that could not be written down is not given. */
static void without_a_log_nothing_is_released(void **state)
{
	cleanup_broker_response struct broker_response attested = { 0 }, r = { 0 };
	cleanup_guest struct guest g = { 0 };

	(void)state;
	guest_begin(&g);
	guest_bind(&g);
	attested = guest_attest(&g);
	assert_ok(sql_run(store->db, "ALTER TABLE audit RENAME TO gone", &err));
	r = get(&g, NULL);
	assert_ok(sql_run(store->db, "ALTER TABLE gone RENAME TO audit", &err));
	assert_refused(&r, 500, "PluginInternalError", "its log says why");
	assert_non_null(strstr(r.log, "no such table"));
	assert_null(strstr(r.body, "ciphertext"));
}

static int set_up(void **state)
{
	cleanup_secret struct secret *key = NULL, *secret = NULL;
	static char path[] = "/tmp/podseal-test-ark-XXXXXX";
	cleanup_free char *pem = NULL;
	struct error err;

	(void)state;
	if (laboratory_new(&options, &lab, &err) < 0 ||
	    laboratory_certificate_pem(lab->ark, &pem, &err) < 0 ||
	    secret_random(STORE_KEY_BYTES, &key, &err) < 0 ||
	    store_open_memory(key, &store, &err) < 0 || secret_new(6, &secret, &err) < 0)
		return -1;
	memcpy(secret->bytes, "secret", 6);
	broker.store = store;
	int fd = mkstemp(path);
	int failed = fd < 0 || write_all(fd, pem, strlen(pem), &err) < 0 ||
		     store_add(store, "a/b/c", secret, policy, strlen(policy), 1, &err) < 0 ||
		     sessions_new(&broker.sessions, &err) < 0 ||
		     certificates_new(store, &broker.certificates, &err) < 0 ||
		     certificates_trust_ark(broker.certificates, path, &err) < 0;
	(void)close(fd);
	(void)unlink(path);
	return failed;
}

static int tear_down(void **state)
{
	char last[AUDIT_ANCHOR_BYTES];
	struct error err;

	(void)state;
	int failed = audit_verify(store, NULL, last, &err);
	certificates_free(broker.certificates);
	sessions_free(broker.sessions);
	store_free(store);
	laboratory_free(lab);
	return failed;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_guest_that_attests_gets_the_resource),
		cmocka_unit_test(the_token_does_what_the_cookie_does),
		cmocka_unit_test(a_guest_that_is_wrong_in_one_point_is_refused),
		cmocka_unit_test(a_nonce_counts_once),
		cmocka_unit_test(a_policy_is_asked_for_each_resource),
		cmocka_unit_test(what_nobody_serves_is_not_found),
		cmocka_unit_test(without_a_log_nothing_is_released),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
