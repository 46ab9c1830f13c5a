// SPDX-License-Identifier: Apache-2.0
/* Texts that are part of podseal, as they were when it was built; each ends with a NUL. */
#pragma once

extern const char policy_rules[];   /* policy.rego */
extern const char imaged_service[]; /* guest-init/imaged/podseal-imaged.service */
extern const char agent_drop_in[];  /* guest-init/imaged/kata-agent.service.d/podseal.conf */
extern const char agent_no_disks[]; /* guest-init/imaged/kata-agent.service.d/no-disks.conf */
