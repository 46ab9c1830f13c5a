// SPDX-License-Identifier: Apache-2.0
/* podseal-imaged: the image service of a Kata guest. kata-agent asks it to pull images; it answers
 * out of the sealed volume, reads no image to do so, and refuses whatever is not sealed. Nothing of
 * it comes from the network, and what the host may say reaches it only through kata-agent's calls.
 *
 *     ttrpc        bytes to frames                 message      frames to calls and back
 *     server       who is connected                calls        which call is which
 *     sealed_pod   pod.json                        reference    an image's name to a container
 *     pull         a container's root file system  layers       what takes its writes
 *
 * It uses common only, and is linked statically: it runs in whatever distribution the base is. */
#pragma once

/* Where things are in the guest: fixed, since nobody in it has reason to choose. */
#define IMAGED_POD     "/usr/lib/podseal"     /* the sealed pod: pod.json and containers/NAME/ */
#define IMAGED_SCRATCH "/run/podseal/scratch" /* left by podseal-init; see docs/guest.md */
#define IMAGED_BUNDLES "/run/kata-containers" /* kata-agent's */
#define IMAGED_SOCKET  "/run/confidential-containers/cdh.sock" /* where kata-agent calls */
