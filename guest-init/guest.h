// SPDX-License-Identifier: Apache-2.0
/* podseal-init: the first process of a confidential guest. It finds the sealed image, decides
 * whether to trust it, proves to the broker what this guest is, opens the volumes and hands over to
 * the init within. It never offers a shell, never goes on with a doubt, and writes no key anywhere
 * but into the kernel. It starts no other process. Nobody calls this part: the kernel starts it.
 *
 * This header is what its stages share; main.c has them in order. */
#pragma once

#include "common/secret.h"
#include "guest-init/certificates.h"
#include "guest-init/cmdline.h"
#include "guest-init/disks.h"
#include "guest-init/mapper.h"
#include "guest-init/modules.h"
#include "verity/image.h"

enum { GUEST_NOTE_BYTES = 256 };

struct guest {
	int sys_fd, proc_fd, uevent_fd;
	bool rcu_changed; /* rcu.h */
	struct cmdline cmdline;
	struct modules *modules;
	struct certificates trust, ca; /* of the initrd */
	bool has_host_data;
	uint8_t host_data[SEAL_DIGEST_BYTES];
	char *initdata; /* TOML; NULL: not asked for */
	struct image *image;
	struct disk disk; /* that holds it */
	struct mapped
		volumes[DESCRIPTOR_MAX_VOLUMES]; /* what to mount: dm-verity's or dm-crypt's */
	struct secret *keys[DESCRIPTOR_MAX_VOLUMES];
	uint64_t device_wait_ms, broker_wait_ms;
	char note[GUEST_NOTE_BYTES]; /* what the present stage has to say for itself */
};

/* The stages: guest_start.c has the ones before anything is trusted, guest_trust.c decides,
 * guest_open.c goes from a trusted image to a root file system. Each returns 0, or -1 and why. */
typedef int guest_stage(struct guest *guest, struct error *err);
guest_stage guest_mount_kernel, guest_read_cmdline, guest_load_drivers;
guest_stage guest_read_report, guest_find_image;
guest_stage guest_open_verity, guest_network, guest_get_keys, guest_open_crypt, guest_mount,
	guest_lock_down, guest_switch_root;
