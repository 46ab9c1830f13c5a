// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/kata_load.h"

#include "builder/cli/guest_program.h"
#include "common/cleanup.h"
#include "common/io.h"

static int load_program(const char *name, const char *arch, uint8_t **bytes,
			struct kata_program *program, struct error *err)
{
	cleanup_free char *path = NULL;

	if (guest_program_find(name, &path, err) < 0 ||
	    file_read(path, KATA_PROGRAM_MAX_BYTES, bytes, &program->size, err) < 0)
		return -1;
	program->bytes = *bytes;
	if (kata_program_check(program, arch, err) < 0)
		return error_prefix(err, "%s", path);
	return 0;
}

static int load_policy(const char *path, struct kata_loaded *loaded, struct error *err)
{
	struct kata_options *o = &loaded->options;

	if (file_read(path, KATA_POLICY_MAX_BYTES, &loaded->policy, &o->policy_size, err) < 0)
		return error_prefix(err, "reading the policy");
	o->policy = (const char *)loaded->policy;
	if (kata_policy_check(o->policy, o->policy_size, err) < 0)
		return error_prefix(err, "reading the policy: %s", path);
	return 0;
}

int kata_load(const char *arch, const char *policy_path, bool allow_exec,
	      struct kata_loaded *loaded, struct error *err)
{
	struct kata_programs *programs = &loaded->options.programs;

	loaded->options.allow_exec = allow_exec;
	if (load_program("podseal-imaged", arch, &loaded->imaged, &programs->imaged, err) < 0 ||
	    load_program("podseal-no-disks", arch, &loaded->no_disks, &programs->no_disks, err) <
		    0 ||
	    load_program("podseal-pause", arch, &loaded->pause, &programs->pause, err) < 0)
		return error_prefix(err, "reading what Kata needs");
	return policy_path ? load_policy(policy_path, loaded, err) : 0;
}

void kata_loaded_release(struct kata_loaded *loaded)
{
	free(loaded->imaged);
	free(loaded->no_disks);
	free(loaded->pause);
	free(loaded->policy);
}
