// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/kvm.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif

#include "builder/boot/laboratory_initrd.h"
#include "builder/boot/qemu.h"
#include "builder/cli/simulate.h"
#include "common/hex.h"
#include "common/number.h"
#include "verity/image.h"

enum {
	OPT_KERNEL = 256,
	OPT_INITRD,
	OPT_UKI,
	OPT_FIRMWARE,
	OPT_APPEND,
	OPT_MEMORY,
	OPT_VCPUS,
	OPT_FORWARD,
	OPT_SCRATCH,
	OPT_SNP,
	OPT_VCPU_TYPE,
	OPT_HOST_DATA,
	OPT_BROKER,
	OPT_SIMULATE_SNP,
	OPT_LAB,
	OPT_MODULES,
	OPT_DRY_RUN,
};

const struct command_option run_options[] = {
	{ OPT_KERNEL, "kernel", "K", "boot this kernel directly" },
	{ OPT_INITRD, "initrd", "I", "with this initrd" },
	{ OPT_UKI, "uki", "UKI.efi", "boot a unified kernel image instead, by the firmware" },
	{ OPT_FIRMWARE, "firmware", "F", "OVMF, for --uki; without it, QEMU's BIOS" },
	{ OPT_APPEND, "append", "STR", "kernel parameters, after console=ttyS0" },
	{ OPT_MEMORY, "memory", "SIZE", "of the guest, with M or G (default 1G)" },
	{ OPT_VCPUS, "vcpus", "N", "how many vCPUs (default 1)" },
	{ OPT_FORWARD, "forward", "HOST:GUEST",
	  "lead this TCP port of the host's loopback to that\none of the guest (may be repeated)" },
	{ OPT_SCRATCH, "scratch", "FILE", "a second disk, for podseal.scratch=disk" },
	{ OPT_SNP, "snp", NULL, "under SEV-SNP, HOST_DATA being the seal digest" },
	{ OPT_VCPU_TYPE, "vcpu-type", "T",
	  "QEMU's CPU model for --snp, and what --simulate-snp\nmeasures (default EPYC-v4)" },
	{ OPT_HOST_DATA, "host-data", "HEX",
	  "HOST_DATA of the report (32 bytes), instead of the\nseal digest" },
	{ OPT_BROKER, "broker", "URL",
	  "lead the guest to this key broker: http://, https://\nor unix:PATH" },
	{ OPT_SIMULATE_SNP, "simulate-snp", NULL,
	  "give the guest a laboratory's stand-in for the SNP\ndevice; nothing is protected" },
	{ OPT_LAB, "lab", "DIR", "the laboratory's certificates and keys, made if absent" },
	{ OPT_MODULES, "modules", "DIR", "the kernel's /lib/modules/VERSION, for --simulate-snp" },
	{ OPT_DRY_RUN, "dry-run", NULL, "print the command instead" },
	{ 0 },
};

struct request {
	struct qemu_options qemu;
	struct qemu_forward forwards[QEMU_FORWARDS_MAX];
	struct qemu_snp snp;
	struct broker_route route;
	const char *broker, *lab, *modules, *host_data_text;
	uint8_t host_data[SEAL_DIGEST_BYTES]; /* of the report: the seal digest, or what was said */
	bool with_snp, simulate, dry_run;
};

static void request_release(struct request *r)
{
	broker_route_release(&r->route);
}

static int port_parse(const char *text, uint16_t *port, struct error *err)
{
	uint64_t value;

	if (number_parse(text, 1, UINT16_MAX, &value, err) < 0)
		return -1;
	*port = (uint16_t)value;
	return 0;
}

static int add_forward(struct request *r, const char *text, struct error *err)
{
	cleanup_free char *host = strdup(text);
	char *colon = host ? strchr(host, ':') : NULL;

	if (!host)
		return error_memory(err);
	if (!colon)
		return error_usage(err, "run: --forward \"%s\" is not HOST:GUEST", text);
	if (r->qemu.forward_count == QEMU_FORWARDS_MAX)
		return error_usage(err, "run: more than %d times --forward", QEMU_FORWARDS_MAX);
	*colon = '\0';
	struct qemu_forward *forward = &r->forwards[r->qemu.forward_count];
	if (port_parse(host, &forward->host, err) < 0 ||
	    port_parse(colon + 1, &forward->guest, err) < 0)
		return error_prefix(err, "run: --forward");
	r->qemu.forward_count++;
	return 0;
}

static int take_number(struct request *r, int id, struct error *err)
{
	uint64_t vcpus;

	if (id == OPT_MEMORY) {
		if (size_parse(optarg, &r->qemu.memory_bytes, err) < 0)
			return error_prefix(err, "run: --memory");
		return 0;
	}
	if (number_parse(optarg, 1, QEMU_VCPUS_MAX, &vcpus, err) < 0)
		return error_prefix(err, "run: --vcpus");
	r->qemu.vcpus = (unsigned)vcpus;
	return 0;
}

static int take_option(struct request *r, int id, struct error *err)
{
	const struct command_text texts[] = {
		{ OPT_KERNEL, &r->qemu.kernel },     { OPT_INITRD, &r->qemu.initrd },
		{ OPT_UKI, &r->qemu.uki },           { OPT_APPEND, &r->qemu.append },
		{ OPT_FIRMWARE, &r->qemu.firmware }, { OPT_SCRATCH, &r->qemu.scratch },
		{ OPT_VCPU_TYPE, &r->snp.cpu },      { OPT_HOST_DATA, &r->host_data_text },
		{ OPT_BROKER, &r->broker },          { OPT_LAB, &r->lab },
		{ OPT_MODULES, &r->modules },
	};

	if (id == '?')
		return -1;
	if (id == OPT_MEMORY || id == OPT_VCPUS)
		return take_number(r, id, err);
	if (id == OPT_FORWARD)
		return add_forward(r, optarg, err);
	if (id == OPT_SNP)
		r->with_snp = true;
	if (id == OPT_SIMULATE_SNP)
		r->simulate = true;
	if (id == OPT_DRY_RUN)
		r->dry_run = true;
	command_take_text(texts, sizeof(texts) / sizeof(texts[0]), id);
	return 0;
}

static int combination_check(const struct request *r, struct error *err)
{
	if (r->simulate && r->with_snp)
		return error_usage(err, "run: either --snp or --simulate-snp");
	if ((r->snp.cpu || r->host_data_text) && !r->with_snp && !r->simulate)
		return error_usage(err, "run: --%s is for --snp and --simulate-snp",
				   r->snp.cpu ? "vcpu-type" : "host-data");
	if ((r->lab || r->modules) && !r->simulate)
		return error_usage(err, "run: --%s is for --simulate-snp",
				   r->lab ? "lab" : "modules");
	if (!r->simulate)
		return 0;
	if (r->qemu.uki)
		return error_usage(err, "run: --simulate-snp does not go with --uki: its device "
					"comes in an archive behind the initrd, and a UKI's is "
					"within it; boot with --kernel and --initrd");
	if (!r->qemu.kernel || !r->qemu.initrd || !r->lab || !r->modules)
		return error_usage(err, "run: --simulate-snp needs --kernel, --initrd, --lab DIR "
					"and --modules DIR");
	return 0;
}

static int read_request(const struct command *self, int argc, char **argv, struct request *r,
			struct error *err)
{
	int id;

	while ((id = command_next_option(self, argc, argv, err)) != -1)
		if (take_option(r, id, err) < 0)
			return -1;
	if (command_operands(self, argc, 1, err) < 0)
		return -1;
	if (combination_check(r, err) < 0)
		return -1;
	if (r->host_data_text &&
	    hex_decode(r->host_data_text, r->host_data, sizeof(r->host_data), err) < 0)
		return error_prefix(err, "run: --host-data");
	if (r->broker) {
		if (broker_route_make(r->broker, &r->route, err) < 0)
			return error_prefix(err, "run");
		r->qemu.broker = &r->route;
	}
	r->qemu.image = argv[optind];
	r->qemu.forwards = r->forwards;
	return 0;
}

#ifdef __x86_64__
/* Intel SDM volume 2, CPUID, leaf 1; AMD APM volume 3, CPUID, leaf 8000_0001h */
static bool processor_virtualizes(void)
{
	unsigned a, b, c, d;
	const unsigned vmx = 1u << 5, svm = 1u << 2;

	return (__get_cpuid(1, &a, &b, &c, &d) && (c & vmx)) ||
	       (__get_cpuid(0x80000001, &a, &b, &c, &d) && (c & svm));
}

/* AMD APM volume 3, CPUID Fn8000_001F: EAX bit 4 is SEV-SNP, EBX[5:0] where the C-bit is */
static bool processor_has_snp(unsigned *cbit_position)
{
	unsigned a, b, c, d;
	const unsigned snp = 1u << 4;

	if (!__get_cpuid(0x8000001f, &a, &b, &c, &d) || !(a & snp))
		return false;
	*cbit_position = b & 0x3f;
	return true;
}
#else
/* the guest is an x86 one */
static bool processor_virtualizes(void)
{
	return false;
}

static bool processor_has_snp(unsigned *cbit_position)
{
	(void)cbit_position;
	return false;
}
#endif

/* A /dev/kvm that is there may still make no virtual machine (nested virtualization that is off, a
 * container without the permission), or one in software alone, which fails on instructions that
 * TCG knows. */
static bool kvm_works(void)
{
	if (!processor_virtualizes())
		return false;
	cleanup_fd int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0 || ioctl(kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		return false;
	cleanup_fd int machine = ioctl(kvm, KVM_CREATE_VM, 0);
	if (machine < 0)
		return false;
	cleanup_fd int vcpu = ioctl(machine, KVM_CREATE_VCPU, 0);
	return vcpu >= 0;
}

static int choose_host_data(struct request *r, struct error *err)
{
	cleanup_image struct image *image = NULL;

	if (r->host_data_text)
		return 0;
	if (image_open(r->qemu.image, &image, err) < 0)
		return -1;
	memcpy(r->host_data, image->seal_digest, sizeof(r->host_data));
	return 0;
}

static int prepare_snp(struct request *r, struct error *err)
{
	if (!processor_has_snp(&r->snp.cbit_position) || access("/dev/sev", F_OK) < 0)
		return error_system_text(err, "--snp: this host runs no SEV-SNP guests");
	if (choose_host_data(r, err) < 0)
		return -1;
	r->snp.host_data = r->host_data;
	if (!r->snp.cpu)
		r->snp.cpu = "EPYC-v4";
	r->qemu.snp = &r->snp;
	return 0;
}

/* For whoever writes the broker's policy: on standard error, where no output of the guest is. */
static int say_simulation(const struct request *r, const struct simulation *s, struct error *err)
{
	char measurement[2 * SNP_DIGEST_BYTES + 1], host_data[2 * SEAL_DIGEST_BYTES + 1];
	cleanup_free char *cmdline = NULL;

	if (qemu_cmdline(&r->qemu, &cmdline, err) < 0)
		return -1;
	hex_encode(s->measurement, sizeof(s->measurement), measurement);
	hex_encode(r->host_data, sizeof(r->host_data), host_data);
	(void)fprintf(stderr,
		      "podseal: laboratory: nothing protects this guest; its reports say:\n"
		      "podseal: laboratory: MEASUREMENT %s (podseal measure --mode %s)\n"
		      "podseal: laboratory: HOST_DATA %s\n"
		      "podseal: laboratory: command line measured: %s\n",
		      measurement, s->of_firmware ? "snp" : "laboratory", host_data, cmdline);
	return 0;
}

/* `simulation` keeps the new initrd's path. */
static int prepare_simulation(struct request *r, struct simulation *simulation, struct error *err)
{
	const struct simulate_options options = {
		.qemu = &r->qemu,
		.lab = r->lab,
		.modules = r->modules,
		.vcpu_type = r->snp.cpu,
		.host_data = r->host_data,
	};

	if (choose_host_data(r, err) < 0 || simulate(&options, simulation, err) < 0 ||
	    say_simulation(r, simulation, err) < 0)
		return -1;
	r->qemu.initrd = simulation->initrd_path;
	r->qemu.rdinit = LABORATORY_INITRD_PARAMETER;
	return 0;
}

/* What QEMU would say itself, but in many words and after its window of the terminal opened. */
static int check_readable(const char *path, struct error *err)
{
	if (path && access(path, R_OK) < 0)
		return errno == ENOENT ? error_input(err, "%s: %s", path, strerror(errno))
				       : error_system(err, "%s", path);
	return 0;
}

static int start(struct request *r, struct error *err)
{
	const char *const files[] = { r->qemu.image, r->qemu.kernel,   r->qemu.initrd,
				      r->qemu.uki,   r->qemu.firmware, r->qemu.scratch };
	cleanup_qemu_command struct qemu_command command = { 0 };
	struct simulation simulation;

	if (r->with_snp && prepare_snp(r, err) < 0)
		return -1;
	if (r->simulate && prepare_simulation(r, &simulation, err) < 0)
		return -1;
	if (qemu_command_make(&r->qemu, &command, err) < 0)
		return error_prefix(err, "run");
	if (r->dry_run) {
		cleanup_free char *text = qemu_command_text(&command);
		if (!text)
			return error_memory(err);
		puts(text);
		return 0;
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (check_readable(files[i], err) < 0)
			return -1;
	(void)execvp(command.argv[0], command.argv);
	return error_system(err, "%s", command.argv[0]);
}

int cmd_run(const struct command *self, int argc, char **argv, struct error *err)
{
	CLEANUP(request_release)
	struct request r = { .qemu = { .memory_bytes = UINT64_C(1) << 30, .vcpus = 1 } };

	if (read_request(self, argc, argv, &r, err) < 0)
		return -1;
	r.qemu.kvm = kvm_works();
	if (start(&r, err) < 0)
		return err->kind == ERROR_USAGE ? -1 : error_prefix(err, "running the guest");
	return 0;
}
