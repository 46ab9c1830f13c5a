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
#include "guest-init/imaged/broker.h"
#include "guest-init/imaged/calls.h"
#include "guest-init/imaged/layers.h"
#include "guest-init/imaged/notify.h"
#include "guest-init/imaged/server.h"

static const char help[] =
	"Usage: podseal-imaged [--resources]\n"
	"\n"
	"The image service of a Kata guest: answers kata-agent's image pulls at\n" IMAGED_SOCKET
	"\nout of the sealed pod in " IMAGED_POD ", and refuses what is not sealed.\n"
	"systemd starts it before kata-agent; SIGTERM ends it. See podseal-imaged(8).\n"
	"\n"
	"Options:\n"
	"      --resources  give out what the key broker gives to this guest as well:\n"
	"                   GetResource and UnsealSecret\n"
	"      --help       print this\n"
	"      --version    print the version\n";

static void calls_clear(struct calls *calls)
{
	sealed_pod_clear(&calls->images.pod);
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

static bool waits(const void *context, const struct call *call)
{
	return calls_waits(context, call);
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

static int run(bool resources, struct error *err)
{
	CLEANUP(calls_clear)
	struct calls calls = {
		.images = { .root = IMAGED_POD,
			    .scratch = IMAGED_SCRATCH,
			    .bundles = IMAGED_BUNDLES },
		.resources = resources,
	};
	struct image_store *images = &calls.images;
	const struct server_calls for_server = { answer, waits, &calls };
	cleanup_server struct server *server = NULL;

	if (load_pod(images, err) < 0 || (resources && broker_check(err) < 0) ||
	    layers_prepare(images->scratch, err) < 0 ||
	    server_new(IMAGED_SOCKET, &for_server, &server, err) < 0 ||
	    notify_send(getenv("NOTIFY_SOCKET"), "READY=1", err) < 0)
		return -1;
	(void)fprintf(stderr, "podseal-imaged: %zu sealed containers, listening at %s\n",
		      images->pod.count, IMAGED_SOCKET);
	return server_run(server, err);
}

static int parse_options(int argc, char **argv, bool *resources, struct error *err)
{
	static const struct option options[] = {
		{ "resources", no_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return error_usage(err, "unknown option %s; see --help", argv[optind - 1]);
		if (option == 'r') {
			*resources = true;
			continue;
		}
		(void)fputs(option == 'h' ? help : "podseal-imaged " PODSEAL_VERSION "\n", stdout);
		exit(fflush(stdout) == 0 ? 0 : ERROR_SYSTEM);
	}
	if (optind < argc)
		return error_usage(err, "unexpected \"%s\"; it takes no operands", argv[optind]);
	return 0;
}

int main(int argc, char **argv)
{
	bool resources = false;
	struct error err;

	secret_forbid_core_dumps();
	(void)umask(022);
	set_signals();
	if (parse_options(argc, argv, &resources, &err) < 0 || run(resources, &err) < 0)
		return error_report("podseal-imaged", &err);
	return 0;
}
