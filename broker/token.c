// SPDX-License-Identifier: Apache-2.0
#include "broker/token.h"

#include <stdio.h>
#include <string.h>

#include <jose/jose.h>
#include <openssl/err.h>

#include "common/json.h"

/* base64url of {"alg":"ES256","typ":"JWT"}: the one header we write, and the one we accept, so that
 * no token chooses its algorithm. */
static const char header[] = "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9";

static json_t *claims_encode(const char *session_id, int64_t now)
{
	cleanup_json json_t *claims = json_pack(
		"{s:s, s:s, s:I, s:I, s:I}", "iss", "podseal-broker", "jti", session_id, "iat",
		(json_int_t)now, "nbf", (json_int_t)now, "exp", (json_int_t)now + SESSION_SECONDS);
	cleanup_free char *text = claims ? json_dumps(claims, JSON_COMPACT) : NULL;

	return text ? jose_b64_enc(text, strlen(text)) : NULL;
}

int token_make(const json_t *key, const char session_id[SESSION_ID_BYTES], int64_t now,
	       char **token, struct error *err)
{
	json_t *payload = claims_encode(session_id, now);
	cleanup_json json_t *jws = payload ? json_pack("{s:o}", "payload", payload) : NULL;
	cleanup_json json_t *signature = json_pack("{s:s}", "protected", header);
	char *text;

	if (!jws || !signature)
		return error_memory(err);
	if (!jose_jws_sig(NULL, jws, signature, key))
		return error_crypto(err, "signing a token");
	const char *signed_text = json_string_value(json_object_get(jws, "signature"));
	if (!signed_text ||
	    asprintf(&text, "%s.%s.%s", header, json_string_value(json_object_get(jws, "payload")),
		     signed_text) < 0)
		return error_memory(err);
	*token = text;
	return 0;
}

/* "header.payload.signature" as the JWS that libjose reads. */
static int token_split(const char *token, json_t **jws, struct error *err)
{
	size_t size = strnlen(token, TOKEN_MAX_BYTES + 1);
	const char *payload = token + strlen(header) + 1;

	if (size > TOKEN_MAX_BYTES || strncmp(token, header, strlen(header)) != 0 ||
	    token[strlen(header)] != '.')
		return error_mismatch(err, "not a token of this broker");
	const char *dot = strchr(payload, '.');
	if (!dot)
		return error_mismatch(err, "not a token of this broker");
	*jws = json_pack("{s:s, s:s%, s:s}", "protected", header, "payload", payload,
			 (size_t)(dot - payload), "signature", dot + 1);
	return *jws ? 0 : error_mismatch(err, "not a token of this broker");
}

static int claims_read(const json_t *payload, int64_t now, char session_id[SESSION_ID_BYTES],
		       struct error *err)
{
	cleanup_json json_t *claims = NULL;
	uint8_t text[TOKEN_MAX_BYTES];
	const char *id;
	uint64_t end;

	size_t size = jose_b64_dec(payload, NULL, 0);
	if (size > sizeof(text) || jose_b64_dec(payload, text, sizeof(text)) != size)
		return error_mismatch(err, "not a token of this broker");
	if (json_parse(text, size, sizeof(text), &claims, err) < 0 ||
	    json_get_string(claims, "token", "jti", &id, err) < 0 ||
	    json_get_u64(claims, "token", "exp", INT64_MAX, &end, err) < 0)
		return -1;
	if (now >= (int64_t)end)
		return error_mismatch(err, "the token's time is over");
	if (strlen(id) != SESSION_ID_BYTES - 1)
		return error_mismatch(err, "not a token of this broker");
	memcpy(session_id, id, SESSION_ID_BYTES);
	return 0;
}

int token_verify(const json_t *key, const char *token, int64_t now,
		 char session_id[SESSION_ID_BYTES], struct error *err)
{
	cleanup_json json_t *jws = NULL;

	if (token_split(token, &jws, err) < 0)
		return -1;
	if (!jose_jws_ver(NULL, jws, NULL, key, true)) {
		ERR_clear_error();
		return error_mismatch(err, "the token's signature does not verify");
	}
	return claims_read(json_object_get(jws, "payload"), now, session_id, err);
}
