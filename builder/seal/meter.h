// SPDX-License-Identifier: Apache-2.0
/* How far a build is: numbers that its threads raise and a progress display reads. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

enum build_stage {
	STAGE_CONTENT,  /* reading layers, writing content */
	STAGE_METADATA, /* directories, inodes */
	STAGE_TREE,     /* the hash tree's upper levels */
	STAGE_SEAL,     /* descriptor, partition table, check, rename */
};

struct build_meter {
	_Atomic uint64_t bytes_total, bytes_read; /* of all layers' blobs, compressed */
	_Atomic unsigned layers_total, layers_read;
	_Atomic enum build_stage stage;
};
