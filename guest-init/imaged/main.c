// SPDX-License-Identifier: Apache-2.0
#include "guest-init/imaged/imaged.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/io.h"
#include "common/version.h"
#include "guest-init/imaged/calls.h"
#include "guest-init/imaged/layers.h"
#include "guest-init/imaged/notify.h"
#include "guest-init/imaged/server.h"

static const char help[] =
	"Usage: podseal-imaged [--help | --version]\n"
	"\n"
	"The image service of a Kata guest: answers kata-agent's image pulls at\n" IMAGED_SOCKET
	"\nout of the sealed pod in " IMAGED_POD ", and refuses what is not sealed.\n"
	"systemd starts it before kata-agent; SIGTERM ends it. See podseal-imaged(8).\n";

static void image_store_clear(struct image_store *store)
{
	sealed_pod_clear(&store->pod);
}

static int load_pod(struct image_store *store, struct error *err)
{
	cleanup_free uint8_t *bytes = NULL;
	size_t size;

	if (file_read(IMAGED_POD "/pod.json", SEALED_POD_MAX_BYTES, &bytes, &size, err) < 0)
		return -1;
	if (sealed_pod_parse(bytes, size, &store->pod, err) < 0)
		return error_prefix(err, IMAGED_POD "/pod.json");
	return 0;
}

static double now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* For the server: one call, one line in the journal. */
static void answer(void *context, const struct call *call, struct answer *answer)
{
	double before = now_ms();
	char note[CALLS_NOTE_BYTES];

	calls_answer(context, call, answer, note);
	(void)fprintf(stderr, "podseal-imaged: %s (%.1f ms)\n", note, now_ms() - before);
}

/* SIGTERM and SIGINT are the server's. The processes that delete what is not needed any more are
 * not waited for. */
static void set_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGCHLD, SIG_IGN);
}

static int run(struct error *err)
{
	CLEANUP(image_store_clear)
	struct image_store store = {
		.root = IMAGED_POD,
		.scratch = IMAGED_SCRATCH,
		.bundles = IMAGED_BUNDLES,
	};
	cleanup_server struct server *server = NULL;

	if (load_pod(&store, err) < 0 || layers_prepare(store.scratch, err) < 0 ||
	    server_new(IMAGED_SOCKET, answer, &store, &server, err) < 0 ||
	    notify_send(getenv("NOTIFY_SOCKET"), "READY=1", err) < 0)
		return -1;
	(void)fprintf(stderr, "podseal-imaged: %zu sealed containers, listening at %s\n",
		      store.pod.count, IMAGED_SOCKET);
	return server_run(server, err);
}

static int parse_options(int argc, char **argv, struct error *err)
{
	static const struct option options[] = { { "help", no_argument, NULL, 'h' },
						 { "version", no_argument, NULL, 'V' },
						 { 0 } };

	opterr = 0;
	switch (getopt_long(argc, argv, "", options, NULL)) {
	case 'h':
		(void)fputs(help, stdout);
		exit(fflush(stdout) == 0 ? 0 : ERROR_SYSTEM);
	case 'V':
		(void)puts("podseal-imaged " PODSEAL_VERSION);
		exit(fflush(stdout) == 0 ? 0 : ERROR_SYSTEM);
	case -1:
		if (optind == argc)
			return 0;
		return error_usage(err, "unexpected \"%s\"; it takes no operands", argv[optind]);
	default:
		return error_usage(err, "unknown option %s; see --help", argv[optind - 1]);
	}
}

int main(int argc, char **argv)
{
	struct error err;

	(void)umask(022);
	set_signals();
	if (parse_options(argc, argv, &err) < 0 || run(&err) < 0)
		return error_report("podseal-imaged", &err);
	return 0;
}
