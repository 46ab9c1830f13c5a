// SPDX-License-Identifier: Apache-2.0
#include "builder/source/platform.h"

#include <string.h>
#include <sys/utsname.h>

/* uname's machine, and Go's name for it, which images use. */
static const struct {
	const char *machine, *architecture, *variant;
} machines[] = {
	{ "x86_64", "amd64", "" },    { "aarch64", "arm64", "" }, { "armv7l", "arm", "v7" },
	{ "armv6l", "arm", "v6" },    { "i686", "386", "" },      { "ppc64le", "ppc64le", "" },
	{ "riscv64", "riscv64", "" }, { "s390x", "s390x", "" },   { "loongarch64", "loong64", "" },
};

static int this_machine(struct platform *platform, struct error *err)
{
	struct utsname name;

	if (uname(&name) < 0)
		return error_system(err, "asking for this machine's architecture");
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		if (strcmp(name.machine, machines[i].machine) != 0)
			continue;
		*platform = (struct platform){ 0 };
		strcpy(platform->architecture, machines[i].architecture);
		strcpy(platform->variant, machines[i].variant);
		return 0;
	}
	return error_usage(err,
			   "no image architecture is known for a %s machine: name one with "
			   "--arch",
			   name.machine);
}

int platform_parse(const char *text, struct platform *platform, struct error *err)
{
	struct platform parsed = { 0 };

	if (!text)
		return this_machine(platform, err);
	const char *slash = strchr(text, '/');
	size_t size = slash ? (size_t)(slash - text) : strlen(text);
	const char *variant = slash ? slash + 1 : "";
	if (size == 0 || size >= sizeof(parsed.architecture) ||
	    strlen(variant) >= sizeof(parsed.variant) || (slash && !*variant) ||
	    strchr(variant, '/'))
		return error_usage(err, "\"%.100s\" is no architecture: \"amd64\", \"arm64/v8\"",
				   text);
	memcpy(parsed.architecture, text, size);
	strcpy(parsed.variant, variant);
	*platform = parsed;
	return 0;
}

/* 8 for "v8"; the baseline where none is named; -1 for another kind of name. */
static int variant_number(const char *architecture, const char *variant)
{
	if (!variant || !*variant)
		return strcmp(architecture, "arm64") == 0 ? 8
		       : strcmp(architecture, "arm") == 0 ? 7
							  : 1;
	if (variant[0] == 'v' && variant[1] >= '0' && variant[1] <= '9' && variant[2] == '\0')
		return variant[1] - '0';
	return -1;
}

int platform_rank(const struct platform *wanted, const char *architecture, const char *variant)
{
	if (strcmp(wanted->architecture, architecture) != 0)
		return -1;
	int want = variant_number(architecture, wanted->variant);
	int have = variant_number(architecture, variant);
	if (want < 0 || have < 0)
		return variant && strcmp(wanted->variant, variant) == 0 ? 10 : -1;
	return have <= want ? have : -1;
}
