// SPDX-License-Identifier: Apache-2.0
/* The kernel's command line. Sources, in Kata 4.1: for the Rust runtime kernel_param.rs and
 * qemu/cmdline_generator.rs of its crate hypervisor, and kata-types, config/mod.rs,
 * get_agent_kernel_params(); for the Go runtime qemu.go, qemu_amd64.go and qemu_arch_base.go of
 * virtcontainers, and katautils/config.go, SetKernelParams(). */
#include "builder/kata/config.h"

#include <stdbool.h>
#include <stdio.h>

#include "common/cleanup.h"

#define SYSTEMD                                \
	"systemd.unit=kata-containers.target " \
	"systemd.mask=systemd-networkd.service systemd.mask=systemd-networkd.socket"

/* Kata's idea of the root, in mode uki. podseal-init has its own, and leaves these alone. */
#define ROOT "root=/dev/vda1 rootflags=data=ordered,errors=remount-ro ro rootfstype=ext4"

/* With an initrd the Go runtime names no systemd unit; the guest needs it all the same. */
static bool systemd_is_ours(const struct kata_config *c)
{
	return c->runtime == KATA_GO && c->mode == KATA_EXTENSION;
}

char *kata_kernel_params(const struct kata_config *c)
{
	const char *bind = "", *seal = "", *gap = c->append && *c->append ? " " : "";
	char *text;

	if (c->bind == KATA_BIND_SEAL) {
		bind = " podseal.seal=";
		seal = c->seal;
	} else if (c->bind == KATA_BIND_INITDATA) {
		bind = " podseal.bind=initdata";
	}
	/* nobody but podseal-imaged answers kata-agent: docs/kata.md, "Images" */
	if (asprintf(&text, "%sagent.guest_components_procs=none%s%s%s%s",
		     systemd_is_ours(c) ? SYSTEMD " " : "", bind, seal, gap,
		     c->append ? c->append : "") < 0)
		return NULL;
	return text;
}

static char *rust_cmdline(const struct kata_config *c, const char *params)
{
	char *text;

	if (asprintf(&text,
		     "reboot=k panic=1 " SYSTEMD " %sagent.cdh_api_timeout=50 %s selinux=0%s "
		     "console=hvc0",
		     c->mode == KATA_UKI ? ROOT " " : "", params,
		     c->mode == KATA_EXTENSION ? " kata.extension.podseal.verity_params" : "") < 0)
		return NULL;
	return text;
}

static char *go_cmdline(const struct kata_config *c, const char *params)
{
	char *text;

	if (asprintf(&text,
		     "tsc=reliable no_timer_check rcupdate.rcu_expedited=1 i8042.direct=1 "
		     "i8042.dumbkbd=1 i8042.nopnp=1 i8042.noaux=1 noreplace-smp reboot=k "
		     "cryptomgr.notests net.ifnames=0 pci=lastbus=0%s console=hvc0 console=hvc1 "
		     "quiet%s panic=1 selinux=0%s scsi_mod.scan=none agent.cdh_api_timeout=50 %s%s",
		     c->mode == KATA_UKI ? " " ROOT : "",
		     c->mode == KATA_UKI ? " systemd.show_status=false" : "",
		     c->mode == KATA_UKI ? " " SYSTEMD : "", params,
		     c->mode == KATA_EXTENSION ? " kata.extension.podseal.verity_params" : "") < 0)
		return NULL;
	return text;
}

char *kata_kernel_cmdline(const struct kata_config *c)
{
	cleanup_free char *params = kata_kernel_params(c);

	if (!params)
		return NULL;
	return c->runtime == KATA_RUST ? rust_cmdline(c, params) : go_cmdline(c, params);
}
