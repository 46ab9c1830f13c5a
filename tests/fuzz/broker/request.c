// SPDX-License-Identifier: Apache-2.0
/* A whole request as broker_answer() sees one: lines with method, path, cookie and authorization,
 * then the body. "@" in place of a cookie is that of a session that was just challenged, so that
 * the body is really judged; "*" one in which something was attested. Nothing may be released but
 * to that. */
#include <assert.h>
#include <string.h>

#include "broker/broker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1748736000 };

static struct broker broker;

static void resource_add(struct error *err)
{
	static const char policy[] =
		"{\"measurements\": [\"000000000000000000000000000000000000000000"
		"000000000000000000000000000000000000000000000000000000\"]}";
	cleanup_secret struct secret *secret = NULL;

	assert(secret_new(16, &secret, err) == 0);
	assert(store_add(broker.store, "a/b/c", secret, policy, strlen(policy), NOW, err) == 0);
}

static void broker_make(void)
{
	cleanup_secret struct secret *key = NULL;
	struct error err;

	assert(secret_random(STORE_KEY_BYTES, &key, &err) == 0);
	assert(store_open_memory(key, &broker.store, &err) == 0);
	assert(sessions_new(&broker.sessions, &err) == 0);
	assert(certificates_new(broker.store, &broker.certificates, &err) == 0);
	resource_add(&err);
}

/* A session in which another measurement than the policy's was attested. */
static void session_make(bool attested, char id[SESSION_ID_BYTES])
{
	json_t *key = json_pack("{s:s}", "kty", "EC");
	struct session_evidence evidence = { .tee_public_key = key, .report.measurement = { 1 } };
	uint8_t nonce[KBS_NONCE_BYTES];
	struct error err;

	assert(session_begin(broker.sessions, NOW, id, nonce, &err) == 0);
	if (attested) {
		assert(session_take_nonce(broker.sessions, id, NOW, nonce, &err) == 0);
		assert(session_attest(broker.sessions, id, NOW, &evidence, &err) == 0);
	}
	json_decref(key);
}

/* The next line of the text at *at, ended in place. */
static char *line(char **at)
{
	char *start = *at, *end = strchr(start, '\n');

	if (end)
		*end = '\0';
	*at = end ? end + 1 : start + strlen(start);
	return start;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_broker_response struct broker_response response = { 0 };
	cleanup_free char *text = malloc(size + 1);
	char id[SESSION_ID_BYTES];

	if (!broker.store)
		broker_make();
	assert(text);
	memcpy(text, data, size);
	text[size] = '\0';
	char *at = text;
	struct broker_request request = { .peer = "fuzz",
					  .now_ms = NOW * INT64_C(1000),
					  .monotonic = NOW };
	request.method = line(&at);
	request.path = line(&at);
	char *session = line(&at), *authorization = line(&at);
	if (!strcmp(session, "@") || !strcmp(session, "*")) {
		session_make(*session == '*', id);
		session = id;
	}
	request.session = *session ? session : NULL;
	request.authorization = *authorization ? authorization : NULL;
	request.body = (const uint8_t *)at;
	request.body_size = size - (size_t)(at - text);
	broker_answer(&broker, &request, &response);
	assert(response.body && *response.log);
	assert(response.status != 200 || !strstr(response.body, "ciphertext"));
	assert(strncmp(request.path, "/kbs/v0/resource/", 17) != 0 || response.status != 200);
	return 0;
}
