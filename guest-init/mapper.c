// SPDX-License-Identifier: Apache-2.0
#include "guest-init/mapper.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include <libdevmapper.h>

#include "common/cleanup.h"

/* With the library's own descriptor of /dev/mapper/control, which would stay open across execve().
 */
static void destroy_task(struct dm_task **task)
{
	if (!*task)
		return;
	dm_task_destroy(*task);
	dm_lib_release();
}

/* The library would print. What it knows beyond errno, the kernel's log has too. */
static void discard(int level, const char *file, int line, int error, const char *format, ...)
{
	(void)level, (void)file, (void)line, (void)error, (void)format;
}

static struct dm_task *task_new(int type, const char *name)
{
	dm_log_with_errno_init(discard);
	struct dm_task *task = dm_task_create(type);
	if (task && dm_task_set_name(task, name))
		return task;
	if (task)
		dm_task_destroy(task);
	return NULL;
}

/* DM_DEVICE_CREATE with a target creates, loads and resumes, and removes again what it created
 * where the table is refused. */
static int run_create(struct dm_task *task, const struct table *table, enum mapper_access access)
{
	if (!dm_task_add_target(task, 0, table->sectors, table->target, table->text) ||
	    (access == MAPPER_READ_ONLY && !dm_task_set_ro(task)) || !dm_task_secure_data(task) ||
	    !dm_task_set_add_node(task, DM_ADD_NODE_ON_CREATE))
		return -1;
	return dm_task_run(task) ? 0 : -1;
}

int mapper_create(const char *name, const struct table *table, enum mapper_access access,
		  struct mapped *mapped, struct error *err)
{
	CLEANUP(destroy_task) struct dm_task *task = task_new(DM_DEVICE_CREATE, name);
	struct dm_info info = { 0 };

	if (!task)
		return error_memory(err);
	if (run_create(task, table, access) < 0 || !dm_task_get_info(task, &info) || !info.exists) {
		errno = dm_task_get_errno(task);
		return error_system(err, "device-mapper refuses %s (%s)", name, table->target);
	}
	mapped->number = (struct device_number){ info.major, info.minor };
	(void)snprintf(mapped->path, sizeof(mapped->path), "/dev/dm-%u", info.minor);
	return 0;
}

int mapper_remove(const char *name, struct error *err)
{
	CLEANUP(destroy_task) struct dm_task *task = task_new(DM_DEVICE_REMOVE, name);

	if (!task)
		return error_memory(err);
	if (!dm_task_run(task) && dm_task_get_errno(task) != ENXIO) {
		errno = dm_task_get_errno(task);
		return error_system(err, "removing the device %s", name);
	}
	return 0;
}
