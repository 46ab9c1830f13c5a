// SPDX-License-Identifier: Apache-2.0
/* Which call is which, and what is said to those that are not answered. */
#pragma once

#include "guest-init/imaged/pull.h"

enum { CALLS_NOTE_BYTES = ERROR_TEXT_BYTES };

/* What the answers are made from. */
struct calls {
	struct image_store images;
	bool resources; /* GetResource and UnsealSecret are answered too */
};

/* Whether answering it means to ask the broker. */
bool calls_waits(const struct calls *calls, const struct call *call);

/* Always makes an answer. `note` receives a line for the journal that says what was done or why
 * not; never a secret. */
void calls_answer(const struct calls *calls, const struct call *call, struct answer *answer,
		  char note[CALLS_NOTE_BYTES]);
