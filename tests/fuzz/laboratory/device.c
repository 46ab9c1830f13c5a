// SPDX-License-Identifier: Apache-2.0
/* An ioctl as CUSE hands it over: which, how much room, then its input. Whatever it is, the answer
 * fits the room, and what is asked for is bounded. */
#include <assert.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/sev-guest.h>

#include "laboratory/device.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct device *the_device(void)
{
	static uint8_t certificates[5000];
	static struct device device = { .certificates = certificates,
					.certificates_size = sizeof(certificates) };

	if (!device.key)
		device.key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
	return &device;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t requests[] = { SNP_GET_REPORT, SNP_GET_EXT_REPORT,
					     SNP_GET_DERIVED_KEY, 0 };
	cleanup_device_round struct device_round round = { .answer = NULL };
	struct error err;

	if (size < 2)
		return 0;
	size_t room = (size_t)data[1] << 6;
	if (device_ioctl(the_device(), requests[data[0] & 3], 0x1000, data + 2, size - 2, room,
			 &round, &err) < 0)
		return 0;
	if (round.verdict == DEVICE_ANSWER)
		assert(round.answer_size <= room);
	for (size_t i = 0; i < round.in_count; i++)
		assert(round.in[i].size <= sizeof(struct snp_ext_report_req));
	for (size_t i = 0; i < round.out_count; i++)
		assert(round.out[i].size <= DEVICE_CERTIFICATES_MAX_BYTES);
	return 0;
}
