// SPDX-License-Identifier: Apache-2.0
/* The pause container's process: it keeps the pod's namespaces open, reaps what is left to it, and
 * ends when it is told to. kata-agent runs it from /pause_bundle; static, so that it needs nothing
 * else there. It never looks at arguments, environment or files. */
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	sigset_t awaited;
	int signal = 0;

	/* blocked, then waited for: none can arrive between a look and the wait */
	(void)sigemptyset(&awaited);
	(void)sigaddset(&awaited, SIGCHLD);
	(void)sigaddset(&awaited, SIGINT);
	(void)sigaddset(&awaited, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &awaited, NULL) < 0)
		return 1;
	for (;;) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			continue;
		if (sigwait(&awaited, &signal) == 0 && signal != SIGCHLD)
			return 0;
	}
}
