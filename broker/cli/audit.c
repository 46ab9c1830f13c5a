// SPDX-License-Identifier: Apache-2.0
#include "broker/cli/cli.h"

#include <inttypes.h>
#include <stdio.h>

#include "broker/audit.h"
#include "common/json.h"

enum { OPT_VERIFY = OPT_OWN, OPT_ANCHOR };

const struct command_option audit_options[] = {
	{ OPT_STORE, "store", "FILE", "the store" },
	{ OPT_VERIFY, "verify", NULL, "check the chain of rows instead of printing them" },
	{ OPT_ANCHOR, "anchor", "N:HASH",
	  "verify: the log must go through this row, as a log\nline of the broker named it" },
	{ OPT_STORE_KEY, "store-key", "FILE", "verify: " STORE_KEY_HELP },
	{ OPT_JSON, "json", NULL, "print one JSON array of rows; verify: one object" },
	{ 0 },
};

struct request {
	const char *store, *store_key, *anchor;
	bool verify, json;
};

static void option_take(struct request *r, int id)
{
	switch (id) {
	case OPT_STORE:
		r->store = optarg;
		break;
	case OPT_STORE_KEY:
		r->store_key = optarg;
		break;
	case OPT_ANCHOR:
		r->anchor = optarg;
		break;
	case OPT_VERIFY:
		r->verify = true;
		break;
	default:
		r->json = true;
	}
}

static const char *or_dash(const char *text)
{
	return *text ? text : "-";
}

static int print_row(void *data, const struct audit_row *row, struct error *err)
{
	char time[TIME_TEXT_BYTES];

	(void)data;
	(void)err;
	printf("%" PRIu64 " %s %s %s %s %s %s measurement %s chip %s root %s\n", row->sequence,
	       time_text(row->time_ms, time), or_dash(row->peer), row->action,
	       or_dash(row->resource), row->verdict, or_dash(row->rule), or_dash(row->measurement),
	       or_dash(row->chip_id), or_dash(row->root));
	return 0;
}

/* Row by row: a log may be larger than memory. */
static int print_row_json(void *data, const struct audit_row *row, struct error *err)
{
	cleanup_json json_t *json = audit_row_json(row);
	bool *first = data;

	if (!json)
		return error_memory(err);
	printf(*first ? "\n" : ",\n");
	*first = false;
	return json_dumpf(json, stdout, 0) < 0 ? error_system(err, "writing") : 0;
}

static int print_rows(const struct request *r, struct error *err)
{
	cleanup_store struct store *store = NULL;
	bool first = true;

	if (store_open(r->store, NULL, &store, err) < 0)
		return -1;
	if (!r->json)
		return audit_read(store, print_row, NULL, err);
	putchar('[');
	if (audit_read(store, print_row_json, &first, err) < 0)
		return -1;
	printf("\n]\n");
	return 0;
}

static int verify(const struct request *r, struct error *err)
{
	cleanup_store struct store *store = NULL;
	char last[AUDIT_ANCHOR_BYTES];

	if (store_open_with_key(r->store, r->store_key, &store, err) < 0)
		return -1;
	if (audit_verify(store, r->anchor, last, err) < 0)
		return error_prefix(err, "%s", r->store);
	printf(r->json ? "{\"holds\": true, \"anchor\": \"%s\"}\n"
		       : "every row holds; the newest is %s\n",
	       last);
	return 0;
}

int cmd_audit(const struct command *self, int argc, char **argv, struct error *err)
{
	struct request r = { 0 };
	int id;

	while ((id = command_next_option(self, argc, argv, err)) != -1) {
		if (id == '?')
			return -1;
		option_take(&r, id);
	}
	if (command_operands(self, argc, 0, err) < 0)
		return -1;
	if (!r.store)
		return error_usage(err, "audit: needs --store FILE");
	if (!r.verify && (r.anchor || r.store_key))
		return error_usage(err, "audit: --anchor and --store-key go with --verify");
	if (r.verify)
		return verify(&r, err) < 0 ? error_prefix(err, "verifying the audit log") : 0;
	return print_rows(&r, err) < 0 ? error_prefix(err, "reading the audit log") : 0;
}
