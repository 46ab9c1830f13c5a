// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/cli.h"

#include "common/output.h"
#include "common/secret.h"

static const struct command commands[] = {
	{ "build", cmd_build, "--base REF [OPTION]... -o OUT.img",
	  "flatten images into one sealed disk image", build_options,
	  "REF is oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:REF] or\n"
	  "rootfs:DIR-or-TAR. Beside OUT.img it leaves OUT.img.seal.json (the public descriptor)\n"
	  "and OUT.img.record.json (private: what the image was built from).\n\n"
	  "Example:\n"
	  "  podseal build --base oci:base --container web=oci:web --sidecar mesh=oci:mesh \\\n"
	  "      --key-out pod.key -o pod.img" },
	{ "keygen", cmd_keygen, "-o KEY", "make a volume key: 64 random bytes, mode 0600",
	  keygen_options, NULL },
	{ "inspect", cmd_inspect, "IMG [--json]",
	  "say what an image holds, as far as no key is needed", inspect_options, NULL },
	{ "ls", cmd_ls, "IMG [PATH] [--key KEY] [OPTION]...", "list files inside an image",
	  ls_options, NULL },
	{ "cat", cmd_cat, "IMG PATH [--key KEY]", "print a file from inside an image", cat_options,
	  NULL },
	{ "extract", cmd_extract, "IMG PATH [--key KEY] [-o DIR]",
	  "copy files out of an image, as a tar or into a directory", extract_options, NULL },
	{ "check", cmd_check, "IMG [--key KEY] --record RECORD",
	  "check that an image decrypts to what its record says", check_options, NULL },
	{ "measure", cmd_measure,
	  "--mode snp|sev|seves --ovmf F [OPTION]... | --mode laboratory --kernel K",
	  "print the launch digest that a guest will have", measure_options,
	  "Prints the digest in hexadecimal and nothing else; with --id-key, the ID block after "
	  "it.\n\n"
	  "Example:\n"
	  "  podseal measure --mode snp --ovmf OVMF.amdsev.fd --kernel vmlinuz --initrd initrd \\\n"
	  "      --cmdline \"console=ttyS0 podseal.seal=sha256:...\" --vcpus 2 --vcpu-type "
	  "EPYC-Milan" },
	{ "report", cmd_report, "show R | verify --report R --vek CERT --chain PEM [OPTION]...",
	  "read or verify an SNP attestation report", report_options, NULL },
	{ "policy", cmd_policy, "IMG --measurement HEX... -o POLICY.json",
	  "write a broker's policy for an image's key", policy_options, NULL },
	{ "kata-config", cmd_kata_config, "IMG --kernel K [--initrd I] --firmware F [OPTION]...",
	  "write Kata's configuration for a sealed pod, and measure it", kata_config_options,
	  "With -o: configuration-NAME.toml, runtimeclass.yaml, pod-annotations.yaml,\n"
	  "measurements.txt and, with --bind initdata, initdata.toml. docs/kata.md goes from "
	  "there.\n\n"
	  "Example:\n"
	  "  podseal kata-config pod.img --kernel vmlinuz --initrd initrd.img --firmware AMDSEV.fd "
	  "\\\n"
	  "      --append podseal.kbs=vsock://2:8080 --vcpus 1,2,4 -o kata" },
	{ "initrd", cmd_initrd, "--modules DIR [OPTION]... -o INITRD | --list INITRD",
	  "make the guest's initrd, or say what is in one", initrd_options,
	  "It holds podseal-init and what that needs: libraries, modules, certificates. The same\n"
	  "files give the same bytes; SOURCE_DATE_EPOCH dates what is inside (default 0).\n\n"
	  "Example:\n"
	  "  podseal initrd --modules /lib/modules/$(uname -r) --trust signer.pem -o initrd.img" },
	{ "uki", cmd_uki, "--kernel K [--initrd I] [OPTION]... -o UKI.efi",
	  "put kernel, initrd and command line into one EFI program", uki_options,
	  "Example:\n"
	  "  podseal uki --kernel vmlinuz --initrd initrd.img \\\n"
	  "      --cmdline \"console=ttyS0 podseal.seal=sha256:...\" -o pod.efi" },
	{ "run", cmd_run, "IMG --kernel K --initrd I | --uki UKI.efi --firmware F [OPTION]...",
	  "boot an image in QEMU, its console on the terminal", run_options,
	  "With KVM where it works, else without. The command line of the kernel is\n"
	  "console=ttyS0, what --append says and what leads to --broker; without these a UKI's\n"
	  "own holds.\n\n"
	  "Example:\n"
	  "  podseal run pod.img --kernel vmlinuz --initrd initrd.img --forward 8080:80 \\\n"
	  "      --append \"podseal.seal=sha256:...\" --broker http://127.0.0.1:8080" },
	{ 0 },
};

static const struct program program = {
	.name = "podseal",
	.summary = "seal pod images: dm-crypt under dm-verity, built without privileges",
	.commands = commands,
	.details =
		"Exit codes: 0 done, 1 the thing checked does not hold, 2 bad usage, 3 bad input,\n"
		"4 the system failed. `podseal-verity` checks an image without any key.",
};

int main(int argc, char **argv)
{
	secret_forbid_core_dumps();
	output_guard_signals();
	return command_main(&program, argc, argv);
}
