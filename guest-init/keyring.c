// SPDX-License-Identifier: Apache-2.0
#include "guest-init/keyring.h"

#include <sys/syscall.h>

#include <linux/keyctl.h>

int keyring_add(const char *description, const uint8_t *key, size_t size,
		struct keyring_key *result, struct error *err)
{
	long serial =
		syscall(SYS_add_key, "logon", description, key, size, KEY_SPEC_PROCESS_KEYRING);

	if (serial < 0)
		return error_system(err, "adding the key %s to the kernel's keyring", description);
	result->serial = (int32_t)serial;
	return 0;
}

void keyring_remove(struct keyring_key *key)
{
	if (key->serial == 0)
		return;
	/* revoking drops the payload even while something else still refers to the key */
	(void)syscall(SYS_keyctl, KEYCTL_REVOKE, key->serial);
	(void)syscall(SYS_keyctl, KEYCTL_UNLINK, key->serial, KEY_SPEC_PROCESS_KEYRING);
	key->serial = 0;
}
