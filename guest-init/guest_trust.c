// SPDX-License-Identifier: Apache-2.0
#include "guest-init/guest.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "guest-init/image_find.h"
#include "guest-init/initdata.h"
#include "guest-init/mounts.h"
#include "guest-init/report.h"
#include "guest-init/trust.h"

/* HOST_DATA, where the command line wants something bound to it. The report comes over a channel
 * that only this guest and the firmware share, so there is no signature to check. */
int guest_read_report(struct guest *guest, struct error *err)
{
	const uint8_t nothing[SNP_REPORT_DATA_BYTES] = { 0 };
	cleanup_report struct report report = { .certificates = NULL };
	struct snp_report parsed;

	if (guest->cmdline.bind == BIND_NONE && guest->cmdline.kbs.transport == BROKER_NONE)
		return 0;
	if (modules_load(guest->modules, "configfs", err) < 0)
		return -1;
	mounts_optional("configfs", REPORT_CONFIG);
	if (guest->cmdline.bind == BIND_NONE)
		return 0;
	if (report_get(REPORT_CONFIG, REPORT_DEVICE, nothing, &report, err) < 0 ||
	    snp_report_parse(report.bytes, sizeof(report.bytes), &parsed, err) < 0)
		return -1;
	memcpy(guest->host_data, parsed.host_data, sizeof(guest->host_data));
	guest->has_host_data = true;
	return 0;
}

/* An image_judge. initdata may come on a disk that appears after the image's. */
static int judge(const struct image *image, void *context, struct error *err)
{
	struct guest *guest = context;
	const char *how = NULL;
	struct utsname uts;
	size_t initdata_size;

	if (guest->cmdline.bind == BIND_INITDATA && !guest->initdata &&
	    initdata_read(guest->sys_fd, "/dev", &guest->initdata, &initdata_size, err) < 0)
		return -1;
	const struct trust trust = {
		.cmdline = &guest->cmdline,
		.certificates = guest->trust.pem,
		.certificate_count = guest->trust.count,
		.host_data = guest->has_host_data ? guest->host_data : NULL,
		.initdata = guest->initdata,
	};
	if (uname(&uts) < 0)
		return error_system(err, "uname");
	if (trust_check(&trust, &image->seal, image->seal_digest, &how, err) < 0 ||
	    trust_check_arch(image->descriptor.arch, uts.machine, err) < 0)
		return -1;
	(void)snprintf(guest->note, sizeof(guest->note), "%s", how);
	return 0;
}

int guest_find_image(struct guest *guest, struct error *err)
{
	char digest[SEAL_DIGEST_TEXT_BYTES], how[64];
	struct image_search search = {
		.sys_fd = guest->sys_fd,
		.dev = "/dev",
		.uevent_fd = guest->uevent_fd,
		.modules = guest->modules,
		.judge = judge,
		.context = guest,
		.wait_ms = IMAGE_WAIT_MS,
		.quiet_ms = IMAGE_QUIET_MS,
	};

	int result = image_find(&search, &guest->disk, &guest->image, err);
	guest->device_wait_ms = search.waited_ms;
	if (result < 0)
		return -1;
	(void)snprintf(how, sizeof(how), "%.63s", guest->note);
	seal_digest_to_text(guest->image->seal_digest, digest);
	(void)snprintf(guest->note, sizeof(guest->note), "%s on /dev/%s, trusted %s", digest,
		       guest->disk.name, how);
	return 0;
}
