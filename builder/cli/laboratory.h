// SPDX-License-Identifier: Apache-2.0
/* A laboratory on disk: `ark.pem`, `ask.pem` and `vcek.pem` in a folder, with `ark.key`, `ask.key`
 * and `vcek.key` beside them. Signing reports takes the three certificates and vcek.key. */
#pragma once

#include "common/cleanup.h"
#include "common/error.h"
#include "common/secret.h"

struct laboratory_files {
	char *ark, *ask, *vcek;  /* PEM */
	struct secret *vcek_key; /* PEM */
};

/* Reads the folder; one that is absent or empty is made and filled first, in one go: of two that do
 * so at the same time one wins, and both read what that one made. It takes some seconds.
 * ERROR_INPUT: a file of the four is missing. */
int laboratory_files_open(const char *folder, struct laboratory_files *files, struct error *err)
	MUST_CHECK;
void laboratory_files_release(struct laboratory_files *files);
#define cleanup_laboratory_files CLEANUP(laboratory_files_release)
