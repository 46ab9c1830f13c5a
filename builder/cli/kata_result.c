// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/kata_result.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/hex.h"
#include "common/io.h"
#include "common/json.h"
#include "common/output.h"

const char *const kata_runtime_names[] = { [KATA_RUST] = "rust", [KATA_GO] = "go" };
const char *const kata_mode_names[] = { [KATA_EXTENSION] = "extension", [KATA_UKI] = "uki" };
const char *const kata_bind_names[] = { [KATA_BIND_SEAL] = "seal",
					[KATA_BIND_INITDATA] = "initdata",
					[KATA_BIND_SIGNATURE] = "signature" };

static int fill_initdata(const struct kata_config *config, struct kata_result *result,
			 struct error *err)
{
	uint8_t host_data[KATA_HOST_DATA_BYTES];

	result->initdata = kata_initdata_toml(config->seal);
	if (!result->initdata)
		return error_memory(err);
	kata_initdata_host_data(result->initdata, host_data);
	hex_encode(host_data, sizeof(host_data), result->host_data);
	return kata_initdata_annotation(result->initdata, &result->annotation, err);
}

int kata_result_fill(const struct kata_config *config, struct kata_result *result,
		     struct error *err)
{
	if (config->bind == KATA_BIND_INITDATA && fill_initdata(config, result, err) < 0)
		return -1;
	result->kernel_params = kata_kernel_params(config);
	result->cmdline = kata_kernel_cmdline(config);
	result->toml = kata_config_toml(config);
	result->runtime_class = kata_runtime_class(config);
	result->pod = kata_pod_annotations(config, result->annotation);
	if (!result->kernel_params || !result->cmdline || !result->toml || !result->runtime_class ||
	    !result->pod)
		return error_memory(err);
	return 0;
}

void kata_result_add_size(struct kata_result *result, unsigned vcpus, const uint8_t *digest,
			  size_t size)
{
	struct kata_size *s = &result->sizes[result->size_count++];

	s->vcpus = vcpus;
	hex_encode(digest, size, s->launch_digest);
}

void kata_result_clear(struct kata_result *r)
{
	char *const texts[] = { r->kernel_params, r->cmdline,  r->toml,      r->runtime_class,
				r->pod,           r->initdata, r->annotation };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(texts[i]);
}

/* Lines of "VCPUS DIGEST" below what they are of. */
static char *measurements(const struct kata_config *config, const struct kata_result *result)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	(void)fprintf(f,
		      "# SNP launch digests of %s\n"
		      "# Kata's runtime: %s; mode: %s; guest CPU: EPYC-v4\n"
		      "# kernel command line: %s\n"
		      "# vCPUs, launch digest\n",
		      config->seal, kata_runtime_names[config->runtime],
		      kata_mode_names[config->mode], result->cmdline);
	for (size_t i = 0; i < result->size_count; i++)
		(void)fprintf(f, "%u %s\n", result->sizes[i].vcpus, result->sizes[i].launch_digest);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

struct file {
	const char *name, *text;
	struct output *out;
};

enum { FILES_MAX = 5 };

struct files {
	struct file file[FILES_MAX];
	size_t count;
};

static void files_free(struct files *files)
{
	for (size_t i = 0; i < files->count; i++)
		output_free(files->file[i].out);
}

static int files_open(struct files *files, const char *directory, struct error *err)
{
	for (size_t i = 0; i < files->count; i++) {
		struct file *file = &files->file[i];
		cleanup_free char *path = NULL;
		if (asprintf(&path, "%s/%s", directory, file->name) < 0) {
			path = NULL;
			return error_memory(err);
		}
		if (output_open(path, 0644, &file->out, err) < 0)
			return -1;
		if (write_all(output_fd(file->out), file->text, strlen(file->text), err) < 0)
			return error_prefix(err, "%s", path);
	}
	return 0;
}

static int files_commit(struct files *files, struct error *err)
{
	CLEANUP(output_release_signals) sigset_t before;

	output_hold_signals(&before);
	for (size_t i = 0; i < files->count; i++)
		if (output_commit(files->file[i].out, err) < 0) {
			while (i > 0)
				output_retract(files->file[--i].out);
			return -1;
		}
	return 0;
}

int kata_result_write(const struct kata_config *config, const struct kata_result *result,
		      const char *directory, struct error *err)
{
	char configuration[sizeof("configuration-.toml") + KATA_NAME_MAX];
	cleanup_free char *digests = measurements(config, result);
	CLEANUP(files_free)
	struct files files = {
		.file = { { .name = configuration, .text = result->toml },
			  { .name = "runtimeclass.yaml", .text = result->runtime_class },
			  { .name = "pod-annotations.yaml", .text = result->pod },
			  { .name = "measurements.txt", .text = digests },
			  { .name = "initdata.toml", .text = result->initdata } },
		.count = result->initdata ? FILES_MAX : FILES_MAX - 1,
	};

	if (!digests)
		return error_memory(err);
	(void)snprintf(configuration, sizeof(configuration), "configuration-%s.toml", config->name);
	if (mkdir(directory, 0777) < 0 && errno != EEXIST)
		return error_system(err, "%s", directory);
	return files_open(&files, directory, err) < 0 ? -1 : files_commit(&files, err);
}

static json_t *sizes_json(const struct kata_result *result)
{
	json_t *list = json_array();

	for (size_t i = 0; i < result->size_count; i++)
		(void)json_array_append_new(
			list, json_pack("{s:i, s:s}", "vcpus", (int)result->sizes[i].vcpus,
					"launch_digest", result->sizes[i].launch_digest));
	return list;
}

int kata_result_print_json(const struct kata_config *config, const struct kata_result *result,
			   struct error *err)
{
	cleanup_json json_t *out = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "runtime",
		kata_runtime_names[config->runtime], "mode", kata_mode_names[config->mode], "bind",
		kata_bind_names[config->bind], "seal_digest", config->seal, "kernel_params",
		result->kernel_params, "cmdline", result->cmdline, "configuration", result->toml,
		"runtime_class", result->runtime_class, "pod", result->pod, "measurements",
		sizes_json(result));

	if (out && result->initdata &&
	    json_object_set_new(out, "initdata",
				json_pack("{s:s, s:s, s:s}", "toml", result->initdata, "host_data",
					  result->host_data, "annotation", result->annotation)) < 0)
		return error_memory(err);
	if (!out)
		return error_memory(err);
	return json_print(out, err);
}

void kata_result_print_next(const struct kata_config *config, const struct kata_result *result,
			    const char *image, const char *directory)
{
	printf("%s: Kata's %s runtime, mode %s, for %s\n"
	       "on each node, files as configuration-%s.toml names them; then:\n"
	       "  kubectl apply -f %s/runtimeclass.yaml\n"
	       "  podseal policy %s -o POLICY.json",
	       directory, kata_runtime_names[config->runtime], kata_mode_names[config->mode],
	       config->seal, config->name, directory, image);
	if (result->initdata)
		printf(" --initdata %s/initdata.toml", directory);
	for (size_t i = 0; i < result->size_count; i++)
		printf(" \\\n      --measurement %s", result->sizes[i].launch_digest);
	putchar('\n');
}
