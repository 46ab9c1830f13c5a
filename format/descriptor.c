// SPDX-License-Identifier: Apache-2.0
#include "format/descriptor.h"

#include <string.h>

#include "format/gpt.h"

const char *descriptor_arch_name(enum descriptor_arch arch)
{
	switch (arch) {
	case DESCRIPTOR_X86_64:
		return "x86_64";
	case DESCRIPTOR_AARCH64:
		return "aarch64";
	}
	return NULL;
}

void descriptor_partition_types(enum descriptor_arch arch, const struct descriptor_volume *volume,
				struct uuid *data, struct uuid *hash)
{
	bool arm = arch == DESCRIPTOR_AARCH64;

	if (volume->sealed) {
		*data = GPT_TYPE_SEALED_DATA;
		*hash = GPT_TYPE_HASH;
	} else if (strcmp(volume->mount, "/") == 0) {
		*data = arm ? GPT_TYPE_ROOT_ARM64 : GPT_TYPE_ROOT_X86_64;
		*hash = arm ? GPT_TYPE_ROOT_VERITY_ARM64 : GPT_TYPE_ROOT_VERITY_X86_64;
	} else {
		*data = GPT_TYPE_LINUX_DATA;
		*hash = GPT_TYPE_HASH;
	}
}

bool descriptor_uuids_match(const struct descriptor_volume *volume)
{
	struct uuid data;
	struct uuid hash;

	uuid_from_root_hash(volume->verity.root_hash, &data, &hash);
	return uuid_equal(&data, &volume->data_uuid) && uuid_equal(&hash, &volume->hash_uuid);
}
