// SPDX-License-Identifier: Apache-2.0
#include "guest-init/imaged/notify.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/cleanup.h"

int notify_send(const char *path, const char *state, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t size;

	if (!path)
		return 0;
	size = strlen(path);
	if (size == 0 || size >= sizeof(address.sun_path))
		return error_input(err, "NOTIFY_SOCKET \"%s\" is no address of a socket", path);
	memcpy(address.sun_path, path, size);
	if (path[0] == '@') /* an abstract socket */
		address.sun_path[0] = '\0';

	cleanup_fd int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
	if (fd < 0 ||
	    sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address, length) < 0)
		return error_system(err, "telling systemd, at %s", path);
	return 0;
}
