// SPDX-License-Identifier: Apache-2.0
#include "guest-init/imaged/calls.h"

#include <stdio.h>
#include <string.h>

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

static bool is_pull(const struct call *call)
{
	return strcmp(call->service, "api.ImagePullService") == 0 &&
	       strcmp(call->method, "PullImage") == 0;
}

void calls_answer(const struct image_store *store, const struct call *call, struct answer *answer,
		  char note[CALLS_NOTE_BYTES])
{
	struct error err;

	if (!is_pull(call)) {
		(void)snprintf(note, CALLS_NOTE_BYTES, "call %s/%s is not answered here",
			       call->service, call->method);
		refuse(TTRPC_UNIMPLEMENTED, note, answer);
	} else if (pull(store, call, answer, note, &err) < 0) {
		(void)snprintf(note, CALLS_NOTE_BYTES, "%s", err.text);
		refuse(status_of(&err), note, answer);
	}
}
