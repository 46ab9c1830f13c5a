// SPDX-License-Identifier: Apache-2.0
/* What kata-config made, and its ways out: files, JSON, words. */
#pragma once

#include "attest/measure.h"
#include "builder/kata/config.h"

enum {
	KATA_SIZES_MAX = 32,
	KATA_VCPUS_MAX = 256, /* Kata's MAX_QEMU_VCPUS */
};

extern const char *const kata_runtime_names[], *const kata_mode_names[], *const kata_bind_names[];

struct kata_size {
	unsigned vcpus;
	char launch_digest[2 * MEASURE_MAX_BYTES + 1];
};

struct kata_result {
	char *kernel_params, *cmdline, *toml, *runtime_class, *pod;
	char *initdata, *annotation; /* NULL unless the guest is bound by it */
	char host_data[2 * KATA_HOST_DATA_BYTES + 1];
	struct kata_size sizes[KATA_SIZES_MAX];
	size_t size_count;
};

/* All but the sizes. */
int kata_result_fill(const struct kata_config *config, struct kata_result *result,
		     struct error *err) MUST_CHECK;
void kata_result_add_size(struct kata_result *result, unsigned vcpus, const uint8_t *digest,
			  size_t size);
void kata_result_clear(struct kata_result *result);

/* The files, in `directory`, which is made where it is missing: all of them, or none. */
int kata_result_write(const struct kata_config *config, const struct kata_result *result,
		      const char *directory, struct error *err) MUST_CHECK;
int kata_result_print_json(const struct kata_config *config, const struct kata_result *result,
			   struct error *err) MUST_CHECK;
/* What was written, and the commands that use it. */
void kata_result_print_next(const struct kata_config *config, const struct kata_result *result,
			    const char *image, const char *directory);
