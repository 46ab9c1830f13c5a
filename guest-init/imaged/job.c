// SPDX-License-Identifier: Apache-2.0
#include "guest-init/imaged/job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "common/io.h"

enum { ANSWER_FD = STDERR_FILENO + 1, READ_BYTES = 65536, JOB_SECONDS = 120 };

static _Noreturn void work(int fd, server_handler *handler, void *context, const struct call *call)
{
	struct answer answer = { .status = TTRPC_INTERNAL };
	struct error err;
	uint8_t *frame;
	sigset_t none;
	size_t size;

	/* only the pipe: the others are other clients' connections */
	if (fd != ANSWER_FD && dup2(fd, ANSWER_FD) < 0)
		_exit(1);
	(void)close_range(ANSWER_FD + 1, ~0U, 0);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)alarm(JOB_SECONDS);
	handler(context, call, &answer);
	if (answer_frame(call->stream, &answer, &frame, &size, &err) < 0 ||
	    write_all(ANSWER_FD, frame, size, &err) < 0)
		_exit(1);
	_exit(0);
}

int job_start(struct job *job, server_handler *handler, void *context, const struct call *call,
	      struct error *err)
{
	cleanup_fd int from = -1, to = -1;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_system(err, "making a pipe");
	from = ends[0];
	to = ends[1];
	if (fcntl(from, F_SETFL, O_NONBLOCK) < 0)
		return error_system(err, "making a pipe");
	pid_t child = fork();
	if (child < 0)
		return error_system(err, "starting a process");
	if (child == 0)
		work(to, handler, context, call);
	job->frame = NULL;
	job->size = 0;
	job->fd = take_fd(&from);
	return 0;
}

static bool is_whole(const struct job *job)
{
	struct ttrpc_header header;

	if (job->size < TTRPC_HEADER_BYTES)
		return false;
	ttrpc_header_parse(job->frame, &header);
	return job->size == TTRPC_HEADER_BYTES + (size_t)header.size;
}

enum job_state job_read(struct job *job)
{
	uint8_t *frame;
	ssize_t got;

	if (job->size > TTRPC_HEADER_BYTES + TTRPC_DATA_MAX_BYTES)
		return JOB_FAILED;
	frame = malloc(job->size + READ_BYTES);
	if (!frame)
		return JOB_FAILED;
	got = read(job->fd, frame + job->size, READ_BYTES);
	if (got <= 0) {
		bool later = got < 0 && (errno == EAGAIN || errno == EINTR);
		explicit_bzero(frame, job->size + READ_BYTES);
		free(frame);
		return later ? JOB_GOES_ON : got == 0 && is_whole(job) ? JOB_DONE : JOB_FAILED;
	}
	/* not realloc(), which would leave a copy of a secret */
	if (job->frame) {
		memcpy(frame, job->frame, job->size);
		explicit_bzero(job->frame, job->size);
		free(job->frame);
	}
	job->frame = frame;
	job->size += (size_t)got;
	return JOB_GOES_ON;
}

void job_end(struct job *job)
{
	(void)close(job->fd);
	job->fd = -1;
	if (job->frame)
		explicit_bzero(job->frame, job->size);
	free(job->frame);
	job->frame = NULL;
}
