// SPDX-License-Identifier: Apache-2.0
#include "common/json.h"

#include <inttypes.h>
#include <string.h>

int json_parse(const uint8_t *bytes, size_t size, size_t limit, json_t **json, struct error *err)
{
	json_error_t why;

	if (size > limit)
		return error_input(err, "JSON of %zu bytes, at most %zu", size, limit);
	json_t *value = json_loadb((const char *)bytes, size,
				   JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
	if (!value)
		return error_input(err, "not valid JSON: line %d: %s", why.line, why.text);
	*json = value;
	return 0;
}

/* 2^53 - 1, the largest integer that is one in every JSON reader (RFC 8785, section 3.2.2.3) */
static const json_int_t INTEGER_MAX = 9007199254740991;

static bool plain_ascii(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < 0x20 || (unsigned char)text[i] >= 0x7f)
			return false;
	return true;
}

/* Depth is bounded by what made the value: the parser's limit, or our own code. */
static bool canonical_subset(const json_t *json)
{
	const char *name;
	json_t *member;
	size_t i;

	switch (json_typeof(json)) {
	case JSON_STRING:
		return plain_ascii(json_string_value(json), json_string_length(json));
	case JSON_REAL:
		return false;
	case JSON_INTEGER:
		/* past that RFC 8785 writes the nearest double, which is another number */
		return json_integer_value(json) >= -INTEGER_MAX &&
		       json_integer_value(json) <= INTEGER_MAX;
	case JSON_ARRAY:
		json_array_foreach (json, i, member)
			if (!canonical_subset(member))
				return false;
		return true;
	case JSON_OBJECT:
		json_object_foreach ((json_t *)(uintptr_t)json, name, member)
			if (!plain_ascii(name, strlen(name)) || !canonical_subset(member))
				return false;
		return true;
	default:
		return true;
	}
}

int json_canonical(const json_t *json, char **text, size_t *size, struct error *err)
{
	/* in this subset sorting by bytes is sorting by UTF-16 units, and no escape but \" and
	 * \\ occurs */
	if (!canonical_subset(json))
		return error_input(err, "JSON with a number that is not an integer below 2^53, or "
					"text that is not plain ASCII");
	char *out = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	if (!out)
		return error_memory(err);
	*text = out;
	*size = strlen(out);
	return 0;
}

/* The member, or NULL with *missing telling absent (or null) from an object that is none. */
static int member_of(const json_t *object, const char *where, const char *name, json_t **value,
		     struct error *err)
{
	if (!json_is_object(object))
		return error_input(err, "%s is not an object", where);
	json_t *member = json_object_get(object, name);
	*value = json_is_null(member) ? NULL : member;
	return 0;
}

static int required(const json_t *value, const char *where, const char *name, struct error *err)
{
	return value ? 0 : error_input(err, "%s has no \"%s\"", where, name);
}

int json_opt_string(const json_t *object, const char *where, const char *name, const char **value,
		    struct error *err)
{
	json_t *member;

	if (member_of(object, where, name, &member, err) < 0)
		return -1;
	if (member && !json_is_string(member))
		return error_input(err, "\"%s\" of %s is not a string", name, where);
	*value = member ? json_string_value(member) : NULL;
	return 0;
}

int json_get_string(const json_t *object, const char *where, const char *name, const char **value,
		    struct error *err)
{
	const char *text = NULL;

	if (json_opt_string(object, where, name, &text, err) < 0)
		return -1;
	if (!text)
		return error_input(err, "%s has no \"%s\"", where, name);
	*value = text;
	return 0;
}

int json_opt_u64(const json_t *object, const char *where, const char *name, uint64_t max,
		 uint64_t *value, struct error *err)
{
	json_t *member;

	if (member_of(object, where, name, &member, err) < 0)
		return -1;
	if (!member)
		return 0;
	if (!json_is_integer(member) || json_integer_value(member) < 0 ||
	    (uint64_t)json_integer_value(member) > max)
		return error_input(err, "\"%s\" of %s is not a whole number from 0 to %llu", name,
				   where, (unsigned long long)max);
	*value = (uint64_t)json_integer_value(member);
	return 0;
}

int json_get_u64(const json_t *object, const char *where, const char *name, uint64_t max,
		 uint64_t *value, struct error *err)
{
	json_t *member;

	if (member_of(object, where, name, &member, err) < 0 ||
	    required(member, where, name, err) < 0)
		return -1;
	return json_opt_u64(object, where, name, max, value, err);
}

int json_opt_bool(const json_t *object, const char *where, const char *name, bool *value,
		  struct error *err)
{
	json_t *member;

	if (member_of(object, where, name, &member, err) < 0)
		return -1;
	if (!member)
		return 0;
	if (!json_is_boolean(member))
		return error_input(err, "\"%s\" of %s is neither true nor false", name, where);
	*value = json_is_true(member);
	return 0;
}

int json_opt_object(const json_t *object, const char *where, const char *name, json_t **value,
		    struct error *err)
{
	json_t *member;

	if (member_of(object, where, name, &member, err) < 0)
		return -1;
	if (member && !json_is_object(member))
		return error_input(err, "\"%s\" of %s is not an object", name, where);
	*value = member;
	return 0;
}

int json_get_object(const json_t *object, const char *where, const char *name, json_t **value,
		    struct error *err)
{
	json_t *member;

	if (json_opt_object(object, where, name, &member, err) < 0 ||
	    required(member, where, name, err) < 0)
		return -1;
	*value = member;
	return 0;
}

int json_opt_array(const json_t *object, const char *where, const char *name, size_t max,
		   json_t **value, struct error *err)
{
	json_t *member;

	if (member_of(object, where, name, &member, err) < 0)
		return -1;
	if (member && !json_is_array(member))
		return error_input(err, "\"%s\" of %s is not an array", name, where);
	if (member && json_array_size(member) > max)
		return error_input(err, "\"%s\" of %s has %zu elements, at most %zu", name, where,
				   json_array_size(member), max);
	*value = member;
	return 0;
}

int json_get_array(const json_t *object, const char *where, const char *name, size_t max,
		   json_t **value, struct error *err)
{
	json_t *member;

	if (json_opt_array(object, where, name, max, &member, err) < 0 ||
	    required(member, where, name, err) < 0)
		return -1;
	*value = member;
	return 0;
}

int json_expect_string(const json_t *object, const char *where, const char *name,
		       const char *wanted, struct error *err)
{
	const char *value = NULL; /* gcc 12 does not see that it is set on success */

	if (json_get_string(object, where, name, &value, err) < 0)
		return -1;
	if (strcmp(value, wanted) != 0)
		return error_input(err, "\"%s\" of %s is \"%s\", not \"%s\"", name, where, value,
				   wanted);
	return 0;
}

int json_expect_u64(const json_t *object, const char *where, const char *name, uint64_t wanted,
		    struct error *err)
{
	uint64_t value = 0;

	if (json_get_u64(object, where, name, INT64_MAX, &value, err) < 0)
		return -1;
	if (value != wanted)
		return error_input(err, "\"%s\" of %s is %" PRIu64 ", not %" PRIu64, name, where,
				   value, wanted);
	return 0;
}

int json_only_members(const json_t *object, const char *where, const char *const *names,
		      struct error *err)
{
	const char *name;
	json_t *member;

	if (!json_is_object(object))
		return error_input(err, "%s is not an object", where);
	json_object_foreach ((json_t *)(uintptr_t)object, name, member) {
		const char *const *known = names;
		while (*known && strcmp(*known, name) != 0)
			known++;
		if (!*known)
			return error_input(err, "%s has an unknown member \"%s\"", where, name);
	}
	return 0;
}
