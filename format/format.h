// SPDX-License-Identifier: Apache-2.0
/* The bytes of a sealed image: what lies where, and what each structure means.
 *
 * Every function here is pure: it encodes into memory, or parses ranges that the caller has read;
 * none opens a file, asks for the time or draws a random number. Parsers take hostile bytes and
 * accept only what the encoders write. Used by the builder, by podseal-verity and by podseal-init,
 * so it stands on libcrypto and jansson alone. The text of the format is docs/format.md. */
#pragma once

#include "format/derive.h"
#include "format/descriptor.h"
#include "format/gpt.h"
#include "format/luks2.h"
#include "format/seal.h"
#include "format/signature.h"
#include "format/uuid.h"
