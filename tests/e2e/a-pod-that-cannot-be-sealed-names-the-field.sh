#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the host would have to bring cannot be sealed into an image. podseal drops none of it silently: it names the line and the field.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need python3
small_image "$work/images/base"
cd "$work" || exit

# The pod on standard input is refused.
refuses_pod() {
	cat >pod.yaml
	refuses_build "$1" 3 "^podseal: $2" --base oci:images/base --pod pod.yaml --images images
}

# A pod with one container whose fields are $3, and the spec's $4.
refuses_fields() {
	refuses_pod "$1" "reading the pod: pod\.yaml: line [0-9]+: $2" <<END
apiVersion: v1
kind: Pod
metadata: {name: shop}
spec:
  ${4:-restartPolicy: Always}
  containers:
  - name: web
    image: latest
    ${3:-tty: false}
END
}

refuses_fields "a folder of the host" 'spec\.volumes\[0\]\.hostPath: ' '' 'volumes: [{name: v, hostPath: {path: /etc}}]'
refuses_fields "a claim" 'spec\.volumes\[0\]\.persistentVolumeClaim: ' '' 'volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]'
refuses_fields "the host's network" 'spec\.hostNetwork: ' '' 'hostNetwork: true'
refuses_fields "the host's processes" 'spec\.hostPID: ' '' 'hostPID: true'
refuses_fields "a value out of a ConfigMap" 'spec\.containers\[0\]\.env\[0\]\.valueFrom: ' 'env: [{name: A, valueFrom: {configMapKeyRef: {name: x, key: y}}}]'
refuses_fields "all values out of a Secret" 'spec\.containers\[0\]\.envFrom: ' 'envFrom: [{secretRef: {name: x}}]'
refuses_fields "a privileged container" 'spec\.containers\[0\]\.securityContext\.privileged: .*--allow-privileged' 'securityContext: {privileged: true}'
refuses_fields "a mount of a volume that is not there" 'spec\.containers\[0\]\.volumeMounts\[0\]: names a volume "v"' 'volumeMounts: [{name: v, mountPath: /v}]'
refuses_fields "a user that is no number" 'spec\.containers\[0\]\.securityContext\.runAsUser: ' 'securityContext: {runAsUser: root}'
refuses_fields "a user out of range" 'spec\.containers\[0\]\.securityContext\.runAsUser: ' 'securityContext: {runAsUser: 99999999999}'
refuses_fields "a field that does not exist" 'spec\.containers\[0\]\.comand: unknown field' 'comand: [/bin/sh]'
refuses_fields "a command that is no list" 'spec\.containers\[0\]\.command: ' 'command: /bin/sh'

pod_of() {
	printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec:\n  containers:\n' "$1"
	shift
	printf '  - {name: %s, image: %s}\n' "$@"
}
refuses_pod "an image that is not there" 'opening the images: container web: image "nginx:1" is not there; there is base:latest$' < <(pod_of shop web nginx:1)
cp -r images/base images/mesh
refuses_pod "  nor one among several, which are told apart" 'opening the images: container web: image "nginx:1" is not there; there are base:latest, mesh:latest$' < <(pod_of shop web nginx:1)
rm -r images/mesh
refuses_pod "two containers of one name" 'reading the pod: pod\.yaml: line 7: spec\.containers\[1\]\.name: two containers are named "web"' < <(pod_of shop web latest web latest)
refuses_pod "a container's name that climbs out" 'reading the pod: pod\.yaml: line 6: spec\.containers\[0\]\.name: ' < <(pod_of shop ../../etc latest)
refuses_pod "a pod's name that climbs out" 'reading the pod: pod\.yaml: line 3: metadata\.name: ' < <(pod_of ../shop web latest)
refuses_pod "another kind" 'reading the pod: pod\.yaml: line 1: ' <<<'{apiVersion: apps/v1, kind: Deployment, metadata: {name: shop}, spec: {containers: [{name: web, image: latest}]}}'
refuses_pod "anchors, which could make much of little" 'reading the pod: pod\.yaml: line 1: anchors are not accepted' <<<'a: &a [1, 1]'
refuses_pod "10000 brackets" 'reading the pod: pod\.yaml: line 1: nested deeper than 64 levels' < <(printf '[%.0s' {1..10000})
refuses_pod "zeros" 'reading the pod: pod\.yaml: longer than 1048576 bytes' < <(head -c 3000000 /dev/zero)
refuses_pod "text that is not UTF-8" 'reading the pod: pod\.yaml: line 1: not valid YAML' < <(printf 'a: "\xff\xfe"\n')
refuses_pod "nothing" 'reading the pod: pod\.yaml: no YAML document' </dev/null
refuses_build "a pod that is not there" 3 '^podseal: reading the pod: none\.yaml: No such file' --base oci:images/base --pod none.yaml --images images
pod_of shop web latest >pod.yaml
refuses_build "images that are not there" 3 '^podseal: opening the images: .*none: ' --base oci:images/base --pod pod.yaml --images none
refuses "a pod without its images" 2 '--pod and --images go together' "$podseal" build --base oci:images/base --pod pod.yaml -o pod.img --key-out k
check "the pod that all these come from is sealed" "$podseal" build --base oci:images/base --pod pod.yaml --images images --key-out pod.key -o pod.img
done_testing
