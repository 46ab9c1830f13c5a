// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "builder/source/archive_index.h"
#include "common/cleanup.h"
#include "common/io.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "manifest.json", "index.json", "a/layer.tar", "" };
	cleanup_fd int fd = memfd_create("archive", MFD_CLOEXEC);
	struct archive_index *index = NULL;
	uint64_t offset, size_bytes;
	struct error err;

	if (write_all(fd, data, size, &err) < 0)
		abort();
	if (archive_index_read(fd, &index, &err) < 0)
		return 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)archive_index_find(index, names[i], &offset, &size_bytes, &err);
	archive_index_free(index);
	return 0;
}
