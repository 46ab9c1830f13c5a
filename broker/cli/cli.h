// SPDX-License-Identifier: Apache-2.0
/* Private to podseal-broker: its subcommands, and what they share. */
#pragma once

#include <stdint.h>

#include "broker/store.h"
#include "common/command.h"

extern const struct command_option init_options[], add_options[], remove_options[], list_options[],
	serve_options[], audit_options[];

int cmd_init(const struct command *self, int argc, char **argv, struct error *err);
int cmd_add(const struct command *self, int argc, char **argv, struct error *err);
int cmd_remove(const struct command *self, int argc, char **argv, struct error *err);
int cmd_list(const struct command *self, int argc, char **argv, struct error *err);
int cmd_serve(const struct command *self, int argc, char **argv, struct error *err);
int cmd_audit(const struct command *self, int argc, char **argv, struct error *err);

#define STORE_KEY_HELP                                            \
	"the store key's file (default: the systemd credential\n" \
	"podseal-store-key where there is one, else FILE.key)"

/* Options that every subcommand has. */
enum { OPT_STORE = 256, OPT_STORE_KEY, OPT_JSON, OPT_OWN };

/* The store at `path` with its key, which is looked for as STORE_KEY_HELP says where `key_path` is
 * NULL. */
int store_open_with_key(const char *path, const char *key_path, struct store **store,
			struct error *err) MUST_CHECK;

/* FILE.key; the caller frees it. NULL: no memory. */
char *store_key_beside(const char *path);

/* Unix time in milliseconds. */
int64_t now_ms(void);

/* "2026-01-31T12:00:00.000Z" */
enum { TIME_TEXT_BYTES = 32 };
const char *time_text(int64_t ms, char text[TIME_TEXT_BYTES]);
