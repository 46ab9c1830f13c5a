// SPDX-License-Identifier: Apache-2.0
/* The stand-in for /dev/sev-guest, asked as a kernel would pass it on: round by round, its caller's
 * memory read and written at the addresses that it names. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include <cmocka.h>
#include <linux/sev-guest.h>

#include "attest/snp_signature.h"
#include "laboratory/device.h"

enum { ROUNDS_MAX = 4, RESPONSE_REPORT_AT = 32, TABLE_BYTES = 5000 };

static struct device device;

static int set_up(void **state)
{
	const struct snp_report report = {
		.version = 3,
		.policy = SNP_POLICY_RESERVED_ONE,
		.signature_algorithm = 1,
		.measurement = { 0xaa, 0xbb },
		.cpuid_family = 0x19,
		.cpuid_model = 0x11,
	};

	(void)state;
	snp_report_encode(&report, device.report);
	device.key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
	device.certificates = malloc(TABLE_BYTES);
	device.certificates_size = TABLE_BYTES;
	if (!device.key || !device.certificates)
		return -1;
	memset(device.certificates, 'c', TABLE_BYTES);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	EVP_PKEY_free(device.key);
	free(device.certificates);
	return 0;
}

/* What CUSE does with one ioctl(2): gathers, asks, scatters. */
static int ask(unsigned long request, void *argument)
{
	uint8_t in[256];
	size_t in_size = 0, out_size = 0;
	struct device_round before = { .out_count = 0 };
	struct error err;

	for (int i = 0; i < ROUNDS_MAX; i++) {
		cleanup_device_round struct device_round round = { .answer = NULL };
		if (device_ioctl(&device, (uint32_t)request, (uintptr_t)argument, in, in_size,
				 out_size, &round, &err) < 0)
			fail_msg("%s", err.text);
		if (round.verdict == DEVICE_ANSWER) {
			const uint8_t *from = round.answer;
			size_t left = round.answer_size;
			for (size_t k = 0; k < before.out_count && left; k++) {
				size_t n = before.out[k].size < left ? before.out[k].size : left;
				memcpy((void *)(uintptr_t)before.out[k].address, from, n);
				from += n;
				left -= n;
			}
			assert_int_equal(left, 0);
			return round.result;
		}
		in_size = out_size = 0;
		for (size_t k = 0; k < round.in_count; k++) {
			assert_true(round.in[k].size <= sizeof(in) - in_size);
			memcpy(in + in_size, (const void *)(uintptr_t)round.in[k].address,
			       round.in[k].size);
			in_size += round.in[k].size;
		}
		for (size_t k = 0; k < round.out_count; k++)
			out_size += round.out[k].size;
		before = round;
	}
	fail_msg("no answer after %d rounds", ROUNDS_MAX);
	return 0;
}

static void assert_report(const struct snp_report_resp *response, uint32_t vmpl)
{
	static const uint8_t head[8] = {
		0, 0, 0, 0, SNP_REPORT_BYTES & 0xff, SNP_REPORT_BYTES >> 8
	};
	const uint8_t *bytes = response->data + RESPONSE_REPORT_AT;
	struct snp_report report;
	struct error err;

	assert_memory_equal(response->data, head, sizeof(head));
	if (snp_report_parse(bytes, SNP_REPORT_BYTES, &report, &err) < 0 ||
	    snp_signature_verify(bytes, device.key, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(report.report_data[0], 0x11);
	assert_int_equal(report.report_data[63], 0x99);
	assert_int_equal(report.measurement[1], 0xbb);
	assert_int_equal(report.vmpl, vmpl);
}

static void a_report_holds_what_was_asked(void **state)
{
	struct snp_report_req request = { .user_data = { [0] = 0x11, [63] = 0x99 }, .vmpl = 2 };
	struct snp_report_resp response;
	struct snp_guest_request_ioctl call = { .msg_version = 1,
						.req_data = (uintptr_t)&request,
						.resp_data = (uintptr_t)&response,
						.exitinfo2 = 77 };

	(void)state;
	memset(&response, 0xff, sizeof(response));
	assert_int_equal(ask(SNP_GET_REPORT, &call), 0);
	assert_report(&response, 2);
	assert_int_equal(call.exitinfo2, 0);
	assert_int_equal(response.data[sizeof(response.data) - 1], 0);
}

static void certificates_come_with_an_extended_report(void **state)
{
	static uint8_t table[8192];
	struct snp_ext_report_req request = { .data.user_data = { [0] = 0x11, [63] = 0x99 },
					      .certs_address = (uintptr_t)table,
					      .certs_len = sizeof(table) };
	struct snp_report_resp response;
	struct snp_guest_request_ioctl call = { .msg_version = 1,
						.req_data = (uintptr_t)&request,
						.resp_data = (uintptr_t)&response };

	(void)state;
	assert_int_equal(ask(SNP_GET_EXT_REPORT, &call), 0);
	assert_report(&response, 0);
	assert_memory_equal(table, device.certificates, TABLE_BYTES);
	assert_int_equal(table[TABLE_BYTES], 0);
}

/* GHCB: the length that is needed, so that the caller comes again */
static void too_little_room_for_certificates_is_said(void **state)
{
	static uint8_t table[8192];
	struct snp_ext_report_req request = { .certs_address = (uintptr_t)table,
					      .certs_len = 4096 };
	struct snp_report_resp response;
	struct snp_guest_request_ioctl call = { .msg_version = 1,
						.req_data = (uintptr_t)&request,
						.resp_data = (uintptr_t)&response };

	(void)state;
	assert_int_equal(ask(SNP_GET_EXT_REPORT, &call), -EIO);
	assert_int_equal(call.vmm_error, SNP_GUEST_VMM_ERR_INVALID_LEN);
	assert_int_equal(request.certs_len, TABLE_BYTES);
	assert_int_equal(table[0], 0);
}

static void what_the_driver_refuses_is_refused(void **state)
{
	struct snp_ext_report_req request = { .data.vmpl = 4 };
	struct snp_report_resp response;
	const struct snp_guest_request_ioctl good = { .msg_version = 1,
						      .req_data = (uintptr_t)&request,
						      .resp_data = (uintptr_t)&response };
	struct snp_guest_request_ioctl call = good;

	(void)state;
	assert_int_equal(ask(SNP_GET_DERIVED_KEY, &call), -ENOTTY);
	assert_int_equal(ask(TIOCGWINSZ, &call), -ENOTTY);
	call.msg_version = 0;
	assert_int_equal(ask(SNP_GET_REPORT, &call), -EINVAL);
	call = good;
	call.resp_data = 0;
	assert_int_equal(ask(SNP_GET_REPORT, &call), -EINVAL);
	call = good;
	assert_int_equal(ask(SNP_GET_REPORT, &call), 0);
	assert_int_equal(response.data[0], 0x16); /* INVALID_PARAM, by the firmware */
	assert_int_equal(response.data[4], 0);
	request.certs_len = 100;
	assert_int_equal(ask(SNP_GET_EXT_REPORT, &call), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_holds_what_was_asked),
		cmocka_unit_test(certificates_come_with_an_extended_report),
		cmocka_unit_test(too_little_room_for_certificates_is_said),
		cmocka_unit_test(what_the_driver_refuses_is_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
