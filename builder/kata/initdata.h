// SPDX-License-Identifier: Apache-2.0
/* initdata, written: what Kata hands to a guest on a disk of its own, and whose digest it makes the
 * guest's HOST_DATA. podseal-init reads it (guest-init/initdata.h). Spec: Trustee,
 * kbs/docs/initdata.md, and Kata's initdata.rs. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum { KATA_HOST_DATA_BYTES = 32 };

/* The text: version, algorithm, and in [data] the seal digest ("sha256:HEX") as "podseal.seal". The
 * caller frees it. NULL: no memory. */
char *kata_initdata_toml(const char *seal);

/* What HOST_DATA will be: SHA-256 of the text. */
void kata_initdata_host_data(const char *toml, uint8_t host_data[KATA_HOST_DATA_BYTES]);

/* The value of the pod's annotation, base64 of gzip; the same for the same text. The caller frees
 * *annotation. */
int kata_initdata_annotation(const char *toml, char **annotation, struct error *err) MUST_CHECK;
