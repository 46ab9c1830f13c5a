// SPDX-License-Identifier: Apache-2.0
#include "builder/source/reference.h"

#include <string.h>

static const struct {
	const char *transport;
	enum reference_kind kind;
	bool named; /* a name may follow the path */
} transports[] = {
	{ "oci:", REFERENCE_OCI, true },
	{ "oci-archive:", REFERENCE_OCI_ARCHIVE, true },
	{ "docker-archive:", REFERENCE_DOCKER_ARCHIVE, true },
	{ "rootfs:", REFERENCE_ROOTFS, false },
};

static int split_path(const char *rest, bool named, struct reference *reference, struct error *err)
{
	const char *colon = named ? strchr(rest, ':') : NULL;
	size_t path_size = colon ? (size_t)(colon - rest) : strlen(rest);

	if (path_size == 0)
		return error_usage(err, "no path after the transport");
	if (colon && colon[1] == '\0')
		return error_usage(err, "no name after the path");
	cleanup_free char *path = strndup(rest, path_size);
	cleanup_free char *name = colon ? strdup(colon + 1) : NULL;
	if (!path || (colon && !name))
		return error_memory(err);
	reference->path = take_ptr(path);
	reference->name = take_ptr(name);
	return 0;
}

int reference_parse(const char *text, struct reference *reference, struct error *err)
{
	for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++) {
		size_t size = strlen(transports[i].transport);
		if (strncmp(text, transports[i].transport, size) != 0)
			continue;
		if (split_path(text + size, transports[i].named, reference, err) < 0)
			return -1;
		reference->kind = transports[i].kind;
		return 0;
	}
	return error_usage(err, "an image is named oci:DIR[:TAG], oci-archive:FILE[:TAG], "
				"docker-archive:FILE[:REF] or rootfs:DIR-or-TAR");
}

void reference_clear(struct reference *reference)
{
	free(reference->path);
	free(reference->name);
	reference->path = NULL;
	reference->name = NULL;
}

static const char *without_defaults(const char *name)
{
	if (strncmp(name, "docker.io/", 10) == 0)
		name += 10;
	if (strncmp(name, "library/", 8) == 0)
		name += 8;
	return name;
}

/* Bytes of `name` before ":latest", or all. */
static size_t without_latest(const char *name)
{
	size_t size = strlen(name);

	return size > 7 && strcmp(name + size - 7, ":latest") == 0 ? size - 7 : size;
}

bool reference_same_image(const char *a, const char *b)
{
	a = without_defaults(a);
	b = without_defaults(b);
	size_t size = without_latest(a);
	return size == without_latest(b) && memcmp(a, b, size) == 0;
}
