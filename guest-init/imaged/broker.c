// SPDX-License-Identifier: Apache-2.0
#include "guest-init/imaged/broker.h"

#include <fcntl.h>

#include "common/io.h"
#include "guest-init/certificates.h"
#include "guest-init/cmdline.h"
#include "guest-init/initdata.h"
#include "guest-init/kbs_client.h"

static int read_cmdline(struct cmdline *cmdline, struct error *err)
{
	cleanup_free uint8_t *text = NULL;
	size_t size;

	if (file_read("/proc/cmdline", CMDLINE_MAX_BYTES, &text, &size, err) < 0)
		return -1;
	if (cmdline_parse(text, size, cmdline, err) < 0)
		return error_prefix(err, "/proc/cmdline");
	if (cmdline->kbs.transport == BROKER_NONE)
		return error_input(err,
				   "--resources needs podseal.kbs= on the kernel command line");
	return 0;
}

int broker_check(struct error *err)
{
	struct cmdline cmdline;

	return read_cmdline(&cmdline, err);
}

int broker_fetch(const char *path, struct secret **secret, size_t *size, struct error *err)
{
	cleanup_kbs_client struct kbs_client *client = NULL;
	cleanup_certificates struct certificates ca = { .count = 0 };
	cleanup_free char *initdata = NULL;
	cleanup_fd int sys_fd = open("/sys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct cmdline cmdline;
	size_t initdata_size;

	if (sys_fd < 0)
		return error_system(err, "/sys");
	if (read_cmdline(&cmdline, err) < 0 || certificates_read(BROKER_CERTIFICATES, &ca, err) < 0)
		return -1;
	if (cmdline.bind == BIND_INITDATA &&
	    initdata_read(sys_fd, "/dev", &initdata, &initdata_size, err) < 0)
		return -1;
	const struct kbs_client_options options = {
		.url = &cmdline.kbs,
		.timeout_ms = KBS_CLIENT_TIMEOUT_MS,
		.ca = ca.pem,
		.ca_count = ca.count,
		.sys_fd = sys_fd,
		.config = REPORT_CONFIG,
		.device = REPORT_DEVICE,
		.init_data = initdata,
	};
	if (kbs_client_attest(&options, &client, err) < 0)
		return -1;
	return kbs_client_fetch_any(client, path, secret, size, err);
}
