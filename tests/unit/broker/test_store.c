// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/attest/vectors.h"

#include <pthread.h>
#include <sqlite3.h>

#include "broker/audit.h"
#include "broker/store_private.h"
#include "broker/token.h"
#include "common/json.h"

#define POLICY "{\"measurements\": []}"

static struct store *store;
static struct secret *key;

static int set_up(void **state)
{
	struct error err;

	(void)state;
	return secret_random(STORE_KEY_BYTES, &key, &err) < 0 ||
	       store_open_memory(key, &store, &err) < 0;
}

static int tear_down(void **state)
{
	(void)state;
	store_free(store);
	secret_free(key);
	return 0;
}

static void add(const char *path, const char *text, const char *policy)
{
	cleanup_secret struct secret *secret = NULL;

	assert_ok(secret_new(strlen(text), &secret, &err));
	memcpy(secret->bytes, text, strlen(text));
	assert_ok(store_add(store, path, secret, policy, strlen(policy), 1, &err));
}

static void sql(const char *text)
{
	assert_ok(sql_run(store->db, text, &err));
}

static void a_resource_comes_back_with_its_policy(void **state)
{
	cleanup_resource struct resource r = { 0 };

	(void)state;
	add("a/b/c", "the secret", POLICY);
	assert_ok(store_get(store, "a/b/c", &r, &err));
	assert_int_equal(r.secret->size, 10);
	assert_memory_equal(r.secret->bytes, "the secret", 10);
	assert_string_equal(r.policy, POLICY);
}

static void what_is_not_there_is_no_error(void **state)
{
	cleanup_resource struct resource r = { 0 };

	(void)state;
	assert_ok(store_get(store, "a/b/c", &r, &err));
	assert_null(r.secret);
	assert_fails(ERROR_INPUT, "no resource", store_remove(store, "a/b/c", 1, &err));
}

static void a_removed_resource_is_gone(void **state)
{
	cleanup_resource struct resource r = { 0 };

	(void)state;
	add("a/b/c", "secret", POLICY);
	assert_ok(store_remove(store, "a/b/c", 2, &err));
	assert_ok(store_get(store, "a/b/c", &r, &err));
	assert_null(r.secret);
}

static void a_secret_is_bound_to_its_row(void **state)
{
	static const struct {
		const char *what, *change;
	} rows[] = {
		{ "another policy",
		  "UPDATE resource SET policy='{\"measurements\": [1]}' WHERE path='a/b/c'" },
		{ "a policy cut short", "UPDATE resource SET policy='' WHERE path='a/b/c'" },
		{ "another path", "DELETE FROM resource WHERE path='a/b/c';"
				  "UPDATE resource SET path='a/b/c' WHERE path='a/b/d'" },
		{ "another's secret",
		  "UPDATE resource SET sealed=(SELECT sealed FROM resource WHERE path='a/b/d') "
		  "WHERE path='a/b/c'" },
		{ "no bytes", "UPDATE resource SET sealed=x'' WHERE path='a/b/c'" },
		{ "zeros", "UPDATE resource SET sealed=zeroblob(40) WHERE path='a/b/c'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_resource struct resource r = { 0 };
		print_message("# %s\n", rows[i].what);
		add("a/b/c", "secret c", POLICY);
		add("a/b/d", "secret d", POLICY);
		sql(rows[i].change);
		assert_fails(ERROR_MISMATCH, "a/b/c", store_get(store, "a/b/c", &r, &err));
		assert_null(r.secret);
		sql("DELETE FROM resource");
	}
}

static void limits_are_kept(void **state)
{
	cleanup_secret struct secret *large = NULL, *small = NULL;

	(void)state;
	assert_ok(secret_new(STORE_SECRET_MAX_BYTES + 1, &large, &err));
	assert_ok(secret_new(1, &small, &err));
	assert_fails(ERROR_INPUT, "at most",
		     store_add(store, "a/b/c", large, POLICY, strlen(POLICY), 1, &err));
	assert_fails(ERROR_INPUT, "not a path",
		     store_add(store, "a/b", small, POLICY, strlen(POLICY), 1, &err));
}

/* --- audit --- */

static void *append_many(void *data)
{
	struct audit_row row = { .time_ms = 5, .verdict = "released" };
	char anchor[AUDIT_ANCHOR_BYTES];
	struct error err;

	(void)data;
	for (int i = 0; i < 50; i++)
		if (audit_append(store, &row, anchor, &err) < 0)
			return (void *)"failed";
	return NULL;
}

static void rows_of_many_threads_make_one_chain(void **state)
{
	char last[AUDIT_ANCHOR_BYTES];
	pthread_t threads[8];
	void *failed;

	(void)state;
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, append_many, NULL), 0);
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	assert_ok(audit_verify(store, NULL, last, &err));
	assert_memory_equal(last, "400:", 4);
}

/* The bytes that audit.h describes, hashed by sha256sum:
 * { head -c 32 /dev/zero; printf '\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\5'; printf '\0%.0s' {1..7}; printf
 * '\4peer'; printf '\0%.0s' {1..7}; printf '\4auth'; printf '\0%.0s' {1..24}; printf '\0%.0s'
 * {1..7}; printf '\2ok'; printf '\0%.0s' {1..16}; } | sha256sum */
static void a_row_is_hashed_as_documented(void **state)
{
	const struct audit_row row = {
		.time_ms = 5, .peer = "peer", .action = "auth", .verdict = "ok"
	};
	char anchor[AUDIT_ANCHOR_BYTES], last[AUDIT_ANCHOR_BYTES];

	(void)state;
	assert_ok(audit_append(store, &row, anchor, &err));
	assert_string_equal(anchor,
			    "1:1e102503d9d541d76d9a2d99c43452fcd371e5848fb19719793351c31d597aca");
	assert_ok(audit_verify(store, anchor, last, &err));
	assert_string_equal(anchor, last);
}

static void an_altered_log_does_not_verify(void **state)
{
	static const struct {
		const char *change, *why;
	} rows[] = {
		{ "UPDATE audit SET verdict='refused' WHERE sequence=7", "row 7 was altered" },
		{ "UPDATE audit SET time=time+1 WHERE sequence=7", "row 7 was altered" },
		{ "UPDATE audit SET hash=zeroblob(32) WHERE sequence=7", "row 7 was altered" },
		{ "UPDATE audit SET hash=x'00' WHERE sequence=7", "row 7 was altered" },
		{ "DELETE FROM audit WHERE sequence=1", "row 1 is missing" },
		{ "DELETE FROM audit WHERE sequence=7", "row 7 is missing" },
		{ "DELETE FROM audit WHERE sequence>40", "had 50 rows" },
		{ "DELETE FROM audit", "had 50 rows" },
		{ "UPDATE audit_head SET sequence=51", "end of the audit log was altered" },
		{ "DELETE FROM audit_head", "end of the audit log is missing" },
	};
	char last[AUDIT_ANCHOR_BYTES];

	(void)state;
	assert_null(append_many(NULL));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("# %s\n", rows[i].change);
		sql(rows[i].change);
		assert_fails(ERROR_MISMATCH, rows[i].why, audit_verify(store, NULL, last, &err));
		tear_down(NULL);
		assert_int_equal(set_up(NULL), 0);
		assert_null(append_many(NULL));
	}
}

/* Nothing is appended to a log whose end does not hold, so it cannot be laundered. */
static void an_altered_end_takes_no_row(void **state)
{
	const struct audit_row row = { 0 };
	char anchor[AUDIT_ANCHOR_BYTES];

	(void)state;
	assert_null(append_many(NULL));
	sql("UPDATE audit_head SET hash=zeroblob(32)");
	assert_fails(ERROR_MISMATCH, "altered", audit_append(store, &row, anchor, &err));
}

static void text_of_a_row_is_printable(void **state)
{
	char out[8];

	(void)state;
	audit_text(out, sizeof(out), "a\nb\x7f\xff longer");
	assert_string_equal(out, "a?b?? l");
}

/* --- token --- */

static void a_token_names_its_session(void **state)
{
	static const char id[SESSION_ID_BYTES] = "0123456789abcdef0123456789abcdef";
	const json_t *signer = store_token_key(store);
	cleanup_free char *token = NULL;
	char found[SESSION_ID_BYTES];

	(void)state;
	assert_ok(token_make(signer, id, 1000, &token, &err));
	assert_ok(token_verify(signer, token, 1299, found, &err));
	assert_string_equal(found, id);
	assert_fails(ERROR_MISMATCH, "time is over",
		     token_verify(signer, token, 1300, found, &err));
}

static void a_token_that_is_not_ours_is_refused(void **state)
{
	static const char id[SESSION_ID_BYTES] = "0123456789abcdef0123456789abcdef";
	cleanup_free char *token = NULL, *foreign = NULL;
	cleanup_store struct store *other = NULL;
	cleanup_secret struct secret *other_key = NULL;
	char found[SESSION_ID_BYTES];

	(void)state;
	assert_ok(secret_random(STORE_KEY_BYTES, &other_key, &err));
	assert_ok(store_open_memory(other_key, &other, &err));
	assert_ok(token_make(store_token_key(store), id, 1000, &token, &err));
	assert_ok(token_make(store_token_key(other), id, 1000, &foreign, &err));
	assert_fails(ERROR_MISMATCH, "signature",
		     token_verify(store_token_key(store), foreign, 1000, found, &err));
	for (size_t i = 0; token[i]; i++) {
		char was = token[i];
		struct error err;
		token[i] = was == 'A' ? 'B' : 'A';
		/* the last digit of a signature has two bits that mean nothing */
		if (token[i + 1] &&
		    token_verify(store_token_key(store), token, 1000, found, &err) == 0)
			fail_msg("a token with digit %zu changed is taken", i);
		token[i] = was;
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_resource_comes_back_with_its_policy),
		TEST(what_is_not_there_is_no_error),
		TEST(a_removed_resource_is_gone),
		TEST(a_secret_is_bound_to_its_row),
		TEST(limits_are_kept),
		TEST(rows_of_many_threads_make_one_chain),
		TEST(a_row_is_hashed_as_documented),
		TEST(an_altered_log_does_not_verify),
		TEST(an_altered_end_takes_no_row),
		TEST(text_of_a_row_is_printable),
		TEST(a_token_names_its_session),
		TEST(a_token_that_is_not_ours_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
