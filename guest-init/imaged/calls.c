// SPDX-License-Identifier: Apache-2.0
#include "guest-init/imaged/calls.h"

#include <stdio.h>
#include <string.h>

#include "guest-init/imaged/broker.h"
#include "guest-init/imaged/resource.h"

static enum ttrpc_status status_of(const struct error *err)
{
	switch (err->kind) {
	case ERROR_INPUT:
		return TTRPC_INVALID_ARGUMENT;
	case ERROR_MISMATCH:
		return TTRPC_PERMISSION_DENIED;
	default:
		return TTRPC_INTERNAL;
	}
}

static void refuse(enum ttrpc_status status, const char *text, struct answer *answer)
{
	*answer = (struct answer){ .status = status };
	(void)snprintf(answer->text, sizeof(answer->text), "podseal-imaged: %s", text);
}

static int pull(const struct image_store *store, const struct call *call, struct answer *answer,
		char note[CALLS_NOTE_BYTES], struct error *err)
{
	const struct sealed_container *container;
	struct pull_request request;
	size_t found;

	if (pull_request_parse(call->payload, call->payload_size, &request, err) < 0 ||
	    pull_image(store, &request, &found, err) < 0)
		return -1;
	container = &store->pod.containers[found];
	*answer = (struct answer){ .status = TTRPC_OK };
	(void)snprintf(note, CALLS_NOTE_BYTES, "image %s is container %s, at %s", request.image,
		       container->name, request.bundle);
	return pull_response_make(container->manifest_digest, &answer->payload,
				  &answer->payload_size, err);
}

static int fetch(const char *path, struct answer *answer, char note[CALLS_NOTE_BYTES],
		 struct error *err)
{
	cleanup_secret struct secret *secret = NULL;
	size_t size;

	if (broker_fetch(path, &secret, &size, err) < 0)
		return -1;
	*answer = (struct answer){ .status = TTRPC_OK };
	(void)snprintf(note, CALLS_NOTE_BYTES, "the broker gave %s", path);
	return secret_response_make(secret->bytes, size, &answer->payload, &answer->payload_size,
				    err);
}

static int get_resource(const struct image_store *store, const struct call *call,
			struct answer *answer, char note[CALLS_NOTE_BYTES], struct error *err)
{
	char uri[RESOURCE_URI_BYTES], path[RESOURCE_PATH_BYTES];

	(void)store;
	if (resource_request_parse(call->payload, call->payload_size, uri, err) < 0 ||
	    resource_uri_parse(uri, path, err) < 0)
		return -1;
	return fetch(path, answer, note, err);
}

static int unseal_secret(const struct image_store *store, const struct call *call,
			 struct answer *answer, char note[CALLS_NOTE_BYTES], struct error *err)
{
	cleanup_free uint8_t *text = NULL;
	char path[RESOURCE_PATH_BYTES];
	size_t size;

	(void)store;
	if (unseal_request_parse(call->payload, call->payload_size, &text, &size, err) < 0 ||
	    sealed_secret_parse(text, size, path, err) < 0)
		return -1;
	return fetch(path, answer, note, err);
}

static const struct known_call {
	const char *service, *method;
	bool asks_broker;
	int (*answer)(const struct image_store *store, const struct call *call,
		      struct answer *answer, char note[CALLS_NOTE_BYTES], struct error *err);
} known_calls[] = {
	{ "api.ImagePullService", "PullImage", false, pull },
	{ "api.GetResourceService", "GetResource", true, get_resource },
	{ "api.SealedSecretService", "UnsealSecret", true, unseal_secret },
};

/* NULL: not answered here. */
static const struct known_call *find(const struct calls *calls, const struct call *call)
{
	for (size_t i = 0; i < sizeof(known_calls) / sizeof(known_calls[0]); i++) {
		const struct known_call *known = &known_calls[i];
		if (strcmp(call->service, known->service) == 0 &&
		    strcmp(call->method, known->method) == 0 &&
		    (calls->resources || !known->asks_broker))
			return known;
	}
	return NULL;
}

bool calls_waits(const struct calls *calls, const struct call *call)
{
	const struct known_call *known = find(calls, call);

	return known && known->asks_broker;
}

void calls_answer(const struct calls *calls, const struct call *call, struct answer *answer,
		  char note[CALLS_NOTE_BYTES])
{
	const struct known_call *known = find(calls, call);
	struct error err;

	if (!known) {
		(void)snprintf(note, CALLS_NOTE_BYTES, "call %s/%s is not answered here",
			       call->service, call->method);
		refuse(TTRPC_UNIMPLEMENTED, note, answer);
	} else if (known->answer(&calls->images, call, answer, note, &err) < 0) {
		(void)snprintf(note, CALLS_NOTE_BYTES, "%s", err.text);
		refuse(status_of(&err), note, answer);
	}
}
