// SPDX-License-Identifier: Apache-2.0
#include "guest-init/stream.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>

#include "guest-init/stream_connect.h"
#include "guest-init/stream_tls.h"
#include "guest-init/uevent.h"

struct stream {
	int fd; /* non-blocking */
	uint64_t deadline_ms;
	SSL *tls; /* NULL: plain */
};

/* A broker that always has one more byte is waited for nowhere else. */
static int check_time(const struct stream *stream, struct error *err)
{
	if (clock_ms() < stream->deadline_ms)
		return 0;
	return error_system_text(err, "the broker's answer has no end in time");
}

static int wait_for(const struct stream *stream, short events, struct error *err)
{
	return stream_wait(stream->fd, events, stream->deadline_ms, err);
}

/* What OpenSSL needs before it can go on; `result` is what its function returned. */
static int wait_for_tls(struct stream *stream, int result, struct error *err)
{
	switch (SSL_get_error(stream->tls, result)) {
	case SSL_ERROR_WANT_READ:
		return wait_for(stream, POLLIN, err);
	case SSL_ERROR_WANT_WRITE:
		return wait_for(stream, POLLOUT, err);
	case SSL_ERROR_SYSCALL:
		return error_system(err, "the connection broke");
	default:
		return error_crypto(err, "TLS");
	}
}

static int handshake(struct stream *stream, struct error *err)
{
	int result;

	while ((result = SSL_connect(stream->tls)) != 1) {
		long verdict = SSL_get_verify_result(stream->tls);
		if (verdict != X509_V_OK)
			return error_mismatch(err, "the broker's certificate: %s",
					      X509_verify_cert_error_string(verdict));
		if (wait_for_tls(stream, result, err) < 0)
			return -1;
	}
	return 0;
}

int stream_open(const struct broker_url *url, int sys_fd, const struct pem *ca, size_t ca_count,
		uint64_t deadline_ms, struct stream **result, struct error *err)
{
	cleanup_stream struct stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return error_memory(err);
	stream->fd = -1;
	stream->deadline_ms = deadline_ms;
	if (stream_connect(url, sys_fd, deadline_ms, &stream->fd, err) < 0)
		return -1;
	if (url->transport == BROKER_HTTPS &&
	    (stream_tls_new(stream->fd, url->host, ca, ca_count, &stream->tls, err) < 0 ||
	     handshake(stream, err) < 0))
		return -1;
	*result = take_ptr(stream);
	return 0;
}

void stream_close(struct stream *stream)
{
	if (!stream)
		return;
	SSL_free(stream->tls);
	if (stream->fd >= 0)
		(void)close(stream->fd);
	free(stream);
}

static int write_some(struct stream *stream, const void *bytes, size_t size, size_t *done,
		      struct error *err)
{
	*done = 0;
	if (stream->tls) {
		int result = SSL_write_ex(stream->tls, bytes, size, done);
		return result == 1 ? 0 : wait_for_tls(stream, result, err);
	}
	ssize_t n = write(stream->fd, bytes, size);
	if (n >= 0)
		*done = (size_t)n;
	else if (errno == EAGAIN)
		return wait_for(stream, POLLOUT, err);
	else if (errno != EINTR)
		return error_system(err, "writing to the broker");
	return 0;
}

int stream_write(struct stream *stream, const void *bytes, size_t size, struct error *err)
{
	for (size_t at = 0, done; at < size; at += done)
		if (write_some(stream, (const uint8_t *)bytes + at, size - at, &done, err) < 0)
			return -1;
	return 0;
}

static int read_tls(struct stream *stream, void *bytes, size_t capacity, size_t *size,
		    struct error *err)
{
	int result;

	while ((result = SSL_read_ex(stream->tls, bytes, capacity, size)) != 1) {
		if (SSL_get_error(stream->tls, result) == SSL_ERROR_ZERO_RETURN) {
			*size = 0;
			return 0;
		}
		if (wait_for_tls(stream, result, err) < 0)
			return -1;
	}
	return 0;
}

int stream_read(struct stream *stream, void *bytes, size_t capacity, size_t *size,
		struct error *err)
{
	if (check_time(stream, err) < 0)
		return -1;
	if (stream->tls)
		return read_tls(stream, bytes, capacity, size, err);
	for (;;) {
		ssize_t n = read(stream->fd, bytes, capacity);
		if (n >= 0) {
			*size = (size_t)n;
			return 0;
		}
		if (errno != EAGAIN && errno != EINTR)
			return error_system(err, "reading from the broker");
		if (errno == EAGAIN && wait_for(stream, POLLIN, err) < 0)
			return -1;
	}
}
