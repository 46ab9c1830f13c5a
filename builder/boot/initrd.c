// SPDX-License-Identifier: Apache-2.0
#include "builder/boot/initrd.h"

#include <zstd.h>

#include "builder/boot/certificates.h"
#include "builder/boot/file_list.h"
#include "builder/boot/libraries.h"
#include "builder/boot/modules.h"

/* The kernel's unzstd takes windows of up to 128 MiB (lib/decompress_unzstd.c); level 19 asks for 8
 * MiB. */
enum { ZSTD_LEVEL = 19 };

static const char *const mount_points[] = { "/dev", "/proc", "/sys", "/run" };

static int gather(const struct initrd_options *options, struct file_list *list, struct error *err)
{
	if (libraries_add(list, options->init, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(mount_points) / sizeof(mount_points[0]); i++)
		if (file_list_add_directory(list, mount_points[i], err) < 0)
			return -1;
	for (size_t i = 0; i < options->trust_count; i++)
		if (certificates_add(list, "/etc/podseal/trust", options->trust[i], err) < 0)
			return -1;
	for (size_t i = 0; i < options->ca_count; i++)
		if (certificates_add(list, "/etc/podseal/ca", options->ca[i], err) < 0)
			return -1;
	return options->modules ? modules_add(list, options->modules, err) : 0;
}

static void free_context(ZSTD_CCtx *context)
{
	(void)ZSTD_freeCCtx(context);
}
DEFINE_CLEANUP(cleanup_context_p, ZSTD_CCtx, free_context)

static int compress(const uint8_t *plain, size_t plain_size, uint8_t **result, size_t *size,
		    struct error *err)
{
	CLEANUP(cleanup_context_p) ZSTD_CCtx *context = ZSTD_createCCtx();
	size_t capacity = ZSTD_compressBound(plain_size);
	cleanup_free uint8_t *bytes = malloc(capacity);

	if (!context || !bytes)
		return error_memory(err);
	if (ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, ZSTD_LEVEL)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)))
		return error_system_text(err, "libzstd refuses its parameters");
	size_t n = ZSTD_compress2(context, bytes, capacity, plain, plain_size);
	if (ZSTD_isError(n))
		return error_system_text(err, "compressing: %s", ZSTD_getErrorName(n));
	*result = take_ptr(bytes);
	*size = n;
	return 0;
}

int initrd_build(const struct initrd_options *options, uint8_t **initrd, size_t *size,
		 struct error *err)
{
	cleanup_file_list struct file_list list = { 0 };
	cleanup_free uint8_t *cpio = NULL;
	size_t cpio_size;

	if (gather(options, &list, err) < 0 ||
	    file_list_to_cpio(&list, options->timestamp, &cpio, &cpio_size, err) < 0)
		return -1;
	if (cpio_size > INITRD_MAX_BYTES)
		return error_input(err, "%zu bytes of files, at most %zu", cpio_size,
				   INITRD_MAX_BYTES);
	return compress(cpio, cpio_size, initrd, size, err);
}
