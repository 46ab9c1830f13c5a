// SPDX-License-Identifier: Apache-2.0
#include "guest-init/initdata.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "common/cleanup.h"
#include "common/disk.h"
#include "common/io.h"
#include "guest-init/disks.h"

static const char initdata_magic[8] = { 'i', 'n', 'i', 't', 'd', 'a', 't', 'a' };

struct initdata_disk_header {
	uint8_t magic[8];
	le64 gzip_bytes;
};
DISK_AT(struct initdata_disk_header, gzip_bytes, 8);
DISK_SIZE(struct initdata_disk_header, INITDATA_HEADER_BYTES);

/* For inflateInit2(): a gzip header and nothing else, with the largest window. */
enum { GZIP_WINDOW_BITS = 16 + MAX_WBITS };

int initdata_header_parse(const uint8_t bytes[INITDATA_HEADER_BYTES], size_t *gzip_bytes,
			  struct error *err)
{
	struct initdata_disk_header header;

	memcpy(&header, bytes, sizeof(header));
	if (memcmp(header.magic, initdata_magic, sizeof(header.magic)) != 0)
		return error_input(err, "not an initdata disk");
	uint64_t size = le64_get(header.gzip_bytes);
	if (size == 0 || size > INITDATA_GZIP_MAX_BYTES)
		return error_input(err, "initdata of %llu bytes, from 1 to %d",
				   (unsigned long long)size, INITDATA_GZIP_MAX_BYTES);
	*gzip_bytes = (size_t)size;
	return 0;
}

static void end_inflate(z_stream *stream)
{
	(void)inflateEnd(stream);
}

int initdata_unpack(const uint8_t *gzip, size_t gzip_size, char **result, size_t *size,
		    struct error *err)
{
	cleanup_free char *toml = malloc(INITDATA_TOML_MAX_BYTES + 1);
	CLEANUP(end_inflate) z_stream stream = { 0 };

	if (!toml || inflateInit2(&stream, GZIP_WINDOW_BITS) != Z_OK)
		return error_memory(err);
	if (gzip_size > INITDATA_GZIP_MAX_BYTES)
		return error_input(err, "initdata of %zu bytes, at most %d", gzip_size,
				   INITDATA_GZIP_MAX_BYTES);
	stream.next_in = (z_const Bytef *)gzip;
	stream.avail_in = (uInt)gzip_size;
	stream.next_out = (Bytef *)toml;
	stream.avail_out = INITDATA_TOML_MAX_BYTES;
	int code = inflate(&stream, Z_FINISH);
	if (code != Z_STREAM_END && stream.avail_out == 0)
		return error_input(err, "initdata unpacks to more than %d bytes",
				   INITDATA_TOML_MAX_BYTES);
	if (code != Z_STREAM_END || stream.avail_in != 0)
		return error_input(err, "initdata is not one gzip member");
	toml[stream.total_out] = '\0';
	if (strlen(toml) != stream.total_out)
		return error_input(err, "initdata has a zero byte in its text");
	*size = stream.total_out;
	*result = take_ptr(toml);
	return 0;
}

/* 1: this disk has it, 0: it does not. */
static int read_disk(const char *path, char **toml, size_t *size, struct error *err)
{
	uint8_t header[INITDATA_HEADER_BYTES];
	cleanup_free uint8_t *gzip = NULL;
	size_t gzip_bytes;
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0 || pread_exact(fd, header, sizeof(header), 0, err) < 0 ||
	    memcmp(header, initdata_magic, sizeof(initdata_magic)) != 0)
		return 0;
	if (initdata_header_parse(header, &gzip_bytes, err) < 0)
		return -1;
	gzip = malloc(gzip_bytes);
	if (!gzip)
		return error_memory(err);
	if (pread_exact(fd, gzip, gzip_bytes, sizeof(header), err) < 0 ||
	    initdata_unpack(gzip, gzip_bytes, toml, size, err) < 0)
		return -1;
	return 1;
}

int initdata_read(int sys_fd, const char *dev, char **toml, size_t *size, struct error *err)
{
	struct disks disks;
	char path[64];

	if (disks_list(sys_fd, &disks, err) < 0)
		return -1;
	for (size_t i = 0; i < disks.count; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dev, disks.disk[i].name);
		int found = read_disk(path, toml, size, err);
		if (found < 0)
			return error_prefix(err, "%s", path);
		if (found)
			return 0;
	}
	return error_input(err, "no disk holds initdata");
}
