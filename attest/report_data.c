// SPDX-License-Identifier: Apache-2.0
#include "attest/report_data.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "common/sha2.h"

int kbs_hash_from_name(const char *name, enum kbs_hash *hash, struct error *err)
{
	static const char *const names[] = { "sha384", "sha256", "sha512" };

	for (int i = 0; i < 3; i++)
		if (!strcasecmp(name, names[i])) {
			*hash = (enum kbs_hash)i;
			return 0;
		}
	return error_input(err, "hash algorithm \"%s\" is not sha256, sha384 or sha512", name);
}

/* The digest at the start of `out`, zeros after it, cut to `size`. */
static void digest_padded(const void *bytes, size_t length, enum kbs_hash hash, uint8_t *out,
			  size_t size)
{
	static void (*const digests[])(const void *, size_t, uint8_t *) = {
		[KBS_SHA384] = sha2_384,
		[KBS_SHA256] = sha2_256,
		[KBS_SHA512] = sha2_512,
	};
	uint8_t digest[SHA2_512_BYTES] = { 0 };

	digests[hash](bytes, length, digest);
	memcpy(out, digest, size);
}

int kbs_report_data(const char *nonce, const json_t *tee_public_key,
		    const char *additional_evidence, enum kbs_hash hash,
		    uint8_t report_data[SNP_REPORT_DATA_BYTES], struct error *err)
{
	cleanup_json json_t *o = json_object();
	json_t *key = json_deep_copy(tee_public_key);
	cleanup_free char *text = NULL;
	size_t size;

	if (json_object_set_new(o, "tee-pubkey", key) < 0 ||
	    json_object_set_new(o, "nonce", json_string(nonce)) < 0 ||
	    json_object_set_new(o, "additional-evidence", json_string(additional_evidence)) < 0)
		return error_input(err, "a nonce or additional evidence that is not text");
	if (json_canonical(o, &text, &size, err) < 0)
		return error_prefix(err, "runtime data");
	digest_padded(text, size, hash, report_data, SNP_REPORT_DATA_BYTES);
	return 0;
}

void kbs_host_data(const char *init_data, size_t size, enum kbs_hash hash,
		   uint8_t host_data[SNP_HOST_DATA_BYTES])
{
	digest_padded(init_data, size, hash, host_data, SNP_HOST_DATA_BYTES);
}

static const char *blanks_skip(const char *at)
{
	return at + strspn(at, " \t");
}

/* The value of `algorithm = "..."` at the start of a line into `name`; false for any other line. */
static bool algorithm_line(const char *line, char name[16])
{
	static const char key[] = "algorithm";

	if (strncmp(line, key, sizeof(key) - 1) != 0)
		return false;
	line = blanks_skip(line + sizeof(key) - 1);
	if (*line++ != '=')
		return false;
	line = blanks_skip(line);
	const char quote = *line++;
	if (quote != '"' && quote != '\'')
		return false;
	size_t length =
		strspn(line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
	if (length == 0 || length > 15 || line[length] != quote)
		return false;
	const char *rest = blanks_skip(line + length + 1);
	if (*rest && !strchr("\r\n#", *rest))
		return false;
	memcpy(name, line, length);
	name[length] = 0;
	return true;
}

int kbs_init_data_algorithm(const char *init_data, enum kbs_hash *hash, struct error *err)
{
	char name[16];

	for (const char *line = init_data; *line;) {
		const char *start = blanks_skip(line);
		const char *end = start + strcspn(start, "\n");
		if (*start == '[')
			break;
		if (algorithm_line(start, name))
			return kbs_hash_from_name(name, hash, err);
		for (const char *at = start; end - at >= 3; at++)
			if (!strncmp(at, "\"\"\"", 3) || !strncmp(at, "'''", 3))
				return error_input(err, "initdata has a multi-line string before "
							"its algorithm");
		line = *end ? end + 1 : end;
	}
	return error_input(err, "initdata names no algorithm");
}
