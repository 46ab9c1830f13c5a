// SPDX-License-Identifier: Apache-2.0
#include "builder/boot/broker_route.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

/* qemu(1), "-netdev user": the guest's address, the host's, the netmask. There is one card, and
 * nothing in the initrd gives it another name than the kernel's. */
#define HOST_ADDRESS "10.0.2.2"
#define IP_PARAMETER "podseal.ip=10.0.2.15::" HOST_ADDRESS ":255.255.255.0::eth0:off"

void broker_route_release(struct broker_route *route)
{
	free(route->parameters);
	free(route->socket);
	*route = (struct broker_route){ 0 };
}

static bool is_loopback(const char *host)
{
	struct in_addr four;
	struct in6_addr six;

	if (strcmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

static bool is_address(const char *host)
{
	struct in6_addr any;

	return inet_pton(AF_INET, host, &any) == 1 || inet_pton(AF_INET6, host, &any) == 1;
}

/* `rest` is what follows the scheme: HOST, then a port, a path, both or none. */
static int route_ip(const char *url, size_t scheme_length, struct broker_route *route,
		    struct error *err)
{
	const char *rest = url + scheme_length;
	bool brackets = rest[0] == '[';
	size_t length = strcspn(rest, brackets ? "]" : ":/");
	cleanup_free char *host = strndup(rest + brackets, length - brackets);
	const char *after = rest + length + (brackets && rest[length]);
	cleanup_free char *parameters = NULL;
	int n;

	if (!host)
		return error_memory(err);
	if (strpbrk(url, " \t\n\""))
		return error_usage(err, "--broker \"%s\" has a space or a quote in it", url);
	if (is_loopback(host))
		n = asprintf(&parameters, "podseal.kbs=%.*s" HOST_ADDRESS "%s " IP_PARAMETER,
			     (int)scheme_length, url, after);
	else if (is_address(host))
		n = asprintf(&parameters, "podseal.kbs=%s " IP_PARAMETER, url);
	else
		return error_usage(err,
				   "--broker \"%s\": \"%s\" is no address, and a guest asks no "
				   "server for one: name the broker by its address",
				   url, host);
	if (n < 0) {
		parameters = NULL;
		return error_memory(err);
	}
	route->parameters = take_ptr(parameters);
	return 0;
}

static int route_socket(const char *path, struct broker_route *route, struct error *err)
{
	struct broker_route made = {
		.parameters = strdup("podseal.kbs=port://" BROKER_ROUTE_PORT),
		.socket = strdup(path),
	};

	if (!made.parameters || !made.socket) {
		broker_route_release(&made);
		return error_memory(err);
	}
	*route = made;
	return 0;
}

int broker_route_make(const char *url, struct broker_route *route, struct error *err)
{
	static const char *const schemes[] = { "http://", "https://" };
	struct broker_route made = { 0 };

	if (strncmp(url, "unix:", 5) == 0 && url[5])
		return route_socket(url + 5, route, err);
	for (size_t i = 0; i < 2; i++)
		if (strncmp(url, schemes[i], strlen(schemes[i])) == 0) {
			if (route_ip(url, strlen(schemes[i]), &made, err) < 0)
				return -1;
			*route = made;
			return 0;
		}
	return error_usage(err, "--broker \"%s\" is neither http://, https:// nor unix:PATH", url);
}
