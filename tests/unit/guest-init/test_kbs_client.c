// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/guest-init/pretend_broker.h"

#include "guest-init/kbs_client.h"

static int fetch(const struct pretend *p, const struct pem *ca, struct secret **secret,
		 struct error *err)
{
	cleanup_kbs_client struct kbs_client *client = NULL;
	const struct broker_url url = {
		.transport = p->certificate[0] ? BROKER_HTTPS : BROKER_HTTP,
		.host = "127.0.0.1",
		.port = p->port,
	};
	const struct kbs_client_options options = {
		.url = &url,
		.timeout_ms = 2000,
		.ca = ca,
		.ca_count = ca ? 1 : 0,
		.sys_fd = -1,
		.config = p->fake.root,
		.device = "/nonexistent",
	};

	if (kbs_client_attest(&options, &client, err) < 0)
		return -1;
	return kbs_client_fetch(client, "a/b/c", PRETEND_KEY_BYTES, secret, err);
}

static void assert_key(const struct secret *secret)
{
	assert_int_equal(secret->size, PRETEND_KEY_BYTES);
	for (size_t i = 0; i < secret->size; i++)
		assert_int_equal(secret->bytes[i], PRETEND_KEY_BYTE);
}

static void a_key_is_fetched(void **state)
{
	static const enum manner manners[] = { KEEPS_TO_IT, CLOSES_EACH_TIME };
	struct error err;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(manners); i++) {
		cleanup_secret struct secret *secret = NULL;
		struct pretend p;
		pretend_start(&p, manners[i], false);
		int result = fetch(&p, NULL, &secret, &err);
		pretend_stop(&p);
		assert_done(result, &err);
		assert_key(secret);
	}
}

static void over_https_by_a_certificate_of_the_initrd(void **state)
{
	cleanup_secret struct secret *secret = NULL;
	struct pretend p;
	struct error err;

	(void)state;
	pretend_start(&p, KEEPS_TO_IT, true);
	const struct pem ca = { (const uint8_t *)p.certificate, strlen(p.certificate) };
	int result = fetch(&p, &ca, &secret, &err);
	pretend_stop(&p);
	assert_done(result, &err);
	assert_key(secret);
}

static void nobody_else_is_believed(void **state)
{
	struct secret *secret = NULL;
	char another[4096];
	struct pretend p;
	struct error err;

	(void)state;
	SSL_CTX_free(make_tls(another, sizeof(another)));
	const struct pem ca = { (const uint8_t *)another, strlen(another) };
	pretend_start(&p, KEEPS_TO_IT, true);
	int result = fetch(&p, &ca, &secret, &err);
	pretend_stop(&p);
	assert_refused("another CA", result, &err, ERROR_MISMATCH, "the broker's certificate: ");
	pretend_start(&p, KEEPS_TO_IT, true);
	result = fetch(&p, NULL, &secret, &err);
	pretend_stop(&p);
	assert_refused("no CA", result, &err, ERROR_INPUT, "the initrd holds no CA certificate");
}

static void other_brokers_are_told_apart(void **state)
{
	static const struct {
		enum manner manner;
		enum error_kind kind;
		const char *why;
	} rows[] = {
		{ REFUSES_TO_ATTEST, ERROR_MISMATCH, "the broker refuses: PolicyDeny: not you" },
		{ REFUSES_THE_RESOURCE, ERROR_MISMATCH,
		  "a/b/c: the broker refuses: PolicyDeny: not you" },
		{ ANSWERS_NONSENSE, ERROR_INPUT, "not an HTTP answer" },
		{ ANSWERS_OTHER_JSON, ERROR_INPUT, "the broker's challenge: " },
		{ ENCRYPTS_TO_ANOTHER, ERROR_MISMATCH, "the broker's answer for a/b/c: " },
		{ GIVES_A_SHORT_KEY, ERROR_INPUT, "a/b/c is 32 bytes, not 64" },
		{ IS_SILENT, ERROR_SYSTEM, "the broker gives no answer in time" },
		{ DRIPS, ERROR_SYSTEM, "in time" },
		{ NEVER_ENDS, ERROR_SYSTEM, "in time" },
		{ GIVES_A_HUGE_BODY, ERROR_INPUT, "a body of more than 2097152 bytes" },
		{ PROMISES_TOO_MUCH, ERROR_INPUT, "not an HTTP answer: " },
		{ BREAKS_ITS_CHUNKS, ERROR_INPUT, "not an HTTP answer: " },
		{ REDIRECTS, ERROR_INPUT, "the broker answers with HTTP status 302" },
		{ FAILS, ERROR_INPUT, "the broker answers with HTTP status 500" },
		{ SWITCHES_PROTOCOLS, ERROR_INPUT, "the broker answers with HTTP status 101" },
		{ HANGS_UP, ERROR_INPUT, "not an HTTP answer: stream ended" },
	};
	struct error err;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(rows); i++) {
		struct secret *secret = NULL;
		struct pretend p;
		pretend_start(&p, rows[i].manner, false);
		int result = fetch(&p, NULL, &secret, &err);
		pretend_stop(&p);
		assert_refused(rows[i].why, result, &err, rows[i].kind, rows[i].why);
		assert_null(secret);
	}
}

static void nobody_is_there(void **state)
{
	struct secret *secret = NULL;
	struct pretend p;
	struct error err;

	(void)state;
	pretend_start(&p, KEEPS_TO_IT, false);
	pretend_stop(&p);
	assert_refused("closed port", fetch(&p, NULL, &secret, &err), &err, ERROR_SYSTEM,
		       "connecting: Connection refused");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_fetched),
		cmocka_unit_test(over_https_by_a_certificate_of_the_initrd),
		cmocka_unit_test(nobody_else_is_believed),
		cmocka_unit_test(other_brokers_are_told_apart),
		cmocka_unit_test(nobody_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
