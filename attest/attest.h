// SPDX-License-Identifier: Apache-2.0
/* Attestation of AMD SEV-SNP guests: everything that can be decided from bytes alone.
 *
 * Four questions, four modules: what does a report say (snp_report.h), who signed it
 * (snp_signature.h), is that signer AMD's (snp_chain.h), is it what we want (snp_policy.h). Beside
 * them: what a launch will measure (measure.h), the ID block that names it (id_block.h), and the
 * messages of the key-broker protocol (kbs_message.h, kbs_evidence.h, kbs_jwe.h, report_data.h).
 *
 * This part opens no socket, reads no file and no clock, and prints nothing: time and files come
 * from its callers, which are `podseal`, `podseal-init` and `podseal-broker`. */
#pragma once

#include "attest/cert_table.h"
#include "attest/id_block.h"
#include "attest/kbs_evidence.h"
#include "attest/kbs_jwe.h"
#include "attest/kbs_message.h"
#include "attest/laboratory.h"
#include "attest/laboratory_report.h"
#include "attest/measure.h"
#include "attest/report_data.h"
#include "attest/snp_chain.h"
#include "attest/snp_policy.h"
#include "attest/snp_report.h"
#include "attest/snp_signature.h"
