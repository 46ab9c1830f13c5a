// SPDX-License-Identifier: Apache-2.0
#include "builder/kata/embedded.h"

/* Kept as files, so that they are read, reviewed and formatted as what they are. */
#define EMBED(name, path)                                              \
	__asm__(".pushsection .rodata\n"                               \
		".global " #name "\n" #name ": .incbin \"" path "\"\n" \
		".byte 0\n"                                            \
		".popsection\n")

EMBED(policy_rules, "builder/kata/policy.rego");
EMBED(imaged_service, "guest-init/imaged/podseal-imaged.service");
EMBED(agent_drop_in, "guest-init/imaged/kata-agent.service.d/podseal.conf");
EMBED(agent_no_disks, "guest-init/imaged/kata-agent.service.d/no-disks.conf");
