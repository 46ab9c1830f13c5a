// SPDX-License-Identifier: Apache-2.0
#include "guest-init/console.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/reboot.h>
#include <termios.h>
#include <unistd.h>

#include "common/cleanup.h"

enum { SAY_BYTES = 1024 };

int console_open(struct error *err)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return error_system(err, "/dev/console");
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		if (fd != i && dup2(fd, i) < 0)
			return error_system(err, "/dev/console");
	if (fd > STDERR_FILENO)
		(void)close(fd);
	else
		(void)fcntl(fd, F_SETFD, 0);
	return 0;
}

void console_say(const char *format, ...)
{
	char text[SAY_BYTES], escaped[SAY_BYTES], line[SAY_BYTES + 32];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	text_escape(text, escaped, sizeof(escaped));
	int size = snprintf(line, sizeof(line), "podseal-init: %s\n", escaped);
	(void)!write(STDERR_FILENO, line, (size_t)size);
}

_Noreturn void console_power_off(void)
{
	(void)tcdrain(STDERR_FILENO);
	(void)reboot(RB_POWER_OFF);
	/* a machine that cannot: the CPUs stop, and nothing runs any more */
	(void)reboot((int)RB_HALT_SYSTEM);
	for (;;)
		(void)pause();
}
