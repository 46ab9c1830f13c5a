// SPDX-License-Identifier: Apache-2.0
/* The QEMU command line that boots a sealed image. Pure.
 *
 * A q35 machine with nothing on it but what is named here: the image as a read-only virtio disk,
 * the scratch disk as a second one (serial number "podseal-scratch"), a virtio network card on
 * QEMU's user networking, and the serial console on the terminal. Spec: qemu(1), "Standard
 * options", "Block device options", "Linux/Multiboot boot specific". */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "builder/boot/broker_route.h"
#include "common/cleanup.h"
#include "common/error.h"

/* TCP from a port of this machine's loopback address to one of the guest. */
struct qemu_forward {
	uint16_t host, guest;
};

/* A guest under SEV-SNP: QEMU 9.1 or later, on a host that has it. Spec: QEMU,
 * docs/system/i386/amd-memory-encryption.rst; its measurement is measure_launch()'s of
 * attest/measure.h for the same firmware, kernel, vCPUs and CPU model. */
struct qemu_snp {
	unsigned cbit_position;   /* CPUID Fn8000_001F EBX[5:0] */
	const char *cpu;          /* QEMU's model: what the measurement was made for */
	const uint8_t *host_data; /* QEMU_HOST_DATA_BYTES: HOST_DATA of the report */
};

struct qemu_options {
	const char *image;
	const char *kernel, *initrd; /* to boot these directly, or */
	const char *uki;             /* to boot this through the firmware */
	const char *firmware;        /* NULL: QEMU's own BIOS */
	const char *append; /* goes behind "console=ttyS0". NULL: nothing, and a UKI's own holds */
	const struct broker_route *broker; /* NULL: none */
	const char *rdinit;  /* the very last kernel parameter, which no measurement has; or NULL */
	const char *scratch; /* a file or block device; NULL: none */
	uint64_t memory_bytes;
	unsigned vcpus;
	const struct qemu_forward *forwards;
	size_t forward_count;
	bool kvm;                   /* else TCG */
	const struct qemu_snp *snp; /* NULL: an ordinary guest */
};

enum {
	QEMU_MEMORY_STEP_BYTES = 1 << 20,
	QEMU_VCPUS_MAX = 255,
	QEMU_FORWARDS_MAX = 32,
	QEMU_HOST_DATA_BYTES = 32,
};

/* A program and its arguments, ended by NULL. */
struct qemu_command {
	char *argv[96];
	size_t argc;
};

/* ERROR_USAGE says which options do not go together. Release *command afterwards. */
int qemu_command_make(const struct qemu_options *options, struct qemu_command *command,
		      struct error *err) MUST_CHECK;
void qemu_command_release(struct qemu_command *command);
#define cleanup_qemu_command CLEANUP(qemu_command_release)

/* The kernel command line that qemu_command_make() passes on, without `rdinit`; NULL where it
 * passes none, and a UKI's own holds. The caller frees *cmdline. */
int qemu_cmdline(const struct qemu_options *options, char **cmdline, struct error *err) MUST_CHECK;

/* The command as a line for a shell, its words quoted where they have to be. The caller frees it;
 * NULL: no memory. */
char *qemu_command_text(const struct qemu_command *command);
