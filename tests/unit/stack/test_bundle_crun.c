// SPDX-License-Identifier: Apache-2.0
/* The referee of bundles is the runtime that will run them: crun, which nobody here wrote, takes
 * config.json unchanged, and what runs says what it was given. The root file system is a shell, cat
 * and the libraries of this machine. It needs root, in a mount namespace of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "builder/stack/bundle.h"
#include "common/json.h"
#include "common/output.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\nweb:x:101:102::/home/web:/bin/sh\n";
static const char group[] = "root:x:0:\nweb:x:102:\nlog:x:4:web\n";

static const char make_rootfs[] =
	"cd \"$BUNDLE\" && mkdir rootfs && for f in /bin/sh /bin/cat; do "
	"cp -L --parents $f $(ldd $f | grep -o '/[^ ]*') rootfs || exit 1; done && "
	"mkdir -p rootfs/data rootfs/srv && echo sealed > rootfs/data/file";

/* Where this machine's control groups are of the older kind crun refuses to start: in the namespace
 * it finds the newer one. The volume is made as bundle.h asks. */
static const char run_bundle[] =
	"exec unshare --mount --propagation private sh -c '"
	"mount -t cgroup2 none /sys/fs/cgroup && mount -t tmpfs none /run && "
	"mkdir -p -m 777 /run/podseal/volumes/v || exit 77; "
	"crun --cgroup-manager=disabled --root /run/crun run --bundle \"$BUNDLE\" podseal-test'"
	" 2>&1 < /dev/null";

/* Runs a shell command and keeps what it prints. Returns its exit status. */
static int shell(const char *command, char *output, size_t size)
{
	FILE *in = popen(command, "r");

	assert_non_null(in);
	size_t got = fread(output, 1, size - 1, in);
	output[got] = '\0';
	int status = pclose(in);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int setup(void **state)
{
	static char directory[] = "/tmp/podseal-crun.XXXXXX";
	char output[4096];

	if (!mkdtemp(directory) || setenv("BUNDLE", directory, 1) < 0)
		return -1;
	*state = directory;
	return shell(make_rootfs, output, sizeof(output));
}

static int teardown(void **state)
{
	char output[4096];

	(void)state;
	return shell("rm -rf \"$BUNDLE\"", output, sizeof(output));
}

static void require_crun(void)
{
	char output[4096];

	if (geteuid() != 0) {
		print_message("needs root\n");
		skip();
	}
	if (shell("command -v crun unshare ldd", output, sizeof(output)) != 0) {
		print_message("needs crun, unshare and ldd\n");
		skip();
	}
	if (shell("unshare --mount --propagation private mount -t cgroup2 none /sys/fs/cgroup 2>&1",
		  output, sizeof(output)) != 0) {
		print_message("needs to mount cgroup2 in a mount namespace\n");
		skip();
	}
}

static json_t *bundle_of(const char *image_text, const char *pod_yaml)
{
	static const struct pod_yaml_options options = { 0 };
	cleanup_json json_t *image_json = json_loads(image_text, 0, NULL);
	cleanup_image_config struct image_config *image = NULL;
	cleanup_pod struct pod *pod = NULL;
	struct error err = { 0 };
	json_t *config = NULL;

	if (image_config_decode(image_json, &image, &err) < 0 ||
	    pod_yaml_parse((const uint8_t *)pod_yaml, strlen(pod_yaml), &options, &pod, &err) < 0)
		fail_msg("%s", err.text);
	const struct bundle_image source = {
		.config = image,
		.files = { (const uint8_t *)passwd, (const uint8_t *)group, strlen(passwd),
			   strlen(group) },
		.manifest_digest = "",
	};
	if (bundle_config(pod, &pod->containers[0], &source, &config, &err) < 0)
		fail_msg("%s", err.text);
	return config;
}

/* What the container printed. */
static void run(const char *directory, const char *image, const char *pod, char *output,
		size_t size)
{
	cleanup_json json_t *config = bundle_of(image, pod);
	cleanup_free char *text = NULL;
	struct error err = { 0 };
	char path[256];
	size_t text_size;

	(void)snprintf(path, sizeof(path), "%s/config.json", directory);
	if (bundle_config_text(config, &text, &text_size, &err) < 0 ||
	    output_write_file(path, 0644, text, text_size, &err) < 0)
		fail_msg("%s", err.text);
	int status = shell(run_bundle, output, size);
	if (status != 0)
		fail_msg("crun exits with %d:\n%s", status, output);
}

static void an_image_runs_as_it_says(void **state)
{
	static const char image[] =
		"{\"config\":{\"User\":\"web\",\"WorkingDir\":\"/srv\",\"Env\":[\"A=b c\"],"
		"\"Entrypoint\":[\"/bin/sh\",\"-c\",\"while read -r name value; do case $name in "
		"Uid:|Gid:|Groups:|CapEff:|CapBnd:|NoNewPrivs:) echo $name $value;; esac; done "
		"</proc/self/status; pwd; echo \\\"$A|$HOME|$PATH|$HOSTNAME\\\"; echo $$; "
		"cat /proc/sys/kernel/hostname\"]}}";
	static const char pod[] = "{apiVersion: v1, kind: Pod, metadata: {name: web-1}, spec: "
				  "{containers: [{name: c, image: i}]}}";
	char output[4096];

	require_crun();
	run(*state, image, pod, output, sizeof(output));
	assert_string_equal(output,
			    "Uid: 101 101 101 101\n"
			    "Gid: 102 102 102 102\n"
			    "Groups: 4\n"
			    "CapEff: 0000000000000000\n"
			    "CapBnd: 00000000a80425fb\n"
			    "NoNewPrivs: 0\n"
			    "/srv\n"
			    "b c|/home/web|/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
			    "/sbin:/bin|web-1\n"
			    "1\n"
			    "web-1\n");
}

static void a_pod_is_obeyed(void **state)
{
	static const char image[] =
		"{\"config\":{\"Volumes\":{\"/data\":{}},\"Entrypoint\":[\"/x\"]}}";
	static const char pod[] =
		"{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {volumes: [{name: v}],"
		" containers: [{name: c, image: i, command: [/bin/sh, -c],"
		" args: ['cat /data/file; echo new > /data/file && cat /data/file;"
		" (echo x > /srv/x) 2>/dev/null || echo sealed root;"
		" (echo x > /w/x) && cat /w/x; (echo x > /r/x) 2>/dev/null || echo ro volume;"
		" while read -r name value; do case $name in Groups:|CapEff:|CapBnd:|NoNewPrivs:)"
		" echo $name $value;; esac; done </proc/self/status'],"
		" volumeMounts: [{name: v, mountPath: /w}, {name: v, mountPath: /r, readOnly: "
		"true}],"
		" securityContext: {readOnlyRootFilesystem: true, allowPrivilegeEscalation: false,"
		" capabilities: {drop: [ALL], add: [CHOWN]}}}],"
		" securityContext: {supplementalGroups: [7], fsGroup: 9}}}";
	char output[4096];

	require_crun();
	run(*state, image, pod, output, sizeof(output));
	assert_string_equal(output, "sealed\n"
				    "new\n"
				    "sealed root\n"
				    "x\n"
				    "ro volume\n"
				    "Groups: 7 9\n"
				    "CapEff: 0000000000000001\n"
				    "CapBnd: 0000000000000001\n"
				    "NoNewPrivs: 1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_image_runs_as_it_says),
		cmocka_unit_test(a_pod_is_obeyed),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
