// SPDX-License-Identifier: Apache-2.0
/* Private to broker: SQLite's results as our errors. Text and blobs are borrowed until the
 * statement is stepped or finalized. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "common/cleanup.h"
#include "common/error.h"

static inline void cleanup_statement_p(sqlite3_stmt **statement)
{
	(void)sqlite3_finalize(*statement);
}
#define cleanup_statement CLEANUP(cleanup_statement_p)

/* Sets ERROR_SYSTEM (ERROR_INPUT where the file is no database or is corrupt); returns -1. */
int sql_error(sqlite3 *db, struct error *err);

/* Runs statements that give no rows. */
int sql_run(sqlite3 *db, const char *text, struct error *err) MUST_CHECK;

int sql_prepare(sqlite3 *db, const char *text, sqlite3_stmt **statement, struct error *err)
	MUST_CHECK;

/* The next row: true in *row where there is one. */
int sql_step(sqlite3_stmt *statement, bool *row, struct error *err) MUST_CHECK;

/* Steps a statement that gives no row and makes it ready for its next values. */
int sql_done(sqlite3_stmt *statement, struct error *err) MUST_CHECK;

/* Values for the parameters, counted from 1. A NULL text is NULL. They are not copied. A failure
 * shows in the step after. */
void sql_bind_text(sqlite3_stmt *statement, int at, const char *text);
void sql_bind_blob(sqlite3_stmt *statement, int at, const void *bytes, size_t size);
void sql_bind_int(sqlite3_stmt *statement, int at, int64_t value);

/* Columns, counted from 0. "" where there is no text. */
const char *sql_text(sqlite3_stmt *statement, int at);
/* A blob of exactly `size` bytes, copied; anything else is ERROR_INPUT. */
int sql_bytes(sqlite3_stmt *statement, int at, uint8_t *bytes, size_t size, struct error *err)
	MUST_CHECK;
