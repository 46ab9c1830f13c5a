// SPDX-License-Identifier: Apache-2.0
/* Firmware: its footer table and SEV metadata, and a measurement where that is little work. */
#include "attest/measure.h"
#include "attest/ovmf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct measure_kernel kernel = { 0 };
	uint8_t digest[MEASURE_MAX_BYTES];
	uint64_t work = 0;
	struct error err;
	struct ovmf ovmf;
	size_t n;

	if (ovmf_parse(data, size, &ovmf, &err) < 0)
		return 0;
	for (size_t i = 0; i < ovmf.section_count; i++)
		work += ovmf.sections[i].size_bytes;
	for (int mode = MEASURE_SNP; work < 1 << 20 && mode <= MEASURE_SEV_ES; mode++) {
		const struct measure_launch launch = { .mode = (enum measure_mode)mode,
						       .firmware = data,
						       .firmware_size = size,
						       .kernel = &kernel,
						       .vcpus = 2 };
		if (measure_launch(&launch, digest, &n, &err) < 0)
			continue;
	}
	return 0;
}
