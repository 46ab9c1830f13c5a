// SPDX-License-Identifier: Apache-2.0
/* Release by scope: what a block owns is released when the block ends, on every path.
 * take_ptr() and take_fd() hand ownership on. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(function) __attribute__((cleanup(function)))

/* Defines `name`, usable with CLEANUP() on a variable of `type *`, from a free function that takes
 * NULL. */
#define DEFINE_CLEANUP(name, type, free_function) \
	static inline void name(type **p)         \
	{                                         \
		free_function(*p);                \
	}

static inline void cleanup_free_p(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_fd_p(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static inline void cleanup_file_p(FILE **f)
{
	if (*f)
		(void)fclose(*f);
}

#define cleanup_free CLEANUP(cleanup_free_p)
#define cleanup_fd   CLEANUP(cleanup_fd_p)
#define cleanup_file CLEANUP(cleanup_file_p)

#define take_ptr(p)                         \
	({                                  \
		__typeof__(p) taken_ = (p); \
		(p) = NULL;                 \
		taken_;                     \
	})

static inline int take_fd(int *fd)
{
	int taken = *fd;
	*fd = -1;
	return taken;
}
