// SPDX-License-Identifier: Apache-2.0
/* A file's type and permissions, as `ls -l` says them. */
#pragma once

#include <stdint.h>

enum { MODE_TEXT_BYTES = 11 };

/* 'd', 'l', 'c', 'b', 'p', 's', and '-' for a regular file. */
char mode_type_letter(uint32_t mode);

/* "-rwsr-xr-x" */
void mode_text(uint32_t mode, char text[MODE_TEXT_BYTES]);
