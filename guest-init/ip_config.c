// SPDX-License-Identifier: Apache-2.0
#include "guest-init/ip_config.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

enum { FIELDS = 7, IP_TEXT_BYTES = 256 };

enum { CLIENT, SERVER, GATEWAY, NETMASK, HOST, DEVICE, AUTOCONF };

static int split(char *text, char *fields[FIELDS], struct error *err)
{
	size_t count = 0;

	for (char *field; (field = strsep(&text, ":"));) {
		if (count == FIELDS)
			return error_input(err, "more than %d fields", FIELDS);
		fields[count++] = field;
	}
	if (count != FIELDS)
		return error_input(err, "%zu fields, not %d", count, FIELDS);
	return 0;
}

static int parse_address(const char *what, const char *text, struct in_addr *address,
			 struct error *err)
{
	if (inet_pton(AF_INET, text, address) != 1)
		return error_input(err, "%s: \"%s\" is not an IPv4 address", what, text);
	return 0;
}

static int parse_netmask(const char *text, struct in_addr *netmask, struct error *err)
{
	if (parse_address("netmask", text, netmask, err) < 0)
		return -1;
	uint32_t hosts = ~ntohl(netmask->s_addr);
	if (hosts & (hosts + 1))
		return error_input(err, "netmask: \"%s\" has ones after zeros", text);
	return 0;
}

static int copy_name(const char *what, const char *text, char *name, size_t name_bytes,
		     struct error *err)
{
	size_t size = strlen(text);

	if (size >= name_bytes)
		return error_input(err, "%s: %zu characters, at most %zu", what, size,
				   name_bytes - 1);
	if (strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") !=
		    size ||
	    text[0] == '.')
		return error_input(err, "%s: \"%s\" is not a name", what, text);
	memcpy(name, text, size + 1);
	return 0;
}

int ip_config_parse(const char *text, struct ip_config *result, struct error *err)
{
	char copy[IP_TEXT_BYTES];
	char *fields[FIELDS];
	struct ip_config ip = { 0 };

	if (strlen(text) >= sizeof(copy))
		return error_input(err, "%zu characters, at most %zu", strlen(text),
				   sizeof(copy) - 1);
	memcpy(copy, text, strlen(text) + 1);
	if (split(copy, fields, err) < 0)
		return -1;
	if (fields[SERVER][0] != '\0')
		return error_input(err, "server: \"%s\", but podseal knows none", fields[SERVER]);
	if (strcmp(fields[AUTOCONF], "off") != 0)
		return error_input(err, "autoconf: \"%s\", it has to be \"off\"", fields[AUTOCONF]);
	if (fields[DEVICE][0] == '\0')
		return error_input(err, "device: none");
	ip.has_gateway = fields[GATEWAY][0] != '\0';
	if (parse_address("client", fields[CLIENT], &ip.client, err) < 0 ||
	    (ip.has_gateway && parse_address("gateway", fields[GATEWAY], &ip.gateway, err) < 0) ||
	    parse_netmask(fields[NETMASK], &ip.netmask, err) < 0 ||
	    copy_name("host", fields[HOST], ip.host, sizeof(ip.host), err) < 0 ||
	    copy_name("device", fields[DEVICE], ip.device, sizeof(ip.device), err) < 0)
		return -1;
	*result = ip;
	return 0;
}
