// SPDX-License-Identifier: Apache-2.0
/* A number of bytes for people: "512 B", "1.5 GiB". */
#pragma once

#include <stdint.h>

enum { BYTES_TEXT_BYTES = 16 };

/* Writes it to `text` and returns that. */
const char *bytes_text(uint64_t bytes, char text[BYTES_TEXT_BYTES]);
