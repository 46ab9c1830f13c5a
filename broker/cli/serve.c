// SPDX-License-Identifier: Apache-2.0
#include "broker/cli/cli.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "broker/listen.h"
#include "broker/server.h"
#include "common/io.h"

enum { OPT_LISTEN = OPT_OWN, OPT_TLS_CERT, OPT_TLS_KEY, OPT_VEK_DIR, OPT_TRUST_ARK };

const struct command_option serve_options[] = {
	{ OPT_STORE, "store", "FILE", "the store" },
	{ OPT_STORE_KEY, "store-key", "FILE", STORE_KEY_HELP },
	{ OPT_LISTEN, "listen", "ADDRESS", "HOST:PORT, [IPv6]:PORT, vsock:PORT or unix:PATH" },
	{ OPT_TLS_CERT, "tls-cert", "PEM", "speak HTTPS, with this certificate chain" },
	{ OPT_TLS_KEY, "tls-key", "PEM", "and its key; refused where others may read it" },
	{ OPT_VEK_DIR, "vek-dir", "DIR",
	  "certificates for evidence that brings none: VCEKs\n(*.der, *.pem), ASKs and ARKs "
	  "(*.pem)" },
	{ OPT_TRUST_ARK, "trust-ark", "PEM",
	  "a root to trust beside AMD's, such as a\nlaboratory's; may be given more than once" },
	{ 0 },
};

struct request {
	const char *store, *store_key, *listen, *tls_cert, *tls_key, *vek_dir;
	const char *trust_arks[CERTIFICATES_ROOTS_MAX];
	size_t trust_ark_count;
};

/* What a broker is made of, in the order it is taken down. */
struct service {
	struct store *store;
	struct sessions *sessions;
	struct certificates *certificates;
	struct secret *tls_key; /* PEM and a NUL */
	char *tls_certificate;
	struct broker broker;
	struct listen_address address;
	struct server *server;
};

static void service_clear(struct service *s)
{
	server_stop(s->server);
	if (s->address.kind == LISTEN_UNIX && s->server)
		(void)unlink(s->address.path);
	certificates_free(s->certificates);
	sessions_free(s->sessions);
	store_free(s->store);
	secret_free(s->tls_key);
	free(s->tls_certificate);
}

static int option_take(struct request *r, int id, struct error *err)
{
	switch (id) {
	case OPT_STORE:
		r->store = optarg;
		return 0;
	case OPT_STORE_KEY:
		r->store_key = optarg;
		return 0;
	case OPT_LISTEN:
		r->listen = optarg;
		return 0;
	case OPT_TLS_CERT:
		r->tls_cert = optarg;
		return 0;
	case OPT_TLS_KEY:
		r->tls_key = optarg;
		return 0;
	case OPT_VEK_DIR:
		r->vek_dir = optarg;
		return 0;
	default:
		if (r->trust_ark_count == CERTIFICATES_ROOTS_MAX)
			return error_usage(err, "serve: at most %d roots", CERTIFICATES_ROOTS_MAX);
		r->trust_arks[r->trust_ark_count++] = optarg;
		return 0;
	}
}

/* One line in one write, so that lines of several threads do not mix. */
static void log_line(const char *text)
{
	dprintf(STDERR_FILENO, "podseal-broker: %s\n", text);
}

static int tls_read(const struct request *r, struct service *s, struct error *err)
{
	cleanup_secret struct secret *key = NULL;
	size_t size;

	if (!r->tls_cert)
		return 0;
	if (file_read(r->tls_cert, SNP_PEM_MAX_BYTES, (uint8_t **)&s->tls_certificate, &size, err) <
		    0 ||
	    secret_read_file_upto(r->tls_key, STORE_SECRET_MAX_BYTES, &key, err) < 0 ||
	    secret_new(key->size + 1, &s->tls_key, err) < 0)
		return -1;
	memcpy(s->tls_key->bytes, key->bytes, key->size);
	return 0;
}

static int certificates_read(const struct request *r, struct service *s, struct error *err)
{
	size_t left_out = 0;

	if (certificates_new(s->store, &s->certificates, err) < 0)
		return -1;
	for (size_t i = 0; i < r->trust_ark_count; i++) {
		if (certificates_trust_ark(s->certificates, r->trust_arks[i], err) < 0)
			return -1;
		dprintf(STDERR_FILENO,
			"podseal-broker: trusting laboratory root %s: not for production\n",
			r->trust_arks[i]);
	}
	if (r->vek_dir &&
	    certificates_load(s->certificates, r->vek_dir, time(NULL), &left_out, err) < 0)
		return -1;
	if (left_out)
		dprintf(STDERR_FILENO,
			"podseal-broker: %s: %zu .der files are no VCEK with a chain that holds\n",
			r->vek_dir, left_out);
	return 0;
}

static int service_start(const struct request *r, struct service *s, struct error *err)
{
	char name[LISTEN_NAME_BYTES];
	int fd;

	if (listen_address_parse(r->listen, &s->address, err) < 0 || tls_read(r, s, err) < 0 ||
	    store_open_with_key(r->store, r->store_key, &s->store, err) < 0 ||
	    sessions_new(&s->sessions, err) < 0 || certificates_read(r, s, err) < 0 ||
	    listen_open(&s->address, &fd, name, err) < 0)
		return -1;
	s->broker = (struct broker){ s->store, s->sessions, s->certificates };
	const struct server_options options = {
		.broker = &s->broker,
		.fd = fd,
		.tls_certificate = s->tls_certificate,
		.tls_key = s->tls_key ? (const char *)s->tls_key->bytes : NULL,
		.log = log_line,
	};
	if (server_start(&options, &s->server, err) < 0)
		return error_prefix(err, "%s", name);
	dprintf(STDERR_FILENO, "podseal-broker: listening on %s%s\n", name,
		s->tls_certificate ? " with TLS" : "");
	return 0;
}

static int serve(const struct request *r, struct error *err)
{
	CLEANUP(service_clear) struct service service = { 0 };
	sigset_t signals;
	int signal_number;

	/* before any thread exists, so that all of them leave these to us */
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	if (service_start(r, &service, err) < 0)
		return error_prefix(err, "serving");
	(void)sigwait(&signals, &signal_number);
	log_line("ending: requests that are under way are answered first");
	return 0;
}

int cmd_serve(const struct command *self, int argc, char **argv, struct error *err)
{
	struct request r = { 0 };
	int id;

	while ((id = command_next_option(self, argc, argv, err)) != -1)
		if (id == '?' || option_take(&r, id, err) < 0)
			return -1;
	if (command_operands(self, argc, 0, err) < 0)
		return -1;
	if (!r.store || !r.listen)
		return error_usage(err, "serve: needs --store and --listen");
	if (!r.tls_cert != !r.tls_key)
		return error_usage(err, "serve: --tls-cert and --tls-key go together");
	return serve(&r, err);
}
