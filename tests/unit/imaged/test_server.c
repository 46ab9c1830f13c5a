// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "common/io.h"
#include "guest-init/imaged/job.h"

/* Request messages: a method (field 2) and no more. */
enum { METHOD_BYTES = 5, REQUEST_BYTES = TTRPC_HEADER_BYTES + 2 + METHOD_BYTES };

/* A server in a process of its own. "later" waits until there is a byte in the pipe `gate`, "never"
 * makes no answer, "large" has one of 1 MiB, "quick" does not wait. */
struct fixture {
	char folder[32], path[64], gate[64];
	pid_t server;
	int client;
};

static void answer(void *context, const struct call *call, struct answer *answer)
{
	struct fixture *f = context;
	char byte;

	if (strcmp(call->method, "later") == 0)
		assert_int_equal(read(open(f->gate, O_RDONLY), &byte, 1), 1);
	if (strcmp(call->method, "never") == 0)
		_exit(1);
	*answer = (struct answer){ .status = TTRPC_OK };
	if (strcmp(call->method, "large") == 0) {
		answer->payload_size = 1 << 20;
		answer->payload = calloc(1, answer->payload_size);
		assert_non_null(answer->payload);
	}
}

static bool waits(const void *context, const struct call *call)
{
	(void)context;
	return strcmp(call->method, "quick") != 0;
}

static _Noreturn void serve(struct fixture *f, int ready)
{
	const struct server_calls calls = { answer, waits, f };
	cleanup_server struct server *server = NULL;
	struct error err;
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGCHLD, SIG_IGN);
	if (server_new(f->path, &calls, &server, &err) < 0 || write(ready, "x", 1) != 1 ||
	    server_run(server, &err) < 0)
		_exit(error_report("test", &err));
	_exit(0);
}

static int dial(const struct fixture *f)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(address.sun_path, f->path, strlen(f->path) + 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static int start(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int ready[2];
	char byte;

	assert_non_null(f);
	(void)strcpy(f->folder, "/tmp/podseal-server.XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	(void)snprintf(f->path, sizeof(f->path), "%s/run/socket", f->folder);
	(void)snprintf(f->gate, sizeof(f->gate), "%s/gate", f->folder);
	assert_int_equal(mkfifo(f->gate, 0600), 0);
	assert_int_equal(pipe(ready), 0);
	f->server = fork();
	assert_true(f->server >= 0);
	if (f->server == 0)
		serve(f, ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	(void)close(ready[1]);
	f->client = dial(f);
	*state = f;
	return 0;
}

/* Lets all calls go on that wait, now or later. */
static int release(const struct fixture *f)
{
	static const char bytes[100];
	int gate = open(f->gate, O_RDWR);

	assert_int_equal(write(gate, bytes, sizeof(bytes)), sizeof(bytes));
	return gate;
}

static int stop(void **state)
{
	struct fixture *f = *state;
	int status;

	(void)close(f->client);
	(void)kill(f->server, SIGTERM);
	assert_int_equal(waitpid(f->server, &status, 0), f->server);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(access(f->path, F_OK), -1);
	*strrchr(f->path, '/') = '\0';
	(void)unlink(f->gate);
	(void)rmdir(f->path);
	(void)rmdir(f->folder);
	free(f);
	return 0;
}

static void ask(int client, uint32_t stream, const char method[METHOD_BYTES + 1])
{
	uint8_t request[REQUEST_BYTES];
	struct error err;

	ttrpc_header_write(&(struct ttrpc_header){ 2 + METHOD_BYTES, stream, TTRPC_REQUEST, 0 },
			   request);
	request[TTRPC_HEADER_BYTES] = 0x12;
	request[TTRPC_HEADER_BYTES + 1] = METHOD_BYTES;
	memcpy(request + TTRPC_HEADER_BYTES + 2, method, METHOD_BYTES);
	assert_int_equal(write_all(client, request, sizeof(request), &err), 0);
}

/* The next answer's stream; *status is in its first bytes, field 1 of a message in field 1. */
static uint32_t hear(int client, uint8_t *status, size_t *size)
{
	uint8_t bytes[TTRPC_HEADER_BYTES];
	struct ttrpc_header header;
	struct error err;

	assert_int_equal(read_upto(client, bytes, sizeof(bytes), &err), sizeof(bytes));
	ttrpc_header_parse(bytes, &header);
	cleanup_free uint8_t *data = calloc(1, header.size + 4);
	assert_non_null(data);
	assert_int_equal(read_upto(client, data, header.size, &err), header.size);
	*status = header.size && data[0] == 0x0a ? data[3] : TTRPC_OK;
	*size = header.size;
	return header.stream;
}

static void hears(int client, uint32_t stream, uint8_t wanted)
{
	uint8_t status;
	size_t size;

	assert_int_equal(hear(client, &status, &size), stream);
	assert_int_equal(status, wanted);
}

static void nobody_waits_for_a_call_that_does(void **state)
{
	struct fixture *f = *state;

	ask(f->client, 1, "later");
	ask(f->client, 3, "quick");
	hears(f->client, 3, TTRPC_OK);
	int gate = release(f);
	hears(f->client, 1, TTRPC_OK);
	(void)close(gate);
}

static void a_large_answer_comes_whole(void **state)
{
	struct fixture *f = *state;
	uint8_t status;
	size_t size;

	ask(f->client, 1, "large");
	assert_int_equal(hear(f->client, &status, &size), 1);
	assert_int_equal(status, TTRPC_OK);
	assert_true(size > 1 << 20);
}

static void where_no_answer_comes_the_peer_is_told(void **state)
{
	struct fixture *f = *state;
	char byte;

	ask(f->client, 1, "never");
	assert_int_equal(read(f->client, &byte, 1), 0);
	int another = dial(f);
	ask(another, 1, "quick");
	hears(another, 1, TTRPC_OK);
	(void)close(another);
}

static void too_many_that_wait_are_refused(void **state)
{
	struct fixture *f = *state;
	uint8_t status;
	size_t size;

	for (uint32_t i = 0; i <= SERVER_JOBS; i++)
		ask(f->client, 1 + 2 * i, "later");
	hears(f->client, 1 + 2 * SERVER_JOBS, TTRPC_RESOURCE_EXHAUSTED);
	int gate = release(f);
	for (uint32_t i = 0; i < SERVER_JOBS; i++) {
		assert_true(hear(f->client, &status, &size) < 2 * SERVER_JOBS);
		assert_int_equal(status, TTRPC_OK);
	}
	ask(f->client, 99, "later");
	hears(f->client, 99, TTRPC_OK);
	(void)close(gate);
}

/* Another client may have the place of the one that went. */
static void an_answer_for_nobody_is_dropped(void **state)
{
	struct fixture *f = *state;

	ask(f->client, 1, "later");
	ask(f->client, 3, "quick");
	hears(f->client, 3, TTRPC_OK);
	(void)close(f->client);
	f->client = dial(f);
	ask(f->client, 5, "quick");
	hears(f->client, 5, TTRPC_OK);
	int gate = release(f);
	ask(f->client, 7, "later");
	hears(f->client, 7, TTRPC_OK);
	(void)close(gate);
}

static void at_the_end_what_waits_is_answered(void **state)
{
	struct fixture *f = *state;

	ask(f->client, 1, "later");
	ask(f->client, 3, "quick");
	hears(f->client, 3, TTRPC_OK);
	(void)kill(f->server, SIGTERM);
	int gate = release(f);
	hears(f->client, 1, TTRPC_OK);
	(void)close(gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nobody_waits_for_a_call_that_does, start, stop),
		cmocka_unit_test_setup_teardown(a_large_answer_comes_whole, start, stop),
		cmocka_unit_test_setup_teardown(where_no_answer_comes_the_peer_is_told, start,
						stop),
		cmocka_unit_test_setup_teardown(too_many_that_wait_are_refused, start, stop),
		cmocka_unit_test_setup_teardown(an_answer_for_nobody_is_dropped, start, stop),
		cmocka_unit_test_setup_teardown(at_the_end_what_waits_is_answered, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
