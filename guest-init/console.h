// SPDX-License-Identifier: Apache-2.0
/* The machine's console, and the end of the machine. */
#pragma once

#include <stdint.h>

#include "common/error.h"

/* Makes /dev/console standard input, output and error: an initrd without device nodes starts its
 * init with none of them. Where there is no console yet, since a driver brings it that is a module
 * or takes its time (virtio's hvc0, which is Kata's), the kernel's log stands in until there is. */
int console_open(struct error *err) MUST_CHECK;

/* "podseal-init: <text>" and a newline, in one write. */
void console_say(const char *format, ...) PRINTF_LIKE(1, 2);

/* Waits for the console, a second at most, if it is not there yet: for the last words. */
void console_wait(void);

/* Powers the machine off once everything said has left it. */
_Noreturn void console_power_off(void);
