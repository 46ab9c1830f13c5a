// SPDX-License-Identifier: Apache-2.0
#include "guest-init/network.h"

#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <net/route.h>

#include "common/cleanup.h"

static struct sockaddr address_of(struct in_addr address)
{
	const struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = address };
	struct sockaddr generic;

	_Static_assert(sizeof(in) == sizeof(generic), "an IPv4 address is a whole sockaddr");
	memcpy(&generic, &in, sizeof(generic));
	return generic;
}

static int set_address(int fd, const char *device, unsigned long request, struct in_addr address)
{
	struct ifreq ifr = { .ifr_addr = address_of(address) };

	memcpy(ifr.ifr_name, device, IFNAMSIZ);
	return ioctl(fd, request, &ifr);
}

static int set_up(int fd, const char *device)
{
	struct ifreq ifr = { 0 };

	memcpy(ifr.ifr_name, device, IFNAMSIZ);
	if (ioctl(fd, SIOCGIFFLAGS, &ifr) < 0)
		return -1;
	ifr.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &ifr);
}

static int add_default_route(int fd, struct in_addr gateway)
{
	struct rtentry route = {
		.rt_dst = address_of((struct in_addr){ INADDR_ANY }),
		.rt_genmask = address_of((struct in_addr){ INADDR_ANY }),
		.rt_gateway = address_of(gateway),
		.rt_flags = RTF_UP | RTF_GATEWAY,
	};

	return ioctl(fd, SIOCADDRT, &route);
}

int network_up(const struct ip_config *ip, struct error *err)
{
	cleanup_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return error_system(err, "no IPv4 in this kernel");
	if (set_address(fd, ip->device, SIOCSIFADDR, ip->client) < 0 ||
	    set_address(fd, ip->device, SIOCSIFNETMASK, ip->netmask) < 0 ||
	    set_up(fd, ip->device) < 0)
		return error_system(err, "setting up %s", ip->device);
	if (ip->has_gateway && add_default_route(fd, ip->gateway) < 0)
		return error_system(err, "setting the default route");
	if (ip->host[0] != '\0' && sethostname(ip->host, strlen(ip->host)) < 0)
		return error_system(err, "setting the host name");
	return 0;
}
