// SPDX-License-Identifier: Apache-2.0
#include "builder/boot/qemu.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "common/hex.h"

static const char program[] = "qemu-system-x86_64";
static const char console[] = "console=ttyS0";

__attribute__((format(printf, 2, 3))) static int add(struct qemu_command *c, const char *format,
						     ...)
{
	va_list arguments;
	char *text;

	assert(c->argc + 1 < sizeof(c->argv) / sizeof(c->argv[0]));
	va_start(arguments, format);
	int n = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (n < 0)
		return -1;
	c->argv[c->argc++] = text;
	return 0;
}

static int add_words(struct qemu_command *c, const char *const *words)
{
	for (; *words; words++)
		if (add(c, "%s", *words) < 0)
			return -1;
	return 0;
}

static int add_pair(struct qemu_command *c, const char *option, const char *value)
{
	return add(c, "%s", option) < 0 || add(c, "%s", value) < 0 ? -1 : 0;
}

/* A comma in a value is written twice (qemu(1), "-drive"). */
static char *double_commas(const char *text)
{
	char *doubled = malloc(2 * strlen(text) + 1), *out = doubled;

	if (!doubled)
		return NULL;
	for (; *text; text++) {
		*out++ = *text;
		if (*text == ',')
			*out++ = ',';
	}
	*out = '\0';
	return doubled;
}

static int add_disk(struct qemu_command *c, const char *node, const char *path, bool read_only)
{
	cleanup_free char *name = double_commas(path);

	if (!name || add(c, "-blockdev") < 0 ||
	    add(c, "driver=raw,node-name=%s,read-only=%s,file.driver=%s,file.filename=%s", node,
		read_only ? "on" : "off", strncmp(path, "/dev/", 5) == 0 ? "host_device" : "file",
		name) < 0 ||
	    add(c, "-device") < 0)
		return -1;
	return add(c, "virtio-blk-pci,drive=%s,serial=podseal-%s", node, node);
}

static int add_network(struct qemu_command *c, const struct qemu_options *o)
{
	char forwards[QEMU_FORWARDS_MAX * 48] = "";
	size_t used = 0;

	for (size_t i = 0; i < o->forward_count; i++)
		used += (size_t)snprintf(forwards + used, sizeof(forwards) - used,
					 ",hostfwd=tcp:127.0.0.1:%u-:%u", o->forwards[i].host,
					 o->forwards[i].guest);
	assert(used < sizeof(forwards));
	if (add(c, "-netdev") < 0 || add(c, "user,id=net%s", forwards) < 0)
		return -1;
	/* no network boot, and no file for it */
	return add_pair(c, "-device", "virtio-net-pci,netdev=net,romfile=");
}

int qemu_cmdline(const struct qemu_options *o, char **cmdline, struct error *err)
{
	char *line;

	if (o->uki && !o->append && !o->broker) {
		*cmdline = NULL;
		return 0;
	}
	if (asprintf(&line, "%s%s%s%s%s", console, o->append ? " " : "", o->append ? o->append : "",
		     o->broker ? " " : "", o->broker ? o->broker->parameters : "") < 0)
		return error_memory(err);
	*cmdline = line;
	return 0;
}

static int add_boot(struct qemu_command *c, const struct qemu_options *o)
{
	if (o->firmware && add_pair(c, "-bios", o->firmware) < 0)
		return -1;
	if (add_pair(c, "-kernel", o->uki ? o->uki : o->kernel) < 0 ||
	    (o->initrd && add_pair(c, "-initrd", o->initrd) < 0))
		return -1;
	cleanup_free char *line = NULL;
	struct error ignored; /* there is but one kind: no memory */
	if (qemu_cmdline(o, &line, &ignored) < 0)
		return -1;
	if (!line)
		return 0;
	return add(c, "-append") < 0 || add(c, "%s%s%s", line, o->rdinit ? " " : "",
					    o->rdinit ? o->rdinit : "") < 0
		       ? -1
		       : 0;
}

/* The broker may end a connection that says nothing while the guest boots: then a new one. */
static int add_broker_port(struct qemu_command *c, const struct broker_route *broker)
{
	cleanup_free char *path = double_commas(broker->socket);

	if (!path || add_pair(c, "-device", "virtio-serial-pci") < 0 || add(c, "-chardev") < 0 ||
	    add(c, "socket,id=broker,path=%s,reconnect=1", path) < 0)
		return -1;
	return add_pair(c, "-device", "virtserialport,chardev=broker,name=" BROKER_ROUTE_PORT);
}

/* The guest policy is what podseal measures and signs for by default: SMT allowed, no debugging, no
 * migration. kernel-hashes puts kernel, initrd and command line into the measurement. */
static int add_snp(struct qemu_command *c, const struct qemu_options *o)
{
	cleanup_free char *host_data = base64_encode(o->snp->host_data, QEMU_HOST_DATA_BYTES);

	if (!host_data ||
	    add_pair(c, "-machine", "q35,confidential-guest-support=snp,memory-backend=memory") <
		    0 ||
	    add(c, "-object") < 0 ||
	    add(c, "memory-backend-memfd,id=memory,size=%lluM,share=true,prealloc=false",
		(unsigned long long)(o->memory_bytes / QEMU_MEMORY_STEP_BYTES)) < 0 ||
	    add(c, "-object") < 0 ||
	    add(c,
		"sev-snp-guest,id=snp,policy=0x30000,cbitpos=%u,reduced-phys-bits=1,"
		"kernel-hashes=on,host-data=%s",
		o->snp->cbit_position, host_data) < 0)
		return -1;
	return add_pair(c, "-accel", "kvm") < 0 || add_pair(c, "-cpu", o->snp->cpu) < 0 ? -1 : 0;
}

static int add_plain(struct qemu_command *c, const struct qemu_options *o)
{
	static const char *const kvm[] = {
		"-machine", "q35", "-accel", "kvm", "-cpu", "host", NULL
	};
	static const char *const tcg[] = { "-machine", "q35", "-accel", "tcg,thread=multi",
					   "-cpu",     "max", NULL };

	return add_words(c, o->kvm ? kvm : tcg);
}

static int add_machine(struct qemu_command *c, const struct qemu_options *o)
{
	static const char *const all[] = { program,      "-nodefaults", "-no-user-config",
					   "-no-reboot", "-display",    "none",
					   "-serial",    "stdio",       NULL };

	if (add_words(c, all) < 0 || (o->snp ? add_snp(c, o) : add_plain(c, o)) < 0 ||
	    add(c, "-m") < 0 ||
	    add(c, "%lluM", (unsigned long long)(o->memory_bytes / QEMU_MEMORY_STEP_BYTES)) < 0 ||
	    add(c, "-smp") < 0)
		return -1;
	return add(c, "%u", o->vcpus);
}

static int check(const struct qemu_options *o, struct error *err)
{
	if (!o->kernel == !o->uki)
		return error_usage(err, "what to boot: either --kernel (with --initrd) or --uki");
	if (o->uki && o->initrd)
		return error_usage(err, "--initrd does not go with --uki, which has its own");
	if (o->uki && !o->firmware)
		return error_usage(err, "--uki is an EFI program and needs --firmware");
	if (o->uki && o->broker && !o->append)
		return error_usage(err,
				   "--broker adds to the kernel command line, which replaces a "
				   "UKI's own: say with --append what is to be in it");
	if (o->snp && !o->firmware)
		return error_usage(err, "--snp needs --firmware, which is what is measured first");
	if (o->memory_bytes == 0 || o->memory_bytes % QEMU_MEMORY_STEP_BYTES)
		return error_usage(err, "--memory of %llu bytes is not a number of MiB",
				   (unsigned long long)o->memory_bytes);
	if (o->vcpus == 0 || o->vcpus > QEMU_VCPUS_MAX)
		return error_usage(err, "%u vCPUs, from 1 to %d", o->vcpus, QEMU_VCPUS_MAX);
	if (o->forward_count > QEMU_FORWARDS_MAX)
		return error_usage(err, "%zu forwarded ports, at most %d", o->forward_count,
				   QEMU_FORWARDS_MAX);
	return 0;
}

int qemu_command_make(const struct qemu_options *o, struct qemu_command *result, struct error *err)
{
	cleanup_qemu_command struct qemu_command c = { 0 };

	if (check(o, err) < 0)
		return -1;
	if (add_machine(&c, o) < 0 || add_boot(&c, o) < 0 ||
	    add_disk(&c, "image", o->image, true) < 0 ||
	    (o->scratch && add_disk(&c, "scratch", o->scratch, false) < 0) ||
	    add_network(&c, o) < 0 ||
	    (o->broker && o->broker->socket && add_broker_port(&c, o->broker) < 0))
		return error_memory(err);
	*result = c;
	c = (struct qemu_command){ 0 };
	return 0;
}

void qemu_command_release(struct qemu_command *command)
{
	for (size_t i = 0; i < command->argc; i++)
		free(command->argv[i]);
	*command = (struct qemu_command){ 0 };
}

static void print_word(const char *word, FILE *stream)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789_-+=./:,@%^";

	if (*word && strspn(word, plain) == strlen(word)) {
		(void)fputs(word, stream);
		return;
	}
	(void)fputc('\'', stream);
	for (; *word; word++)
		if (*word == '\'')
			(void)fputs("'\\''", stream);
		else
			(void)fputc(*word, stream);
	(void)fputc('\'', stream);
}

char *qemu_command_text(const struct qemu_command *command)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return NULL;
	for (size_t i = 0; i < command->argc; i++) {
		if (i > 0)
			(void)fputc(' ', stream);
		print_word(command->argv[i], stream);
	}
	if (fclose(stream) == 0)
		return text;
	free(text);
	return NULL;
}
