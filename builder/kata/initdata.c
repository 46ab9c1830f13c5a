// SPDX-License-Identifier: Apache-2.0
#include "builder/kata/initdata.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "common/cleanup.h"
#include "common/hex.h"
#include "common/sha2.h"

enum {
	GZIP_WINDOW_BITS = 16 + MAX_WBITS, /* for deflateInit2(): a gzip header */
	GZIP_MEMORY_LEVEL = 8,
	GZIP_OS_UNKNOWN = 255, /* RFC 1952 2.3.1; else zlib says on which system it was built */
};

char *kata_initdata_toml(const char *seal)
{
	char *text;

	if (asprintf(&text,
		     "version = \"0.1.0\"\n"
		     "algorithm = \"sha256\"\n"
		     "\n"
		     "[data]\n"
		     "\"podseal.seal\" = \"%s\"\n",
		     seal) < 0)
		return NULL;
	return text;
}

void kata_initdata_host_data(const char *toml, uint8_t host_data[KATA_HOST_DATA_BYTES])
{
	sha2_256(toml, strlen(toml), host_data);
}

static void end_deflate(z_stream *stream)
{
	(void)deflateEnd(stream);
}

int kata_initdata_annotation(const char *toml, char **annotation, struct error *err)
{
	CLEANUP(end_deflate) z_stream stream = { 0 };
	gz_header header = { .os = GZIP_OS_UNKNOWN };
	size_t size = strlen(toml);
	cleanup_free uint8_t *gzip = NULL;

	if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP_WINDOW_BITS,
			 GZIP_MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK ||
	    deflateSetHeader(&stream, &header) != Z_OK)
		return error_memory(err);
	uLong bound = deflateBound(&stream, (uLong)size);
	gzip = malloc(bound);
	if (!gzip)
		return error_memory(err);
	stream.next_in = (z_const Bytef *)toml;
	stream.avail_in = (uInt)size;
	stream.next_out = gzip;
	stream.avail_out = (uInt)bound;
	if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
		return error_system_text(err, "compressing initdata");
	char *text = base64_encode(gzip, stream.total_out);
	if (!text)
		return error_memory(err);
	*annotation = text;
	return 0;
}
