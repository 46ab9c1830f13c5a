// SPDX-License-Identifier: Apache-2.0
/* The messages inside ttrpc's frames, on protobuf-c: what a call is, and its answer as a frame.
 * Texts of a call are printable ASCII, since all that are expected are and they are quoted in
 * answers and in the journal. Pure. */
#pragma once

#include "common/cleanup.h"
#include "guest-init/imaged/ttrpc.h"

enum {
	CALL_NAME_BYTES = 128,  /* with the NUL; "api.ImagePullService" */
	PULL_IMAGE_BYTES = 512, /* the longest image name has 457 */
	PULL_BUNDLE_BYTES = 256,
	RESOURCE_URI_BYTES = 300,
	ANSWER_TEXT_BYTES = ERROR_TEXT_BYTES + 32,
};

struct call {
	char service[CALL_NAME_BYTES], method[CALL_NAME_BYTES];
	uint8_t *payload;
	size_t payload_size;
	uint32_t stream; /* what the answer goes to; the frame's, not the message's */
};

/* A request frame's data. ERROR_INPUT: no such message, or one whose decoding would take much more
 * memory than it has bytes. Release with call_clear(). */
int call_parse(const uint8_t *data, size_t size, struct call *call, struct error *err) MUST_CHECK;
void call_clear(struct call *call);
#define cleanup_call CLEANUP(call_clear)

/* Of api.ImagePullService/PullImage. */
struct pull_request {
	char image[PULL_IMAGE_BYTES];
	char bundle[PULL_BUNDLE_BYTES];
};

int pull_request_parse(const uint8_t *payload, size_t size, struct pull_request *request,
		       struct error *err) MUST_CHECK;
int pull_response_make(const char *manifest_digest, uint8_t **payload, size_t *size,
		       struct error *err) MUST_CHECK;

/* Of api.GetResourceService/GetResource and api.SealedSecretService/UnsealSecret: their one field.
 * The caller frees *secret. */
int resource_request_parse(const uint8_t *payload, size_t size, char uri[RESOURCE_URI_BYTES],
			   struct error *err) MUST_CHECK;
int unseal_request_parse(const uint8_t *payload, size_t size, uint8_t **secret, size_t *secret_size,
			 struct error *err) MUST_CHECK;

/* The answer to both has the secret in field 1. */
int secret_response_make(const uint8_t *secret, size_t secret_size, uint8_t **payload, size_t *size,
			 struct error *err) MUST_CHECK;

struct answer {
	enum ttrpc_status status;
	char text[ANSWER_TEXT_BYTES]; /* where the status is not TTRPC_OK */
	uint8_t *payload;             /* where it is */
	size_t payload_size;
};

/* The payload is zeroed: it may be a secret. */
void answer_clear(struct answer *answer);
#define cleanup_answer CLEANUP(answer_clear)

/* The whole response frame. The caller frees *frame. ERROR_INPUT: more than a frame holds. */
int answer_frame(uint32_t stream, const struct answer *answer, uint8_t **frame, size_t *size,
		 struct error *err) MUST_CHECK;
