// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/simulate.h"

#include <string.h>
#include <sys/mman.h>

#include "attest/laboratory_report.h"
#include "attest/measure.h"
#include "attest/ovmf.h"
#include "builder/boot/laboratory_initrd.h"
#include "builder/cli/guest_program.h"
#include "builder/cli/kernel_files.h"
#include "builder/cli/laboratory.h"
#include "common/io.h"

/* `measured` is false where this firmware would measure nothing. */
static int measure_firmware(const struct simulate_options *o, const struct measure_kernel *kernel,
			    uint8_t measurement[SNP_DIGEST_BYTES], bool *measured,
			    struct error *err)
{
	cleanup_free uint8_t *firmware = NULL;
	uint8_t digest[MEASURE_MAX_BYTES];
	struct measure_launch launch = {
		.mode = MEASURE_SNP,
		.kernel = kernel,
		.vcpus = o->qemu->vcpus,
		.guest_features = MEASURE_SNP_FEATURES,
	};
	size_t size;

	if (measure_vcpu_type(o->vcpu_type ? o->vcpu_type : "EPYC-v4", &launch.vcpu_signature,
			      err) < 0 ||
	    file_read(o->qemu->firmware, OVMF_MAX_BYTES, &firmware, &launch.firmware_size, err) < 0)
		return -1;
	launch.firmware = firmware;
	*measured = measure_launch(&launch, digest, &size, err) == 0;
	if (!*measured)
		return err->kind == ERROR_INPUT ? 0 : -1;
	memcpy(measurement, digest, SNP_DIGEST_BYTES);
	return 0;
}

static int measure(const struct simulate_options *o, struct simulation *simulation,
		   struct error *err)
{
	cleanup_free char *cmdline = NULL;
	struct measure_kernel kernel;

	if (qemu_cmdline(o->qemu, &cmdline, err) < 0 ||
	    kernel_files_hash(o->qemu->kernel, o->qemu->initrd, cmdline, &kernel, err) < 0)
		return -1;
	if (o->qemu->firmware && measure_firmware(o, &kernel, simulation->measurement,
						  &simulation->of_firmware, err) < 0)
		return -1;
	return simulation->of_firmware ? 0
				       : laboratory_measure(&kernel, simulation->measurement, err);
}

/* QEMU opens it by its number: it stays open through exec. */
static int keep(const uint8_t *bytes, size_t size, char path[32], struct error *err)
{
	cleanup_fd int fd = memfd_create("podseal-initrd", 0);

	if (fd < 0)
		return error_system(err, "memfd_create");
	if (write_all(fd, bytes, size, err) < 0)
		return -1;
	(void)snprintf(path, 32, "/proc/self/fd/%d", take_fd(&fd));
	return 0;
}

int simulate(const struct simulate_options *o, struct simulation *result, struct error *err)
{
	cleanup_laboratory_files struct laboratory_files lab = { 0 };
	cleanup_free char *program = NULL;
	cleanup_free uint8_t *certificates = NULL, *initrd = NULL;
	uint8_t report[SNP_REPORT_BYTES];
	struct simulation simulation = { .of_firmware = false };
	size_t certificates_size, size;

	if (laboratory_files_open(o->lab, &lab, err) < 0 || measure(o, &simulation, err) < 0 ||
	    laboratory_certificates(lab.ark, lab.ask, lab.vcek, &certificates, &certificates_size,
				    err) < 0 ||
	    laboratory_report((const uint8_t *)lab.vcek, strlen(lab.vcek), simulation.measurement,
			      o->host_data, report, err) < 0 ||
	    guest_program_find("podseal-laboratory", &program, err) < 0)
		return -1;
	const struct laboratory_initrd_options options = {
		.initrd = o->qemu->initrd,
		.program = program,
		.modules = o->modules,
		.report = report,
		.report_size = sizeof(report),
		.key = lab.vcek_key->bytes,
		.key_size = lab.vcek_key->size,
		.certificates = certificates,
		.certificates_size = certificates_size,
	};
	if (laboratory_initrd_build(&options, &initrd, &size, err) < 0 ||
	    keep(initrd, size, simulation.initrd_path, err) < 0)
		return -1;
	*result = simulation;
	return 0;
}
