#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A release engineer has the Pod that runs today in a cluster, and its images in a folder. What Kubernetes would do with it at run time (order, commands,
# environment, users, capabilities, volumes) is written into the bundles at build time.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/images.sh
. "$(dirname "$0")/../images.sh"
need skopeo
cd "$work" || exit

make_images <<'PYTHON'
PASSWD = b"root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n"
GROUP = b"root:x:0:\napp:x:1001:\nextra:x:1002:app\n"


def files(text):
    return layer(directory("etc"), file("etc/passwd", PASSWD), file("etc/group", GROUP), directory("bin"), file("bin/app", text, mode=0o755),
                 directory("data"), file("data/x", b"x"))


APP = {"Entrypoint": ["/bin/app"], "Cmd": ["serve"], "Env": ["PATH=/bin", "FROM=image"], "User": "app", "WorkingDir": "/data", "StopSignal": "SIGUSR1"}
os.mkdir("images")
save("base", small_base())
setup = Layout("images/setup")
setup.tag("1.0", setup.image(files(b"setup\n"), config={"Cmd": ["/bin/app", "init"]}))
app = Layout("images/app")
app.tag("1.25", app.image(files(b"app 1.25\n"), config=APP))
app.tag("1.24", app.image(files(b"app 1.24\n"), config=APP))
platforms = Layout("images/platforms")
platforms.tag("edge", platforms.index(platforms.image(files(b"platforms\n"), config=APP),
                                      platforms.image(files(b"elsewhere\n"), config=APP, arch="arm64" if ARCH == "amd64" else "amd64")))
save("outside", files(b"archive\n"), config=APP)
PYTHON
skopeo copy -q oci:outside docker-archive:images/archive.tar:registry.example/team/archived:2
digest_of() {
	jq -r --arg tag "$2" '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == $tag) | .digest' "images/$1/index.json"
}

cat >pod.yaml <<YAML
apiVersion: v1
kind: Pod
metadata: {name: shop, labels: {app: shop}}
spec:
  hostname: shop
  restartPolicy: OnFailure
  securityContext: {fsGroup: 2000, supplementalGroups: [3000]}
  volumes:
  - {name: cache, emptyDir: {}}
  - {name: fast, emptyDir: {medium: Memory, sizeLimit: 16Mi}}
  initContainers:
  - {name: setup, image: "setup:1.0"}
  - {name: proxy, image: "app:1.24", restartPolicy: Always, args: [proxy]}
  containers:
  - name: app
    image: docker.io/library/app:1.25
    command: [/bin/app, "--listen=\$(HOST):\$(PORT)"]
    args: ["\$\$(HOST)", "\$(UNKNOWN)"]
    env: [{name: HOST, value: localhost}, {name: PORT, value: "8080"}, {name: URL, value: "http://\$(HOST):\$(PORT)/"}, {name: FROM, value: pod}]
    workingDir: /tmp
    securityContext:
      {runAsUser: 1234, runAsGroup: 1235, readOnlyRootFilesystem: true, allowPrivilegeEscalation: false,
       capabilities: {add: [NET_BIND_SERVICE], drop: [ALL]}}
    volumeMounts: [{name: cache, mountPath: /cache}, {name: fast, mountPath: /fast, readOnly: true}]
    ports: [{containerPort: 8080, name: http}]
  - {name: by-digest, image: "app@$(digest_of app 1.24)"}
  - {name: by-index, image: "anything/platforms@$(digest_of platforms edge)"}
  - {name: from-archive, image: "registry.example/team/archived:2"}
YAML
check "the Pod is sealed" "$podseal" build --base oci:base --pod pod.yaml --images images --key-out key --progress none -o pod.img
inside=/usr/lib/podseal
show() {
	"$podseal" cat pod.img "$inside/$1" --key key
}
of() { # CONTAINER FILTER
	show "containers/$1/config.json" | jq -c "$2"
}
pod() {
	show pod.json | jq -c "$1"
}

says "init containers first, then the sidecars, then the containers" \
	'["init:setup","sidecar:proxy","container:app","container:by-digest","container:by-index","container:from-archive"]' \
	pod '[.containers[] | .kind + ":" + .name]'
says "with their restart policies" '["OnFailure","Always","OnFailure","OnFailure","OnFailure","OnFailure"]' pod '[.containers[].restart_policy]'
says "and the digests of their images" "\"$(digest_of app 1.25)\"" pod '.containers[2].manifest_digest'
says "emptyDirs are listed for the guest to make" \
	'[["cache","",2000,null],["fast","Memory",2000,16777216]]' pod '[.volumes[] | [.name, .medium, .group, .size_limit_bytes]]'

says "command and args replace the image's, with the environment's values" '["/bin/app","--listen=localhost:8080","$(HOST)","$(UNKNOWN)"]' of app .process.args
says "args alone keep its entrypoint" '["/bin/app","proxy"]' of proxy .process.args
says "nothing keeps both" '["/bin/app","serve"]' of by-digest .process.args
says "an image without entrypoint runs its command" '["/bin/app","init"]' of setup .process.args
says "env goes over the image's, in order" '["PATH=/bin","FROM=pod","HOST=localhost","PORT=8080","URL=http://localhost:8080/"]' \
	of app '.process.env | map(select(startswith("HOME") or startswith("HOSTNAME") | not))'
says "the working directory is the Pod's, else the image's" '"/tmp""/data"' eval 'echo -n "$(of app .process.cwd)"; of proxy .process.cwd'
says "runAsUser and runAsGroup" '[1234,1235,[2000,3000]]' of app '.process.user | [.uid, .gid, .additionalGids]'
says "else the image's user, by its own passwd and group" '[1000,1001,[1002,2000,3000]]' of proxy '.process.user | [.uid, .gid, .additionalGids]'
says "capabilities are those that are left" '["CAP_NET_BIND_SERVICE"]' of app .process.capabilities.bounding
says "no new privileges, a read-only root" '[true,true]' of app '[.process.noNewPrivileges, .root.readonly]'
says "volumes are mounted" '[["/cache","rw"],["/fast","ro"]]' of app '[.mounts[] | select(.type == "bind") | [.destination, .options[-1]]]'
says "the stop signal is in an annotation" '"SIGUSR1"' of app '.annotations["org.opencontainers.image.stopSignal"]'
says "no network namespace: the pod is the VM" '[]' of app '[.linux.namespaces[] | select(.type == "network")]'

for container in "app app 1.25" "by-digest app 1.24" "by-index platforms" "from-archive archive"; do
	says "image found for ${container%% *}" "${container#* }" show "containers/${container%% *}/rootfs/bin/app"
done

check "JSON is YAML" eval "python3 -c 'import json, sys; json.dump({\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"x\"}, \"spec\": {\"containers\": [{\"name\": \"c\", \"image\": \"setup:1.0\"}]}}, sys.stdout)' >pod.json &&
	'$podseal' build --base oci:base --pod pod.json --images images --container more=oci:outside --encrypt none --progress none -o more.img"
says "and --container adds to it" '["c","more"]' eval '"$podseal" cat more.img /usr/lib/podseal/pod.json | jq -c "[.containers[].name]"'

without() {
	sed "$1" pod.yaml >bad.yaml
	"$podseal" build --base oci:base --pod bad.yaml --images images --key-out bad.key --progress none -o bad.img
}
refuses "a tag that is not in the folder is an error that names it" 3 'app:1\.26.*' without 's/app:1.25/app:1.26/'
refuses "so is a field that cannot be honoured" 3 'bad\.yaml: line 9: spec\.volumes\[0\]\.hostPath' without 's/name: cache, emptyDir: {}/name: cache, hostPath: {path: \/etc}/'
check "and nothing is left of it" test ! -e bad.img -a ! -e bad.key
done_testing
