// SPDX-License-Identifier: Apache-2.0
/* Certificates for the initrd. Private to builder/boot/. */
#pragma once

#include "builder/boot/file_list.h"
#include "common/error.h"

/* Adds each certificate of the PEM file `path` as "<directory>/<SHA-256 of its DER>.pem": the name
 * says what is inside, whatever the file was called here. Only certificates are copied; a private
 * key in the same file stays where it is. One that is there already counts once. ERROR_INPUT for a
 * file without a certificate. */
int certificates_add(struct file_list *list, const char *directory, const char *path,
		     struct error *err) MUST_CHECK;
