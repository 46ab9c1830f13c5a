// SPDX-License-Identifier: Apache-2.0
#include "builder/boot/laboratory_initrd.h"

#include <string.h>

#include "builder/boot/initrd.h"
#include "builder/boot/modules.h"
#include "common/checked.h"
#include "common/io.h"
#include "laboratory/laboratory.h"

/* An archive that is not compressed has to begin at a multiple of this, after zeros (Linux,
 * init/initramfs.c). */
enum { ARCHIVE_ALIGNMENT = 4, PROGRAM_MAX_BYTES = 256 << 20 };

static int add_bytes(struct file_list *list, const char *path, const uint8_t *bytes, size_t size,
		     struct error *err)
{
	cleanup_free uint8_t *copy = malloc(size);

	if (!copy)
		return error_memory(err);
	memcpy(copy, bytes, size);
	return file_list_add(list, path, 0600, &copy, size, err);
}

static int gather(const struct laboratory_initrd_options *o, struct file_list *list,
		  struct error *err)
{
	cleanup_free uint8_t *program = NULL;
	size_t size;

	if (file_read(o->program, PROGRAM_MAX_BYTES, &program, &size, err) < 0 ||
	    file_list_add(list, LABORATORY_PROGRAM, 0755, &program, size, err) < 0 ||
	    add_bytes(list, LABORATORY_REPORT, o->report, o->report_size, err) < 0 ||
	    add_bytes(list, LABORATORY_KEY, o->key, o->key_size, err) < 0 ||
	    add_bytes(list, LABORATORY_CERTIFICATES, o->certificates, o->certificates_size, err) <
		    0)
		return -1;
	return modules_add_in_order(list, o->modules, "cuse", LABORATORY_MODULES, err);
}

int laboratory_initrd_build(const struct laboratory_initrd_options *o, uint8_t **result,
			    size_t *result_size, struct error *err)
{
	cleanup_file_list struct file_list list = { 0 };
	cleanup_free uint8_t *initrd = NULL, *cpio = NULL;
	size_t size, cpio_size;
	uint64_t at, all;

	if (file_read(o->initrd, INITRD_MAX_BYTES, &initrd, &size, err) < 0 ||
	    gather(o, &list, err) < 0 || file_list_to_cpio(&list, 0, &cpio, &cpio_size, err) < 0)
		return -1;
	if (!round_up_u64(size, ARCHIVE_ALIGNMENT, &at) || !add_u64(at, cpio_size, &all))
		return error_memory(err);
	uint8_t *both = realloc(initrd, all);
	if (!both)
		return error_memory(err);
	initrd = both;
	memset(initrd + size, 0, at - size);
	memcpy(initrd + at, cpio, cpio_size);
	*result = take_ptr(initrd);
	*result_size = all;
	return 0;
}
