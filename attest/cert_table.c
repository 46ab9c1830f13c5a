// SPDX-License-Identifier: Apache-2.0
#include "attest/cert_table.h"

#include <string.h>

#include "common/disk.h"
#include "common/io.h"

struct cert_disk_entry {
	uint8_t guid[16]; /* in the order of its text */
	le32 offset;      /* from the start of the table */
	le32 length;
};
DISK_AT(struct cert_disk_entry, offset, 16);
DISK_SIZE(struct cert_disk_entry, 24);

static const struct {
	uint8_t guid[16];
	enum kbs_certificate_type type;
} known[] = {
	/* c0b406a4-a803-4952-9743-3fb6014cd0ae */
	{ { 0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52, 0x97, 0x43, 0x3f, 0xb6, 0x01, 0x4c,
	    0xd0, 0xae },
	  KBS_CERTIFICATE_ARK },
	/* 4ab7b379-bbac-4fe4-a02f-05aef327c782 */
	{ { 0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4, 0xa0, 0x2f, 0x05, 0xae, 0xf3, 0x27,
	    0xc7, 0x82 },
	  KBS_CERTIFICATE_ASK },
	/* 63da758d-e664-4564-adc5-f4b93be8accd */
	{ { 0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64, 0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8,
	    0xac, 0xcd },
	  KBS_CERTIFICATE_VCEK },
	/* a8074bc2-a25a-483e-aae6-39c045a0b8a1 */
	{ { 0xa8, 0x07, 0x4b, 0xc2, 0xa2, 0x5a, 0x48, 0x3e, 0xaa, 0xe6, 0x39, 0xc0, 0x45, 0xa0,
	    0xb8, 0xa1 },
	  KBS_CERTIFICATE_VLEK },
};

static enum kbs_certificate_type type_of(const uint8_t guid[16])
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (memcmp(known[i].guid, guid, 16) == 0)
			return known[i].type;
	return KBS_CERTIFICATE_OTHER;
}

static int take(const struct cert_disk_entry *entry, uint8_t *bytes, size_t size,
		struct cert_table *table, struct error *err)
{
	uint32_t offset = le32_get(entry->offset), length = le32_get(entry->length);
	enum kbs_certificate_type type = type_of(entry->guid);

	if (offset > size || length > size - offset || length == 0)
		return error_input(err, "a certificate of %u bytes at byte %u of %zu", length,
				   offset, size);
	if (type == KBS_CERTIFICATE_OTHER)
		return 0;
	if (length > KBS_CERTIFICATE_MAX_BYTES)
		return error_input(err, "a certificate of %u bytes, at most %d", length,
				   KBS_CERTIFICATE_MAX_BYTES);
	if (table->count == KBS_CERTIFICATES_MAX)
		return error_input(err, "more than %d certificates", KBS_CERTIFICATES_MAX);
	table->certificates[table->count++] =
		(struct kbs_certificate){ type, bytes + offset, length };
	return 0;
}

int cert_table_parse(uint8_t *bytes, size_t size, struct cert_table *result, struct error *err)
{
	struct cert_table table = { .count = 0 };
	struct cert_disk_entry entry;

	for (size_t at = 0; size != 0; at += sizeof(entry)) {
		if (size - at < sizeof(entry))
			return error_input(err, "the table of certificates has no end");
		memcpy(&entry, bytes + at, sizeof(entry));
		if (is_zero(&entry.guid, sizeof(entry.guid)))
			break;
		if (take(&entry, bytes, size, &table, err) < 0)
			return -1;
	}
	*result = table;
	return 0;
}

static const uint8_t *guid_of(enum kbs_certificate_type type)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].type == type)
			return known[i].guid;
	return NULL;
}

int cert_table_encode(const struct cert_table *table, uint8_t **result, size_t *result_size,
		      struct error *err)
{
	size_t at = (table->count + 1) * sizeof(struct cert_disk_entry), size = at;

	for (size_t i = 0; i < table->count; i++)
		size += table->certificates[i].size;
	cleanup_free uint8_t *bytes = calloc(1, size);
	if (!bytes)
		return error_memory(err);
	for (size_t i = 0; i < table->count; i++) {
		const struct kbs_certificate *c = &table->certificates[i];
		const uint8_t *guid = guid_of(c->type);
		struct cert_disk_entry entry = { .offset = le32_put((uint32_t)at),
						 .length = le32_put((uint32_t)c->size) };
		if (!guid || c->size == 0 || c->size > KBS_CERTIFICATE_MAX_BYTES)
			return error_input(err, "certificate %zu has no place in the table", i);
		memcpy(entry.guid, guid, sizeof(entry.guid));
		memcpy(bytes + i * sizeof(entry), &entry, sizeof(entry));
		memcpy(bytes + at, c->bytes, c->size);
		at += c->size;
	}
	*result = take_ptr(bytes);
	*result_size = size;
	return 0;
}
