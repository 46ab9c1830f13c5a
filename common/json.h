// SPDX-License-Identifier: Apache-2.0
/* Strict reading of JSON that others wrote, on jansson: bounded size and depth, no duplicate
 * members, nothing after the value; and typed access that names the member at fault. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "common/cleanup.h"
#include "common/error.h"

static inline void cleanup_json_p(json_t **json)
{
	json_decref(*json);
}
#define cleanup_json CLEANUP(cleanup_json_p)

/* One JSON value of at most `limit` bytes. Nesting is limited by jansson (2,048 levels).
 * ERROR_INPUT says the line. The caller owns *json. */
int json_parse(const uint8_t *bytes, size_t size, size_t limit, json_t **json, struct error *err)
	MUST_CHECK;

/* RFC 8785 (JSON canonicalization scheme), for values whose strings are ASCII without control
 * characters and whose numbers are integers below 2^53; anything else is ERROR_INPUT. The caller
 * frees *text (NUL-terminated). */
int json_canonical(const json_t *json, char **text, size_t *size, struct error *err) MUST_CHECK;

/* Members of an object. `where` names the object in messages ("manifest"). The optional forms give
 * NULL, or leave the default in place, where the member is absent or null; a member of the wrong
 * type is an error in both. Results are borrowed from `object`. */
int json_get_string(const json_t *object, const char *where, const char *name, const char **value,
		    struct error *err) MUST_CHECK;
int json_get_u64(const json_t *object, const char *where, const char *name, uint64_t max,
		 uint64_t *value, struct error *err) MUST_CHECK;
int json_get_object(const json_t *object, const char *where, const char *name, json_t **value,
		    struct error *err) MUST_CHECK;
int json_get_array(const json_t *object, const char *where, const char *name, size_t max,
		   json_t **value, struct error *err) MUST_CHECK;
int json_opt_string(const json_t *object, const char *where, const char *name, const char **value,
		    struct error *err) MUST_CHECK;
int json_opt_u64(const json_t *object, const char *where, const char *name, uint64_t max,
		 uint64_t *value, struct error *err) MUST_CHECK;
int json_opt_bool(const json_t *object, const char *where, const char *name, bool *value,
		  struct error *err) MUST_CHECK;
int json_opt_object(const json_t *object, const char *where, const char *name, json_t **value,
		    struct error *err) MUST_CHECK;
int json_opt_array(const json_t *object, const char *where, const char *name, size_t max,
		   json_t **value, struct error *err) MUST_CHECK;

/* A member that leaves no choice: ERROR_INPUT says what it is and what it has to be. */
int json_expect_string(const json_t *object, const char *where, const char *name,
		       const char *wanted, struct error *err) MUST_CHECK;
int json_expect_u64(const json_t *object, const char *where, const char *name, uint64_t wanted,
		    struct error *err) MUST_CHECK;

/* ERROR_INPUT naming the first member of `object` that is not in `names` (ended by NULL). */
int json_only_members(const json_t *object, const char *where, const char *const *names,
		      struct error *err) MUST_CHECK;

/* On standard output, indented, its members in their order, and a line break: what --json gives. */
int json_print(const json_t *json, struct error *err) MUST_CHECK;
