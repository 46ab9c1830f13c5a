// SPDX-License-Identifier: Apache-2.0
#include "guest-init/guest.h"

#include <stdio.h>
#include <string.h>

#include "guest-init/ciphers.h"
#include "guest-init/efi_secret.h"
#include "guest-init/kbs_client.h"
#include "guest-init/lockdown.h"
#include "guest-init/mounts.h"
#include "guest-init/network.h"
#include "guest-init/scratch.h"
#include "guest-init/volumes.h"

#define SECURITYFS "/sys/kernel/security"

static bool any_sealed(const struct descriptor *descriptor)
{
	for (size_t i = 0; i < descriptor->count; i++)
		if (descriptor->volumes[i].sealed)
			return true;
	return false;
}

int guest_open_verity(struct guest *guest, struct error *err)
{
	const struct descriptor *d = &guest->image->descriptor;

	if (modules_load_verity(guest->modules, err) < 0)
		return -1;
	for (size_t i = 0; i < d->count; i++)
		if (volume_open_verity(guest->image, &d->volumes[i], &guest->disk,
				       &guest->volumes[i], err) < 0)
			return error_prefix(err, "volume %s", d->volumes[i].name);
	return 0;
}

int guest_network(struct guest *guest, struct error *err)
{
	return guest->cmdline.has_ip ? network_up(&guest->cmdline.ip, err) : 0;
}

static int keys_from_broker(struct guest *guest, struct error *err)
{
	const struct descriptor *d = &guest->image->descriptor;
	cleanup_kbs_client struct kbs_client *client = NULL;
	const struct kbs_client_options options = {
		.url = &guest->cmdline.kbs,
		.timeout_ms = KBS_CLIENT_TIMEOUT_MS,
		.ca = guest->ca.pem,
		.ca_count = guest->ca.count,
		.sys_fd = guest->sys_fd,
		.config = REPORT_CONFIG,
		.device = REPORT_DEVICE,
		.init_data = guest->initdata,
	};

	/* TLS negotiates its ciphers */
	if (guest->cmdline.kbs.transport != BROKER_HTTPS && ciphers_few(err) < 0)
		return -1;
	if (kbs_client_attest(&options, &client, err) < 0)
		return -1;
	for (size_t i = 0; i < d->count; i++)
		if (d->volumes[i].sealed &&
		    kbs_client_fetch(client, d->volumes[i].crypt.key_id, DESCRIPTOR_KEY_BYTES,
				     &guest->keys[i], err) < 0)
			return -1;
	guest->broker_wait_ms = kbs_client_waited_ms(client);
	guest->device_wait_ms += kbs_client_report_ms(client);
	return 0;
}

/* One injected secret is one key. */
static int key_from_launch(struct guest *guest, struct error *err)
{
	const struct descriptor *d = &guest->image->descriptor;
	struct secret **key = NULL;

	mounts_optional("securityfs", SECURITYFS);
	for (size_t i = 0; i < d->count; i++) {
		if (d->volumes[i].sealed && key)
			return error_input(err, "more than one sealed volume needs a broker, and "
						"podseal.kbs names none");
		if (d->volumes[i].sealed)
			key = &guest->keys[i];
	}
	if (efi_secret_take(SECURITYFS "/secrets/coco", DESCRIPTOR_KEY_BYTES, key, err) < 0)
		return error_prefix(err, "podseal.kbs names no broker");
	return 0;
}

int guest_get_keys(struct guest *guest, struct error *err)
{
	if (!any_sealed(&guest->image->descriptor))
		return 0;
	if (guest->cmdline.kbs.transport != BROKER_NONE)
		return keys_from_broker(guest, err);
	return key_from_launch(guest, err);
}

static int open_crypt(struct guest *guest, size_t i, struct error *err)
{
	const struct descriptor_volume *volume = &guest->image->descriptor.volumes[i];
	struct mapped crypt;

	if (volume_open_crypt(volume, &guest->volumes[i], guest->keys[i], &crypt, err) < 0)
		return error_prefix(err, "volume %s", volume->name);
	secret_free(guest->keys[i]);
	guest->keys[i] = NULL;
	guest->volumes[i] = crypt;
	return 0;
}

int guest_open_crypt(struct guest *guest, struct error *err)
{
	const struct descriptor *d = &guest->image->descriptor;

	if (!any_sealed(d))
		return 0;
	if (modules_load_crypt(guest->modules, err) < 0)
		return -1;
	for (size_t i = 0; i < d->count; i++)
		if (d->volumes[i].sealed && open_crypt(guest, i, err) < 0)
			return -1;
	return 0;
}

int guest_mount(struct guest *guest, struct error *err)
{
	const struct descriptor *d = &guest->image->descriptor;
	bool writable = guest->cmdline.scratch != SCRATCH_NONE;
	const struct scratch_machine machine = {
		.sys_fd = guest->sys_fd,
		.uevent_fd = guest->uevent_fd,
		.modules = guest->modules,
		.waited_ms = &guest->device_wait_ms,
	};

	if (modules_load(guest->modules, "ext4", err) < 0 ||
	    scratch_mount(&guest->cmdline, &machine, err) < 0)
		return -1;
	for (size_t i = 0; i < d->count; i++)
		if (mounts_volume(&d->volumes[i], guest->volumes[i].path, writable, err) < 0)
			return error_prefix(err, "volume %s", d->volumes[i].name);
	return 0;
}

int guest_lock_down(struct guest *guest, struct error *err)
{
	return lockdown(guest->proc_fd, err);
}

int guest_switch_root(struct guest *guest, struct error *err)
{
	(void)guest;
	return mounts_switch_root(err);
}
