// SPDX-License-Identifier: Apache-2.0
#include "broker/sql.h"

#include <string.h>

int sql_error(sqlite3 *db, struct error *err)
{
	int code = sqlite3_errcode(db);

	if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
		return error_input(err, "%s", sqlite3_errmsg(db));
	return error_system_text(err, "%s", sqlite3_errmsg(db));
}

int sql_run(sqlite3 *db, const char *text, struct error *err)
{
	return sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : sql_error(db, err);
}

int sql_prepare(sqlite3 *db, const char *text, sqlite3_stmt **statement, struct error *err)
{
	sqlite3_stmt *s = NULL;

	if (sqlite3_prepare_v2(db, text, -1, &s, NULL) != SQLITE_OK)
		return sql_error(db, err);
	*statement = s;
	return 0;
}

int sql_step(sqlite3_stmt *statement, bool *row, struct error *err)
{
	int code = sqlite3_step(statement);

	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return sql_error(sqlite3_db_handle(statement), err);
	*row = code == SQLITE_ROW;
	return 0;
}

int sql_done(sqlite3_stmt *statement, struct error *err)
{
	bool row;

	if (sql_step(statement, &row, err) < 0)
		return -1;
	(void)sqlite3_reset(statement);
	return 0;
}

void sql_bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	(void)sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

void sql_bind_blob(sqlite3_stmt *statement, int at, const void *bytes, size_t size)
{
	(void)sqlite3_bind_blob64(statement, at, bytes, size, SQLITE_STATIC);
}

void sql_bind_int(sqlite3_stmt *statement, int at, int64_t value)
{
	(void)sqlite3_bind_int64(statement, at, value);
}

const char *sql_text(sqlite3_stmt *statement, int at)
{
	const unsigned char *text = sqlite3_column_text(statement, at);

	return text ? (const char *)text : "";
}

int sql_bytes(sqlite3_stmt *statement, int at, uint8_t *bytes, size_t size, struct error *err)
{
	const void *blob = sqlite3_column_blob(statement, at);

	if (!blob || sqlite3_column_bytes(statement, at) != (int)size)
		return error_input(err, "the store has %d bytes where %zu belong",
				   sqlite3_column_bytes(statement, at), size);
	memcpy(bytes, blob, size);
	return 0;
}
