// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/cli.h"

#include <sched.h>
#include <string.h>
#include <time.h>

#include "builder/cli/epoch.h"
#include "builder/cli/image_set.h"
#include "builder/cli/kata_load.h"
#include "builder/cli/keyfile.h"
#include "builder/cli/progress.h"
#include "builder/cli/record.h"
#include "builder/seal/build.h"
#include "builder/stack/tree.h"
#include "common/bytes_text.h"
#include "common/io.h"
#include "common/number.h"
#include "common/resource_path.h"

enum {
	OPT_BASE = 256,
	OPT_CONTAINER,
	OPT_SIDECAR,
	OPT_POD,
	OPT_IMAGES,
	OPT_ENCRYPT,
	OPT_KEY,
	OPT_KEY_OUT,
	OPT_KEY_ID,
	OPT_SIGN_KEY,
	OPT_SIGN_CERT,
	OPT_ARCH,
	OPT_INIT,
	OPT_SIZE_LIMIT,
	OPT_FILES_LIMIT,
	OPT_ALLOW_PRIVILEGED,
	OPT_KATA,
	OPT_ALLOW_EXEC,
	OPT_POLICY,
	OPT_PROGRESS,
};

const struct command_option build_options[] = {
	{ OPT_BASE, "base", "REF", "the base distro, which becomes /" },
	{ OPT_CONTAINER, "container", "NAME=REF", "a container of the pod; may be repeated" },
	{ OPT_SIDECAR, "sidecar", "NAME=REF",
	  "a sidecar: started before the containers; may be repeated" },
	{ OPT_POD, "pod", "POD.yaml", "take the containers from a Kubernetes Pod; needs --images" },
	{ OPT_IMAGES, "images", "DIR", "where the Pod's images are, found by their names" },
	{ OPT_ENCRYPT, "encrypt", "all|pod|none",
	  "what is sealed with the key (all); the rest is only signed" },
	{ OPT_KEY_OUT, "key-out", "KEY", "make a fresh key and write it here" },
	{ OPT_KEY, "key", "KEY", "use this key: to rebuild the same image, never for another one" },
	{ OPT_KEY_ID, "key-id", "REPO/TYPE/TAG",
	  "where a broker keeps the key (podseal/key/<derived>)" },
	{ OPT_SIGN_KEY, "sign-key", "PEM", "sign the descriptor with this private key" },
	{ OPT_SIGN_CERT, "sign-cert", "PEM",
	  "the signer's certificate, and any intermediate ones" },
	{ OPT_ARCH, "arch", "ARCH",
	  "architecture to take from multi-platform images (this machine's)" },
	{ OPT_INIT, "init", "PATH", "what the guest starts in the base (/sbin/init)" },
	{ OPT_SIZE_LIMIT, "size-limit", "SIZE", "largest file system that may come out (64G)" },
	{ OPT_FILES_LIMIT, "files-limit", "N", "most entries an image may have (10000000)" },
	{ OPT_ALLOW_PRIVILEGED, "allow-privileged", NULL,
	  "take a Pod whose containers are privileged" },
	{ OPT_KATA, "kata", NULL, "for Kata: add its image service and pause, seal its policy" },
	{ OPT_ALLOW_EXEC, "allow-exec", NULL,
	  "with --kata: allow exec, logs and terminals; the host is let in" },
	{ OPT_POLICY, "policy", "FILE", "with --kata: seal this policy, not the one made here" },
	{ 'j', "jobs", "N", "threads that encrypt, hash and write (one for each CPU)" },
	{ OPT_PROGRESS, "progress", "STYLE", "auto, plain, json or none" },
	{ 'o', "output", "OUT.img", "the image to make" },
	{ 0 },
};

/* The command line, decoded. */
struct request {
	const char *base, *pod_file, *images_directory, *output;
	const char *key, *key_out, *key_id, *sign_key, *sign_cert, *arch, *init;
	enum build_encryption encryption;
	bool allow_privileged, kata, allow_exec;
	const char *policy;
	uint64_t size_limit, files_limit, jobs;
	enum progress_style progress;
	size_t container_count; /* --container and --sidecar, in their order */
	struct {
		enum pod_kind kind;
		const char *text;
	} containers[POD_MAX_CONTAINERS];
};

static uint64_t usable_cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (uint64_t)CPU_COUNT(&set) : 1;
}

static int parse_encryption(const char *text, enum build_encryption *encryption, struct error *err)
{
	if (strcmp(text, "all") == 0)
		*encryption = ENCRYPT_ALL;
	else if (strcmp(text, "pod") == 0)
		*encryption = ENCRYPT_POD;
	else if (strcmp(text, "none") == 0)
		*encryption = ENCRYPT_NONE;
	else
		return error_usage(err, "takes all, pod or none, not \"%s\"", text);
	return 0;
}

static int add_container(struct request *r, enum pod_kind kind, const char *text, struct error *err)
{
	if (r->container_count == POD_MAX_CONTAINERS)
		return error_usage(err, "more than %d containers", POD_MAX_CONTAINERS);
	r->containers[r->container_count].kind = kind;
	r->containers[r->container_count++].text = text;
	return 0;
}

static int take_option(struct request *r, int id, const char *value, struct error *err)
{
	switch (id) {
	case OPT_BASE:
		r->base = value;
		return 0;
	case OPT_CONTAINER:
		return add_container(r, POD_CONTAINER, value, err);
	case OPT_SIDECAR:
		return add_container(r, POD_SIDECAR, value, err);
	case OPT_POD:
		r->pod_file = value;
		return 0;
	case OPT_IMAGES:
		r->images_directory = value;
		return 0;
	case OPT_ENCRYPT:
		return parse_encryption(value, &r->encryption, err);
	case OPT_KEY_OUT:
		r->key_out = value;
		return 0;
	case OPT_KEY:
		r->key = value;
		return 0;
	case OPT_KEY_ID:
		r->key_id = value;
		return 0;
	case OPT_SIGN_KEY:
		r->sign_key = value;
		return 0;
	case OPT_SIGN_CERT:
		r->sign_cert = value;
		return 0;
	case OPT_ARCH:
		r->arch = value;
		return 0;
	case OPT_INIT:
		r->init = value;
		return 0;
	case OPT_SIZE_LIMIT:
		return size_parse(value, &r->size_limit, err);
	case OPT_FILES_LIMIT:
		return number_parse(value, 1, UINT32_MAX - 1, &r->files_limit, err);
	case OPT_ALLOW_PRIVILEGED:
		r->allow_privileged = true;
		return 0;
	case OPT_KATA:
		r->kata = true;
		return 0;
	case OPT_ALLOW_EXEC:
		r->allow_exec = true;
		return 0;
	case OPT_POLICY:
		r->policy = value;
		return 0;
	case 'j':
		return number_parse(value, 1, 256, &r->jobs, err);
	case OPT_PROGRESS:
		return progress_style_parse(value, &r->progress, err);
	case 'o':
		r->output = value;
		return 0;
	default: /* '?': the option's error is set */
		return -1;
	}
}

/* What a value was given to: the message about it says only what is wrong with it. */
static int name_option(const struct command *self, int id, struct error *err)
{
	for (const struct command_option *o = self->options; o->name; o++)
		if (o->id == id)
			return error_prefix(err, "build: --%s", o->name);
	return -1; /* of an option that there is not, the error is whole */
}

static int check_kata(const struct request *r, struct error *err)
{
	if (!r->kata && (r->allow_exec || r->policy))
		return error_usage(err, "build: --allow-exec and --policy go with --kata");
	if (r->allow_exec && r->policy)
		return error_usage(err, "build: --policy FILE says itself whether exec is allowed: "
					"leave --allow-exec out");
	if (r->kata && !r->pod_file && r->container_count == 0)
		return error_usage(err, "build: --kata, but there is no container");
	return 0;
}

static int check_request(const struct request *r, struct error *err)
{
	if (!r->base)
		return error_usage(err, "build: no base distro: --base REF");
	if (!r->output)
		return error_usage(err, "build: no output: -o OUT.img");
	if (!r->pod_file != !r->images_directory)
		return error_usage(err, "build: --pod and --images go together");
	if (r->encryption != ENCRYPT_NONE && !r->key == !r->key_out)
		return error_usage(
			err, "build: a sealed image needs one of --key-out KEY (make a fresh key) "
			     "and --key KEY (rebuild)");
	if (r->encryption == ENCRYPT_NONE && (r->key || r->key_out || r->key_id))
		return error_usage(err, "build: --encrypt none uses no key");
	if (r->encryption == ENCRYPT_POD && !r->pod_file && r->container_count == 0)
		return error_usage(err, "build: --encrypt pod, but there is no container");
	if (!r->sign_key != !r->sign_cert)
		return error_usage(err, "build: --sign-key and --sign-cert go together");
	if (r->key_id && !resource_path_valid(r->key_id))
		return error_usage(err, "build: --key-id \"%s\" is not REPO/TYPE/TAG", r->key_id);
	if (!descriptor_init_valid(r->init))
		return error_usage(err,
				   "build: --init \"%.200s\" is not an absolute, normalised path",
				   r->init);
	return check_kata(r, err);
}

static int parse_request(const struct command *self, int argc, char **argv, struct request *r,
			 struct error *err)
{
	int id;

	*r = (struct request){
		.encryption = ENCRYPT_ALL,
		.init = "/sbin/init",
		.size_limit = UINT64_C(64) << 30,
		.files_limit = 10000000,
		.jobs = usable_cpus(),
	};
	if (progress_style_parse("auto", &r->progress, err) < 0)
		return -1;
	while ((id = command_next_option(self, argc, argv, err)) != -1)
		if (take_option(r, id, optarg, err) < 0)
			return name_option(self, id, err);
	if (command_operands(self, argc, 0, err) < 0)
		return -1;
	return check_request(r, err);
}

static int read_pod(const struct request *r, struct pod **result, struct error *err)
{
	cleanup_pod struct pod *pod = NULL;

	if (r->pod_file) {
		const struct pod_yaml_options options = { .allow_privileged = r->allow_privileged };
		cleanup_free uint8_t *yaml = NULL;
		size_t size = 0;
		if (file_read(r->pod_file, POD_YAML_MAX_BYTES, &yaml, &size, err) < 0)
			return error_prefix(err, "reading the pod");
		if (pod_yaml_parse(yaml, size, &options, &pod, err) < 0)
			return error_prefix(err, "reading the pod: %s", r->pod_file);
	} else if (pod_new(&pod, err) < 0) {
		return -1;
	}
	for (size_t i = 0; i < r->container_count; i++)
		if (pod_add(pod, r->containers[i].kind, r->containers[i].text, err) < 0)
			return error_prefix(err, "build: --%s",
					    pod_kind_name(r->containers[i].kind));
	*result = take_ptr(pod);
	return 0;
}

static int choose_arch(const struct request *r, const struct image_set *images,
		       enum descriptor_arch *arch, struct error *err)
{
	const char *name = r->arch ? r->arch : image_set_arch(images);

	if (strncmp(name, "amd64", 5) == 0)
		*arch = DESCRIPTOR_X86_64;
	else if (strncmp(name, "arm64", 5) == 0)
		*arch = DESCRIPTOR_AARCH64;
	else
		return error_input(err, "architecture \"%s\": podseal seals amd64 and arm64", name);
	return 0;
}

static const char descriptor_suffix[] = ".seal.json", record_suffix[] = ".record.json";

/* What a build holds, released in one place. */
struct resources {
	struct pod *pod;
	struct image_set images;
	struct secret *key, *sign_key;
	struct output *image;
	struct output *key_file, *descriptor, *record; /* opened when the image is made */
	uint8_t *certificate;
	struct kata_loaded kata;
	struct build_result result;
};

static void resources_release(struct resources *s)
{
	pod_free(s->pod);
	image_set_release(&s->images);
	secret_free(s->key);
	secret_free(s->sign_key);
	output_free(s->key_file);
	output_free(s->image);
	output_free(s->descriptor);
	output_free(s->record);
	free(s->certificate);
	kata_loaded_release(&s->kata);
	build_result_release(&s->result);
}

/* A file beside the image: its name is the image's and `suffix`. The caller frees *path. */
static int name_beside(const struct request *r, const char *suffix, char **path, struct error *err)
{
	if (asprintf(path, "%s%s", r->output, suffix) < 0) {
		*path = NULL;
		return error_memory(err);
	}
	return 0;
}

/* Only the image has a temporary file while it is made: after kill -9 there is one to remove. The
 * others are tried now, so that what is wrong with them is told before the work. */
static int open_outputs(const struct request *r, struct resources *s, struct error *err)
{
	cleanup_free char *descriptor = NULL, *record = NULL;

	if (name_beside(r, descriptor_suffix, &descriptor, err) < 0 ||
	    name_beside(r, record_suffix, &record, err) < 0)
		return -1;
	if (output_try(r->output, 0666, err) < 0 || output_try(descriptor, 0666, err) < 0 ||
	    output_try(record, 0600, err) < 0 || output_open(r->output, 0666, &s->image, err) < 0)
		return error_prefix(err, "opening the output");
	return 0;
}

static int read_keys(const struct request *r, struct resources *s, struct build_options *options,
		     struct error *err)
{
	size_t size = 0;

	if (r->key && keyfile_read(r->key, &s->key, err) < 0)
		return error_prefix(err, "reading the key");
	if (r->key_out && keyfile_new(r->key_out, &s->key, err) < 0)
		return error_prefix(err, "making the key");
	options->key = s->key;
	options->key_id = r->key_id;
	if (!r->sign_key)
		return 0;
	if (secret_read_file_upto(r->sign_key, SIGNATURE_PEM_MAX_BYTES, &s->sign_key, err) < 0 ||
	    file_read(r->sign_cert, SIGNATURE_PEM_MAX_BYTES, &s->certificate, &size, err) < 0)
		return error_prefix(err, "reading what signs");
	options->sign_key = (struct pem){ s->sign_key->bytes, s->sign_key->size };
	options->sign_certificate = (struct pem){ s->certificate, size };
	return 0;
}

static int prepare(const struct request *r, struct resources *s, struct build_options *options,
		   struct error *err)
{
	*options = (struct build_options){
		.encryption = r->encryption,
		.init = r->init,
		.size_limit_bytes = r->size_limit,
		.files_limit = r->files_limit,
		.threads = (unsigned)r->jobs,
	};
	if (read_pod(r, &s->pod, err) < 0 ||
	    epoch_read(TREE_TIME_MAX, &options->has_timestamp, &options->timestamp, err) < 0 ||
	    read_keys(r, s, options, err) < 0)
		return -1;
	const struct source_options source = { .arch = r->arch };
	if (image_set_open(&s->images, r->base, s->pod, r->images_directory, &source, err) < 0 ||
	    choose_arch(r, &s->images, &options->arch, err) < 0)
		return error_prefix(err, "opening the images");
	if (r->kata && kata_load(r->arch ? r->arch : image_set_arch(&s->images), r->policy,
				 r->allow_exec, &s->kata, err) < 0)
		return -1;
	options->kata = r->kata ? &s->kata.options : NULL;
	options->pod = s->pod;
	options->base = s->images.base;
	options->pod_images = (const struct source_image *const *)s->images.pod;
	return open_outputs(r, s, err);
}

static int run_build(const struct request *r, struct resources *s,
		     const struct build_options *options, struct error *err)
{
	struct build_meter meter = { 0 };
	cleanup_progress struct progress *progress = NULL;

	if (progress_start(r->progress, &meter, &progress, err) < 0)
		return -1;
	if (build_image(options, s->image, &meter, &s->result, err) < 0)
		return error_prefix(err, "building %s", r->output);
	return 0;
}

/* Named before it is durable, so that there is never more than one temporary file. */
static int write_beside(const struct request *r, const char *suffix, mode_t mode, const void *bytes,
			size_t size, struct output **out, struct error *err)
{
	cleanup_free char *path = NULL;

	if (name_beside(r, suffix, &path, err) < 0 || output_open(path, mode, out, err) < 0)
		return -1;
	if (write_all(output_fd(*out), bytes, size, err) < 0)
		return error_prefix(err, "%s", path);
	if (output_commit_unsynced(*out, err) < 0)
		return -1;
	return output_sync(*out, err);
}

/* The key first and the image last: there is never an image under its name whose key is lost. */
static int write_all_beside(const struct request *r, struct resources *s,
			    const struct build_options *options, struct error *err)
{
	cleanup_free char *record = NULL;
	size_t size = 0;

	if (record_make(options, &s->result, &record, &size, err) < 0)
		return -1;
	if (r->key_out &&
	    (keyfile_write(r->key_out, s->key, &s->key_file, err) < 0 ||
	     output_commit_unsynced(s->key_file, err) < 0 || output_sync(s->key_file, err) < 0))
		return -1;
	if (write_beside(r, record_suffix, 0600, record, size, &s->record, err) < 0)
		return -1;
	return write_beside(r, descriptor_suffix, 0666, s->result.descriptor,
			    s->result.descriptor_size, &s->descriptor, err);
}

static int commit(const struct request *r, struct resources *s, const struct build_options *options,
		  struct error *err)
{
	CLEANUP(output_release_signals) sigset_t before;

	output_hold_signals(&before);
	if (write_all_beside(r, s, options, err) < 0)
		(void)error_prefix(err, "writing what goes beside the image");
	else if (output_commit_unsynced(s->image, err) == 0)
		return 0;
	output_retract(s->key_file);
	output_retract(s->record);
	output_retract(s->descriptor);
	return -1;
}

static void report(const struct request *r, const struct build_result *result, double seconds)
{
	char digest[SEAL_DIGEST_TEXT_BYTES], bytes[BYTES_TEXT_BYTES];

	seal_digest_to_text(result->seal_digest, digest);
	for (size_t i = 0; i < result->volume_count; i++) {
		const struct build_volume *v = &result->volumes[i];
		printf("volume %s: %s, %llu files, %s\n", v->name, v->sealed ? "sealed" : "signed",
		       (unsigned long long)v->inodes, bytes_text(v->data_bytes, bytes));
	}
	if (*result->key_id)
		printf("key %s\n", result->key_id);
	printf("image %s: %s in %.1f s\n", r->output, bytes_text(result->image_bytes, bytes),
	       seconds);
	printf("seal %s\n", digest);
}

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int cmd_build(const struct command *self, int argc, char **argv, struct error *err)
{
	CLEANUP(resources_release) struct resources resources = { 0 };
	struct build_options options;
	struct request request;
	double started = now();

	if (parse_request(self, argc, argv, &request, err) < 0 ||
	    prepare(&request, &resources, &options, err) < 0 ||
	    run_build(&request, &resources, &options, err) < 0 ||
	    commit(&request, &resources, &options, err) < 0)
		return -1;
	report(&request, &resources.result, now() - started);
	return 0;
}
