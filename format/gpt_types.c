// SPDX-License-Identifier: Apache-2.0
#include "format/gpt.h"

/* Reads as the text does. */
#define UUID(a, b, c, d, e)                                                                      \
	{                                                                                        \
		{                                                                                \
			(uint8_t)((a) >> 24), (uint8_t)((a) >> 16), (uint8_t)((a) >> 8),         \
				(uint8_t)(a), (uint8_t)((b) >> 8), (uint8_t)(b),                 \
				(uint8_t)((c) >> 8), (uint8_t)(c), (uint8_t)((d) >> 8),          \
				(uint8_t)(d), (uint8_t)((e) >> 40), (uint8_t)((e) >> 32),        \
				(uint8_t)((e) >> 24), (uint8_t)((e) >> 16), (uint8_t)((e) >> 8), \
				(uint8_t)(e),                                                    \
		}                                                                                \
	}

/* Discoverable Partitions Specification, "Defined Partition Type UUIDs" */
const struct uuid GPT_TYPE_ROOT_X86_64 = UUID(0x4f68bce3, 0xe8cd, 0x4db1, 0x96e7, 0xfbcaf984b709);
const struct uuid GPT_TYPE_ROOT_VERITY_X86_64 =
	UUID(0x2c7357ed, 0xebd2, 0x46d9, 0xaec1, 0x23d437ec2bf5);
const struct uuid GPT_TYPE_ROOT_ARM64 = UUID(0xb921b045, 0x1df0, 0x41c3, 0xaf44, 0x4c6f280d3fae);
const struct uuid GPT_TYPE_ROOT_VERITY_ARM64 =
	UUID(0xdf3300ce, 0xd69f, 0x4c92, 0x978c, 0x9bfb0f38d820);
const struct uuid GPT_TYPE_LINUX_DATA = UUID(0x0fc63daf, 0x8483, 0x4772, 0x8e79, 0x3d69d8477de4);

/* podseal's own, drawn at random once */
const struct uuid GPT_TYPE_SEALED_DATA = UUID(0xc371e78c, 0x25d8, 0x4864, 0x9826, 0x415f1910c5fd);
const struct uuid GPT_TYPE_HASH = UUID(0xd70d1ae5, 0xbea2, 0x4319, 0xb985, 0x68c16e1bbbb0);
const struct uuid GPT_TYPE_SEAL = UUID(0x8f578db6, 0xa21c, 0x4ec7, 0xb52d, 0x166948c909d2);
