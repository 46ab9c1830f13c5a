// SPDX-License-Identifier: Apache-2.0
#include "guest-init/kbs_client.h"

#include <stdio.h>
#include <string.h>

#include "attest/kbs_evidence.h"
#include "attest/kbs_jwe.h"
#include "attest/report_data.h"
#include "common/json.h"
#include "common/resource_path.h"
#include "attest/cert_table.h"
#include "guest-init/http.h"
#include "guest-init/uevent.h"

enum {
	HOST_BYTES = BROKER_HOST_BYTES + 16,
	PATH_BYTES = BROKER_PREFIX_BYTES + RESOURCE_PATH_BYTES + 32,
	READ_BYTES = 16384
};

struct kbs_client {
	struct kbs_client_options options;
	uint64_t deadline_ms, waited_ms, report_ms;
	struct stream *stream; /* NULL: to be opened for the next request */
	char cookie[HTTP_COOKIE_BYTES];
	char *token;
	json_t *key;
};

void kbs_client_free(struct kbs_client *client)
{
	if (!client)
		return;
	stream_close(client->stream);
	kbs_key_free(client->key);
	free(client->token);
	free(client);
}

uint64_t kbs_client_waited_ms(const struct kbs_client *client)
{
	return client->waited_ms;
}

uint64_t kbs_client_report_ms(const struct kbs_client *client)
{
	return client->report_ms;
}

static int receive(struct kbs_client *client, struct http_response *response, struct error *err)
{
	cleanup_http_reader struct http_reader *reader = NULL;
	uint8_t bytes[READ_BYTES];
	bool done = false;
	size_t size;

	if (http_reader_new(&reader, err) < 0)
		return -1;
	while (!done)
		if (stream_read(client->stream, bytes, sizeof(bytes), &size, err) < 0 ||
		    http_reader_feed(reader, bytes, size, &done, err) < 0)
			return -1;
	http_reader_take(reader, response);
	return 0;
}

/* A status but 200 is for kbs_error_parse() to explain. */
static int explain(const struct http_response *response, struct error *err)
{
	struct kbs_error error;
	struct error ignored;

	if (response->body &&
	    kbs_error_parse(response->body, response->body_size, &error, &ignored) == 0)
		return error_mismatch(err, "the broker refuses: %s: %s", error.variant,
				      error.detail);
	return error_input(err, "the broker answers with HTTP status %u", response->status);
}

/* For the Host header; "broker" where the transport has no hosts. */
static void host_text(const struct broker_url *url, char text[HOST_BYTES])
{
	bool six = strchr(url->host, ':') != NULL;

	if (url->transport != BROKER_HTTP && url->transport != BROKER_HTTPS)
		(void)snprintf(text, HOST_BYTES, "broker");
	else
		(void)snprintf(text, HOST_BYTES, six ? "[%s]:%u" : "%s:%u", url->host, url->port);
}

static int exchange(struct kbs_client *client, const char *method, const char *path,
		    const char *body, struct http_response *response, struct error *err)
{
	const struct kbs_client_options *o = &client->options;
	char host[HOST_BYTES];
	const struct http_request request = {
		.method = method,
		.host = host,
		.path = path,
		.cookie = client->cookie,
		.token = client->token,
		.body = body,
	};
	cleanup_free char *text = NULL;
	size_t size;

	host_text(o->url, host);
	if (http_request_make(&request, &text, &size, err) < 0)
		return -1;
	if (!client->stream && stream_open(o->url, o->sys_fd, o->ca, o->ca_count,
					   client->deadline_ms, &client->stream, err) < 0)
		return -1;
	if (stream_write(client->stream, text, size, err) < 0 || receive(client, response, err) < 0)
		return -1;
	/* a serial port has no connections that could end */
	if (!response->keep_alive && o->url->transport != BROKER_SERIAL) {
		stream_close(client->stream);
		client->stream = NULL;
	}
	return 0;
}

static int call(struct kbs_client *client, const char *method, const char *resource,
		const char *body, struct http_response *result, struct error *err)
{
	cleanup_http_response struct http_response response = { 0 };
	char path[PATH_BYTES];

	(void)snprintf(path, sizeof(path), "%s/kbs/v0/%s", client->options.url->prefix, resource);
	uint64_t before = clock_ms();
	int done = exchange(client, method, path, body, &response, err);
	client->waited_ms += clock_ms() - before;
	if (done < 0)
		return -1;
	if (response.status != 200)
		return explain(&response, err);
	if (!response.body)
		return error_input(err, "the broker's answer is empty");
	if (response.cookie[0] != '\0')
		memcpy(client->cookie, response.cookie, sizeof(client->cookie));
	*result = response;
	response = (struct http_response){ 0 };
	return 0;
}

static int challenge(struct kbs_client *client, struct kbs_challenge *result, struct error *err)
{
	cleanup_http_response struct http_response response = { 0 };
	cleanup_free char *body = NULL;

	if (kbs_request_make("snp", &body, err) < 0 ||
	    call(client, "POST", "auth", body, &response, err) < 0)
		return -1;
	if (kbs_challenge_parse(response.body, response.body_size, result, err) < 0)
		return error_prefix(err, "the broker's challenge");
	return 0;
}

static int get_report(struct kbs_client *client, const uint8_t report_data[SNP_REPORT_DATA_BYTES],
		      struct report *report, struct error *err)
{
	uint64_t before = clock_ms();
	int result = report_get(client->options.config, client->options.device, report_data, report,
				err);

	client->report_ms += clock_ms() - before;
	return result;
}

/* A report that has the challenge and this client's key in it, as JSON. */
static int make_evidence(struct kbs_client *client, const struct kbs_challenge *challenge,
			 json_t *public_key, json_t **evidence, struct error *err)
{
	uint8_t report_data[SNP_REPORT_DATA_BYTES];
	cleanup_report struct report report = { .certificates = NULL };
	struct cert_table table = { .count = 0 };

	if (kbs_report_data(challenge->nonce, public_key, "", challenge->hash, report_data, err) <
		    0 ||
	    get_report(client, report_data, &report, err) < 0)
		return -1;
	if (cert_table_parse(report.certificates, report.certificates_size, &table, err) < 0)
		return error_prefix(err, "the host's certificates");
	return kbs_evidence_make(report.bytes, table.certificates, table.count, evidence, err);
}

static int attest(struct kbs_client *client, struct error *err)
{
	cleanup_http_response struct http_response response = { 0 };
	cleanup_json json_t *public_key = NULL, *evidence = NULL;
	cleanup_free char *body = NULL;
	struct kbs_challenge asked;

	if (challenge(client, &asked, err) < 0 || kbs_key_generate(&client->key, err) < 0 ||
	    kbs_key_public(client->key, &public_key, err) < 0 ||
	    make_evidence(client, &asked, public_key, &evidence, err) < 0 ||
	    kbs_attestation_make(asked.nonce, public_key, evidence, client->options.init_data,
				 &body, err) < 0 ||
	    call(client, "POST", "attest", body, &response, err) < 0)
		return -1;
	if (kbs_token_parse(response.body, response.body_size, &client->token, err) < 0)
		return error_prefix(err, "the broker's token");
	return 0;
}

int kbs_client_attest(const struct kbs_client_options *options, struct kbs_client **result,
		      struct error *err)
{
	cleanup_kbs_client struct kbs_client *client = calloc(1, sizeof(*client));

	if (!client)
		return error_memory(err);
	client->options = *options;
	client->deadline_ms = clock_ms() + options->timeout_ms;
	if (attest(client, err) < 0)
		return -1;
	*result = take_ptr(client);
	return 0;
}

int kbs_client_fetch_any(struct kbs_client *client, const char *key_id, struct secret **secret,
			 size_t *size, struct error *err)
{
	cleanup_http_response struct http_response response = { 0 };
	char resource[RESOURCE_PATH_BYTES + 16];

	(void)snprintf(resource, sizeof(resource), "resource/%s", key_id);
	if (call(client, "GET", resource, NULL, &response, err) < 0)
		return error_prefix(err, "%s", key_id);
	if (kbs_jwe_decrypt(client->key, response.body, response.body_size, secret, size, err) < 0)
		return error_prefix(err, "the broker's answer for %s", key_id);
	return 0;
}

int kbs_client_fetch(struct kbs_client *client, const char *key_id, size_t size,
		     struct secret **result, struct error *err)
{
	cleanup_secret struct secret *secret = NULL;
	size_t found;

	if (kbs_client_fetch_any(client, key_id, &secret, &found, err) < 0)
		return -1;
	if (found != size)
		return error_input(err, "%s is %zu bytes, not %zu", key_id, found, size);
	*result = take_ptr(secret);
	return 0;
}
