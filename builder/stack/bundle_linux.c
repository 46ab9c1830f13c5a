// SPDX-License-Identifier: Apache-2.0
#include "builder/stack/bundle_linux.h"

#include <stdio.h>
#include <string.h>

#include "builder/stack/bundle.h"
#include "builder/stack/pod_capability.h"
#include "builder/stack/pod_path.h"
#include "common/json.h"

/* Docker's set, which Kubernetes' runtimes took over. */
static const char *const default_capabilities[] = {
	"CAP_CHOWN",   "CAP_DAC_OVERRIDE", "CAP_FSETID",           "CAP_FOWNER",
	"CAP_MKNOD",   "CAP_NET_RAW",      "CAP_SETGID",           "CAP_SETUID",
	"CAP_SETFCAP", "CAP_SETPCAP",      "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT",
	"CAP_KILL",    "CAP_AUDIT_WRITE",
};

/* Mounts of a container, OCI runtime specification config-linux.md "Default Filesystems", with the
 * options that runc's `spec` writes. */
static const struct default_mount {
	const char *destination, *type, *source;
	const char *options[8];
	bool writable_if_privileged; /* its "ro" falls away */
} default_mounts[] = {
	{ "/proc", "proc", "proc", { "nosuid", "noexec", "nodev" }, false },
	{ "/dev", "tmpfs", "tmpfs", { "nosuid", "strictatime", "mode=755", "size=65536k" }, false },
	{ "/dev/pts",
	  "devpts",
	  "devpts",
	  { "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5" },
	  false },
	{ "/dev/shm",
	  "tmpfs",
	  "shm",
	  { "nosuid", "noexec", "nodev", "mode=1777", "size=65536k" },
	  false },
	{ "/dev/mqueue", "mqueue", "mqueue", { "nosuid", "noexec", "nodev" }, false },
	{ "/sys", "sysfs", "sysfs", { "nosuid", "noexec", "nodev", "ro" }, true },
	{ "/sys/fs/cgroup",
	  "cgroup",
	  "cgroup",
	  { "nosuid", "noexec", "nodev", "relatime", "ro" },
	  true },
};

static const char *const masked_paths[] = {
	"/proc/acpi",          "/proc/asound",
	"/proc/kcore",         "/proc/keys",
	"/proc/latency_stats", "/proc/sched_debug",
	"/proc/scsi",          "/proc/timer_list",
	"/proc/timer_stats",   "/sys/devices/virtual/powercap",
	"/sys/firmware",
};

static const char *const readonly_paths[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
};

/* No network namespace: the pod is the VM. */
static const char *const namespaces[] = { "cgroup", "ipc", "mount", "pid", "uts" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static json_t *texts(const char *const *items, size_t count)
{
	cleanup_json json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		if (json_array_append_new(array, json_string(items[i])) < 0)
			return NULL;
	return take_ptr(array);
}

static uint64_t capability_set(const struct pod_security *security)
{
	const struct pod_capabilities *c = &security->capabilities;
	uint64_t set = 0;

	for (size_t i = 0; i < COUNT(default_capabilities); i++)
		set |= UINT64_C(1) << pod_capability_number(default_capabilities[i]);
	if (security->privileged || c->add_all)
		set = CAPABILITY_ALL;
	if (c->drop_all)
		set = 0;
	return (set | c->add) & ~c->drop;
}

static json_t *capability_names(uint64_t set)
{
	cleanup_json json_t *array = json_array();

	for (int i = 0; i < CAPABILITY_COUNT; i++)
		if (set >> i & 1 &&
		    json_array_append_new(array, json_string(pod_capability_name(i))) < 0)
			return NULL;
	return take_ptr(array);
}

json_t *bundle_capabilities(const struct pod_security *security, uint32_t uid)
{
	uint64_t bounding = capability_set(security);
	/* execve() leaves a process that is not root none of these: say so */
	uint64_t effective = uid == 0 ? bounding : 0;

	return json_pack("{s:o, s:o, s:o, s:[], s:[]}", "bounding", capability_names(bounding),
			 "effective", capability_names(effective), "permitted",
			 capability_names(effective), "inheritable", "ambient");
}

static bool pod_mounts_at(const struct pod_container *container, const char *path)
{
	for (size_t i = 0; i < container->mount_count; i++)
		if (strcmp(container->mounts[i].path, path) == 0)
			return true;
	return false;
}

static int append_default_mount(json_t *mounts, const struct default_mount *mount, bool privileged)
{
	size_t count = 0;

	while (count < COUNT(mount->options) && mount->options[count])
		count++;
	if (privileged && mount->writable_if_privileged)
		count--; /* "ro" stands last */
	return json_array_append_new(mounts, json_pack("{s:s, s:s, s:s, s:o}", "destination",
						       mount->destination, "type", mount->type,
						       "source", mount->source, "options",
						       texts(mount->options, count)));
}

/* tmpcopyup: filled with what the image has there; runc and crun both know it. */
static int append_image_volume(json_t *mounts, const char *path)
{
	return json_array_append_new(mounts, json_pack("{s:s, s:s, s:s, s:[s,s,s]}", "destination",
						       path, "type", "tmpfs", "source", "tmpfs",
						       "options", "nosuid", "nodev", "tmpcopyup"));
}

static int append_pod_mount(json_t *mounts, const struct pod_mount *mount)
{
	return json_array_append_new(mounts, json_pack("{s:s, s:s, s:s++, s:[s,s,s]}",
						       "destination", mount->path, "type", "bind",
						       "source", BUNDLE_VOLUME_DIRECTORY, "/",
						       mount->volume, "options", "rbind",
						       "rprivate", mount->read_only ? "ro" : "rw"));
}

static size_t depth(const char *path)
{
	size_t slashes = 0;
	for (; *path; path++)
		slashes += *path == '/';
	return slashes;
}

/* What is mounted below another mount comes after it. */
static int compare_mounts(const void *a, const void *b)
{
	const char *left = (*(const struct pod_mount *const *)a)->path;
	const char *right = (*(const struct pod_mount *const *)b)->path;
	size_t left_depth = depth(left), right_depth = depth(right);

	if (left_depth != right_depth)
		return left_depth < right_depth ? -1 : 1;
	return strcmp(left, right);
}

static int append_pod_mounts(json_t *mounts, const struct pod_container *container)
{
	cleanup_free const struct pod_mount **sorted =
		calloc(container->mount_count + 1, sizeof(const struct pod_mount *));

	if (!sorted)
		return -1;
	for (size_t i = 0; i < container->mount_count; i++)
		sorted[i] = &container->mounts[i];
	qsort(sorted, container->mount_count, sizeof(sorted[0]), compare_mounts);
	for (size_t i = 0; i < container->mount_count; i++)
		if (append_pod_mount(mounts, sorted[i]) < 0)
			return -1;
	return 0;
}

/* Below a read-only root the image's volumes still take writes, as they do in other runtimes.
 * Paths that no runtime could mount are left out, as conversion.md allows. */
static int append_image_volumes(json_t *mounts, const struct pod_container *container,
				const struct image_config *image)
{
	char path[POD_PATH_BYTES];

	for (size_t i = 0; i < image->volumes.count; i++)
		if (pod_path_clean(image->volumes.items[i], path) && strcmp(path, "/") != 0 &&
		    !pod_mounts_at(container, path) && append_image_volume(mounts, path) < 0)
			return -1;
	return 0;
}

json_t *bundle_mounts(const struct pod_container *container, const struct image_config *image)
{
	cleanup_json json_t *mounts = json_array();

	for (size_t i = 0; i < COUNT(default_mounts); i++)
		if (!pod_mounts_at(container, default_mounts[i].destination) &&
		    append_default_mount(mounts, &default_mounts[i],
					 container->security.privileged) < 0)
			return NULL;
	if (container->security.read_only_root &&
	    append_image_volumes(mounts, container, image) < 0)
		return NULL;
	if (append_pod_mounts(mounts, container) < 0)
		return NULL;
	return take_ptr(mounts);
}

static json_t *namespace_list(void)
{
	cleanup_json json_t *list = json_array();

	for (size_t i = 0; i < COUNT(namespaces); i++)
		if (json_array_append_new(list, json_pack("{s:s}", "type", namespaces[i])) < 0)
			return NULL;
	return take_ptr(list);
}

json_t *bundle_linux(const struct pod_security *security)
{
	/* the runtime adds the devices every container has: null, zero, full, random, tty, ptmx */
	cleanup_json json_t *linux_part =
		json_pack("{s:o, s:{s:[{s:b, s:s}]}}", "namespaces", namespace_list(), "resources",
			  "devices", "allow", security->privileged ? 1 : 0, "access", "rwm");

	if (!linux_part)
		return NULL;
	if (security->privileged)
		return take_ptr(linux_part);
	if (json_object_set_new(linux_part, "maskedPaths",
				texts(masked_paths, COUNT(masked_paths))) < 0 ||
	    json_object_set_new(linux_part, "readonlyPaths",
				texts(readonly_paths, COUNT(readonly_paths))) < 0)
		return NULL;
	return take_ptr(linux_part);
}
