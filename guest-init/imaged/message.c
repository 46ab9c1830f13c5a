// SPDX-License-Identifier: Apache-2.0
#include "guest-init/imaged/message.h"

#include <string.h>

#include "guest-init/imaged/cdh.pb-c.h"
#include "guest-init/imaged/ttrpc.pb-c.h"

/* What decoding may take beyond twice the message: its structs, and unknown fields. Two bytes on
 * the wire can become an unknown field of 40. */
enum { DECODE_BYTES = 65536 };

struct decoder {
	ProtobufCAllocator allocator;
	size_t left;
};

static void *decoder_alloc(void *data, size_t size)
{
	struct decoder *decoder = data;

	if (size > decoder->left)
		return NULL;
	decoder->left -= size;
	return malloc(size);
}

static void decoder_free(void *data, void *pointer)
{
	(void)data;
	free(pointer);
}

static void *decode(const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t size,
		    struct error *err)
{
	struct decoder decoder = {
		.allocator = { decoder_alloc, decoder_free, &decoder },
		.left = 2 * size + DECODE_BYTES,
	};
	void *message = protobuf_c_message_unpack(type, &decoder.allocator, size, bytes);

	if (!message)
		(void)error_input(err, "%zu bytes are no %s, or one of too many fields", size,
				  type->short_name);
	return message;
}

static void message_free(void *message)
{
	ProtobufCAllocator allocator = { decoder_alloc, decoder_free, NULL };

	if (message)
		protobuf_c_message_free_unpacked(message, &allocator);
}

DEFINE_CLEANUP(cleanup_request_p, Ttrpc__Request, message_free)
DEFINE_CLEANUP(cleanup_pull_p, Api__ImagePullRequest, message_free)
DEFINE_CLEANUP(cleanup_resource_p, Api__GetResourceRequest, message_free)
DEFINE_CLEANUP(cleanup_unseal_p, Api__UnsealSecretInput, message_free)

static int take_text(const ProtobufCBinaryData *field, const char *name, char *text,
		     size_t text_bytes, struct error *err)
{
	if (field->len >= text_bytes)
		return error_input(err, "%s has %zu bytes, at most %zu", name, field->len,
				   text_bytes - 1);
	for (size_t i = 0; i < field->len; i++)
		if (field->data[i] < ' ' || field->data[i] > '~')
			return error_input(err, "%s has the byte 0x%02x at %zu", name,
					   field->data[i], i);
	if (field->len)
		memcpy(text, field->data, field->len);
	text[field->len] = '\0';
	return 0;
}

int call_parse(const uint8_t *data, size_t size, struct call *call, struct error *err)
{
	CLEANUP(cleanup_request_p)
	Ttrpc__Request *request = decode(&ttrpc__request__descriptor, data, size, err);
	struct call result;

	if (!request ||
	    take_text(&request->service, "the service's name", result.service,
		      sizeof(result.service), err) < 0 ||
	    take_text(&request->method, "the method's name", result.method, sizeof(result.method),
		      err) < 0)
		return -1;
	result.payload_size = request->payload.len;
	result.payload = take_ptr(request->payload.data);
	request->payload.len = 0;
	result.stream = 0;
	*call = result;
	return 0;
}

void call_clear(struct call *call)
{
	free(call->payload);
	call->payload = NULL;
}

int pull_request_parse(const uint8_t *payload, size_t size, struct pull_request *request,
		       struct error *err)
{
	CLEANUP(cleanup_pull_p)
	Api__ImagePullRequest *pull =
		decode(&api__image_pull_request__descriptor, payload, size, err);
	struct pull_request result;

	if (!pull ||
	    take_text(&pull->image_url, "image_url", result.image, sizeof(result.image), err) < 0 ||
	    take_text(&pull->bundle_path, "bundle_path", result.bundle, sizeof(result.bundle),
		      err) < 0)
		return -1;
	*request = result;
	return 0;
}

/* `before` bytes are left free for a header. */
static int encode(const ProtobufCMessage *message, size_t before, uint8_t **bytes, size_t *size,
		  struct error *err)
{
	size_t packed = protobuf_c_message_get_packed_size(message);
	uint8_t *result = malloc(before + packed + 1);

	if (!result)
		return error_memory(err);
	*size = before + protobuf_c_message_pack(message, result + before);
	*bytes = result;
	return 0;
}

int pull_response_make(const char *manifest_digest, uint8_t **payload, size_t *size,
		       struct error *err)
{
	Api__ImagePullResponse response = API__IMAGE_PULL_RESPONSE__INIT;
	cleanup_free char *digest = strdup(manifest_digest);

	if (!digest)
		return error_memory(err);
	response.manifest_digest = digest;
	return encode(&response.base, 0, payload, size, err);
}

int resource_request_parse(const uint8_t *payload, size_t size, char uri[RESOURCE_URI_BYTES],
			   struct error *err)
{
	CLEANUP(cleanup_resource_p)
	Api__GetResourceRequest *request =
		decode(&api__get_resource_request__descriptor, payload, size, err);

	return request ? take_text(&request->resource_path, "ResourcePath", uri, RESOURCE_URI_BYTES,
				   err)
		       : -1;
}

int unseal_request_parse(const uint8_t *payload, size_t size, uint8_t **secret, size_t *secret_size,
			 struct error *err)
{
	CLEANUP(cleanup_unseal_p)
	Api__UnsealSecretInput *request =
		decode(&api__unseal_secret_input__descriptor, payload, size, err);

	if (!request)
		return -1;
	*secret_size = request->secret.len;
	*secret = take_ptr(request->secret.data);
	request->secret.len = 0;
	return 0;
}

int secret_response_make(const uint8_t *secret, size_t secret_size, uint8_t **payload, size_t *size,
			 struct error *err)
{
	Api__GetResourceResponse response = API__GET_RESOURCE_RESPONSE__INIT;

	response.resource.data = (uint8_t *)(uintptr_t)secret; /* it is only read */
	response.resource.len = secret_size;
	return encode(&response.base, 0, payload, size, err);
}

void answer_clear(struct answer *answer)
{
	if (answer->payload)
		explicit_bzero(answer->payload, answer->payload_size);
	free(answer->payload);
	answer->payload = NULL;
}

int answer_frame(uint32_t stream, const struct answer *answer, uint8_t **frame, size_t *size,
		 struct error *err)
{
	Ttrpc__Status status = TTRPC__STATUS__INIT;
	Ttrpc__Response response = TTRPC__RESPONSE__INIT;
	char text[ANSWER_TEXT_BYTES];
	cleanup_free uint8_t *result = NULL;
	size_t bytes = 0;

	if (answer->status != TTRPC_OK) {
		memcpy(text, answer->text, sizeof(text));
		status.code = (int32_t)answer->status;
		status.message = text;
		response.status = &status;
	} else {
		response.payload.data = answer->payload;
		response.payload.len = answer->payload_size;
	}
	if (encode(&response.base, TTRPC_HEADER_BYTES, &result, &bytes, err) < 0)
		return -1;
	if (bytes - TTRPC_HEADER_BYTES > TTRPC_DATA_MAX_BYTES)
		return error_input(err, "an answer of %zu bytes is more than a frame holds", bytes);
	const struct ttrpc_header header = {
		.size = (uint32_t)(bytes - TTRPC_HEADER_BYTES),
		.stream = stream,
		.type = TTRPC_RESPONSE,
	};
	ttrpc_header_write(&header, result);
	*frame = take_ptr(result);
	*size = bytes;
	return 0;
}
