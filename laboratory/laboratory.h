// SPDX-License-Identifier: Apache-2.0
/* podseal-laboratory: a stand-in for /dev/sev-guest where there is no SEV hardware. It is the first
 * process of a test guest (rdinit=), out of an archive that `podseal run --simulate-snp` appends to
 * the initrd; it starts the device as a child, a CUSE server, and becomes /init, the podseal-init
 * that ships. Its reports are signed by a laboratory's VCEK, which no broker trusts unless told to.
 *
 * It is linked statically, so that it shares nothing with the initrd it stands in front of. Its
 * files, made by builder/boot/laboratory_initrd.c: */
#pragma once

#define LABORATORY_FOLDER "/laboratory"

#define LABORATORY_PROGRAM      LABORATORY_FOLDER "/init"
#define LABORATORY_REPORT       LABORATORY_FOLDER "/report"       /* for device.h: unsigned */
#define LABORATORY_KEY          LABORATORY_FOLDER "/vcek.key"     /* PEM */
#define LABORATORY_CERTIFICATES LABORATORY_FOLDER "/certificates" /* for device.h */
#define LABORATORY_MODULES      LABORATORY_FOLDER "/modules"      /* 0.ko, 1.ko, ... in order */
