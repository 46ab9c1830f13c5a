// SPDX-License-Identifier: Apache-2.0
#include "guest-init/modules.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/syscall.h>

#include <linux/module.h>

#include "common/io.h"
#include "guest-init/sysfs.h"
#include "guest-init/uevent.h"

enum {
	MODALIAS_BYTES = 4096,
	COLDPLUG_EVENTS_MAX = 4096, /* a host could make them for ever */
};

struct modules {
	int folder; /* -1: there is none */
	struct module_index *index;
	uint64_t kernel_us; /* spent in loading */
};

static int read_index(struct modules *modules, struct error *err)
{
	cleanup_free uint8_t *dep = NULL, *alias = NULL;
	size_t dep_size = 0, alias_size = 0;

	if (file_read_at(modules->folder, "modules.dep", MODULE_DEP_MAX_BYTES, &dep, &dep_size,
			 err) < 0 ||
	    file_read_at(modules->folder, "modules.alias", MODULE_ALIAS_MAX_BYTES, &alias,
			 &alias_size, err) < 0)
		return -1;
	return module_index_parse(dep, dep_size, alias, alias_size, &modules->index, err);
}

int modules_open(const char *folder, struct modules **result, struct error *err)
{
	cleanup_modules struct modules *modules = calloc(1, sizeof(*modules));

	if (!modules)
		return error_memory(err);
	modules->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (modules->folder < 0 && errno != ENOENT)
		return error_system(err, "%s", folder);
	if (modules->folder >= 0 && read_index(modules, err) < 0)
		return error_prefix(err, "%s", folder);
	*result = take_ptr(modules);
	return 0;
}

void modules_free(struct modules *modules)
{
	if (!modules)
		return;
	if (modules->folder >= 0)
		(void)close(modules->folder);
	module_index_free(modules->index);
	free(modules);
}

/* The kernel unpacks .ko.xz, .ko.gz or .ko.zst itself, where it was built to. */
static int insert(struct modules *modules, struct module *module, bool hardware, struct error *err)
{
	cleanup_fd int fd = openat(modules->folder, module->path, O_RDONLY | O_CLOEXEC);
	size_t size = strlen(module->path);
	bool plain = size > 3 && strcmp(module->path + size - 3, ".ko") == 0;

	if (fd < 0)
		return error_system(err, "%s", module->path);
	uint64_t before = clock_us();
	long result = syscall(SYS_finit_module, fd, "", plain ? 0 : MODULE_INIT_COMPRESSED_FILE);
	modules->kernel_us += clock_us() - before;
	if (result < 0 && errno != EEXIST && !(hardware && errno == ENODEV))
		return error_system(err, "loading the module %s", module->name);
	module->loaded = true;
	return 0;
}

static int load(struct modules *modules, struct module *module, bool hardware, struct error *err)
{
	struct module *order[MODULE_NEEDS_MAX];
	size_t count;

	if (module->loaded)
		return 0;
	if (module_index_order(modules->index, module, order, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (!order[i]->loaded && insert(modules, order[i], hardware, err) < 0)
			return -1;
	return 0;
}

/* What the kernel would have modprobe find by a cipher's name: and by the processor's instructions
 * where it has them, of x86 and of AArch64. */
static const struct named {
	const char *name;
	bool hardware;
} for_verity[] = { { "sha256_ssse3", true }, { "sha2_ce", true }, { "dm_verity", false } },
  for_crypt[] = { { "aesni_intel", true },
		  { "aes_ce_blk", true },
		  { "ecb", false },
		  { "xts", false },
		  { "dm_crypt", false } };

int modules_load(struct modules *modules, const char *name, struct error *err)
{
	struct module *module = modules->index ? module_index_find(modules->index, name) : NULL;

	return module ? load(modules, module, false, err) : 0;
}

static int load_all(struct modules *modules, const struct named *names, size_t count,
		    struct error *err)
{
	for (size_t i = 0; modules->index && i < count; i++) {
		struct module *module = module_index_find(modules->index, names[i].name);
		if (module && load(modules, module, names[i].hardware, err) < 0)
			return -1;
	}
	return 0;
}

int modules_load_verity(struct modules *modules, struct error *err)
{
	return load_all(modules, for_verity, sizeof(for_verity) / sizeof(for_verity[0]), err);
}

int modules_load_crypt(struct modules *modules, struct error *err)
{
	return load_all(modules, for_crypt, sizeof(for_crypt) / sizeof(for_crypt[0]), err);
}

/* fnmatch(3) costs, and nearly every pattern differs in what stands before its first wildcard. */
static bool matches(const char *pattern, const char *modalias)
{
	for (const char *p = pattern, *m = modalias; !strchr("*?[\\", *p); p++, m++)
		if (*p != *m)
			return false;
	return fnmatch(pattern, modalias, 0) == 0;
}

int modules_load_alias(struct modules *modules, const char *modalias, struct error *err)
{
	struct module_index *index = modules->index;

	for (size_t i = 0; index && i < index->alias_count; i++)
		if (!index->modules[index->aliases[i].module].loaded &&
		    matches(index->aliases[i].pattern, modalias) &&
		    load(modules, &index->modules[index->aliases[i].module], true, err) < 0)
			return -1;
	return 0;
}

static int load_for(struct modules *modules, int at, const char *path, struct error *err)
{
	char modalias[MODALIAS_BYTES];

	if (!sysfs_read(at, path, modalias, sizeof(modalias)))
		return 0;
	return modules_load_alias(modules, modalias, err);
}

static int load_for_bus(struct modules *modules, int buses, const char *bus, struct error *err)
{
	char path[2 * NAME_MAX];

	(void)snprintf(path, sizeof(path), "%s/devices", bus);
	CLEANUP(sysfs_closedir) DIR *devices = sysfs_opendir(buses, path);
	for (const struct dirent *d; devices && (d = readdir(devices));) {
		(void)snprintf(path, sizeof(path), "%s/modalias", d->d_name);
		if (d->d_name[0] != '.' && load_for(modules, dirfd(devices), path, err) < 0)
			return -1;
	}
	return 0;
}

/* A device tree's devices, "of:N*", are on the platform bus. The processor is no device: what its
 * instructions are good for, stages ask for by name. */
static bool has_use_for(const struct module_index *index, const char *bus, bool device_tree)
{
	if (strcmp(bus, "cpu") == 0)
		return false;
	return module_index_has_bus(index, bus) ||
	       (device_tree && strcmp(bus, "platform") == 0 && module_index_has_bus(index, "of"));
}

static int scan(struct modules *modules, int sys_fd, struct error *err)
{
	CLEANUP(sysfs_closedir) DIR *buses = sysfs_opendir(sys_fd, "bus");
	bool device_tree = faccessat(sys_fd, "firmware/devicetree", F_OK, 0) == 0;

	for (const struct dirent *d; buses && (d = readdir(buses));)
		if (has_use_for(modules->index, d->d_name, device_tree) &&
		    load_for_bus(modules, dirfd(buses), d->d_name, err) < 0)
			return -1;
	return 0;
}

int modules_coldplug(struct modules *modules, int sys_fd, int uevent_fd, struct error *err)
{
	uint8_t buffer[UEVENT_MAX_BYTES];
	struct uevent event;

	if (!modules->index)
		return 0;
	if (scan(modules, sys_fd, err) < 0)
		return -1;
	for (int i = 0; i < COLDPLUG_EVENTS_MAX && uevent_next(uevent_fd, 0, buffer, &event); i++) {
		bool lost = event.action[0] == '\0';
		if ((lost && scan(modules, sys_fd, err) < 0) ||
		    (event.modalias[0] != '\0' &&
		     modules_load_alias(modules, event.modalias, err) < 0))
			return -1;
	}
	return 0;
}

uint64_t modules_kernel_ms(const struct modules *modules)
{
	return modules->kernel_us / 1000;
}
