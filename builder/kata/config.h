// SPDX-License-Identifier: Apache-2.0
/* Kata's configuration for sealed pods, and the kernel command line that Kata makes out of it,
 * which is part of the launch measurement. Pure text: no file is read.
 *
 * Kata puts the line together itself, differently in each of its runtimes, out of fixed parts and
 * what the configuration says; what is here is their order in Kata 4.1. docs/kata.md, "The
 * kernel's command line", says what else would change it. */
#pragma once

#include <stdint.h>

#include "builder/kata/initdata.h"
#include "common/error.h"

enum kata_runtime { KATA_RUST, KATA_GO };

/* How the guest gets both its init and its image, of which Kata takes only one in plain. */
enum kata_mode {
	KATA_EXTENSION, /* an initrd, and the image as a guest extension (Kata 4.1 and later) */
	KATA_UKI,       /* a unified kernel image as the kernel, and the image as the image */
};

/* How the guest knows its image: docs/guest.md. */
enum kata_bind { KATA_BIND_SEAL, KATA_BIND_INITDATA, KATA_BIND_SIGNATURE };

enum {
	KATA_NAME_MAX = 40,
	KATA_CMDLINE_MAX_BYTES = 2047, /* x86's COMMAND_LINE_SIZE without its NUL: the kernel cuts
					  what is longer */
};

/* All borrowed. Paths are those on the node. */
struct kata_config {
	enum kata_runtime runtime;
	enum kata_mode mode;
	enum kata_bind bind;
	const char *name; /* the RuntimeClass and its handler are "kata-NAME" */
	const char *image;
	const char *kernel;
	const char *initrd; /* KATA_EXTENSION only */
	const char *firmware;
	const char *seal;   /* "sha256:HEX" */
	const char *append; /* more kernel parameters, single blanks between them; or NULL */
	unsigned vcpus;     /* of a pod without limits */
};

/* ERROR_USAGE for what would not survive its way through Kata to QEMU and the guest: a name that
 * Kubernetes does not take; a path that is not absolute or has a comma or a control character in
 * it; two files at one path; an appended parameter with a quote in it, without a value after its
 * "=", or that `bind` sets; a command line that is too long. */
int kata_config_check(const struct kata_config *config, struct error *err) MUST_CHECK;

/* What goes into kernel_params. The caller frees the text of this and of what follows. NULL: no
 * memory. The configuration has been checked. */
char *kata_kernel_params(const struct kata_config *config);

/* The whole line, as QEMU gets it in -append. */
char *kata_kernel_cmdline(const struct kata_config *config);

/* The configuration file: complete, so that no other file has a say in what is measured. */
char *kata_config_toml(const struct kata_config *config);

/* The RuntimeClass. */
char *kata_runtime_class(const struct kata_config *config);

/* What a pod's manifest needs, as a manifest of its own to merge. `annotation` is initdata's, or
 * NULL where there is none. */
char *kata_pod_annotations(const struct kata_config *config, const char *annotation);
