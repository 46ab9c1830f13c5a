// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>
#include <sched.h>

#include "verity/verity_private.h"

/* Sixty-four blocks of 4096 bytes, whole batches of sha256_many(); 1 MiB measured the same, and
 * smaller units keep all CPUs busy to the end. */
enum { UNIT_BYTES = 256 << 10, THREADS_MAX = 256 };

uint64_t verity_unit_blocks(const struct verity_params *params)
{
	return params->data_block_size < UNIT_BYTES ? UNIT_BYTES / params->data_block_size : 1;
}

static unsigned usable_cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 1;
	return (unsigned)CPU_COUNT(&set);
}

void verity_run_workers(unsigned threads, void *(*work)(void *context), void *context)
{
	pthread_t others[THREADS_MAX - 1];
	unsigned wanted = threads ? threads : usable_cpus();
	unsigned started = 0;

	while (started + 1 < wanted && started < THREADS_MAX - 1 &&
	       pthread_create(&others[started], NULL, work, context) == 0)
		started++;
	(void)work(context);
	for (unsigned i = 0; i < started; i++)
		(void)pthread_join(others[i], NULL);
}
