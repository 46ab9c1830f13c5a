#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A bundle that comes out of a sealed image is run by crun unchanged: the process gets the arguments, environment, user and folder that the image's config says.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/images.sh
. "$(dirname "$0")/../images.sh"
need crun gcc unshare
[ "$(id -u)" -eq 0 ] || skip_all "crun needs root to run a bundle with owners of its own"
cd "$work" || exit

cat >app.c <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char cwd[256];

	for (int i = 0; i < argc; i++)
		printf("%s ", argv[i]);
	printf("%s %s %d:%d %s\n", getenv("NAME"), getcwd(cwd, sizeof(cwd)), (int)getuid(), (int)getgid(), access("/data/kept", R_OK) ? "no data" : "data");
	return 7;
}
C
gcc -static -o program app.c || skip_all "gcc cannot link statically here"
make_images <<'PYTHON'
with open("program", "rb") as f:
    app = f.read()
save("base", small_base())
save("app", layer(directory("bin"), file("bin/app", app, mode=0o755), directory("etc"), file("etc/passwd", b"app:x:1000:1001::/:/bin/sh\n"),
                  directory("data", uid=1000, gid=1001), file("data/kept", b"k", uid=1000)),
     config={"Entrypoint": ["/bin/app"], "Cmd": ["one", "two words"], "Env": ["NAME=value"], "User": "app", "WorkingDir": "/data"})
PYTHON
check "build" "$podseal" build --base oci:base --container app=oci:app --key-out key --progress none -o pod.img
check "the bundle comes out of the image" "$podseal" extract pod.img /usr/lib/podseal/containers/app --key key -o bundle

# crun refuses a machine with both versions of cgroups; a mount namespace of its own shows it one
crun_run() {
	unshare -m sh -c 'mount -t cgroup2 none /sys/fs/cgroup; exec crun --root "$1" --cgroup-manager=disabled run "$2"' sh "$work/crun" "$1" 2>&1
}
# can crun run anything here? Its own default bundle, with our program
mkdir -p probe/rootfs && cp program probe/rootfs/app && (cd probe && crun spec && jq '.process.args = ["/app"] | .process.terminal = false | del(.linux.namespaces[] | select(.type == "network"))' config.json >c && mv c config.json)
(cd probe && crun_run probe) >probe.out
if ! grep -q '^/app ' probe.out; then
	skip "crun runs it" "crun cannot run its own default bundle on this machine: $(tail -n 1 probe.out)"
	done_testing
fi
(cd bundle && crun_run app) >run.out
status=$?
says "crun runs it: arguments, environment, folder, user and files are the image's" "/bin/app one two words value /data 1000:1001 data" cat run.out
check "and its exit status comes back" test "$status" = 7
done_testing
