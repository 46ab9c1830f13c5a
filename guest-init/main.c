// SPDX-License-Identifier: Apache-2.0
#include "guest-init/guest.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <openssl/crypto.h>

#include "guest-init/console.h"
#include "guest-init/rcu.h"
#include "guest-init/uevent.h"

/* From top to bottom, each only if the one before it held: the order is the argument. */
static const struct stage {
	const char *doing;
	guest_stage *run;
} stages[] = {
	{ "mounting the kernel's file systems", guest_mount_kernel },
	{ "reading the kernel command line", guest_read_cmdline },
	{ "loading drivers", guest_load_drivers },
	{ "reading this guest's report", guest_read_report },
	{ "trusting an image", guest_find_image },
	{ "opening dm-verity", guest_open_verity },
	{ "bringing up the network", guest_network },
	{ "asking for the keys", guest_get_keys },
	{ "opening dm-crypt", guest_open_crypt },
	{ "mounting the volumes", guest_mount },
	{ "locking the kernel down", guest_lock_down },
	{ "changing to the new root", guest_switch_root },
};

static int run(struct guest *guest, struct error *err)
{
	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		uint64_t before = clock_ms();
		guest->note[0] = '\0';
		if (stages[i].run(guest, err) < 0)
			return error_prefix(err, "%s", stages[i].doing);
		console_say("%s%s%s (%llu ms)", stages[i].doing, guest->note[0] ? ": " : "",
			    guest->note, (unsigned long long)(clock_ms() - before));
	}
	return 0;
}

static const char *next_init(const struct guest *guest)
{
	const struct descriptor *d = &guest->image->descriptor;

	return guest->cmdline.init[0] ? guest->cmdline.init : d->init[0] ? d->init : "/sbin/init";
}

/* What this program's own code has taken, without the kernel's for its system calls. */
static uint64_t code_ms(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) < 0)
		return 0;
	return (uint64_t)usage.ru_utime.tv_sec * 1000 + (uint64_t)usage.ru_utime.tv_usec / 1000;
}

/* The next init gets nothing of the kernel command line as arguments or environment: it can read
 * it, and stray words there are what has opened shells before. */
static int hand_over(const struct guest *guest, uint64_t started_ms, struct error *err)
{
	const char *init = next_init(guest);
	char path[DESCRIPTOR_PATH_BYTES], home[] = "HOME=/", terminal[] = "TERM=linux";
	char *const argv[] = { path, NULL }, *const envp[] = { home, terminal, NULL };
	uint64_t modules = modules_kernel_ms(guest->modules);
	uint64_t others = modules + guest->device_wait_ms + guest->broker_wait_ms;

	memcpy(path, init, strlen(init) + 1);
	rcu_as_before(guest->sys_fd, guest->rcu_changed);
	console_say(
		"handing over to %s after %llu ms, %llu ms of them in its own code, and %llu ms of "
		"the kernel's for its modules, %llu ms of waiting for devices and %llu ms for the "
		"broker",
		init, (unsigned long long)(clock_ms() - started_ms - others),
		(unsigned long long)code_ms(), (unsigned long long)modules,
		(unsigned long long)guest->device_wait_ms,
		(unsigned long long)guest->broker_wait_ms);
	(void)execve(path, argv, envp);
	return error_system(err, "starting %s", init);
}

int main(void)
{
	static struct guest guest;
	uint64_t started_ms = clock_ms();
	struct error err;

	secret_forbid_core_dumps();
	if (getpid() != 1) {
		(void)error_usage(&err, "this is the first process of a guest and nothing else");
		return error_report("podseal-init", &err);
	}
	/* the kernel makes variables of the words of its command line that it does not know, and
	 * libraries take orders from those: OPENSSL_CONF names a file */
	(void)clearenv();
	/* nor a file of libcrypto's choice: the initrd has none, and looking for it takes time */
	(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	if (run(&guest, &err) == 0)
		(void)hand_over(&guest, started_ms, &err);
	for (size_t i = 0; i < DESCRIPTOR_MAX_VOLUMES; i++)
		secret_free(guest.keys[i]);
	console_wait();
	(void)error_report("podseal-init", &err);
	console_power_off();
}
