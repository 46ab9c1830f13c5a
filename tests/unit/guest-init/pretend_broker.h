// SPDX-License-Identifier: Apache-2.0
/* A broker in a process of its own that keeps to the protocol, or not, and a firmware in another
 * that makes reports: a folder like configfs-tsm's, whose outblob is a pipe. Neither checks
 * anything that attest/'s own tests check. */
#pragma once

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "attest/kbs_evidence.h"
#include "attest/kbs_jwe.h"
#include "attest/kbs_message.h"
#include "attest/report_data.h"
#include "common/io.h"
#include "tests/unit/guest-init/fake_sys.h"

enum manner {
	KEEPS_TO_IT,
	CLOSES_EACH_TIME,
	REFUSES_TO_ATTEST,
	REFUSES_THE_RESOURCE,
	ANSWERS_NONSENSE,
	ANSWERS_OTHER_JSON,
	ENCRYPTS_TO_ANOTHER,
	GIVES_A_SHORT_KEY,
	IS_SILENT,
	DRIPS,
	NEVER_ENDS,
	GIVES_A_HUGE_BODY,
	PROMISES_TOO_MUCH,
	REDIRECTS,
	FAILS,
	BREAKS_ITS_CHUNKS,
	SWITCHES_PROTOCOLS,
	HANGS_UP,
	MANNERS,
};

struct pretend {
	struct fake fake; /* report_get()'s `config` */
	pid_t broker, firmware;
	uint32_t port;
	char certificate[4096]; /* of the broker, for https; "" for http */
};

/* What the broker has to give: 5a 5a .. */
enum { PRETEND_KEY_BYTES = 64, PRETEND_KEY_BYTE = 0x5a };

struct peer {
	int fd;
	SSL *tls;
};

static inline size_t peer_read(struct peer *peer, char *at, size_t capacity)
{
	size_t got = 0;

	if (peer->tls)
		return SSL_read_ex(peer->tls, at, capacity, &got) == 1 ? got : 0;
	ssize_t n = read(peer->fd, at, capacity);
	return n > 0 ? (size_t)n : 0;
}

static inline void peer_write(struct peer *peer, const char *text)
{
	size_t written;

	if (peer->tls)
		(void)SSL_write_ex(peer->tls, text, strlen(text), &written);
	else
		(void)!write(peer->fd, text, strlen(text));
}

/* One request: its head and, by Content-Length, its body. false: the client has closed. */
static inline bool peer_request(struct peer *peer, char *text, size_t text_bytes, char **body)
{
	size_t size = 0;

	for (;;) {
		size_t n = peer_read(peer, text + size, text_bytes - size - 1);
		if (n == 0)
			return false;
		size += n;
		text[size] = '\0';
		char *end = strstr(text, "\r\n\r\n"), *length = strstr(text, "Content-Length: ");
		size_t want = length && length < end ? strtoul(length + 16, NULL, 10) : 0;
		if (!end || size < (size_t)(end + 4 - text) + want)
			continue;
		*body = end + 4;
		return true;
	}
}

static inline void peer_answer(struct peer *peer, enum manner manner, unsigned status,
			       const char *body)
{
	char head[256];

	(void)snprintf(head, sizeof(head),
		       "HTTP/1.1 %u X\r\nContent-Length: %zu\r\nSet-Cookie: kbs-session-id=5e55; "
		       "Expires=x\r\n%s\r\n",
		       status, strlen(body),
		       manner == CLOSES_EACH_TIME ? "Connection: close\r\n" : "");
	peer_write(peer, head);
	peer_write(peer, body);
}

static inline void or_exit(int result)
{
	if (result < 0)
		_exit(3);
}

/* The report has to be bound to the key and the nonce; then the key is kept. */
static inline void take_attestation(const char *body, json_t **key)
{
	uint8_t want[SNP_REPORT_DATA_BYTES];
	struct kbs_attestation attestation;
	struct kbs_evidence *evidence;
	struct snp_report report;
	struct error err;

	or_exit(kbs_attestation_parse((const uint8_t *)body, strlen(body), &attestation, &err));
	or_exit(kbs_key_check(attestation.tee_public_key, &err));
	or_exit(kbs_evidence_parse(attestation.primary_evidence, &evidence, &err));
	or_exit(snp_report_parse(evidence->report, SNP_REPORT_BYTES, &report, &err));
	or_exit(kbs_report_data(attestation.nonce, attestation.tee_public_key, "", KBS_SHA384, want,
				&err));
	if (memcmp(want, report.report_data, sizeof(want)) != 0)
		_exit(4);
	*key = json_incref(attestation.tee_public_key);
}

static inline void give_resource(struct peer *peer, enum manner manner, json_t *key)
{
	uint8_t secret[PRETEND_KEY_BYTES];
	json_t *another;
	struct error err;
	char *text;

	memset(secret, PRETEND_KEY_BYTE, sizeof(secret));
	if (manner == ENCRYPTS_TO_ANOTHER) {
		or_exit(kbs_key_generate(&another, &err));
		or_exit(kbs_key_public(another, &key, &err));
	}
	or_exit(kbs_jwe_encrypt(key, secret, manner == GIVES_A_SHORT_KEY ? 32 : sizeof(secret),
				&text, &err));
	peer_answer(peer, manner, 200, text);
}

/* The same piece again and again, until the client has had enough. */
static inline void peer_repeat(struct peer *peer, const char *head, const char *piece,
			       useconds_t pause_us)
{
	peer_write(peer, head);
	while (write(peer->fd, piece, strlen(piece)) > 0)
		(void)usleep(pause_us);
}

/* Answers that nobody has to think about. false: this manner has others. */
static inline bool peer_misbehaves(struct peer *peer, enum manner manner)
{
	static const char *const texts[] = {
		[ANSWERS_NONSENSE] = "podseal\r\n\r\n",
		[PROMISES_TOO_MUCH] = "HTTP/1.1 200 OK\r\nContent-Length: "
				      "99999999999999999999\r\n\r\n{}",
		[REDIRECTS] = "HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/kbs/v0/auth\r\n"
			      "Content-Length: 0\r\n\r\n",
		[FAILS] = "HTTP/1.1 500 X\r\nContent-Length: 6\r\n\r\nsorry\n",
		[BREAKS_ITS_CHUNKS] =
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
		[SWITCHES_PROTOCOLS] =
			"HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
		[HANGS_UP] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
		[MANNERS] = NULL,
	};
	static const char chunked[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
	static char large[1 << 16];

	memset(large, 'x', sizeof(large) - 1);
	(void)signal(SIGPIPE, SIG_IGN);
	if (texts[manner])
		peer_write(peer, texts[manner]);
	if (manner == HANGS_UP)
		(void)shutdown(peer->fd, SHUT_RDWR);
	else if (manner == DRIPS)
		peer_repeat(peer, chunked, "1\r\na\r\n", 50000);
	else if (manner == GIVES_A_HUGE_BODY)
		peer_repeat(peer, "HTTP/1.1 200 OK\r\n\r\n", large, 0);
	else if (manner == NEVER_ENDS) {
		/* a byte of the body, and 64 KiB that do not count as any */
		memcpy(large, "1;", 2);
		memcpy(large + sizeof(large) - 6, "\r\na\r\n", 6);
		peer_repeat(peer, chunked, large, 0);
	}
	return texts[manner] || manner == DRIPS || manner == GIVES_A_HUGE_BODY ||
	       manner == NEVER_ENDS;
}

static inline void peer_respond(struct peer *peer, enum manner manner, const char *request,
				const char *body, json_t **key)
{
	static const uint8_t nonce[KBS_NONCE_BYTES] = { 7 };
	bool auth = strncmp(request, "POST /kbs/v0/auth ", 18) == 0;
	bool attest = strncmp(request, "POST /kbs/v0/attest ", 20) == 0;
	struct error err;
	char *text;

	if (!auth && !strstr(request, "Cookie: kbs-session-id=5e55\r\n"))
		_exit(5);
	if (peer_misbehaves(peer, manner))
		return;
	if (manner == ANSWERS_OTHER_JSON)
		peer_answer(peer, manner, 200, "{}");
	else if (auth) {
		or_exit(kbs_challenge_make(nonce, &text, &err));
		peer_answer(peer, manner, 200, text);
	} else if (manner == REFUSES_TO_ATTEST || (!attest && manner == REFUSES_THE_RESOURCE)) {
		or_exit(kbs_error_make("PolicyDeny", "not you", &text, &err));
		peer_answer(peer, manner, 403, text);
	} else if (attest) {
		take_attestation(body, key);
		peer_answer(peer, manner, 200, "{\"token\":\"a.b.c\"}");
	} else if (strncmp(request, "GET /kbs/v0/resource/a/b/c ", 27) == 0 && *key) {
		give_resource(peer, manner, *key);
	} else {
		_exit(6);
	}
}

static inline void serve(int listener, SSL_CTX *context, enum manner manner)
{
	static char request[1 << 16];
	json_t *key = NULL;
	char *body;

	for (;;) {
		struct peer peer = { .fd = accept(listener, NULL, NULL) };
		if (context) {
			peer.tls = SSL_new(context);
			(void)SSL_set_fd(peer.tls, peer.fd);
			(void)SSL_accept(peer.tls);
		}
		while (peer_request(&peer, request, sizeof(request), &body)) {
			if (manner != IS_SILENT)
				peer_respond(&peer, manner, request, body, &key);
			if (manner == CLOSES_EACH_TIME)
				break;
		}
		SSL_free(peer.tls);
		(void)close(peer.fd);
	}
}

/* One report, with what was written to inblob in it. */
static inline void make_report(const char *root)
{
	struct snp_report report = { .version = 3,
				     .policy = SNP_POLICY_RESERVED_ONE,
				     .signature_algorithm = 1,
				     .cpuid_family = 0x19,
				     .cpuid_model = 0x11,
				     .product = SNP_GENOA };
	uint8_t bytes[SNP_REPORT_BYTES];
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/tsm/report/podseal/outblob", root);
	int out = open(path, O_WRONLY | O_CLOEXEC);
	(void)snprintf(path, sizeof(path), "%s/tsm/report/podseal/inblob", root);
	int in = open(path, O_RDONLY | O_CLOEXEC);
	if (read(in, report.report_data, sizeof(report.report_data)) != SNP_REPORT_DATA_BYTES)
		_exit(7);
	snp_report_encode(&report, bytes);
	(void)!write(out, bytes, sizeof(bytes));
	_exit(0);
}

/* A certificate for 127.0.0.1 by itself. */
static inline SSL_CTX *make_tls(char *certificate, size_t certificate_bytes)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	X509 *x = X509_new();

	assert_true(X509_set_version(x, X509_VERSION_3) && X509_set_pubkey(x, key));
	assert_true(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
					       (const uint8_t *)"broker", -1, -1, 0));
	assert_true(X509_set_issuer_name(x, X509_get_subject_name(x)));
	/* long over: a guest has no clock to hold it against */
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), -7200));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), -3600));
	X509_EXTENSION *san = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
	assert_true(X509_add_ext(x, san, -1) && X509_sign(x, key, EVP_sha256()) > 0);
	X509_EXTENSION_free(san);
	assert_true(SSL_CTX_use_certificate(context, x) && SSL_CTX_use_PrivateKey(context, key));
	BIO *bio = BIO_new(BIO_s_mem());
	assert_true(PEM_write_bio_X509(bio, x));
	int n = BIO_read(bio, certificate, (int)certificate_bytes - 1);
	assert_true(n > 0);
	certificate[n] = '\0';
	(void)BIO_free(bio);
	X509_free(x);
	EVP_PKEY_free(key);
	return context;
}

static inline void pretend_start(struct pretend *p, enum manner manner, bool tls)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char path[128];

	*p = (struct pretend){ .port = 0 };
	SSL_CTX *context = tls ? make_tls(p->certificate, sizeof(p->certificate)) : NULL;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(listener, (const struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(listener, 4), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	p->port = ntohs(address.sin_port);
	fake_make(&p->fake);
	fake_text(&p->fake, "tsm/report/podseal/inblob", "");
	(void)snprintf(path, sizeof(path), "%s/tsm/report/podseal/outblob", p->fake.root);
	assert_int_equal(mkfifo(path, 0600), 0);
	p->broker = fork();
	if (p->broker == 0)
		serve(listener, context, manner);
	p->firmware = fork();
	if (p->firmware == 0)
		make_report(p->fake.root);
	SSL_CTX_free(context);
	(void)close(listener);
}

static inline void pretend_stop(struct pretend *p)
{
	int status;

	(void)kill(p->firmware, SIGKILL);
	(void)waitpid(p->firmware, NULL, 0);
	(void)kill(p->broker, SIGKILL);
	(void)waitpid(p->broker, &status, 0);
	fake_remove(&p->fake);
	if (WIFEXITED(status))
		fail_msg("the broker gave up with status %d", WEXITSTATUS(status));
}
