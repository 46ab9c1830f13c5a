// SPDX-License-Identifier: Apache-2.0
#include "common/image_name.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/hex.h"

enum { SHA256_BYTES = 32 };

static bool lower_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool word_char(char c)
{
	return lower_alnum(c) || (c >= 'A' && c <= 'Z') || c == '_';
}

/* A separator inside a path component: one '.', one or two '_', any number of '-'. Its length. */
static size_t separator_length(const char *text)
{
	size_t dashes = strspn(text, "-"), underscores = strspn(text, "_");

	if (dashes)
		return dashes;
	if (underscores)
		return underscores <= 2 ? underscores : 0;
	return text[0] == '.' ? 1 : 0;
}

/* path-component ("/" path-component)* */
static bool path_valid(const char *text)
{
	for (;;) {
		if (!lower_alnum(*text))
			return false;
		while (lower_alnum(*text))
			text++;
		if (*text == '\0')
			return true;
		text += *text == '/' ? 1 : separator_length(text);
	}
}

/* host [":" port]; the host's labels of letters, digits and inner '-'. */
static bool domain_valid(const char *text)
{
	for (;;) {
		size_t label = 0;
		while ((word_char(text[label]) && text[label] != '_') || text[label] == '-')
			label++;
		if (label == 0 || text[0] == '-' || text[label - 1] == '-')
			return false;
		text += label;
		if (*text != '.')
			break;
		text++;
	}
	if (*text == '\0')
		return true;
	size_t digits = strspn(text + 1, "0123456789");
	return *text == ':' && digits > 0 && text[1 + digits] == '\0';
}

static bool tag_valid(const char *tag)
{
	if (!word_char(tag[0]))
		return false;
	for (const char *c = tag; *c; c++)
		if (!word_char(*c) && *c != '.' && *c != '-')
			return false;
	return strlen(tag) < IMAGE_TAG_BYTES;
}

static bool digest_valid(const char *digest)
{
	uint8_t bytes[SHA256_BYTES];
	struct error ignored;

	return strncmp(digest, "sha256:", 7) == 0 && strlen(digest) == IMAGE_DIGEST_BYTES - 1 &&
	       strpbrk(digest + 7, "ABCDEF") == NULL &&
	       hex_decode(digest + 7, bytes, sizeof(bytes), &ignored) == 0;
}

/* Whether what stands before the first '/' is a registry and not a part of the path. */
static bool names_registry(const char *text, size_t size)
{
	if (size == strlen("localhost") && memcmp(text, "localhost", size) == 0)
		return true;
	for (size_t i = 0; i < size; i++)
		if (text[i] == '.' || text[i] == ':' || (text[i] >= 'A' && text[i] <= 'Z'))
			return true;
	return false;
}

/* Puts the registry and, for Docker Hub, "library/" before a short name. */
static bool complete(const char *text, char repository[IMAGE_REPOSITORY_BYTES])
{
	const char *slash = strchr(text, '/');
	const char *path = text;
	char domain[IMAGE_REPOSITORY_BYTES] = "docker.io";

	if (slash && names_registry(text, (size_t)(slash - text))) {
		if ((size_t)(slash - text) >= sizeof(domain))
			return false;
		memcpy(domain, text, (size_t)(slash - text));
		domain[slash - text] = '\0';
		path = slash + 1;
	}
	if (strcmp(domain, "index.docker.io") == 0)
		(void)strcpy(domain, "docker.io");
	bool official = strcmp(domain, "docker.io") == 0 && !strchr(path, '/');
	if (!domain_valid(domain) || !path_valid(path))
		return false;
	int length = snprintf(repository, IMAGE_REPOSITORY_BYTES, "%s/%s%s", domain,
			      official ? "library/" : "", path);
	return length < IMAGE_REPOSITORY_BYTES;
}

int image_name_parse(const char *text, struct image_name *name, struct error *err)
{
	char rest[IMAGE_NAME_TEXT_BYTES];
	struct image_name result = { 0 };

	if (strlen(text) >= sizeof(rest))
		return error_input(err, "an image name has %zu bytes, at most %zu", strlen(text),
				   sizeof(rest) - 1);
	(void)strcpy(rest, text);
	char *at = strchr(rest, '@');
	if (at) {
		*at = '\0';
		if (!digest_valid(at + 1))
			return error_input(err,
					   "image name \"%s\" has a digest that is not "
					   "sha256: and 64 lower-case digits",
					   text);
		(void)strcpy(result.digest, at + 1);
	}
	char *slash = strrchr(rest, '/');
	char *colon = strchr(slash ? slash : rest, ':');
	if (colon) {
		*colon = '\0';
		if (!tag_valid(colon + 1))
			return error_input(err, "image name \"%s\" has a bad tag", text);
		(void)strcpy(result.tag, colon + 1);
	} else if (!at) {
		(void)strcpy(result.tag, "latest");
	}
	if (!complete(rest, result.repository))
		return error_input(err, "\"%s\" is not an image name", text);
	*name = result;
	return 0;
}

void image_name_format(const struct image_name *name, char text[IMAGE_NAME_TEXT_BYTES])
{
	(void)snprintf(text, IMAGE_NAME_TEXT_BYTES, "%s%s%s%s%s", name->repository,
		       name->tag[0] ? ":" : "", name->tag, name->digest[0] ? "@" : "",
		       name->digest);
}
