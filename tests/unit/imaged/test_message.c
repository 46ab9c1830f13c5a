// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/hex.h"
#include "guest-init/imaged/bundle.h"
#include "guest-init/imaged/message.h"

/* One call as ttrpc's own encoder makes it from guest-components' api.proto. */
static const char request_frame[] =
	"000000e50000000101000a146170692e496d61676550756c6c5365727669636512095075"
	"6c6c496d6167651aba010a61646f636b65722e696f2f6c6962726172792f62757379626f"
	"78407368613235363a616261626162616261626162616261626162616261626162616261"
	"626162616261626162616261626162616261626162616261626162616261626162616261"
	"6212552f72756e2f6b6174612d636f6e7461696e6572732f303132333435363738396162"
	"636465663031323334353637383961626364656630313233343536373839616263646566"
	"303132333435363738396162636465662080c0cbacf622";
static const char ok_frame[] =
	"0000004b00000001020012490a477368613235363a616261626162616261626162616261"
	"626162616261626162616261626162616261626162616261626162616261626162616261"
	"62616261626162616261626162";
static const char refused_frame[] =
	"000000340000000102000a32080d122e5b4344485d205b4552524f525d3a20696d616765"
	"206973206e6f74207365616c656420696e207468697320706f64";

#define IMAGE "docker.io/library/busybox@sha256:" AB "abababababababababababababababab"
#define AB    "abababababababababababababababab"
#define ID    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

enum { BYTES = 1024 };

static size_t from_hex(const char *text, uint8_t bytes[BYTES])
{
	struct error err;
	size_t size;

	assert_int_equal(hex_decode_any(text, bytes, BYTES, &size, &err), 0);
	return size;
}

static void a_call_is_read(void **state)
{
	cleanup_call struct call call = { .payload = NULL };
	struct ttrpc_header header;
	struct pull_request pull;
	uint8_t bytes[BYTES];
	size_t size = from_hex(request_frame, bytes);
	struct error err;

	(void)state;
	ttrpc_header_parse(bytes, &header);
	assert_int_equal(header.size + TTRPC_HEADER_BYTES, size);
	assert_int_equal(header.stream, 1);
	assert_int_equal(call_parse(bytes + TTRPC_HEADER_BYTES, header.size, &call, &err), 0);
	assert_string_equal(call.service, "api.ImagePullService");
	assert_string_equal(call.method, "PullImage");
	assert_int_equal(pull_request_parse(call.payload, call.payload_size, &pull, &err), 0);
	assert_string_equal(pull.image, IMAGE);
	assert_string_equal(pull.bundle, "/run/kata-containers/" ID);
}

static void is_frame(uint32_t stream, const struct answer *answer, const char *wanted)
{
	cleanup_free uint8_t *frame = NULL;
	uint8_t bytes[BYTES];
	size_t size = 0;
	struct error err;

	assert_int_equal(answer_frame(stream, answer, &frame, &size, &err), 0);
	assert_int_equal(size, from_hex(wanted, bytes));
	assert_memory_equal(frame, bytes, size);
}

static void an_answer_is_written(void **state)
{
	cleanup_answer struct answer answer = { .status = TTRPC_OK };
	const struct answer refusal = {
		.status = TTRPC_INTERNAL,
		.text = "[CDH] [ERROR]: image is not sealed in this pod",
	};
	struct error err;

	(void)state;
	assert_int_equal(
		pull_response_make("sha256:" AB AB, &answer.payload, &answer.payload_size, &err),
		0);
	is_frame(1, &answer, ok_frame);
	is_frame(1, &refusal, refused_frame);
}

static void an_answer_is_a_frame_at_most(void **state)
{
	cleanup_answer struct answer answer = {
		.payload = calloc(1, TTRPC_DATA_MAX_BYTES),
		.payload_size = TTRPC_DATA_MAX_BYTES,
	};
	cleanup_free uint8_t *frame = NULL;
	struct error err = { 0 };
	size_t size;

	(void)state;
	assert_non_null(answer.payload);
	assert_int_equal(answer_frame(1, &answer, &frame, &size, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	answer.payload_size -= 16;
	assert_int_equal(answer_frame(1, &answer, &frame, &size, &err), 0);
}

/* image_url is field 1 and bundle_path field 2, both of wire type 2. */
static const struct {
	const char *hex, *message; /* NULL: taken */
} pulls[] = {
	{ "", NULL },
	{ "0a0161120162", NULL },
	{ "0a01610a0163120162", NULL }, /* given twice: the last one holds */
	{ "0a0161120162"
	  "1a0178"
	  "2001",
	  NULL }, /* unknown fields */
	{ "0a0361006212"
	  "0162",
	  "image_url has the byte 0x00 at 1" },
	{ "0a02610a", "image_url has the byte 0x0a at 1" },
	{ "0a02c3a9", "image_url has the byte 0xc3 at 0" },
	{ "12017f", "bundle_path has the byte 0x7f at 0" },
	{ "0a", "1 bytes are no ImagePullRequest, or one of too many fields" },
	{ "0a0561", "3 bytes are no ImagePullRequest, or one of too many fields" },
	{ "0affffffff0f61", "7 bytes are no ImagePullRequest, or one of too many fields" },
	{ "ff", "1 bytes are no ImagePullRequest, or one of too many fields" },
	{ "0801", "2 bytes are no ImagePullRequest, or one of too many fields" }, /* a number */
};

static void pulls_are_taken_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pulls) / sizeof(pulls[0]); i++) {
		uint8_t bytes[BYTES];
		size_t size = from_hex(pulls[i].hex, bytes);
		struct pull_request pull;
		struct error err = { 0 };
		int result = pull_request_parse(bytes, size, &pull, &err);
		if (result != (pulls[i].message ? -1 : 0) ||
		    (pulls[i].message && strcmp(err.text, pulls[i].message) != 0))
			fail_msg("%s: %d, %s", pulls[i].hex, result, err.text);
	}
}

static void long_texts_are_refused(void **state)
{
	uint8_t bytes[BYTES] = { 0x0a, 0x80, 0x04 }; /* 512 bytes */
	struct pull_request pull;
	struct error err = { 0 };

	(void)state;
	memset(bytes + 3, 'a', 512);
	assert_int_equal(pull_request_parse(bytes, 3 + 512, &pull, &err), -1);
	assert_string_equal(err.text, "image_url has 512 bytes, at most 511");
	bytes[1] = 0xff;
	bytes[2] = 0x03;
	assert_int_equal(pull_request_parse(bytes, 3 + 511, &pull, &err), 0);
	assert_int_equal(strlen(pull.image), 511);
}

/* Unknown fields of two bytes cost forty each, once decoded. */
static void decoding_takes_bounded_memory(void **state)
{
	enum { SIZE = 1 << 20 };
	uint8_t *bytes = malloc(SIZE);
	struct call call;
	struct error err = { 0 };

	(void)state;
	assert_non_null(bytes);
	for (size_t i = 0; i < SIZE; i += 2) {
		bytes[i] = 0x38; /* field 7, a number */
		bytes[i + 1] = 1;
	}
	assert_int_equal(call_parse(bytes, SIZE, &call, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	free(bytes);
}

static const struct {
	const char *path, *id; /* NULL: refused */
} paths[] = {
	{ "/run/kata-containers/" ID, ID },
	{ "/run/kata-containers/ab", "ab" },
	{ "/run/kata-containers/A_b.c-9", "A_b.c-9" },
	{ "/run/kata-containers/a..b", "a..b" },
	{ "/run/kata-containers/a", NULL },
	{ "/run/kata-containers/", NULL },
	{ "/run/kata-containers", NULL },
	{ "", NULL },
	{ "/", NULL },
	{ "/run/kata-containers/.a", NULL },
	{ "/run/kata-containers/..", NULL },
	{ "/run/kata-containers/-a", NULL },
	{ "/run/kata-containers/a/", NULL },
	{ "/run/kata-containers/ab/rootfs", NULL },
	{ "/run/kata-containers/ab/../cd", NULL },
	{ "/run/kata-containers//ab", NULL },
	{ "/run/kata-containers/a b", NULL },
	{ "/run/kata-containers/a,b", NULL },
	{ "/run/kata-containers/a:b", NULL },
	{ "run/kata-containers/ab", NULL },
	{ "/run/kata-containersX/ab", NULL },
	{ "//run/kata-containers/ab", NULL },
	{ "/run/kata-containers/" ID ID "ab", NULL },
};

static void a_bundle_path_is_a_container_of_kata_agent(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		char id[BUNDLE_ID_BYTES] = "";
		struct error err;
		int result = bundle_path_parse(paths[i].path, id, &err);
		if (result != (paths[i].id ? 0 : -1) ||
		    strcmp(id, paths[i].id ? paths[i].id : "") != 0)
			fail_msg("\"%s\": %d, \"%s\"", paths[i].path, result, id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_is_read),
		cmocka_unit_test(an_answer_is_written),
		cmocka_unit_test(an_answer_is_a_frame_at_most),
		cmocka_unit_test(pulls_are_taken_or_refused),
		cmocka_unit_test(long_texts_are_refused),
		cmocka_unit_test(decoding_takes_bounded_memory),
		cmocka_unit_test(a_bundle_path_is_a_container_of_kata_agent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
