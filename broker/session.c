// SPDX-License-Identifier: Apache-2.0
#include "broker/session.h"

#include <pthread.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "common/hex.h"

enum state { FREE = 0, CHALLENGED, NONCE_USED, ATTESTED };

struct session {
	enum state state;
	int64_t began;
	char id[SESSION_ID_BYTES];
	uint8_t nonce[KBS_NONCE_BYTES];
	struct session_evidence evidence;
};

struct sessions {
	pthread_mutex_t lock;
	struct session list[SESSIONS_MAX];
};

static void unlock_p(pthread_mutex_t **lock)
{
	(void)pthread_mutex_unlock(*lock);
}

#define LOCKED(sessions)                                              \
	CLEANUP(unlock_p) pthread_mutex_t *lock_ = &(sessions)->lock; \
	(void)pthread_mutex_lock(lock_)

void session_evidence_clear(struct session_evidence *evidence)
{
	json_decref(evidence->tee_public_key);
	*evidence = (struct session_evidence){ 0 };
}

int sessions_new(struct sessions **sessions, struct error *err)
{
	struct sessions *s = calloc(1, sizeof(*s));

	if (!s)
		return error_memory(err);
	(void)pthread_mutex_init(&s->lock, NULL);
	*sessions = s;
	return 0;
}

static void session_end(struct session *session)
{
	session_evidence_clear(&session->evidence);
	OPENSSL_cleanse(session, sizeof(*session));
}

void sessions_free(struct sessions *sessions)
{
	if (!sessions)
		return;
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		session_end(&sessions->list[i]);
	(void)pthread_mutex_destroy(&sessions->lock);
	free(sessions);
}

static bool alive(const struct session *session, int64_t now)
{
	return session->state != FREE && now - session->began < SESSION_SECONDS;
}

/* Of two that are alive, the one that gives way: without evidence first, then the older. */
static bool gives_way(const struct session *a, const struct session *b)
{
	bool a_attested = a->state == ATTESTED, b_attested = b->state == ATTESTED;

	return a_attested != b_attested ? b_attested : a->began < b->began;
}

static struct session *place_for_one(struct sessions *sessions, int64_t now)
{
	struct session *place = &sessions->list[0];

	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct session *s = &sessions->list[i];
		if (!alive(s, now))
			return s;
		if (gives_way(s, place))
			place = s;
	}
	return place;
}

/* Every ID is compared whole, so that the time says nothing of how close a guess was. */
static struct session *find(struct sessions *sessions, const char *id, int64_t now)
{
	struct session *found = NULL;

	if (strlen(id) != SESSION_ID_BYTES - 1)
		return NULL;
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct session *s = &sessions->list[i];
		if (alive(s, now) && !CRYPTO_memcmp(s->id, id, SESSION_ID_BYTES))
			found = s;
	}
	return found;
}

int session_begin(struct sessions *sessions, int64_t now, char id[SESSION_ID_BYTES],
		  uint8_t nonce[KBS_NONCE_BYTES], struct error *err)
{
	struct session fresh = { .state = CHALLENGED, .began = now };
	uint8_t uuid[16];

	if (RAND_bytes(uuid, sizeof(uuid)) != 1 || RAND_bytes(fresh.nonce, KBS_NONCE_BYTES) != 1)
		return error_crypto(err, "drawing a nonce");
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40); /* RFC 9562, version 4 */
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
	hex_encode(uuid, sizeof(uuid), fresh.id);

	LOCKED(sessions);
	struct session *place = place_for_one(sessions, now);
	session_end(place);
	*place = fresh;
	memcpy(id, fresh.id, SESSION_ID_BYTES);
	memcpy(nonce, fresh.nonce, KBS_NONCE_BYTES);
	return 0;
}

int session_take_nonce(struct sessions *sessions, const char *id, int64_t now,
		       uint8_t nonce[KBS_NONCE_BYTES], struct error *err)
{
	LOCKED(sessions);
	struct session *s = find(sessions, id, now);

	if (!s)
		return error_mismatch(err, "there is no such session, or it is over");
	if (s->state != CHALLENGED)
		return error_mismatch(err, "the nonce of this session was used");
	s->state = NONCE_USED;
	memcpy(nonce, s->nonce, KBS_NONCE_BYTES);
	return 0;
}

int session_attest(struct sessions *sessions, const char *id, int64_t now,
		   const struct session_evidence *evidence, struct error *err)
{
	json_t *key = json_deep_copy(evidence->tee_public_key);

	if (!key)
		return error_memory(err);
	LOCKED(sessions);
	struct session *s = find(sessions, id, now);
	if (!s || s->state != NONCE_USED) {
		json_decref(key);
		return error_mismatch(err, "the session is over");
	}
	s->evidence = *evidence;
	s->evidence.tee_public_key = key;
	s->state = ATTESTED;
	return 0;
}

int session_evidence(struct sessions *sessions, const char *id, int64_t now,
		     struct session_evidence *evidence, struct error *err)
{
	LOCKED(sessions);
	const struct session *s = find(sessions, id, now);

	if (!s || s->state != ATTESTED)
		return error_mismatch(err, s ? "nothing was attested in this session"
					     : "there is no such session, or it is over");
	struct session_evidence copy = s->evidence;
	copy.tee_public_key = json_deep_copy(copy.tee_public_key);
	if (!copy.tee_public_key)
		return error_memory(err);
	*evidence = copy;
	return 0;
}
