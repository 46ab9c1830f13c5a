// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/attest/vectors.h"

#include "broker/session.h"
#include "common/json.h"

static struct sessions *sessions;

static int set_up(void **state)
{
	struct error err;

	(void)state;
	return sessions_new(&sessions, &err);
}

static int tear_down(void **state)
{
	(void)state;
	sessions_free(sessions);
	return 0;
}

static void begin(int64_t now, char id[SESSION_ID_BYTES], uint8_t nonce[KBS_NONCE_BYTES])
{
	assert_ok(session_begin(sessions, now, id, nonce, &err));
}

static void attest(int64_t now, const char *id, uint32_t guest_svn)
{
	cleanup_json json_t *key = json_pack("{s:s}", "kty", "EC");
	struct session_evidence evidence = { .report.guest_svn = guest_svn, .tee_public_key = key };
	uint8_t nonce[KBS_NONCE_BYTES];

	assert_ok(session_take_nonce(sessions, id, now, nonce, &err));
	assert_ok(session_attest(sessions, id, now, &evidence, &err));
}

static void an_id_is_a_random_uuid_without_dashes(void **state)
{
	char id[SESSION_ID_BYTES], other[SESSION_ID_BYTES];
	uint8_t nonce[KBS_NONCE_BYTES], other_nonce[KBS_NONCE_BYTES];

	(void)state;
	begin(0, id, nonce);
	begin(0, other, other_nonce);
	assert_int_equal(strspn(id, "0123456789abcdef"), 32);
	assert_int_equal(id[12], '4');
	assert_non_null(strchr("89ab", id[16]));
	assert_string_not_equal(id, other);
	assert_memory_not_equal(nonce, other_nonce, sizeof(nonce));
}

static void a_nonce_is_taken_once(void **state)
{
	char id[SESSION_ID_BYTES];
	uint8_t nonce[KBS_NONCE_BYTES], taken[KBS_NONCE_BYTES];

	(void)state;
	begin(0, id, nonce);
	assert_ok(session_take_nonce(sessions, id, 1, taken, &err));
	assert_memory_equal(nonce, taken, sizeof(nonce));
	assert_fails(ERROR_MISMATCH, "was used", session_take_nonce(sessions, id, 1, taken, &err));
}

static void evidence_belongs_to_its_session(void **state)
{
	cleanup_session_evidence struct session_evidence found = { 0 };
	char a[SESSION_ID_BYTES], b[SESSION_ID_BYTES];
	uint8_t nonce[KBS_NONCE_BYTES];

	(void)state;
	begin(0, a, nonce);
	begin(0, b, nonce);
	assert_fails(ERROR_MISMATCH, "nothing was attested",
		     session_evidence(sessions, a, 1, &found, &err));
	attest(1, a, 7);
	assert_fails(ERROR_MISMATCH, "nothing was attested",
		     session_evidence(sessions, b, 1, &found, &err));
	assert_ok(session_evidence(sessions, a, 1, &found, &err));
	assert_int_equal(found.report.guest_svn, 7);
	assert_string_equal(json_string_value(json_object_get(found.tee_public_key, "kty")), "EC");
}

static void evidence_is_stored_only_for_a_nonce_that_was_taken(void **state)
{
	cleanup_json json_t *key = json_object();
	const struct session_evidence evidence = { .tee_public_key = key };
	char id[SESSION_ID_BYTES];
	uint8_t nonce[KBS_NONCE_BYTES];

	(void)state;
	begin(0, id, nonce);
	assert_fails(ERROR_MISMATCH, "over", session_attest(sessions, id, 1, &evidence, &err));
	attest(1, id, 1);
	assert_fails(ERROR_MISMATCH, "over", session_attest(sessions, id, 1, &evidence, &err));
}

static void a_session_ends_five_minutes_after_its_challenge(void **state)
{
	cleanup_session_evidence struct session_evidence found = { 0 };
	char id[SESSION_ID_BYTES];
	uint8_t nonce[KBS_NONCE_BYTES];

	(void)state;
	begin(1000, id, nonce);
	attest(1290, id, 1);
	assert_ok(session_evidence(sessions, id, 1299, &found, &err));
	session_evidence_clear(&found);
	assert_fails(ERROR_MISMATCH, "over", session_evidence(sessions, id, 1300, &found, &err));
}

static void an_id_that_is_none_finds_nothing(void **state)
{
	static const char *const ids[] = { "", "0", "00000000000000000000000000000000",
					   "000000000000000000000000000000000" };
	uint8_t nonce[KBS_NONCE_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		assert_fails(ERROR_MISMATCH, "no such session",
			     session_take_nonce(sessions, ids[i], 0, nonce, &err));
}

/* Who only asks for challenges cannot push out a guest that has attested. */
static void a_flood_of_challenges_leaves_attested_sessions(void **state)
{
	cleanup_session_evidence struct session_evidence found = { 0 };
	char attested[SESSION_ID_BYTES], first[SESSION_ID_BYTES], id[SESSION_ID_BYTES];
	uint8_t nonce[KBS_NONCE_BYTES];

	(void)state;
	begin(0, attested, nonce);
	attest(0, attested, 3);
	begin(1, first, nonce);
	for (int i = 0; i < 2 * SESSIONS_MAX; i++)
		begin(2, id, nonce);
	assert_fails(ERROR_MISMATCH, "no such session",
		     session_take_nonce(sessions, first, 3, nonce, &err));
	assert_ok(session_take_nonce(sessions, id, 3, nonce, &err));
	assert_ok(session_evidence(sessions, attested, 3, &found, &err));
	assert_int_equal(found.report.guest_svn, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_id_is_a_random_uuid_without_dashes, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_nonce_is_taken_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(evidence_belongs_to_its_session, set_up, tear_down),
		cmocka_unit_test_setup_teardown(evidence_is_stored_only_for_a_nonce_that_was_taken,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_session_ends_five_minutes_after_its_challenge,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_id_that_is_none_finds_nothing, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_flood_of_challenges_leaves_attested_sessions,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
