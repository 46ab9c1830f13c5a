// SPDX-License-Identifier: Apache-2.0
/* source_open() and layer_read() on image layouts made for the purpose, whole and damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>
#include <zstd.h>
#include <isa-l/igzip_lib.h>

#include "builder/source/digest.h"
#include "common/io.h"
#include "tests/unit/source/recorder.h"
#include "tests/unit/source/tar_bytes.h"

#define OCI "application/vnd.oci.image."

static char directory[] = "/tmp/podseal-test-XXXXXX";
static struct tar_bytes tar, outer;
static struct recorder recorder;
static struct error error;
static uint8_t packed[1 << 20];
static size_t packed_size;

/* What a layout is made of; a test changes what it is about. */
static struct {
	const char *layer_type;
	const char *arch;
	char diff_id[DIGEST_TEXT_BYTES], layer_digest[DIGEST_TEXT_BYTES];
	size_t layer_size;
	const char *layers; /* in place of the one layer */
} layout;

static void write_at(const char *name, const void *bytes, size_t size)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static void write_blob(const void *bytes, size_t size, char digest[DIGEST_TEXT_BYTES])
{
	char name[128];

	assert_int_equal(digest_of(bytes, size, digest, &error), 0);
	(void)snprintf(name, sizeof(name), "blobs/sha256/%s", digest_hex(digest));
	write_at(name, bytes, size);
}

static void pack_gzip(void)
{
	static struct isal_zstream stream;

	isal_deflate_stateless_init(&stream);
	stream.gzip_flag = IGZIP_GZIP;
	stream.end_of_stream = 1;
	stream.next_in = tar.bytes;
	stream.avail_in = (uint32_t)tar.size;
	stream.next_out = packed;
	stream.avail_out = sizeof(packed);
	assert_int_equal(isal_deflate_stateless(&stream), COMP_OK);
	packed_size = sizeof(packed) - stream.avail_out;
}

static void pack_zstd(void)
{
	packed_size = ZSTD_compress(packed, sizeof(packed), tar.bytes, tar.size, 1);
	assert_false(ZSTD_isError(packed_size));
}

static void pack_not(void)
{
	memcpy(packed, tar.bytes, tar.size);
	packed_size = tar.size;
}

static size_t config_text(char *text, size_t capacity)
{
	return (size_t)snprintf(text, capacity,
				"{\"os\":\"linux\",\"architecture\":\"%s\",\"created\":"
				"\"2025-01-01T00:00:00Z\",\"rootfs\":{\"type\":\"layers\","
				"\"diff_ids\":[\"%s\"]}}",
				layout.arch, layout.diff_id);
}

/* Config, manifest and index of the layout, to the files of an OCI image layout. */
static void write_layout(void)
{
	char config[1024], manifest[2048], index[1024], layers[512];
	char config_digest[DIGEST_TEXT_BYTES], manifest_digest[DIGEST_TEXT_BYTES];
	size_t config_size = config_text(config, sizeof(config));

	write_blob(config, config_size, config_digest);
	(void)snprintf(layers, sizeof(layers),
		       "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%zu}", layout.layer_type,
		       layout.layer_digest, layout.layer_size);
	int size = snprintf(manifest, sizeof(manifest),
			    "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"" OCI
			    "config.v1+json\",\"digest\":\"%s\",\"size\":%zu},\"layers\":[%s]}",
			    config_digest, config_size, layout.layers ? layout.layers : layers);
	write_blob(manifest, (size_t)size, manifest_digest);
	size = snprintf(index, sizeof(index),
			"{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"" OCI
			"manifest.v1+json\",\"digest\":\"%s\",\"size\":%d,\"annotations\":"
			"{\"org.opencontainers.image.ref.name\":\"latest\"}}]}",
			manifest_digest, size);
	write_at("index.json", index, (size_t)size);
}

/* A tar of one small file and one of 300,000 bytes, packed, and its layout. */
static void make_image(void (*pack)(void), const char *type)
{
	static uint8_t large[300000];

	tar.size = 0;
	tar_member(&tar, "etc/hello", '0', "hello");
	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = (uint8_t)(i * i >> 7);
	tar_header(&tar, "large", '0', sizeof(large), "");
	tar_raw(&tar, large, sizeof(large));
	tar_end(&tar);
	pack();
	memset(&layout, 0, sizeof(layout));
	layout.layer_type = type;
	layout.arch = "amd64";
	assert_int_equal(digest_of(tar.bytes, tar.size, layout.diff_id, &error), 0);
	write_blob(packed, packed_size, layout.layer_digest);
	layout.layer_size = packed_size;
	write_layout();
}

#define TEXT                                                     \
	"100644 0:0 5 0.000000000 etc/hello #a430d84680aabd0b\n" \
	"100644 0:0 300000 0.000000000 large #"

static int open_and_read(const char *transport, const char *name)
{
	const struct source_options options = { .arch = "amd64" };
	cleanup_source_image struct source_image *image = NULL;
	const struct layer_visitor visitor = recorder_visitor(&recorder);
	_Atomic uint64_t bytes_read = 0;
	char reference[256];
	size_t fail_at = recorder.fail_at;

	recorder = (struct recorder){ .fail_at = fail_at };
	(void)snprintf(reference, sizeof(reference), "%s:%s%s", transport, directory, name);
	if (source_open(reference, &options, &image, &error) < 0)
		return -1;
	assert_string_equal(image->reference, reference);
	assert_int_equal(image->layer_count, 1);
	if (layer_read(image, 0, &visitor, &bytes_read, &error) < 0)
		return -1;
	assert_int_equal(bytes_read, image->layers[0].size_bytes);
	return 0;
}

static void expect(const char *transport, const char *name)
{
	if (open_and_read(transport, name) < 0)
		fail_msg("%s", error.text);
	assert_int_equal(strncmp(recorder.text, TEXT, strlen(TEXT)), 0);
}

static void expect_error(const char *transport, const char *name, const char *why)
{
	char start[128];

	(void)snprintf(start, sizeof(start), "%s:%s", transport, directory);
	if (open_and_read(transport, name) == 0)
		fail_msg("was read, without \"%s\"", why);
	assert_int_equal(error.kind, ERROR_INPUT);
	if (!strstr(error.text, why))
		fail_msg("\"%s\" does not say \"%s\"", error.text, why);
	assert_int_equal(strncmp(error.text, start, strlen(start)), 0);
}

static void test_formats(void **state)
{
	(void)state;
	make_image(pack_gzip, OCI "layer.v1.tar+gzip");
	expect("oci", ":latest");
	expect("oci", "");
	make_image(pack_zstd, OCI "layer.v1.tar+zstd");
	expect("oci", "");
	make_image(pack_not, OCI "layer.v1.tar");
	expect("oci", "");
	make_image(pack_gzip, "application/vnd.docker.image.rootfs.diff.tar.gzip");
	expect("oci", "");
}

static void test_image_says_what_it_is(void **state)
{
	const struct source_options options = { .arch = "amd64" };
	cleanup_source_image struct source_image *image = NULL;
	char reference[256];

	(void)state;
	make_image(pack_gzip, OCI "layer.v1.tar+gzip");
	(void)snprintf(reference, sizeof(reference), "oci:%s", directory);
	assert_int_equal(source_open(reference, &options, &image, &error), 0);
	assert_string_equal(image->name, "latest");
	assert_int_equal(image->created, 1735689600);
	assert_string_equal(image->layers[0].diff_id, layout.diff_id);
	assert_string_equal(image->layers[0].digest, layout.layer_digest);
	assert_int_equal(image->layers[0].size_bytes, packed_size);
	assert_int_equal(strncmp(image->manifest_digest, "sha256:", 7), 0);
	assert_string_equal(json_string_value(json_object_get(image->config, "os")), "linux");
}

static void test_media_type_must_fit(void **state)
{
	(void)state;
	make_image(pack_gzip, OCI "layer.v1.tar");
	expect_error("oci", "", "its media type says uncompressed, but it is gzip");
	make_image(pack_not, OCI "layer.v1.tar+zstd");
	expect_error("oci", "", "its media type says zstd, but it is uncompressed");
}

static void blob_path(const char *digest, char path[512])
{
	(void)snprintf(path, 512, "%s/blobs/sha256/%s", directory, digest_hex(digest));
}

static void test_damaged_blobs(void **state)
{
	char path[512], name[128];

	(void)state;
	make_image(pack_not, OCI "layer.v1.tar");
	blob_path(layout.layer_digest, path);
	(void)snprintf(name, sizeof(name), "blobs/sha256/%s", digest_hex(layout.layer_digest));
	packed[512] ^= 1; /* in the content: nothing but the digest tells */
	write_at(name, packed, packed_size);
	expect_error("oci", "", "its digest is sha256:");
	packed[512] ^= 1;
	write_at(name, packed, packed_size - 512);
	expect_error("oci", "", "should be");
	assert_int_equal(unlink(path), 0);
	expect_error("oci", "", "not there");
	assert_int_equal(symlink("/dev/zero", path), 0);
	expect_error("oci", "", "is a symbolic link");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	expect_error("oci", "", "not a regular file");
	assert_int_equal(unlink(path), 0);
	make_image(pack_gzip, OCI "layer.v1.tar+gzip");
	(void)snprintf(name, sizeof(name), "blobs/sha256/%s", digest_hex(layout.layer_digest));
	packed[packed_size / 2] ^= 0x55;
	write_at(name, packed, packed_size);
	expect_error("oci", "", "");
}

static void test_missing_foreign_layer(void **state)
{
	char path[512];

	(void)state;
	make_image(pack_gzip, OCI "layer.nondistributable.v1.tar+gzip");
	expect("oci", "");
	blob_path(layout.layer_digest, path);
	assert_int_equal(unlink(path), 0);
	expect_error("oci", "", "layer 1 of 1, which is non-distributable");
}

static void test_damaged_layouts(void **state)
{
	(void)state;
	make_image(pack_gzip, OCI "layer.v1.tar+gzip");
	layout.layers = "";
	write_layout();
	expect_error("oci", "", "the config has 1 diff IDs for 0 layers");
	make_image(pack_gzip, OCI "layer.v1.tar+gzip");
	layout.arch = "arm64";
	write_layout();
	expect_error("oci", "", "an image for arm64, not amd64 (see --arch)");
	make_image(pack_gzip, OCI "layer.v1.tar+gzip");
	expect_error("oci", ":other", "no image is tagged \"other\": there is latest");
	expect_error("oci", "/none", "no such directory");
	expect_error("oci", "/blobs", "not an OCI image layout: index.json: not there");
	write_at("index.json", "{", 1);
	expect_error("oci", "", "index.json: not valid JSON");
}

/* An index that names itself cannot be made, but a chain of any length can. */
static void test_nested_indexes(void **state)
{
	char text[1024], digest[DIGEST_TEXT_BYTES] = "";
	char *index;
	size_t size;

	(void)state;
	make_image(pack_gzip, OCI "layer.v1.tar+gzip");
	(void)snprintf(text, sizeof(text), "%s/index.json", directory);
	assert_int_equal(file_read(text, 4096, (uint8_t **)&index, &size, &error), 0);
	for (int depth = 0; depth <= 9; depth++) {
		write_at("index.json", index, size);
		if (depth <= 8)
			expect("oci", "");
		else
			expect_error("oci", "", "indexes nest deeper than 8");
		write_blob(index, size, digest);
		int n = snprintf(text, sizeof(text),
				 "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"" OCI
				 "index.v1+json\",\"digest\":\"%s\",\"size\":%zu}]}",
				 digest, size);
		free(index);
		index = strdup(text);
		size = (size_t)n;
	}
	free(index);
}

/* Every place at which the visitor may stop: no thread may wait for ever, none may be left. */
static void test_visitor_stops(void **state)
{
	(void)state;
	for (size_t at = 1; at <= 2; at++) {
		make_image(pack_gzip, OCI "layer.v1.tar+gzip");
		recorder.fail_at = at;
		expect_error("oci", "", "the visitor had enough");
		make_image(pack_not, OCI "layer.v1.tar");
		expect_error("oci", "", "the visitor had enough");
	}
	recorder.fail_at = 0;
}

static void add_outer(const char *name, const void *bytes, size_t size)
{
	tar_header(&outer, name, '0', size, "");
	tar_raw(&outer, bytes, size);
	tar_pad(&outer);
}

/* `docker save`, as it was until version 24: layer.tar in folders, some of them links. */
static void make_docker_archive(const char *more)
{
	char config[1024], manifest[1024], digest[DIGEST_TEXT_BYTES];

	make_image(pack_gzip, OCI "layer.v1.tar+gzip");
	size_t size = config_text(config, sizeof(config));
	assert_int_equal(digest_of((uint8_t *)config, size, digest, &error), 0);
	int n = snprintf(manifest, sizeof(manifest),
			 "[{\"Config\":\"%s.json\",\"RepoTags\":[\"demo:1\"],"
			 "\"Layers\":[\"b/layer.tar\"]}%s]",
			 digest_hex(digest), more);
	outer.size = 0;
	tar_header(&outer, "a/", '5', 0, "");
	add_outer("a/layer.tar", tar.bytes, tar.size);
	tar_header(&outer, "b/layer.tar", '2', 0, "../a/layer.tar");
	char name[128];
	(void)snprintf(name, sizeof(name), "%s.json", digest_hex(digest));
	add_outer(name, config, size);
	add_outer("./manifest.json", manifest, (size_t)n);
	tar_end(&outer);
	write_at("docker.tar", outer.bytes, outer.size);
}

static void test_docker_archive(void **state)
{
	(void)state;
	make_docker_archive("");
	expect("docker-archive", "/docker.tar");
	expect("docker-archive", "/docker.tar:docker.io/library/demo:1");
	expect("docker-archive", "/docker.tar:@0");
	expect_error("docker-archive", "/docker.tar:demo:2", "there is @0 demo:1");
	expect_error("oci-archive", "/docker.tar", "not an OCI image layout");
	outer.bytes[512 + 512 + 512] ^= 1; /* in the content of a/layer.tar */
	write_at("docker.tar", outer.bytes, outer.size);
	expect_error("docker-archive", "/docker.tar", "its diff ID is sha256:");
	write_at("docker.tar", packed, packed_size);
	expect_error("docker-archive", "/docker.tar", "is compressed with gzip; decompress it");
	expect_error("docker-archive", "/none.tar", "no such file");
	make_docker_archive(",{\"Config\":\"x\",\"Layers\":[]}");
	expect("docker-archive", "/docker.tar:demo:1");
	expect_error("docker-archive", "/docker.tar", "name one: @0 demo:1, @1");
}

static void test_oci_archive(void **state)
{
	char command[512];

	(void)state;
	make_image(pack_zstd, OCI "layer.v1.tar+zstd");
	(void)snprintf(command, sizeof(command), "tar -C %s -cf %s/oci.tar ./index.json ./blobs",
		       directory, directory);
	assert_int_equal(system(command), 0);
	expect("oci-archive", "/oci.tar");
	expect("oci-archive", "/oci.tar:latest");
	expect_error("oci-archive", "/oci.tar:v2", "no image is tagged \"v2\"");
	expect_error("docker-archive", "/oci.tar", "manifest.json: not in the archive");
	expect_error("oci", "/oci.tar", "is it an archive (oci-archive:)?");
	(void)snprintf(command, sizeof(command), "truncate -s -20000 %s/oci.tar", directory);
	assert_int_equal(system(command), 0);
	expect_error("oci-archive", "/oci.tar", "");
}

static void test_links_in_archives_end(void **state)
{
	(void)state;
	outer.size = 0;
	tar_header(&outer, "manifest.json", '2', 0, "other");
	tar_header(&outer, "other", '2', 0, "manifest.json");
	tar_end(&outer);
	write_at("docker.tar", outer.bytes, outer.size);
	expect_error("docker-archive", "/docker.tar", "more than 8 links");
	outer.size = 0;
	tar_header(&outer, "manifest.json", '2', 0, "../../etc/passwd");
	tar_end(&outer);
	write_at("docker.tar", outer.bytes, outer.size);
	expect_error("docker-archive", "/docker.tar", "not in the archive");
}

/* A docker archive of a compressed layer that is named by no digest: its diff ID is what holds. */
static void test_diff_id_of_a_compressed_layer(void **state)
{
	char config[1024];

	(void)state;
	for (int damaged = 0; damaged < 2; damaged++) {
		make_image(pack_zstd, OCI "layer.v1.tar+zstd");
		if (damaged)
			layout.diff_id[70] = layout.diff_id[70] == '0' ? '1' : '0';
		size_t size = config_text(config, sizeof(config));
		const char *manifest = "[{\"Config\":\"c\",\"Layers\":[\"l\"]}]";
		outer.size = 0;
		add_outer("c", config, size);
		add_outer("l", packed, packed_size);
		add_outer("manifest.json", manifest, strlen(manifest));
		tar_end(&outer);
		write_at("docker.tar", outer.bytes, outer.size);
		if (damaged)
			expect_error("docker-archive", "/docker.tar", "its diff ID is sha256:");
		else
			expect("docker-archive", "/docker.tar");
	}
}

static void test_rootfs_tar(void **state)
{
	(void)state;
	make_image(pack_gzip, OCI "layer.v1.tar+gzip");
	write_at("root.tar", tar.bytes, tar.size);
	expect("rootfs", "/root.tar");
	write_at("root.tar.gz", packed, packed_size);
	expect("rootfs", "/root.tar.gz");
	pack_zstd();
	write_at("root.tar.zst", packed, packed_size);
	expect("rootfs", "/root.tar.zst");
	write_at("root.tar.zst", packed, packed_size - 1);
	expect_error("rootfs", "/root.tar.zst", "ends too early");
	write_at("root.tar", "not a tar file", 14);
	expect_error("rootfs", "/root.tar", "damaged tar archive");
}

/* skopeo reads our layout, and we read what it makes of it. */
static void test_skopeo(void **state)
{
	static const struct {
		const char *transport, *name, *options;
	} rows[] = {
		{ "docker-archive", "/skopeo.tar:demo:1", "" },
		{ "oci-archive", "/skopeo-oci.tar:v1", "" },
		{ "oci", "/skopeo:z", "--dest-compress --dest-compress-format zstd" },
	};
	char command[1024];

	(void)state;
	if (system("skopeo --version >/dev/null 2>&1") != 0) {
		print_message("needs skopeo\n");
		skip();
	}
	make_image(pack_gzip, OCI "layer.v1.tar+gzip");
	write_at("oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}", 30);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(command, sizeof(command),
			       "skopeo --insecure-policy copy -q %s oci:%s:latest %s:%s%s "
			       ">%s/log 2>&1",
			       rows[i].options, directory, rows[i].transport, directory,
			       rows[i].name, directory);
		assert_int_equal(system(command), 0);
		expect(rows[i].transport, rows[i].name);
	}
}

/* The map of a sparse member, longer than any honest one. */
static void test_archive_with_endless_header(void **state)
{
	char path[512];

	(void)state;
	outer.size = 0;
	TAR_PAX(&outer, "GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.realsize=1",
		"size=1000000000");
	tar_header(&outer, "manifest.json", '0', 0, "");
	tar_raw(&outer, "1000000000\n", 11);
	while (outer.size < sizeof(outer.bytes))
		tar_raw(&outer, &"0\n"[outer.size % 2 == 0], 1);
	write_at("docker.tar", outer.bytes, outer.size);
	(void)snprintf(path, sizeof(path), "%s/docker.tar", directory);
	FILE *f = fopen(path, "ab");
	assert_non_null(f);
	assert_int_equal(fwrite(outer.bytes + outer.size / 2, 1, outer.size / 2, f),
			 outer.size / 2);
	assert_int_equal(fclose(f), 0);
	expect_error("docker-archive", "/docker.tar", "larger than 1024 KiB");
}

static int make_directory(void **state)
{
	char path[512];

	(void)state;
	if (!mkdtemp(directory))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/blobs", directory);
	if (mkdir(path, 0700) < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/blobs/sha256", directory);
	return mkdir(path, 0700);
}

static int remove_directory(void **state)
{
	char command[512];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_image_says_what_it_is),
		cmocka_unit_test(test_media_type_must_fit),
		cmocka_unit_test(test_damaged_blobs),
		cmocka_unit_test(test_missing_foreign_layer),
		cmocka_unit_test(test_damaged_layouts),
		cmocka_unit_test(test_nested_indexes),
		cmocka_unit_test(test_visitor_stops),
		cmocka_unit_test(test_docker_archive),
		cmocka_unit_test(test_oci_archive),
		cmocka_unit_test(test_links_in_archives_end),
		cmocka_unit_test(test_diff_id_of_a_compressed_layer),
		cmocka_unit_test(test_rootfs_tar),
		cmocka_unit_test(test_archive_with_endless_header),
		cmocka_unit_test(test_skopeo),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
