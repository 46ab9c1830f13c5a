// SPDX-License-Identifier: Apache-2.0
#include "guest-init/stream_connect.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/vm_sockets.h>

#include "common/cleanup.h"
#include "guest-init/sysfs.h"
#include "guest-init/uevent.h"

int stream_wait(int fd, short events, uint64_t deadline_ms, struct error *err)
{
	for (;;) {
		struct pollfd wait = { .fd = fd, .events = events };
		uint64_t now = clock_ms();
		if (now >= deadline_ms)
			return error_system_text(err, "the broker gives no answer in time");
		int n = poll(&wait, 1, (int)(deadline_ms - now));
		if (n < 0 && errno != EINTR)
			return error_system(err, "waiting for the broker");
		if (n > 0)
			return 0;
	}
}

static socklen_t ip_address(const struct broker_url *url, struct sockaddr_storage *address)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
				    .sin6_port = htons((uint16_t)url->port) };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons((uint16_t)url->port) };

	if (inet_pton(AF_INET, url->host, &four.sin_addr) == 1) {
		memcpy(address, &four, sizeof(four));
		return sizeof(four);
	}
	(void)inet_pton(AF_INET6, url->host, &six.sin6_addr);
	memcpy(address, &six, sizeof(six));
	return sizeof(six);
}

static socklen_t vsock_address(const struct broker_url *url, struct sockaddr_storage *address)
{
	const struct sockaddr_vm vm = { .svm_family = AF_VSOCK,
					.svm_cid = url->cid,
					.svm_port = url->port };

	memcpy(address, &vm, sizeof(vm));
	return sizeof(vm);
}

static int connect_socket(const struct broker_url *url, uint64_t deadline_ms, int *result,
			  struct error *err)
{
	struct sockaddr_storage address = { 0 };
	bool vsock = url->transport == BROKER_VSOCK;
	socklen_t size = vsock ? vsock_address(url, &address) : ip_address(url, &address);
	int code = 0;
	socklen_t code_size = sizeof(code);
	cleanup_fd int fd =
		socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return error_system(err, "no %s in this kernel", vsock ? "vsock" : "TCP");
	if (connect(fd, (const struct sockaddr *)&address, size) < 0) {
		if (errno != EINPROGRESS)
			return error_system(err, "connecting");
		if (stream_wait(fd, POLLOUT, deadline_ms, err) < 0)
			return -1;
		(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &code_size);
		errno = code;
		if (code != 0)
			return error_system(err, "connecting");
	}
	*result = take_fd(&fd);
	return 0;
}

int stream_find_port(int sys_fd, const char *name, char path[64], struct error *err)
{
	CLEANUP(sysfs_closedir) DIR *ports = sysfs_opendir(sys_fd, "class/virtio-ports");
	char attribute[NAME_MAX + 8], found[BROKER_HOST_BYTES + 1];

	for (const struct dirent *d; ports && (d = readdir(ports));) {
		(void)snprintf(attribute, sizeof(attribute), "%s/name", d->d_name);
		if (d->d_name[0] == '.' || strlen(d->d_name) > 32 ||
		    !sysfs_read(dirfd(ports), attribute, found, sizeof(found)) ||
		    strcmp(found, name) != 0)
			continue;
		(void)snprintf(path, 64, "/dev/%.32s", d->d_name);
		return 0;
	}
	return error_input(err, "no virtio-serial port is named %s", name);
}

int stream_connect(const struct broker_url *url, int sys_fd, uint64_t deadline_ms, int *fd,
		   struct error *err)
{
	char path[64];

	if (url->transport != BROKER_SERIAL)
		return connect_socket(url, deadline_ms, fd, err);
	if (stream_find_port(sys_fd, url->host, path, err) < 0)
		return -1;
	int port = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (port < 0)
		return error_system(err, "%s", path);
	*fd = port;
	return 0;
}
