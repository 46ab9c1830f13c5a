// SPDX-License-Identifier: Apache-2.0
/* Sources of the keys, in Kata 4.1: src/runtime-rs/config/configuration-qemu-snp-runtime-rs.toml.in
 * and src/runtime/config/configuration-qemu-snp.toml.in. Each key whose value is not Kata's default
 * for an SNP guest says why. */
#include "builder/kata/config.h"

#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/json.h"

/* What each runtime calls what the other calls otherwise, or has not. */
struct dialect {
	const char *name, *hypervisor, *agent, *runtime;
};

static const struct dialect dialects[] = {
	[KATA_RUST] = {
		.name = "Rust",
		.hypervisor = "vm_rootfs_driver = \"virtio-blk-pci\"\n"
			      "overhead_vcpus = 0.4\n"
			      "overhead_memory = 128\n",
		.agent = "cdh_api_timeout_ms = 50000\n"
			 "reconnect_timeout_ms = 45000\n",
		.runtime = "name = \"virt_container\"\n"
			   "hypervisor_name = \"qemu\"\n"
			   "agent_name = \"kata\"\n"
			   "experimental = [\"force_guest_pull\"]\n",
	},
	[KATA_GO] = {
		.name = "Go",
		.hypervisor = "",
		.agent = "cdh_api_timeout = 50\n"
			 "dial_timeout = 90\n",
		.runtime = "experimental_force_guest_pull = true\n",
	},
};

/* A JSON string is a basic string of TOML, and a double-quoted one of YAML, where it has no DEL in
 * it: kata_config_check(). NULL: no memory. */
static char *quote(const char *text)
{
	cleanup_json json_t *string = json_string(text);

	return string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
}

/* What to boot, and the image. */
static char *boot_keys(const struct kata_config *c)
{
	cleanup_free char *kernel = quote(c->kernel);
	cleanup_free char *image = quote(c->image);
	cleanup_free char *initrd = quote(c->mode == KATA_EXTENSION ? c->initrd : "");
	char *text;

	if (!kernel || !image || !initrd ||
	    (c->mode == KATA_EXTENSION
		     ? asprintf(&text, "kernel = %s\ninitrd = %s\n", kernel, initrd)
		     : asprintf(&text, "kernel = %s\nimage = %s\nrootfs_type = \"ext4\"\n", kernel,
				image)) < 0)
		return NULL;
	return text;
}

/* An array of tables ends the table before it, so it is last in the file. */
static char *extension(const struct kata_config *c)
{
	cleanup_free char *image = quote(c->image);
	char *text;

	if (c->mode == KATA_UKI)
		return strdup("");
	if (!image ||
	    asprintf(&text,
		     "\n# The sealed image is a disk like another extension. podseal-init "
		     "verifies it.\n"
		     "[[hypervisor.qemu.guest_extension_images]]\n"
		     "name = \"podseal\"\n"
		     "path = %s\n"
		     "verity_params = \"\"\n",
		     image) < 0)
		return NULL;
	return text;
}

char *kata_config_toml(const struct kata_config *c)
{
	const struct dialect *d = &dialects[c->runtime];
	cleanup_free char *boot = boot_keys(c);
	cleanup_free char *firmware = quote(c->firmware);
	cleanup_free char *raw_params = kata_kernel_params(c);
	cleanup_free char *params = raw_params ? quote(raw_params) : NULL;
	cleanup_free char *image = extension(c);
	char *text;

	if (!boot || !firmware || !params || !image ||
	    asprintf(&text,
		     "# Kata's %s runtime for the sealed pod\n"
		     "# %s\n"
		     "# Firmware, kernel, initrd, kernel_params and the number of vCPUs are "
		     "measured: "
		     "a change here needs\n"
		     "# another policy at the broker (podseal kata-config prints the "
		     "measurements).\n"
		     "\n"
		     "[hypervisor.qemu]\n"
		     "path = \"/opt/kata/bin/qemu-system-x86_64\"\n"
		     "%s"
		     "firmware = %s\n"
		     "machine_type = \"q35\"\n"
		     "confidential_guest = true\n"
		     "sev_snp_guest = true\n"
		     "snp_guest_policy = 196608\n"
		     "kernel_params = %s\n"
		     "# podseal-init sets up dm-verity, by the image's own descriptor\n"
		     "kernel_verity_params = \"\"\n"
		     "# kernel_params must not be a pod's to say: it would change the measurement\n"
		     "enable_annotations = [\"default_vcpus\", \"default_memory\"%s]\n"
		     "default_vcpus = %u\n"
		     "default_memory = 2048\n"
		     "%s"
		     "# nothing comes from the host but what is sealed\n"
		     "shared_fs = \"none\"\n"
		     "disable_image_nvdimm = true\n"
		     "block_device_driver = \"virtio-scsi\"\n"
		     "disable_guest_selinux = true\n"
		     "\n"
		     "[agent.kata]\n"
		     "%s"
		     "\n"
		     "[runtime]\n"
		     "%s"
		     "internetworking_model = \"tcfilter\"\n"
		     "disable_guest_seccomp = true\n"
		     "sandbox_cgroup_only = true\n"
		     "static_sandbox_resource_mgmt = true\n"
		     "vfio_mode = \"guest-kernel\"\n"
		     "# an emptyDir is in the guest's memory; block-encrypted would need guest "
		     "components\n"
		     "emptydir_mode = \"shared-fs\"\n"
		     "%s",
		     d->name, c->seal, boot, firmware, params,
		     c->bind == KATA_BIND_INITDATA ? ", \"cc_init_data\"" : "", c->vcpus,
		     d->hypervisor, d->agent, d->runtime, image) < 0)
		return NULL;
	return text;
}

char *kata_runtime_class(const struct kata_config *c)
{
	char *text;

	/* the overhead is Kata's own for SNP guests */
	if (asprintf(&text,
		     "apiVersion: node.k8s.io/v1\n"
		     "kind: RuntimeClass\n"
		     "metadata:\n"
		     "  name: kata-%s\n"
		     "handler: kata-%s\n"
		     "overhead:\n"
		     "  podFixed:\n"
		     "    memory: \"2048Mi\"\n"
		     "    cpu: \"1.0\"\n"
		     "scheduling:\n"
		     "  nodeSelector:\n"
		     "    katacontainers.io/kata-runtime: \"true\"\n",
		     c->name, c->name) < 0)
		return NULL;
	return text;
}

char *kata_pod_annotations(const struct kata_config *c, const char *annotation)
{
	char *text;

	if (asprintf(&text, "%s%s%sspec:\n  runtimeClassName: kata-%s\n",
		     annotation ? "metadata:\n  annotations:\n"
				  "    io.katacontainers.config.hypervisor.cc_init_data: \""
				: "",
		     annotation ? annotation : "", annotation ? "\"\n" : "", c->name) < 0)
		return NULL;
	return text;
}
