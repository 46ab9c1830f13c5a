// SPDX-License-Identifier: Apache-2.0
/* What the user wrote after --base and the like: TRANSPORT:PATH[:NAME], by containers-transports(5)
 * where it has the transport. Private to builder/source/. */
#pragma once

#include <stdbool.h>

#include "common/cleanup.h"
#include "common/error.h"

enum reference_kind {
	REFERENCE_OCI,            /* a directory, an OCI image layout */
	REFERENCE_OCI_ARCHIVE,    /* the same in a tar file */
	REFERENCE_DOCKER_ARCHIVE, /* a tar file by `docker save` */
	REFERENCE_ROOTFS,         /* a directory or a tar file: no image, the files themselves */
};

struct reference {
	enum reference_kind kind;
	char *path;
	char *name; /* after the path's colon: a tag, a reference, or "@" and a number; or NULL */
};

/* The path of the first three ends at its first colon; that of `rootfs:` at the end of the text.
 * ERROR_USAGE for another transport, and for an empty path or name. The caller frees with
 * reference_clear(). */
int reference_parse(const char *text, struct reference *reference, struct error *err) MUST_CHECK;
void reference_clear(struct reference *reference);
#define cleanup_reference CLEANUP(reference_clear)

/* Two names of one image: "nginx" is "docker.io/library/nginx:latest". */
bool reference_same_image(const char *a, const char *b);
