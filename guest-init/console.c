// SPDX-License-Identifier: Apache-2.0
#include "guest-init/console.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/reboot.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"

enum { SAY_BYTES = 1024, CONSOLE_WAIT_MS = 1000 };

static int take(const char *path)
{
	int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		if (fd != i && dup2(fd, i) < 0)
			return -1;
	if (fd > STDERR_FILENO)
		(void)close(fd);
	else
		(void)fcntl(fd, F_SETFD, 0);
	return 0;
}

int console_open(struct error *err)
{
	if (take("/dev/console") < 0 && take("/dev/kmsg") < 0)
		return error_system(err, "/dev/console");
	return 0;
}

/* The log is no terminal. */
static bool find_console(void)
{
	static bool found;

	found = found || isatty(STDERR_FILENO) || take("/dev/console") == 0;
	return found;
}

void console_wait(void)
{
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };

	for (int i = 0; i < CONSOLE_WAIT_MS / 20 && !find_console(); i++)
		(void)nanosleep(&pause, NULL);
}

void console_say(const char *format, ...)
{
	char text[SAY_BYTES], escaped[SAY_BYTES], line[SAY_BYTES + 32];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	(void)find_console();
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
