// SPDX-License-Identifier: Apache-2.0
#include "guest-init/cmdline.h"

#include <string.h>

#include "common/cleanup.h"
#include "common/number.h"

static int parse_seal(const char *value, struct cmdline *cmdline, struct error *err)
{
	cmdline->has_seal = true;
	return seal_digest_from_text(value, cmdline->seal, err);
}

static int parse_kbs(const char *value, struct cmdline *cmdline, struct error *err)
{
	return broker_url_parse(value, &cmdline->kbs, err);
}

static int parse_ip(const char *value, struct cmdline *cmdline, struct error *err)
{
	cmdline->has_ip = true;
	return ip_config_parse(value, &cmdline->ip, err);
}

static int parse_scratch(const char *value, struct cmdline *cmdline, struct error *err)
{
	static const char sized[] = "tmpfs:";

	if (strcmp(value, "tmpfs") == 0) {
		cmdline->scratch = SCRATCH_TMPFS;
	} else if (strcmp(value, "disk") == 0) {
		cmdline->scratch = SCRATCH_DISK;
	} else if (strcmp(value, "none") == 0) {
		cmdline->scratch = SCRATCH_NONE;
	} else if (strncmp(value, sized, sizeof(sized) - 1) == 0) {
		cmdline->scratch = SCRATCH_TMPFS;
		if (size_parse(value + sizeof(sized) - 1, &cmdline->scratch_bytes, err) < 0) {
			err->kind = ERROR_INPUT;
			return -1;
		}
		if (cmdline->scratch_bytes == 0)
			return error_input(err, "a tmpfs of no bytes; say none for that");
	} else {
		return error_input(err, "\"%s\" is none of tmpfs, tmpfs:SIZE, disk and none",
				   value);
	}
	return 0;
}

static int parse_bind(const char *value, struct cmdline *cmdline, struct error *err)
{
	if (strcmp(value, "host-data") == 0)
		cmdline->bind = BIND_HOST_DATA;
	else if (strcmp(value, "initdata") == 0)
		cmdline->bind = BIND_INITDATA;
	else
		return error_input(err, "\"%s\" is neither host-data nor initdata", value);
	return 0;
}

static bool path_normalised(const char *path)
{
	size_t size = strlen(path);

	return path[0] == '/' && size > 1 && path[size - 1] != '/' && !strstr(path, "//") &&
	       !strstr(path, "/./") && !strstr(path, "/../") &&
	       (size < 2 || strcmp(path + size - 2, "/.") != 0) &&
	       (size < 3 || strcmp(path + size - 3, "/..") != 0);
}

static int parse_init(const char *value, struct cmdline *cmdline, struct error *err)
{
	if (!path_normalised(value) || strlen(value) >= sizeof(cmdline->init))
		return error_input(err,
				   "\"%s\" is not an absolute, normalised path of at most %zu "
				   "characters",
				   value, sizeof(cmdline->init) - 1);
	memcpy(cmdline->init, value, strlen(value) + 1);
	return 0;
}

static const struct parameter {
	const char *name;
	int (*parse)(const char *value, struct cmdline *cmdline, struct error *err);
} parameters[] = {
	{ "podseal.seal", parse_seal }, { "podseal.kbs", parse_kbs },
	{ "podseal.ip", parse_ip },     { "podseal.scratch", parse_scratch },
	{ "podseal.bind", parse_bind }, { "podseal.init", parse_init },
};

enum { PARAMETERS = sizeof(parameters) / sizeof(parameters[0]) };

static int take(const char *name, const char *value, unsigned *seen, struct cmdline *cmdline,
		struct error *err)
{
	for (unsigned i = 0; i < PARAMETERS; i++) {
		if (strcmp(name, parameters[i].name) != 0)
			continue;
		if (*seen & 1U << i)
			return error_input(err, "%s is given twice", name);
		*seen |= 1U << i;
		if (!value || value[0] == '\0')
			return error_input(err, "%s has no value", name);
		if (parameters[i].parse(value, cmdline, err) < 0)
			return error_prefix(err, "%s", name);
		return 0;
	}
	return error_input(err, "%s is not a parameter of podseal", name);
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct word {
	char *name;
	char *value; /* NULL: there was no '=' */
};

/* Takes the next word off *rest, which does not begin with a blank, and cuts it in place. */
static int next_word(char **rest, struct word *word, struct error *err)
{
	char *at = *rest, *equals = NULL;
	bool whole = *at == '"';
	bool quoted = whole;

	word->name = whole ? ++at : at;
	for (; *at && (quoted || !is_blank(*at)); at++) {
		if (*at == '=' && !equals)
			equals = at;
		if (*at == '"')
			quoted = !quoted;
	}
	if (quoted)
		return error_input(err, "a double quote is left open");
	*rest = *at ? at + 1 : at;
	*at = '\0';
	if (whole && at > word->name && at[-1] == '"')
		*--at = '\0';
	word->value = equals ? equals + 1 : NULL;
	if (equals)
		*equals = '\0';
	if (equals && word->value[0] == '"') {
		word->value++;
		if (at > word->value && at[-1] == '"')
			at[-1] = '\0';
	}
	return 0;
}

static int parse_words(char *text, struct cmdline *cmdline, struct error *err)
{
	static const char ours[] = "podseal.";
	unsigned seen = 0;

	for (;;) {
		struct word word = { NULL, NULL };
		while (is_blank(*text))
			text++;
		if (!*text)
			return 0;
		if (next_word(&text, &word, err) < 0)
			return -1;
		if (strncmp(word.name, ours, sizeof(ours) - 1) == 0 &&
		    take(word.name, word.value, &seen, cmdline, err) < 0)
			return -1;
	}
}

int cmdline_parse(const uint8_t *text, size_t size, struct cmdline *result, struct error *err)
{
	struct cmdline cmdline = { 0 };

	if (size > CMDLINE_MAX_BYTES)
		return error_input(err, "%zu bytes, at most %d", size, CMDLINE_MAX_BYTES);
	for (size_t i = 0; i < size; i++)
		if ((text[i] < 0x20 && !is_blank((char)text[i])) || text[i] == 0x7f)
			return error_input(err, "byte %zu is 0x%02x, a control byte", i, text[i]);
	cleanup_free char *copy = malloc(size + 1);
	if (!copy)
		return error_memory(err);
	memcpy(copy, text, size);
	copy[size] = '\0';
	if (parse_words(copy, &cmdline, err) < 0)
		return -1;
	*result = cmdline;
	return 0;
}
