// SPDX-License-Identifier: Apache-2.0
#include "builder/source/inflate.h"

#include "builder/source/gunzip.h"
#include "builder/source/unzstd.h"

struct inflater {
	struct gunzip *gunzip; /* one of the two */
	struct unzstd *unzstd;
};

enum layer_format inflate_detect(const uint8_t *magic, size_t size)
{
	if (size >= 2 && magic[0] == 0x1f && magic[1] == 0x8b)
		return LAYER_GZIP;
	/* RFC 8878, 3.1.1 and 3.1.2: a frame, or a skippable frame */
	if (size >= 4 && magic[0] == 0x28 && magic[1] == 0xb5 && magic[2] == 0x2f &&
	    magic[3] == 0xfd)
		return LAYER_ZSTD;
	if (size >= 4 && (magic[0] & 0xf0) == 0x50 && magic[1] == 0x2a && magic[2] == 0x4d &&
	    magic[3] == 0x18)
		return LAYER_ZSTD;
	return LAYER_TAR;
}

int inflater_new(enum layer_format format, struct inflater **inflater, struct error *err)
{
	cleanup_inflater struct inflater *made = calloc(1, sizeof(*made));

	if (!made)
		return error_memory(err);
	if ((format == LAYER_GZIP ? gunzip_new(&made->gunzip, err)
				  : unzstd_new(&made->unzstd, err)) < 0)
		return -1;
	*inflater = take_ptr(made);
	return 0;
}

void inflater_free(struct inflater *inflater)
{
	if (!inflater)
		return;
	gunzip_free(inflater->gunzip);
	unzstd_free(inflater->unzstd);
	free(inflater);
}

int inflater_step(struct inflater *inflater, struct span *in, uint8_t *out, size_t capacity,
		  size_t *produced, struct error *err)
{
	if (inflater->gunzip)
		return gunzip_step(inflater->gunzip, in, out, capacity, produced, err);
	return unzstd_step(inflater->unzstd, in, out, capacity, produced, err);
}

int inflater_end(const struct inflater *inflater, struct error *err)
{
	if (inflater->gunzip)
		return gunzip_end(inflater->gunzip, err);
	return unzstd_end(inflater->unzstd, err);
}
