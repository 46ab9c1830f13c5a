// SPDX-License-Identifier: Apache-2.0
#include "broker/broker.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "attest/kbs_jwe.h"
#include "attest/kbs_message.h"
#include "attest/snp_policy.h"
#include "broker/attestation.h"
#include "broker/token.h"
#include "common/hex.h"
#include "common/resource_path.h"

/* What the protocol calls it, and the status. Trustee says 401 for nearly everything; 403 and 404
 * are clearer where a client would only try again in vain, and guest-components' client, which
 * attests anew on 401, stops at them with the same message. */
struct refusal {
	unsigned status;
	const char *variant;
};

static const struct refusal not_attested = { 401, "AttestationError" };
static const struct refusal too_large = { BROKER_STATUS_TOO_LARGE, "AttestationError" };
static const struct refusal no_credential = { 401, "TokenNotFound" };
static const struct refusal bad_token = { 401, "TokenVerifierError" };
static const struct refusal against_policy = { 403, "PolicyDeny" };
static const struct refusal no_resource = { 404, "PluginInternalError" };
static const struct refusal no_plugin = { 404, "PluginNotFound" };
static const struct refusal no_route = { 404, "InvalidRequestPath" };
static const struct refusal broken = { 500, "PluginInternalError" };

/* One request on its way. */
struct exchange {
	struct broker *broker;
	const struct broker_request *request;
	struct broker_response *response;
	struct audit_row row;
	const struct refusal *refusal; /* set where a step fails */
	const char *rule;              /* of the policy, where that refused */
};

void broker_response_clear(struct broker_response *response)
{
	free(response->body);
	*response = (struct broker_response){ 0 };
}

static int refuse(struct exchange *x, const struct refusal *refusal)
{
	x->refusal = refusal;
	return -1;
}

static void cookie_set(struct exchange *x, const char *session)
{
	time_t end = (time_t)(x->request->now_ms / 1000 + SESSION_SECONDS);
	char date[64];
	struct tm tm;

	if (!gmtime_r(&end, &tm) || !strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm))
		return;
	(void)snprintf(x->response->cookie, BROKER_COOKIE_BYTES,
		       BROKER_COOKIE_NAME "=%s; Expires=%s", session, date);
}

/* A path as one word, so that it cannot pass for the words after it in a line. */
static void row_resource(struct audit_row *row, const char *path)
{
	audit_text(row->resource, sizeof(row->resource), path);
	for (char *space = row->resource; (space = strchr(space, ' '));)
		*space = '?';
}

static int auth(struct exchange *x, struct error *err)
{
	struct kbs_request request;
	char session[SESSION_ID_BYTES];
	uint8_t nonce[KBS_NONCE_BYTES];

	if (x->request->body_too_large) {
		error_input(err, "more than %d bytes", BROKER_BODY_MAX_BYTES);
		return refuse(x, &too_large);
	}
	if (kbs_request_parse(x->request->body, x->request->body_size, &request, err) < 0)
		return refuse(x, &not_attested);
	if (strcmp(request.tee, "snp") != 0) {
		error_mismatch(err, "TEE \"%s\" is not snp", request.tee);
		return refuse(x, &not_attested);
	}
	if (session_begin(x->broker->sessions, x->request->monotonic, session, nonce, err) < 0 ||
	    kbs_challenge_make(nonce, &x->response->body, err) < 0)
		return refuse(x, &broken);
	cookie_set(x, session);
	audit_text(x->row.verdict, sizeof(x->row.verdict), "challenged");
	return 0;
}

/* Only what was verified is written down. */
static void row_tell(struct audit_row *row, const struct session_evidence *evidence)
{
	size_t id_bytes =
		evidence->report.reported_tcb.has_fmc ? SNP_TURIN_CHIP_ID_BYTES : SNP_CHIP_ID_BYTES;

	hex_encode(evidence->report.chip_id, id_bytes, row->chip_id);
	hex_encode(evidence->report.measurement, SNP_DIGEST_BYTES, row->measurement);
	audit_text(row->root, sizeof(row->root),
		   evidence->laboratory_root ? "laboratory root" : "AMD");
}

static int attest(struct exchange *x, struct error *err)
{
	cleanup_session_evidence struct session_evidence evidence = { 0 };
	const struct broker_request *r = x->request;
	cleanup_free char *token = NULL;
	uint8_t nonce[KBS_NONCE_BYTES];

	if (!r->session) {
		error_mismatch(err, "no cookie " BROKER_COOKIE_NAME);
		return refuse(x, &not_attested);
	}
	/* a try spends the nonce, also one that fails: the next one needs a new challenge */
	if (session_take_nonce(x->broker->sessions, r->session, r->monotonic, nonce, err) < 0)
		return refuse(x, &not_attested);
	if (r->body_too_large) {
		error_input(err, "more than %d bytes", BROKER_BODY_MAX_BYTES);
		return refuse(x, &too_large);
	}
	if (attestation_judge(x->broker->certificates, nonce, r->body, r->body_size,
			      (time_t)(r->now_ms / 1000), &evidence, err) < 0)
		return refuse(x, &not_attested);
	row_tell(&x->row, &evidence);
	if (session_attest(x->broker->sessions, r->session, r->monotonic, &evidence, err) < 0)
		return refuse(x, &not_attested);
	if (token_make(store_token_key(x->broker->store), r->session, r->now_ms / 1000, &token,
		       err) < 0 ||
	    kbs_token_make(token, &x->response->body, err) < 0)
		return refuse(x, &broken);
	cookie_set(x, r->session);
	audit_text(x->row.verdict, sizeof(x->row.verdict), "attested");
	return 0;
}

/* By the cookie, else by the token: both lead to a session in which something was attested. */
static int credential_check(struct exchange *x, struct session_evidence *evidence,
			    struct error *err)
{
	static const char scheme[] = "Bearer ";
	const struct broker_request *r = x->request;
	char session[SESSION_ID_BYTES];

	if (r->session &&
	    session_evidence(x->broker->sessions, r->session, r->monotonic, evidence, err) == 0)
		return 0;
	if (!r->authorization || strncmp(r->authorization, scheme, strlen(scheme)) != 0) {
		if (!r->session)
			error_mismatch(err, "neither a cookie " BROKER_COOKIE_NAME
					    " nor a bearer token");
		return refuse(x, &no_credential);
	}
	if (token_verify(store_token_key(x->broker->store), r->authorization + strlen(scheme),
			 r->now_ms / 1000, session, err) < 0 ||
	    session_evidence(x->broker->sessions, session, r->monotonic, evidence, err) < 0)
		return refuse(x, &bad_token);
	return 0;
}

static int policy_ask(struct exchange *x, const struct resource *resource,
		      const struct session_evidence *evidence, struct error *err)
{
	cleanup_snp_policy struct snp_policy *policy = NULL;
	struct snp_refusal refusal = { 0 };

	if (snp_policy_parse((const uint8_t *)resource->policy, resource->policy_size, &policy,
			     err) < 0)
		return refuse(x, &broken);
	if (snp_policy_check(policy, &evidence->report, evidence->product, &refusal, err) < 0) {
		x->rule = refusal.rule;
		return refuse(x, &against_policy);
	}
	return 0;
}

static int release(struct exchange *x, const char *path, struct error *err)
{
	cleanup_session_evidence struct session_evidence evidence = { 0 };
	cleanup_resource struct resource resource = { 0 };

	row_resource(&x->row, path);
	if (credential_check(x, &evidence, err) < 0)
		return -1;
	row_tell(&x->row, &evidence);
	if (!resource_path_valid(path)) {
		error_input(err, "not a path REPOSITORY/TYPE/TAG");
		return refuse(x, &no_resource);
	}
	if (store_get(x->broker->store, path, &resource, err) < 0)
		return refuse(x, &broken);
	if (!resource.secret) {
		error_mismatch(err, "there is no resource %s", path);
		return refuse(x, &no_resource);
	}
	if (policy_ask(x, &resource, &evidence, err) < 0)
		return -1;
	if (kbs_jwe_encrypt(evidence.tee_public_key, resource.secret->bytes, resource.secret->size,
			    &x->response->body, err) < 0)
		return refuse(x, &broken);
	audit_text(x->row.verdict, sizeof(x->row.verdict), "released");
	return 0;
}

static bool asks(const struct broker_request *r, const char *method, const char *path)
{
	return !strcmp(r->method, method) && !strcmp(r->path, path);
}

static int dispatch(struct exchange *x, struct error *err)
{
	static const char base[] = "/kbs/v0/", resource[] = "/kbs/v0/resource/";
	const struct broker_request *r = x->request;

	if (asks(r, "POST", "/kbs/v0/auth")) {
		audit_text(x->row.action, sizeof(x->row.action), "auth");
		return auth(x, err);
	}
	if (asks(r, "POST", "/kbs/v0/attest")) {
		audit_text(x->row.action, sizeof(x->row.action), "attest");
		return attest(x, err);
	}
	if (!strcmp(r->method, "GET") && !strncmp(r->path, resource, strlen(resource))) {
		audit_text(x->row.action, sizeof(x->row.action), "resource");
		return release(x, r->path + strlen(resource), err);
	}
	audit_text(x->row.action, sizeof(x->row.action), "other");
	row_resource(&x->row, r->path);
	error_mismatch(err, "nothing is there for %.16s", r->method);
	return refuse(x, !strncmp(r->path, base, strlen(base)) ? &no_plugin : &no_route);
}

/* What the client hears. Which measurement a policy wants, and what broke here, is for the log. */
static void error_answer(struct exchange *x, const struct error *err)
{
	char detail[KBS_DETAIL_MAX_CHARACTERS + 1];
	struct error failed;

	if (x->rule)
		(void)snprintf(detail, sizeof(detail), "rule %s of the resource's policy", x->rule);
	else if (x->refusal == &broken)
		(void)snprintf(detail, sizeof(detail), "the broker failed; its log says why");
	else
		audit_text(detail, sizeof(detail), err->text);
	free(x->response->body);
	x->response->body = NULL;
	x->response->cookie[0] = '\0';
	x->response->status = x->refusal->status;
	(void)!kbs_error_make(x->refusal->variant, detail, &x->response->body, &failed);
}

static void log_line(struct exchange *x, const char *anchor, const struct error *err)
{
	const struct audit_row *row = &x->row;
	char line[BROKER_LOG_BYTES];
	int n = snprintf(line, sizeof(line), "%s %s %s%s%s", row->peer, row->action, row->resource,
			 *row->resource ? " " : "", row->verdict);
	size_t at = (size_t)n;

	if (x->refusal && !x->rule) /* the refusal of a policy names its rule itself */
		at += (size_t)snprintf(line + at, sizeof(line) - at, " %s:", row->rule);
	if (x->refusal)
		at += (size_t)snprintf(line + at, sizeof(line) - at, " %.600s", err->text);
	if (at < sizeof(line) && *row->measurement)
		at += (size_t)snprintf(line + at, sizeof(line) - at, "; measurement %s chip %s, %s",
				       row->measurement, row->chip_id, row->root);
	if (at < sizeof(line))
		(void)snprintf(line + at, sizeof(line) - at, "; audit %s", anchor);
	audit_text(x->response->log, sizeof(x->response->log), line);
}

void broker_answer(struct broker *broker, const struct broker_request *request,
		   struct broker_response *response)
{
	struct exchange x = { .broker = broker, .request = request, .response = response };
	char anchor[AUDIT_ANCHOR_BYTES] = "not written";
	struct error err, audit_err;

	*response = (struct broker_response){ .status = 200 };
	x.row.time_ms = request->now_ms;
	audit_text(x.row.peer, sizeof(x.row.peer), request->peer);
	if (dispatch(&x, &err) < 0) {
		if (err.kind == ERROR_SYSTEM)
			x.refusal = &broken;
		audit_text(x.row.verdict, sizeof(x.row.verdict), "refused");
		audit_text(x.row.rule, sizeof(x.row.rule), x.rule ? x.rule : x.refusal->variant);
		error_answer(&x, &err);
	}
	if (audit_append(broker->store, &x.row, anchor, &audit_err) < 0) {
		x.refusal = &broken;
		x.rule = NULL;
		err = audit_err;
		audit_text(x.row.verdict, sizeof(x.row.verdict), "refused");
		error_answer(&x, &err);
	}
	log_line(&x, anchor, &err);
}
