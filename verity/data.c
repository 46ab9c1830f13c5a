// SPDX-License-Identifier: Apache-2.0
#include "verity/data.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/io.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* Linux 5.14; older kernels say EINVAL, and pread() it is */
#endif

static size_t page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

void verity_data_open(const struct verity_files *files, uint64_t bytes, struct verity_data *data)
{
	size_t skew = (size_t)(files->data_offset % page_bytes());
	struct verity_data d = { .fd = files->data_fd, .offset = files->data_offset, .skew = skew };

	if (bytes <= SIZE_MAX - skew) {
		d.map_bytes = (size_t)bytes + skew;
		void *map = mmap(NULL, d.map_bytes, PROT_READ, MAP_SHARED, d.fd,
				 (off_t)(d.offset - skew));
		d.map = map == MAP_FAILED ? NULL : map;
	}
	if (d.map)
		(void)madvise(d.map, d.map_bytes, MADV_SEQUENTIAL);
	*data = d;
}

void verity_data_close(struct verity_data *data)
{
	if (data->map)
		(void)munmap(data->map, data->map_bytes);
	data->map = NULL;
}

/* The pages around a run. */
static int advise(const struct verity_data *data, uint64_t at, size_t size, int advice)
{
	size_t from = (size_t)at + data->skew;
	size_t start = from - from % page_bytes();

	return madvise(data->map + start, from + size - start, advice);
}

int verity_data_take(const struct verity_data *data, uint64_t at, size_t size, uint8_t *buf,
		     const uint8_t **run, struct error *err)
{
	/* Touching a page that cannot be read is SIGBUS; populating it first is an error code, and
	 * then pread() says in words what is wrong. What remains is a file that is cut off while
	 * this very run is hashed: that kills the process, which is no "verified" either. */
	if (data->map && advise(data, at, size, MADV_POPULATE_READ) == 0) {
		*run = data->map + data->skew + at;
		return 0;
	}
	if (pread_exact(data->fd, buf, size, data->offset + at, err) < 0)
		return error_prefix(err, "data");
	*run = buf;
	return 0;
}

/* Unmaps pages, or they would count as memory of this process until it has mapped the whole image.
 * In large pieces, since each unmapping interrupts the other CPUs to flush their TLBs: run by run
 * that took a sixth of the time. The piece is one behind what was just completed, so that hardly
 * any of it is still being hashed; what is faults back in. */
void verity_data_give_back(struct verity_data *data, size_t size)
{
	enum { PIECE_BYTES = 16 << 20 };
	uint64_t before = atomic_fetch_add(&data->given_back, size);
	uint64_t piece = (before + size) / PIECE_BYTES;

	if (data->map && piece >= 2 && piece != before / PIECE_BYTES)
		(void)advise(data, (piece - 2) * PIECE_BYTES, PIECE_BYTES, MADV_DONTNEED);
}
