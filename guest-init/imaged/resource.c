// SPDX-License-Identifier: Apache-2.0
#include "guest-init/imaged/resource.h"

#include <string.h>

#include "common/base64url.h"
#include "common/cleanup.h"
#include "common/json.h"

int resource_uri_parse(const char *uri, char path[RESOURCE_PATH_BYTES], struct error *err)
{
	static const char scheme[] = "kbs:///";
	const char *name = uri + sizeof(scheme) - 1;

	if (strncmp(uri, scheme, sizeof(scheme) - 1) != 0 || strlen(name) >= RESOURCE_PATH_BYTES ||
	    !resource_path_valid(name))
		return error_input(err, "the resource \"%s\" is not kbs:///REPOSITORY/TYPE/TAG",
				   uri);
	memcpy(path, name, strlen(name) + 1);
	return 0;
}

static int payload_parse(const uint8_t *bytes, size_t size, char path[RESOURCE_PATH_BYTES],
			 struct error *err)
{
	cleanup_json json_t *json = NULL;
	const char *type, *name;

	if (json_parse(bytes, size, SEALED_SECRET_MAX_BYTES, &json, err) < 0 ||
	    json_expect_string(json, "the sealed secret", "version", "0.1.0", err) < 0 ||
	    json_get_string(json, "the sealed secret", "type", &type, err) < 0)
		return -1;
	if (strcmp(type, "envelope") == 0)
		return error_input(err, "a sealed secret of type envelope needs a key service "
					"beside the broker; use the type vault");
	if (json_expect_string(json, "the sealed secret", "type", "vault", err) < 0 ||
	    json_expect_string(json, "the sealed secret", "provider", "kbs", err) < 0 ||
	    json_get_string(json, "the sealed secret", "name", &name, err) < 0)
		return -1;
	return resource_uri_parse(name, path, err);
}

/* Cuts *rest at its next dot; the part before it, or NULL where there is none. */
static char *next_part(char **rest)
{
	return strchr(*rest, '.') ? strsep(rest, ".") : NULL;
}

int sealed_secret_parse(const uint8_t *text, size_t size, char path[RESOURCE_PATH_BYTES],
			struct error *err)
{
	cleanup_free char *copy = NULL;
	cleanup_free uint8_t *payload = NULL;
	size_t payload_size;

	if (size > SEALED_SECRET_MAX_BYTES || (size && memchr(text, 0, size)))
		return error_input(err, "%zu bytes are no sealed secret", size);
	copy = strndup(size ? (const char *)text : "", size);
	if (!copy)
		return error_memory(err);

	char *rest = copy;
	const char *word = next_part(&rest), *header = word ? next_part(&rest) : NULL;
	const char *body = header ? next_part(&rest) : NULL;
	if (!body || strcmp(word, "sealed") != 0 || strchr(rest, '.'))
		return error_input(err, "a sealed secret is sealed.HEADER.PAYLOAD.SIGNATURE");
	if (base64url_decode(body, &payload, &payload_size, err) < 0)
		return error_prefix(err, "the sealed secret's payload");
	return payload_parse(payload, payload_size, path, err);
}
