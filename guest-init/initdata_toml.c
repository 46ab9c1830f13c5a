// SPDX-License-Identifier: Apache-2.0
/* The part of TOML that initdata consists of: https://toml.io/en/v1.0.0. */
#include "guest-init/initdata.h"

#include <stdbool.h>
#include <string.h>

#define BARE_KEY "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

struct span {
	const char *text;
	size_t size;
};

struct reader {
	const char *at;
	size_t line;
};

static bool span_is(struct span span, const char *text)
{
	return span.size == strlen(text) && memcmp(span.text, text, span.size) == 0;
}

static void skip_blanks(struct reader *r)
{
	r->at += strspn(r->at, " \t");
}

static void skip_to(struct reader *r, const char *end)
{
	for (; r->at < end; r->at++)
		r->line += *r->at == '\n';
}

static int wrong(const struct reader *r, const char *what, struct error *err)
{
	return error_input(err, "initdata, line %zu: %s", r->line, what);
}

/* What ends a string whose contents begin at `text`; NULL: nothing does. A backslash takes the next
 * character with it only in double quotes. */
static const char *find_end(const char *text, const char *quotes)
{
	size_t size = strlen(quotes);

	for (; *text; text++) {
		if (*text == '\\' && quotes[0] == '"' && text[1] != '\0')
			text++;
		else if (strncmp(text, quotes, size) == 0)
			return text;
		else if (*text == '\n' && size == 1)
			return NULL;
	}
	return NULL;
}

static int take_string(struct reader *r, struct span *string, struct error *err)
{
	static const char *const kinds[] = { "\"\"\"", "'''", "\"", "'" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t size = strlen(kinds[i]);
		if (strncmp(r->at, kinds[i], size) != 0)
			continue;
		const char *text = r->at + size;
		const char *end = find_end(text, kinds[i]);
		if (!end)
			return wrong(r, "a string without an end", err);
		*string = (struct span){ text, (size_t)(end - text) };
		skip_to(r, end + size);
		/* up to two more quotes may belong to the contents */
		if (size == 3)
			r->at += strspn(r->at, (char[]){ kinds[i][0], '\0' });
		return 0;
	}
	return wrong(r, "a value that is not a string", err);
}

static int take_key(struct reader *r, struct span *key, struct error *err)
{
	if (*r->at == '"' || *r->at == '\'') {
		if (take_string(r, key, err) < 0)
			return -1;
		if (key->text[-1] == '"' && memchr(key->text, '\\', key->size))
			return wrong(r, "an escape in a key", err);
	} else {
		*key = (struct span){ r->at, strspn(r->at, BARE_KEY) };
		r->at += key->size;
		if (key->size == 0)
			return wrong(r, "no key where one has to be", err);
	}
	skip_blanks(r);
	return 0;
}

static int expect(struct reader *r, char c, struct error *err)
{
	if (*r->at != c)
		return wrong(r, c == '=' ? "no \"=\" after a key" : "a table without its \"]\"",
			     err);
	r->at++;
	skip_blanks(r);
	return 0;
}

static int end_line(struct reader *r, struct error *err)
{
	skip_blanks(r);
	if (*r->at == '#')
		r->at += strcspn(r->at, "\n");
	if (*r->at == '\r' && r->at[1] == '\n')
		r->at++;
	if (*r->at != '\n' && *r->at != '\0')
		return wrong(r, "more than one thing", err);
	return 0;
}

struct found {
	bool in_data;   /* the present table is [data] */
	bool data_seen; /* it has begun once */
	bool has_seal;
	struct span seal;
};

static int take_table(struct reader *r, struct found *found, struct error *err)
{
	struct span name;

	r->at++;
	skip_blanks(r);
	if (take_key(r, &name, err) < 0 || expect(r, ']', err) < 0)
		return -1;
	found->in_data = span_is(name, "data");
	if (found->in_data && found->data_seen)
		return wrong(r, "a second [data]", err);
	found->data_seen |= found->in_data;
	return 0;
}

static int take_member(struct reader *r, struct found *found, struct error *err)
{
	struct span key, value;

	if (take_key(r, &key, err) < 0 || expect(r, '=', err) < 0 ||
	    take_string(r, &value, err) < 0)
		return -1;
	if (!found->in_data || !span_is(key, "podseal.seal"))
		return 0;
	if (found->has_seal)
		return wrong(r, "a second \"podseal.seal\"", err);
	found->has_seal = true;
	found->seal = value;
	return 0;
}

static int take_line(struct reader *r, struct found *found, struct error *err)
{
	int result = 0;

	skip_blanks(r);
	if (*r->at == '[')
		result = take_table(r, found, err);
	else if (*r->at != '\0' && !strchr("#\r\n", *r->at))
		result = take_member(r, found, err);
	return result < 0 ? -1 : end_line(r, err);
}

int initdata_seal_digest(const char *toml, uint8_t digest[SEAL_DIGEST_BYTES], struct error *err)
{
	struct reader r = { .at = toml, .line = 1 };
	struct found found = { 0 };
	char text[SEAL_DIGEST_TEXT_BYTES];

	while (*r.at) {
		if (take_line(&r, &found, err) < 0)
			return -1;
		if (*r.at == '\n')
			skip_to(&r, r.at + 1);
	}
	if (!found.has_seal)
		return error_input(err, "initdata has no \"podseal.seal\" in its [data]");
	if (found.seal.size != sizeof(text) - 1)
		return error_input(err, "initdata: podseal.seal is %zu characters, not %zu",
				   found.seal.size, sizeof(text) - 1);
	memcpy(text, found.seal.text, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	if (seal_digest_from_text(text, digest, err) < 0)
		return error_prefix(err, "initdata: podseal.seal");
	return 0;
}
