// SPDX-License-Identifier: Apache-2.0
#include "laboratory/server.h"

#include <errno.h>

#define FUSE_USE_VERSION 31
#include <fuse3/cuse_lowlevel.h>

#include "common/io.h"

struct server {
	struct device *device;
	int ready_fd;
};

static void on_init_done(void *context)
{
	struct server *server = context;
	struct error ignored;

	/* a reader that is gone has given up */
	(void)!write_all(server->ready_fd, "", 1, &ignored);
	(void)close(server->ready_fd);
}

static size_t to_iovec(const struct device_range *ranges, size_t count, struct iovec *iov)
{
	for (size_t i = 0; i < count; i++)
		iov[i] = (struct iovec){ (void *)(uintptr_t)ranges[i].address, ranges[i].size };
	return count;
}

static void ask_for_more(fuse_req_t req, const struct device_round *round)
{
	struct iovec in[DEVICE_RANGES_MAX], out[DEVICE_RANGES_MAX];
	size_t in_count = to_iovec(round->in, round->in_count, in);
	size_t out_count = to_iovec(round->out, round->out_count, out);

	(void)fuse_reply_ioctl_retry(req, in, in_count, out, out_count);
}

static void on_ioctl(fuse_req_t req, int cmd, void *arg, struct fuse_file_info *file,
		     unsigned flags, const void *in, size_t in_size, size_t out_size)
{
	const struct server *server = fuse_req_userdata(req);
	cleanup_device_round struct device_round round = { .answer = NULL };
	struct error err;

	(void)file;
	if (flags & FUSE_IOCTL_COMPAT) {
		(void)fuse_reply_err(req, ENOSYS);
		return;
	}
	if (device_ioctl(server->device, (uint32_t)cmd, (uintptr_t)arg, in, in_size, out_size,
			 &round, &err) < 0)
		(void)fuse_reply_err(req, EIO);
	else if (round.verdict == DEVICE_MORE)
		ask_for_more(req, &round);
	else
		(void)fuse_reply_ioctl(req, round.result, round.answer, round.answer_size);
}

int server_run(struct device *device, int ready_fd, struct error *err)
{
	static const struct cuse_lowlevel_ops operations = { .init_done = on_init_done,
							     .ioctl = on_ioctl };
	const char *words[] = { "DEVNAME=sev-guest" };
	const struct cuse_info info = { .dev_info_argc = 1,
					.dev_info_argv = words,
					.flags = CUSE_UNRESTRICTED_IOCTL };
	struct server server = { device, ready_fd };
	char program[] = "podseal-laboratory", foreground[] = "-f";
	char *arguments[] = { program, foreground, NULL };
	int threads;
	struct fuse_session *session =
		cuse_lowlevel_setup(2, arguments, &info, &operations, &threads, &server);

	if (!session)
		return error_system(err, "starting a CUSE server");
	int result = fuse_session_loop(session);
	cuse_lowlevel_teardown(session);
	return error_system_text(err, "the CUSE server ended with %d", result);
}
