// SPDX-License-Identifier: Apache-2.0
/* Which call is which, and what is said to those that are not answered. */
#pragma once

#include "guest-init/imaged/pull.h"

enum { CALLS_NOTE_BYTES = ERROR_TEXT_BYTES };

/* Always makes an answer. `note` receives a line for the journal that says what was done or why
 * not. */
void calls_answer(const struct image_store *store, const struct call *call, struct answer *answer,
		  char note[CALLS_NOTE_BYTES]);
