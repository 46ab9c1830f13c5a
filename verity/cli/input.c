// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/number.h"
#include "verity/cli/cli.h"

int input_open(const char *path, int *fd, uint64_t *size_bytes, struct error *err)
{
	cleanup_fd int opened = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	uint64_t size;

	if (opened < 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? error_input(err, "%s: no such file", path)
			       : error_system(err, "%s", path);
	if (file_size(opened, &size, err) < 0)
		return error_prefix(err, "%s", path);
	/* read ahead further; where the file system does not know how, nothing is lost */
	(void)posix_fadvise(opened, 0, 0, POSIX_FADV_SEQUENTIAL);
	*fd = take_fd(&opened);
	*size_bytes = size;
	return 0;
}

int threads_parse(const char *text, unsigned *threads, struct error *err)
{
	uint64_t n;

	if (number_parse(text, 1, 256, &n, err) < 0)
		return error_prefix(err, "--threads");
	*threads = (unsigned)n;
	return 0;
}
