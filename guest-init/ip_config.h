// SPDX-License-Identifier: Apache-2.0
/* The guest's own address, for a broker behind http or https: `podseal.ip=`. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>

#include <net/if.h>

#include "common/error.h"

enum { IP_HOST_NAME_BYTES = 64 }; /* with the NUL */

struct ip_config {
	struct in_addr client;
	bool has_gateway;
	struct in_addr gateway;
	struct in_addr netmask;        /* contiguous */
	char host[IP_HOST_NAME_BYTES]; /* "": the guest gets no name */
	char device[IFNAMSIZ];
};

/* "<client>::<gateway>:<netmask>:<host>:<device>:off", the kernel's grammar for ip= (admin-guide/
 * nfs/nfsroot.rst) with what podseal has no use for left empty or fixed: the server, and automatic
 * configuration, which would be the host's word. Gateway and host may be empty. ERROR_INPUT names
 * the field. */
int ip_config_parse(const char *text, struct ip_config *ip, struct error *err) MUST_CHECK;
