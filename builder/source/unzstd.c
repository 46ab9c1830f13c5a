// SPDX-License-Identifier: Apache-2.0
#include "builder/source/unzstd.h"

#include <zstd.h>

/* What the zstd program, and so every extractor, takes without being told: --long=27. */
enum { WINDOW_LOG = 27 };

struct unzstd {
	ZSTD_DStream *stream;
	size_t hint; /* 0: at the end of a frame */
};

int unzstd_new(struct unzstd **unzstd, struct error *err)
{
	struct unzstd *made = calloc(1, sizeof(*made));

	if (!made)
		return error_memory(err);
	made->hint = 1;
	made->stream = ZSTD_createDStream();
	if (!made->stream ||
	    ZSTD_isError(ZSTD_DCtx_setParameter(made->stream, ZSTD_d_windowLogMax, WINDOW_LOG))) {
		unzstd_free(made);
		return error_memory(err);
	}
	*unzstd = made;
	return 0;
}

void unzstd_free(struct unzstd *unzstd)
{
	if (!unzstd)
		return;
	(void)ZSTD_freeDStream(unzstd->stream);
	free(unzstd);
}

int unzstd_step(struct unzstd *z, struct span *in, uint8_t *out, size_t capacity, size_t *produced,
		struct error *err)
{
	ZSTD_inBuffer input = { .src = in->bytes, .size = in->size };
	ZSTD_outBuffer output = { .dst = out, .size = capacity };

	while (output.pos < output.size) {
		size_t taken = input.pos, given = output.pos;
		if (z->hint == 0 && input.pos == input.size)
			break;
		size_t hint = ZSTD_decompressStream(z->stream, &output, &input);
		if (ZSTD_isError(hint))
			return error_input(err, "damaged zstd data: %s", ZSTD_getErrorName(hint));
		if (input.pos == taken && output.pos == given)
			break; /* hint is for what was refused, and says nothing of the frame */
		z->hint = hint;
	}
	in->bytes += input.pos;
	in->size -= input.pos;
	*produced = output.pos;
	return 0;
}

int unzstd_end(const struct unzstd *z, struct error *err)
{
	return z->hint == 0 ? 0 : error_input(err, "the zstd data ends too early");
}
