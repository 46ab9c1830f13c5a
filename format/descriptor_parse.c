// SPDX-License-Identifier: Apache-2.0
#include "format/descriptor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/hex.h"
#include "common/json.h"
#include "format/descriptor_json.h"
#include "format/luks2.h"
#include "format/seal.h"

/* 2^63 bytes in blocks: more is no disk, and this is below 2^53, where JSON's numbers end. */
#define DATA_BLOCKS_MAX ((UINT64_C(1) << 63) / DESCRIPTOR_BLOCK_BYTES)

static int get_hex(const json_t *object, const char *where, const char *name, uint8_t *bytes,
		   size_t size, struct error *err)
{
	const char *text;

	if (json_get_string(object, where, name, &text, err) < 0)
		return -1;
	if (hex_decode(text, bytes, size, err) < 0)
		return error_prefix(err, "\"%s\" of %s", name, where);
	return 0;
}

static int get_uuid(const json_t *object, const char *where, const char *name, struct uuid *uuid,
		    struct error *err)
{
	const char *text;

	if (json_get_string(object, where, name, &text, err) < 0)
		return -1;
	if (uuid_from_text(text, uuid, err) < 0)
		return error_prefix(err, "\"%s\" of %s", name, where);
	return 0;
}

static bool name_valid(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length < DESCRIPTOR_NAME_BYTES &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

/* Absolute, no empty segment, no "." or "..", no slash at the end but that of "/" itself; of
 * visible ASCII, without what needs an escape in JSON. */
static bool path_valid(const char *path)
{
	if (path[0] != '/' || strlen(path) >= DESCRIPTOR_PATH_BYTES)
		return false;
	for (const char *c = path; *c; c++)
		if (*c <= ' ' || *c > '~' || *c == '"' || *c == '\\')
			return false;
	if (path[1] == '\0')
		return true;
	for (const char *segment = path; *segment;) {
		size_t length = strcspn(++segment, "/");
		if (length == 0 || (length == 1 && segment[0] == '.') ||
		    (length == 2 && segment[0] == '.' && segment[1] == '.'))
			return false;
		segment += length;
	}
	return true;
}

static int parse_verity(const json_t *volume, const char *where, struct descriptor_verity *verity,
			struct error *err)
{
	static const char *const members[] = { "algorithm",
					       "data_block_size",
					       "hash_block_size",
					       "data_blocks",
					       "salt",
					       "root_hash",
					       NULL };
	json_t *json;
	char here[64];

	(void)snprintf(here, sizeof(here), "verity of %s", where);
	if (json_get_object(volume, where, "verity", &json, err) < 0 ||
	    json_only_members(json, here, members, err) < 0 ||
	    json_expect_string(json, here, "algorithm", DESCRIPTOR_ALGORITHM, err) < 0 ||
	    json_expect_u64(json, here, "data_block_size", DESCRIPTOR_BLOCK_BYTES, err) < 0 ||
	    json_expect_u64(json, here, "hash_block_size", DESCRIPTOR_BLOCK_BYTES, err) < 0 ||
	    json_get_u64(json, here, "data_blocks", DATA_BLOCKS_MAX, &verity->data_blocks, err) <
		    0 ||
	    get_hex(json, here, "salt", verity->salt, sizeof(verity->salt), err) < 0 ||
	    get_hex(json, here, "root_hash", verity->root_hash, sizeof(verity->root_hash), err) < 0)
		return -1;
	if (verity->data_blocks == 0)
		return error_input(err, "\"data_blocks\" of %s is 0", here);
	return 0;
}

static int parse_crypt(const json_t *json, const char *where, struct descriptor_volume *volume,
		       struct error *err)
{
	static const char *const members[] = { "cipher",       "key_bytes", "sector_size",
					       "offset_bytes", "key_id",    NULL };
	const char *key_id;
	char here[64];

	(void)snprintf(here, sizeof(here), "crypt of %s", where);
	if (json_only_members(json, here, members, err) < 0 ||
	    json_expect_string(json, here, "cipher", DESCRIPTOR_CIPHER, err) < 0 ||
	    json_expect_u64(json, here, "key_bytes", DESCRIPTOR_KEY_BYTES, err) < 0 ||
	    json_expect_u64(json, here, "sector_size", DESCRIPTOR_BLOCK_BYTES, err) < 0 ||
	    json_expect_u64(json, here, "offset_bytes", LUKS2_PAYLOAD_OFFSET_BYTES, err) < 0 ||
	    json_get_string(json, here, "key_id", &key_id, err) < 0)
		return -1;
	if (!resource_path_valid(key_id))
		return error_input(err, "\"key_id\" of %s is \"%s\", not a resource path", here,
				   key_id);
	if (volume->verity.data_blocks <= LUKS2_PAYLOAD_OFFSET_BYTES / DESCRIPTOR_BLOCK_BYTES)
		return error_input(err, "%s begins at byte %d of a volume of %" PRIu64 " blocks",
				   here, LUKS2_PAYLOAD_OFFSET_BYTES, volume->verity.data_blocks);
	volume->sealed = true;
	volume->crypt.offset_bytes = LUKS2_PAYLOAD_OFFSET_BYTES;
	memcpy(volume->crypt.key_id, key_id, strlen(key_id) + 1);
	return 0;
}

static int parse_volume(const json_t *json, const char *where, struct descriptor_volume *volume,
			struct error *err)
{
	static const char *const members[] = { "name",      "mount",  "fs",    "data_uuid",
					       "hash_uuid", "verity", "crypt", NULL };
	const char *name;
	const char *mount;
	json_t *crypt;

	if (json_only_members(json, where, members, err) < 0 ||
	    json_get_string(json, where, "name", &name, err) < 0 ||
	    json_get_string(json, where, "mount", &mount, err) < 0 ||
	    json_expect_string(json, where, "fs", DESCRIPTOR_FS, err) < 0 ||
	    get_uuid(json, where, "data_uuid", &volume->data_uuid, err) < 0 ||
	    get_uuid(json, where, "hash_uuid", &volume->hash_uuid, err) < 0 ||
	    parse_verity(json, where, &volume->verity, err) < 0 ||
	    json_opt_object(json, where, "crypt", &crypt, err) < 0 ||
	    (crypt && parse_crypt(crypt, where, volume, err) < 0))
		return -1;
	if (!name_valid(name))
		return error_input(err, "\"name\" of %s is \"%s\", not [a-z0-9-]{1,16}", where,
				   name);
	if (!path_valid(mount))
		return error_input(err,
				   "\"mount\" of %s is \"%s\", not an absolute, normalised path",
				   where, mount);
	memcpy(volume->name, name, strlen(name) + 1);
	memcpy(volume->mount, mount, strlen(mount) + 1);
	return 0;
}

/* `path` is strictly below `directory`. */
static bool path_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	if (length == 1)
		return path[1] != '\0';
	return strncmp(path, directory, length) == 0 && path[length] == '/';
}

/* What two volumes must not share, and which must come first. */
static int check_pair(const struct descriptor_volume *a, const struct descriptor_volume *b,
		      struct error *err)
{
	if (strcmp(a->name, b->name) == 0)
		return error_input(err, "two volumes are named \"%s\"", a->name);
	if (strcmp(a->mount, b->mount) == 0)
		return error_input(err, "two volumes are mounted at \"%s\"", a->mount);
	if (path_below(a->mount, b->mount))
		return error_input(err, "\"%s\" is mounted before \"%s\", which would hide it",
				   a->mount, b->mount);
	if (uuid_equal(&a->data_uuid, &b->data_uuid) || uuid_equal(&a->data_uuid, &b->hash_uuid) ||
	    uuid_equal(&a->hash_uuid, &b->data_uuid) || uuid_equal(&a->hash_uuid, &b->hash_uuid))
		return error_input(err, "volumes \"%s\" and \"%s\" share a partition UUID", a->name,
				   b->name);
	return 0;
}

static int check_volumes(const struct descriptor *descriptor, struct error *err)
{
	const struct descriptor_volume *volumes = descriptor->volumes;

	if (descriptor->count == 0 || strcmp(volumes[0].mount, "/") != 0)
		return error_input(err, "the first volume is not mounted at \"/\"");
	for (size_t i = 0; i < descriptor->count; i++) {
		if (uuid_equal(&volumes[i].data_uuid, &volumes[i].hash_uuid))
			return error_input(err, "both partitions of volume \"%s\" have one UUID",
					   volumes[i].name);
		for (size_t j = i + 1; j < descriptor->count; j++)
			if (check_pair(&volumes[i], &volumes[j], err) < 0)
				return -1;
	}
	return 0;
}

static int parse_volumes(const json_t *json, struct descriptor *descriptor, struct error *err)
{
	json_t *volumes;
	json_t *volume;
	size_t i;

	if (json_get_array(json, "descriptor", "volumes", DESCRIPTOR_MAX_VOLUMES, &volumes, err) <
	    0)
		return -1;
	json_array_foreach (volumes, i, volume) {
		char where[32];
		(void)snprintf(where, sizeof(where), "volume %zu", i);
		if (parse_volume(volume, where, &descriptor->volumes[i], err) < 0)
			return -1;
	}
	descriptor->count = json_array_size(volumes);
	return check_volumes(descriptor, err);
}

static int parse_arch(const json_t *json, enum descriptor_arch *arch, struct error *err)
{
	const char *name;

	if (json_get_string(json, "descriptor", "arch", &name, err) < 0)
		return -1;
	for (int i = DESCRIPTOR_X86_64; i <= DESCRIPTOR_AARCH64; i++) {
		if (strcmp(name, descriptor_arch_name((enum descriptor_arch)i)) == 0) {
			*arch = (enum descriptor_arch)i;
			return 0;
		}
	}
	return error_input(err, "\"arch\" of descriptor is \"%s\", not x86_64 or aarch64", name);
}

bool descriptor_init_valid(const char *init)
{
	return path_valid(init) && strcmp(init, "/") != 0;
}

static int parse_init(const json_t *json, struct descriptor *descriptor, struct error *err)
{
	const char *init;

	if (json_opt_string(json, "descriptor", "init", &init, err) < 0)
		return -1;
	if (!init)
		return 0;
	if (!descriptor_init_valid(init))
		return error_input(
			err, "\"init\" of descriptor is \"%s\", not an absolute, normalised path",
			init);
	memcpy(descriptor->init, init, strlen(init) + 1);
	return 0;
}

static int parse_policy(const json_t *json, struct descriptor *descriptor, struct error *err)
{
	const char *digest;

	if (json_opt_string(json, "descriptor", "kata_policy", &digest, err) < 0)
		return -1;
	if (!digest)
		return 0;
	if (seal_digest_from_text(digest, descriptor->kata_policy, err) < 0)
		return error_prefix(err, "\"kata_policy\" of descriptor");
	descriptor->has_kata_policy = true;
	return 0;
}

/* One descriptor has one text: whatever the struct does not keep (order, spaces, escapes, the case
 * of digits, a null for a missing member) cannot be used to make a second one. */
static int check_canonical(const struct descriptor *descriptor, const uint8_t *bytes, size_t size,
			   struct error *err)
{
	cleanup_free char *text = NULL;
	size_t length;

	if (descriptor_canonical(descriptor, &text, &length, err) < 0)
		return -1;
	if (length != size || memcmp(text, bytes, size) != 0)
		return error_input(err, "descriptor is not in canonical form (RFC 8785)");
	return 0;
}

int descriptor_parse(const uint8_t *bytes, size_t size, struct descriptor *descriptor,
		     struct error *err)
{
	static const char *const members[] = { "format",      "arch",    "init",
					       "kata_policy", "volumes", NULL };
	cleanup_json json_t *json = NULL;
	struct descriptor out = { 0 };

	/* the version first: a later one may have members that this program does not know */
	if (json_parse(bytes, size, SEAL_DESCRIPTOR_MAX_BYTES, &json, err) < 0 ||
	    json_expect_u64(json, "descriptor", "format", DESCRIPTOR_FORMAT, err) < 0 ||
	    json_only_members(json, "descriptor", members, err) < 0 ||
	    parse_arch(json, &out.arch, err) < 0 || parse_init(json, &out, err) < 0 ||
	    parse_policy(json, &out, err) < 0 || parse_volumes(json, &out, err) < 0 ||
	    check_canonical(&out, bytes, size, err) < 0)
		return -1;
	*descriptor = out;
	return 0;
}
