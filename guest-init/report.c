// SPDX-License-Identifier: Apache-2.0
#include "guest-init/report.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <linux/sev-guest.h>

#include "common/disk.h"
#include "common/io.h"

/* AMD 56860, MSG_REPORT_RSP */
struct report_disk_response {
	le32 status;
	le32 report_bytes;
	uint8_t reserved[24];
	uint8_t report[SNP_REPORT_BYTES];
};
DISK_AT(struct report_disk_response, report_bytes, 4);
DISK_AT(struct report_disk_response, report, 32);

enum { MESSAGE_VERSION = 1 };

int report_response_parse(const uint8_t *bytes, size_t size, uint8_t report[SNP_REPORT_BYTES],
			  struct error *err)
{
	struct report_disk_response response;

	if (size < sizeof(response))
		return error_input(err, "a response of %zu bytes, at least %zu", size,
				   sizeof(response));
	memcpy(&response, bytes, sizeof(response));
	if (le32_get(response.status) != 0)
		return error_input(err, "the firmware gives no report: status 0x%x",
				   le32_get(response.status));
	if (le32_get(response.report_bytes) != SNP_REPORT_BYTES)
		return error_input(err, "a report of %u bytes, not %d",
				   le32_get(response.report_bytes), SNP_REPORT_BYTES);
	memcpy(report, response.report, SNP_REPORT_BYTES);
	return 0;
}

void report_clear(struct report *report)
{
	free(report->certificates);
	report->certificates = NULL;
	report->certificates_size = 0;
}

/* --- configfs-tsm: Documentation/ABI/testing/configfs-tsm-report ------------------------------ */

static int tsm_ask(int entry, const uint8_t report_data[SNP_REPORT_DATA_BYTES],
		   struct report *report, struct error *err)
{
	cleanup_fd int in = openat(entry, "inblob", O_WRONLY | O_CLOEXEC);
	cleanup_free uint8_t *out = NULL, *certificates = NULL;
	size_t size, certificates_size = 0;
	struct error ignored;

	if (in < 0)
		return error_system(err, "inblob");
	if (write_all(in, report_data, SNP_REPORT_DATA_BYTES, err) < 0)
		return error_prefix(err, "inblob");
	if (file_read_at(entry, "outblob", SNP_REPORT_BYTES, &out, &size, err) < 0)
		return -1;
	if (size != SNP_REPORT_BYTES)
		return error_input(err, "a report of %zu bytes, not %d", size, SNP_REPORT_BYTES);
	/* a host without certificates has no such file */
	if (file_read_at(entry, "auxblob", REPORT_CERTIFICATES_MAX_BYTES, &certificates,
			 &certificates_size, &ignored) < 0)
		certificates_size = 0;
	memcpy(report->bytes, out, SNP_REPORT_BYTES);
	report->certificates = certificates_size ? take_ptr(certificates) : NULL;
	report->certificates_size = certificates_size;
	return 0;
}

#define TSM_ENTRY "podseal"

/* -1: the kernel has no configfs-tsm, or it has and no driver stands behind it. */
static int tsm_open(const char *config)
{
	cleanup_fd int folder = open(config, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int tsm = -1;

	if (folder >= 0)
		tsm = openat(folder, "tsm/report", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tsm < 0 || (mkdirat(tsm, TSM_ENTRY, 0700) < 0 && errno != EEXIST))
		return -1;
	return take_fd(&tsm);
}

static int tsm_get(int tsm, const uint8_t report_data[SNP_REPORT_DATA_BYTES], struct report *report,
		   struct error *err)
{
	cleanup_fd int entry = openat(tsm, TSM_ENTRY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (entry < 0)
		return error_system(err, "configfs-tsm");
	int result = tsm_ask(entry, report_data, report, err);
	(void)unlinkat(tsm, TSM_ENTRY, AT_REMOVEDIR);
	return result < 0 ? error_prefix(err, "configfs-tsm") : 0;
}

/* --- /dev/sev-guest: Documentation/virt/coco/sev-guest.rst ------------------------------------ */

static int device_ask(int fd, unsigned long request, void *req, struct report *report,
		      struct error *err)
{
	struct snp_report_resp resp = { { 0 } };
	struct snp_guest_request_ioctl ask = {
		.msg_version = MESSAGE_VERSION,
		.req_data = (uintptr_t)req,
		.resp_data = (uintptr_t)&resp,
	};

	if (ioctl(fd, request, &ask) < 0)
		return error_system(err,
				    "asking for a report (firmware error 0x%x, host error "
				    "0x%x)",
				    ask.fw_error, ask.vmm_error);
	return report_response_parse(resp.data, sizeof(resp.data), report->bytes, err);
}

static int device_get(int fd, const uint8_t report_data[SNP_REPORT_DATA_BYTES],
		      struct report *report, struct error *err)
{
	struct snp_ext_report_req extended = { .certs_len = REPORT_CERTIFICATES_MAX_BYTES };
	/* the kernel wants whole pages */
	cleanup_free uint8_t *certificates = aligned_alloc(4096, REPORT_CERTIFICATES_MAX_BYTES);

	if (!certificates)
		return error_memory(err);
	memset(certificates, 0, REPORT_CERTIFICATES_MAX_BYTES);
	memcpy(extended.data.user_data, report_data, SNP_REPORT_DATA_BYTES);
	extended.certs_address = (uintptr_t)certificates;
	if (device_ask(fd, SNP_GET_EXT_REPORT, &extended, report, err) == 0) {
		report->certificates = take_ptr(certificates);
		report->certificates_size = REPORT_CERTIFICATES_MAX_BYTES;
		return 0;
	}
	/* without certificates, the broker finds the VCEK's itself */
	report->certificates = NULL;
	report->certificates_size = 0;
	return device_ask(fd, SNP_GET_REPORT, &extended.data, report, err);
}

static int fetch(const char *config, const char *device,
		 const uint8_t report_data[SNP_REPORT_DATA_BYTES], struct report *report,
		 struct error *err)
{
	cleanup_fd int tsm = tsm_open(config), fd = -1;

	if (tsm >= 0)
		return tsm_get(tsm, report_data, report, err);
	fd = open(device, O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		return device_get(fd, report_data, report, err);
	if (errno == ENOENT)
		return error_input(err, "no source of reports: this is no SNP guest, or its kernel "
					"has no driver for it");
	return error_system(err, "%s", device);
}

int report_get(const char *config, const char *device,
	       const uint8_t report_data[SNP_REPORT_DATA_BYTES], struct report *result,
	       struct error *err)
{
	cleanup_report struct report report = { .certificates = NULL };
	struct snp_report parsed;

	if (fetch(config, device, report_data, &report, err) < 0 ||
	    snp_report_parse(report.bytes, sizeof(report.bytes), &parsed, err) < 0)
		return -1;
	if (memcmp(parsed.report_data, report_data, SNP_REPORT_DATA_BYTES) != 0)
		return error_input(err, "the report was made for another REPORT_DATA");
	*result = report;
	report.certificates = NULL;
	return 0;
}
