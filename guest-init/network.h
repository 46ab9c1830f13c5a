// SPDX-License-Identifier: Apache-2.0
/* The one network interface that leads to the broker, by ioctl (netdevice(7)): not every kernel has
 * ip= built in. */
#pragma once

#include "guest-init/ip_config.h"

/* Gives the device its address, the default route and the machine its name. ERROR_SYSTEM: there is
 * no such device, or the kernel refuses. */
int network_up(const struct ip_config *ip, struct error *err) MUST_CHECK;
