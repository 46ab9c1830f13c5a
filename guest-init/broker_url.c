// SPDX-License-Identifier: Apache-2.0
#include "guest-init/broker_url.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#include "common/number.h"

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

static const struct scheme {
	const char *prefix;
	enum broker_transport transport;
	uint32_t port;
} schemes[] = {
	{ "http://", BROKER_HTTP, 80 },
	{ "https://", BROKER_HTTPS, 443 },
	{ "vsock://", BROKER_VSOCK, 0 },
	{ "port://", BROKER_SERIAL, 0 },
};

static int parse_number(const char *what, const char *text, uint64_t max, uint32_t *value,
			struct error *err)
{
	uint64_t n;

	if (number_parse(text, 0, max, &n, err) < 0) {
		err->kind = ERROR_INPUT;
		return error_prefix(err, "%s", what);
	}
	*value = (uint32_t)n;
	return 0;
}

/* Cuts `text` at its first '/', and checks what follows. */
static int take_prefix(char *text, struct broker_url *url, struct error *err)
{
	char *slash = strchr(text, '/');

	if (!slash)
		return 0;
	size_t size = strlen(slash);
	if (size >= sizeof(url->prefix))
		return error_input(err, "the path is %zu characters, at most %zu", size,
				   sizeof(url->prefix) - 1);
	if (strspn(slash, NAME_CHARS "/") != size || strstr(slash, "//") || strstr(slash, "/."))
		return error_input(err, "\"%s\" is not a plain path", slash);
	memcpy(url->prefix, slash, size + 1);
	if (url->prefix[size - 1] == '/')
		url->prefix[size - 1] = '\0';
	*slash = '\0';
	return 0;
}

static int parse_address(char *text, struct broker_url *url, struct error *err)
{
	struct in6_addr address;
	bool six = text[0] == '[';
	char *end = strchr(text, six ? ']' : ':');
	char *port = NULL;

	if (six && (!end || (end[1] != '\0' && end[1] != ':')))
		return error_input(err, "\"%s\" is not an address and a port", text);
	if (six) {
		*end++ = '\0';
		text++;
	}
	if (end && *end == ':') {
		*end = '\0';
		port = end + 1;
	}
	if (strlen(text) >= sizeof(url->host) ||
	    inet_pton(six ? AF_INET6 : AF_INET, text, &address) != 1)
		return error_input(err, "\"%s\" is not an IPv4 address or an IPv6 one in brackets",
				   text);
	memcpy(url->host, text, strlen(text) + 1);
	return port ? parse_number("port", port, UINT16_MAX, &url->port, err) : 0;
}

static int parse_vsock(char *text, struct broker_url *url, struct error *err)
{
	char *colon = strchr(text, ':');

	if (!colon)
		return error_input(err, "\"%s\" has no port after its CID", text);
	*colon = '\0';
	if (parse_number("CID", text, UINT32_MAX, &url->cid, err) < 0)
		return -1;
	return parse_number("port", colon + 1, UINT32_MAX, &url->port, err);
}

static int parse_serial(const char *text, struct broker_url *url, struct error *err)
{
	size_t size = strlen(text);

	if (size == 0 || size >= sizeof(url->host) || strspn(text, NAME_CHARS) != size)
		return error_input(err, "\"%s\" is not the name of a virtio-serial port", text);
	memcpy(url->host, text, size + 1);
	return 0;
}

static int parse_rest(char *text, struct broker_url *url, struct error *err)
{
	switch (url->transport) {
	case BROKER_SERIAL:
		return parse_serial(text, url, err);
	case BROKER_VSOCK:
		return parse_vsock(text, url, err);
	case BROKER_HTTP:
	case BROKER_HTTPS:
	case BROKER_NONE:
		break;
	}
	if (take_prefix(text, url, err) < 0)
		return -1;
	return parse_address(text, url, err);
}

int broker_url_parse(const char *text, struct broker_url *result, struct error *err)
{
	char rest[256];

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t size = strlen(schemes[i].prefix);
		struct broker_url url = { .transport = schemes[i].transport,
					  .port = schemes[i].port };
		if (strncmp(text, schemes[i].prefix, size) != 0)
			continue;
		if (strlen(text + size) >= sizeof(rest))
			return error_input(err, "an address of %zu characters, at most %zu",
					   strlen(text + size), sizeof(rest) - 1);
		memcpy(rest, text + size, strlen(text + size) + 1);
		if (parse_rest(rest, &url, err) < 0)
			return -1;
		*result = url;
		return 0;
	}
	return error_input(err, "\"%s\" does not begin with http://, https://, vsock:// or port://",
			   text);
}
