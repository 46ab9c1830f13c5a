// SPDX-License-Identifier: Apache-2.0
#include "attest/kbs_message.h"

#include <string.h>

#include "common/hex.h"
#include "common/json.h"

/* Dumps and drops `json`; NULL stands for a message that could not be made. */
static int dump(json_t *json, char **text, struct error *err)
{
	char *out = json ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	if (!out)
		return error_input(err, "a message with text that is not UTF-8, or no memory");
	*text = out;
	return 0;
}

static int copy_text(const char *from, const char *name, char *to, size_t size, struct error *err)
{
	if (!*from || strlen(from) >= size)
		return error_input(err, "\"%s\" has %zu characters, from 1 to %zu", name,
				   strlen(from), size - 1);
	memcpy(to, from, strlen(from) + 1);
	return 0;
}

/* Present, and of any type: Trustee's clients send "", {} or an object. */
static int extra_params_get(const json_t *message, const char *where, json_t **extra,
			    struct error *err)
{
	*extra = json_object_get(message, "extra-params");
	return *extra ? 0 : error_input(err, "%s has no \"extra-params\"", where);
}

int kbs_request_make(const char *tee, char **text, struct error *err)
{
	return dump(json_pack("{s:s, s:s, s:{s:[s, s, s]}}", "version", KBS_PROTOCOL_VERSION, "tee",
			      tee, "extra-params", "supported-hash-algorithms", "sha256", "sha384",
			      "sha512"),
		    text, err);
}

int kbs_request_parse(const uint8_t *bytes, size_t size, struct kbs_request *request,
		      struct error *err)
{
	cleanup_json json_t *root = NULL;
	const char *version, *tee;
	struct kbs_request r;
	json_t *extra;

	if (json_parse(bytes, size, KBS_MESSAGE_MAX_BYTES, &root, err) < 0 ||
	    json_get_string(root, "request", "version", &version, err) < 0)
		return -1;
	if (strcmp(version, KBS_PROTOCOL_VERSION) != 0)
		return error_mismatch(err,
				      "KBS Client Protocol Version Mismatch: expect "
				      "=" KBS_PROTOCOL_VERSION " while the request is %.32s",
				      version);
	if (json_get_string(root, "request", "tee", &tee, err) < 0 ||
	    extra_params_get(root, "request", &extra, err) < 0 ||
	    copy_text(tee, "tee", r.tee, sizeof(r.tee), err) < 0)
		return -1;
	*request = r;
	return 0;
}

int kbs_challenge_make(const uint8_t nonce[KBS_NONCE_BYTES], char **text, struct error *err)
{
	cleanup_free char *encoded = base64_encode(nonce, KBS_NONCE_BYTES);

	if (!encoded)
		return error_memory(err);
	return dump(json_pack("{s:s, s:s}", "nonce", encoded, "extra-params", ""), text, err);
}

int kbs_challenge_parse(const uint8_t *bytes, size_t size, struct kbs_challenge *challenge,
			struct error *err)
{
	cleanup_json json_t *root = NULL;
	struct kbs_challenge c = { .hash = KBS_SHA384 };
	const char *nonce, *hash = NULL;
	json_t *extra;

	if (json_parse(bytes, size, KBS_MESSAGE_MAX_BYTES, &root, err) < 0 ||
	    json_get_string(root, "challenge", "nonce", &nonce, err) < 0 ||
	    extra_params_get(root, "challenge", &extra, err) < 0 ||
	    copy_text(nonce, "nonce", c.nonce, sizeof(c.nonce), err) < 0)
		return -1;
	if (json_is_object(extra) &&
	    json_opt_string(extra, "extra-params", "selected-hash-algorithm", &hash, err) < 0)
		return -1;
	if (hash && kbs_hash_from_name(hash, &c.hash, err) < 0)
		return error_prefix(err, "challenge");
	*challenge = c;
	return 0;
}

int kbs_attestation_make(const char *nonce, json_t *tee_public_key, json_t *primary_evidence,
			 const char *init_data, char **text, struct error *err)
{
	cleanup_json json_t *root =
		json_pack("{s:{s:s, s:O}, s:{s:O, s:s}}", "runtime-data", "nonce", nonce,
			  "tee-pubkey", tee_public_key, "tee-evidence", "primary_evidence",
			  primary_evidence, "additional_evidence", "");

	if (root && init_data &&
	    json_object_set_new(root, "init-data",
				json_pack("{s:s, s:s}", "format", "toml", "body", init_data)) < 0)
		return error_input(err, "initdata is not UTF-8");
	return dump(json_incref(root), text, err);
}

static int init_data_get(struct kbs_attestation *a, struct error *err)
{
	const char *format, *body;
	json_t *o;

	if (json_opt_object(a->root, "attestation", "init-data", &o, err) < 0)
		return -1;
	if (!o)
		return 0;
	if (json_get_string(o, "init-data", "format", &format, err) < 0 ||
	    json_get_string(o, "init-data", "body", &body, err) < 0)
		return -1;
	if (strcmp(format, "toml") != 0)
		return error_input(err, "init-data is in the format \"%.32s\", not \"toml\"",
				   format);
	a->init_data = body;
	a->init_data_bytes = json_string_length(json_object_get(o, "body"));
	return 0;
}

int kbs_attestation_parse(const uint8_t *bytes, size_t size, struct kbs_attestation *attestation,
			  struct error *err)
{
	cleanup_kbs_attestation struct kbs_attestation a = { 0 };
	json_t *runtime, *evidence;

	if (json_parse(bytes, size, KBS_MESSAGE_MAX_BYTES, &a.root, err) < 0 ||
	    json_get_object(a.root, "attestation", "runtime-data", &runtime, err) < 0 ||
	    json_get_string(runtime, "runtime-data", "nonce", &a.nonce, err) < 0 ||
	    json_get_object(runtime, "runtime-data", "tee-pubkey", &a.tee_public_key, err) < 0 ||
	    json_get_object(a.root, "attestation", "tee-evidence", &evidence, err) < 0 ||
	    json_get_object(evidence, "tee-evidence", "primary_evidence", &a.primary_evidence,
			    err) < 0 ||
	    json_get_string(evidence, "tee-evidence", "additional_evidence", &a.additional_evidence,
			    err) < 0)
		return -1;
	if (init_data_get(&a, err) < 0)
		return -1;
	*attestation = a;
	a.root = NULL;
	return 0;
}

void kbs_attestation_clear(struct kbs_attestation *attestation)
{
	json_decref(attestation->root);
	*attestation = (struct kbs_attestation){ 0 };
}

int kbs_token_make(const char *token, char **text, struct error *err)
{
	return dump(json_pack("{s:s}", "token", token), text, err);
}

int kbs_token_parse(const uint8_t *bytes, size_t size, char **token, struct error *err)
{
	cleanup_json json_t *root = NULL;
	const char *value;

	if (json_parse(bytes, size, KBS_MESSAGE_MAX_BYTES, &root, err) < 0 ||
	    json_get_string(root, "attest's answer", "token", &value, err) < 0)
		return -1;
	char *copy = strdup(value);
	if (!copy)
		return error_memory(err);
	*token = copy;
	return 0;
}

int kbs_error_make(const char *variant, const char *detail, char **text, struct error *err)
{
	return dump(json_pack("{s:o, s:s}", "type", json_sprintf("%s%s", KBS_ERROR_TYPE, variant),
			      "detail", detail),
		    text, err);
}

int kbs_error_parse(const uint8_t *bytes, size_t size, struct kbs_error *error, struct error *err)
{
	cleanup_json json_t *root = NULL;
	struct kbs_error e = { 0 };
	const char *type, *detail;

	if (json_parse(bytes, size, KBS_MESSAGE_MAX_BYTES, &root, err) < 0 ||
	    json_get_string(root, "error", "type", &type, err) < 0 ||
	    json_get_string(root, "error", "detail", &detail, err) < 0)
		return -1;
	if (strncmp(type, KBS_ERROR_TYPE, strlen(KBS_ERROR_TYPE)) != 0)
		return error_input(err, "error of type \"%.80s\"", type);
	if (copy_text(type + strlen(KBS_ERROR_TYPE), "type", e.variant, sizeof(e.variant), err) < 0)
		return -1;
	(void)snprintf(e.detail, sizeof(e.detail), "%s", detail);
	*error = e;
	return 0;
}
