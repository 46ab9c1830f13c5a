// SPDX-License-Identifier: Apache-2.0
#include "laboratory/device.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/sev-guest.h>

#include "attest/snp_signature.h"
#include "common/disk.h"

enum {
	PAGE_BYTES = 4096,
	VMPL_MAX = 3,
	STATUS_INVALID_PARAMETER = 0x16, /* 56860, status codes */
	REPORT_VMPL_AT = 0x30,           /* 56860, ATTESTATION_REPORT */
	REPORT_DATA_AT = 0x50,
};

/* 56860, MSG_REPORT_RSP */
struct device_disk_response {
	le32 status;
	le32 report_bytes;
	uint8_t reserved[24];
	uint8_t report[SNP_REPORT_BYTES];
};
DISK_SIZE(struct device_disk_response, 32 + SNP_REPORT_BYTES);

/* What is known of the caller's request so far. */
struct call {
	bool extended;
	struct snp_guest_request_ioctl ioctl;
	struct snp_ext_report_req request; /* of an ordinary report, `data` alone */
};

void device_round_release(struct device_round *round)
{
	free(round->answer);
	round->answer = NULL;
}

static size_t request_bytes(const struct call *call)
{
	return call->extended ? sizeof(call->request) : sizeof(call->request.data);
}

static int refuse(struct device_round *round, int error_number)
{
	*round = (struct device_round){ .verdict = DEVICE_ANSWER, .result = -error_number };
	return 0;
}

/* The order of `out` is the order of the answer. */
static int want(struct device_round *round, uint64_t argument, const struct call *call,
		size_t certificates_size)
{
	const struct device_range argument_range = { argument, sizeof(call->ioctl) };
	const struct device_range request_range = { call->ioctl.req_data, request_bytes(call) };

	*round = (struct device_round){
		.verdict = DEVICE_MORE,
		.in = { argument_range, request_range },
		.in_count = 2,
		.out = { argument_range,
			 { call->ioctl.resp_data, sizeof(struct snp_report_resp) } },
		.out_count = 2,
	};
	if (call->extended)
		round->out[round->out_count++] = request_range;
	if (certificates_size)
		round->out[round->out_count++] =
			(struct device_range){ call->request.certs_address, certificates_size };
	return 0;
}

static int report_make(const struct device *device, const struct snp_report_req *request,
		       uint8_t report[SNP_REPORT_BYTES], struct error *err)
{
	const le32 vmpl = le32_put(request->vmpl);

	memcpy(report, device->report, SNP_REPORT_BYTES);
	memcpy(report + REPORT_VMPL_AT, &vmpl, sizeof(vmpl));
	memcpy(report + REPORT_DATA_AT, request->user_data, SNP_REPORT_DATA_BYTES);
	return snp_signature_make(report, device->key, err);
}

static int respond(const struct device *device, const struct snp_report_req *request,
		   struct snp_report_resp *result, struct error *err)
{
	struct device_disk_response response = { .status = le32_put(STATUS_INVALID_PARAMETER) };

	if (request->vmpl <= VMPL_MAX) {
		if (report_make(device, request, response.report, err) < 0)
			return -1;
		response.status = le32_put(0);
		response.report_bytes = le32_put(SNP_REPORT_BYTES);
	}
	*result = (struct snp_report_resp){ { 0 } };
	memcpy(result->data, &response, sizeof(response));
	return 0;
}

/* Ioctl argument, response, and for an extended report its request and the certificates. */
static int answer(const struct device *device, struct call *call, bool too_short,
		  struct device_round *round, struct error *err)
{
	struct snp_report_resp response = { { 0 } };
	size_t certificates_size = call->extended && !too_short ? device->certificates_size : 0;
	size_t at = sizeof(call->ioctl) + sizeof(response);
	cleanup_free uint8_t *bytes = malloc(at + sizeof(call->request) + certificates_size);

	if (!bytes)
		return error_memory(err);
	call->ioctl.exitinfo2 = 0;
	if (too_short) {
		call->ioctl.vmm_error = SNP_GUEST_VMM_ERR_INVALID_LEN;
		call->request.certs_len = (uint32_t)device->certificates_size;
	} else if (respond(device, &call->request.data, &response, err) < 0) {
		return -1;
	}
	memcpy(bytes, &call->ioctl, sizeof(call->ioctl));
	memcpy(bytes + sizeof(call->ioctl), &response, sizeof(response));
	if (call->extended) {
		memcpy(bytes + at, &call->request, sizeof(call->request));
		at += sizeof(call->request);
	}
	if (certificates_size)
		memcpy(bytes + at, device->certificates, certificates_size);
	*round = (struct device_round){ .verdict = DEVICE_ANSWER,
					.result = too_short ? -EIO : 0,
					.answer = take_ptr(bytes),
					.answer_size = at + certificates_size };
	return 0;
}

static size_t out_bytes(const struct device_round *round)
{
	size_t bytes = 0;

	for (size_t i = 0; i < round->out_count; i++)
		bytes += round->out[i].size;
	return bytes;
}

int device_ioctl(const struct device *device, uint32_t request, uint64_t argument,
		 const uint8_t *in, size_t in_size, size_t out_size, struct device_round *round,
		 struct error *err)
{
	struct call call = { .extended = request == SNP_GET_EXT_REPORT };
	struct device_round needed;

	if (request != SNP_GET_REPORT && request != SNP_GET_EXT_REPORT)
		return refuse(round, ENOTTY);
	if (in_size < sizeof(call.ioctl)) {
		*round = (struct device_round){ .verdict = DEVICE_MORE,
						.in = { { argument, sizeof(call.ioctl) } },
						.in_count = 1 };
		return 0;
	}
	memcpy(&call.ioctl, in, sizeof(call.ioctl));
	if (call.ioctl.msg_version == 0 || !call.ioctl.req_data || !call.ioctl.resp_data)
		return refuse(round, EINVAL);
	if (in_size < sizeof(call.ioctl) + request_bytes(&call))
		return want(round, argument, &call, 0);
	memcpy(&call.request, in + sizeof(call.ioctl), request_bytes(&call));
	if (call.request.certs_len % PAGE_BYTES)
		return refuse(round, EINVAL);
	bool too_short = call.extended && call.request.certs_len < device->certificates_size;
	(void)want(&needed, argument, &call,
		   call.extended && !too_short ? device->certificates_size : 0);
	if (out_size < out_bytes(&needed)) {
		*round = needed;
		return 0;
	}
	return answer(device, &call, too_short, round, err);
}
