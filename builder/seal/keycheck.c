// SPDX-License-Identifier: Apache-2.0
#include "builder/seal/keycheck.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <libcryptsetup.h>

#include "common/io.h"
#include "format/luks2.h"

DEFINE_CLEANUP(cleanup_crypt_device_p, struct crypt_device, crypt_free)

/* It may log to standard error by itself otherwise. */
static void discard(int level, const char *message, void *context)
{
	(void)level;
	(void)message;
	(void)context;
}

int keycheck_header(const uint8_t *header, size_t size, const struct secret *key, struct error *err)
{
	CLEANUP(cleanup_crypt_device_p) struct crypt_device *device = NULL;
	cleanup_fd int fd = memfd_create("luks2-header", MFD_CLOEXEC);
	char path[64];

	if (fd < 0 || ftruncate(fd, LUKS2_PAYLOAD_OFFSET_BYTES + LUKS2_SECTOR_BYTES) < 0)
		return error_system(err, "checking the LUKS2 header");
	if (pwrite_all(fd, header, size, 0, err) < 0)
		return error_prefix(err, "checking the LUKS2 header");
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	crypt_set_log_callback(NULL, discard, NULL);
	/* nobody else can open a memfd */
	(void)crypt_metadata_locking(NULL, 0);
	int status = crypt_init(&device, path);
	if (status == 0)
		status = crypt_load(device, CRYPT_LUKS2, NULL);
	if (status < 0) {
		errno = -status;
		return error_system(err, "libcryptsetup does not load the LUKS2 header");
	}
	status = crypt_volume_key_verify(device, (const char *)key->bytes, key->size);
	if (status < 0) {
		errno = -status;
		return error_system(
			err, "libcryptsetup does not find the volume key in the LUKS2 header");
	}
	return 0;
}
