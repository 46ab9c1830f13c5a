# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# imaged.sh: for tests of podseal-imaged, sourced after lib.sh. It runs in a mount namespace and a root folder of its own, which stand in
# for the guest.
#
#   imaged_root               $guest: a root folder with a sealed pod in /usr/lib/podseal, made as `podseal build` makes it; skips the script
#                             where mount namespaces or overlays are not allowed
#   imaged_start [COMMAND...] starts the service, by way of COMMAND (such as one that takes capabilities away); $socket is where it listens, $pid it
#   imaged_stop               SIGTERM; $ended is its exit status
#   "${inside[@]}" COMMAND... runs it where the service runs, before its root folder: what is mounted in $guest is seen there only
#   kata_agent_build          builds tests/kata/agent; skips the script where Go or its packages are missing
#   kata_agent ARGUMENT...    runs it
guest=$work/guest
bundles=$guest/run/kata-containers
socket=$guest/run/confidential-containers/cdh.sock
pid='' ended='' keeper=''
finally 'exec 9>&-; [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null'

nginx_digest=sha256:$(printf 'a%.0s' {1..64})
app_digest=sha256:$(printf 'b%.0s' {1..64})
index_digest=sha256:$(printf 'c%.0s' {1..64})

imaged_container() { # NAME TEXT
	local folder=$guest/usr/lib/podseal/containers/$1
	mkdir -p "$folder/rootfs/etc"
	echo "$2" >"$folder/rootfs/etc/name"
	echo "{\"ociVersion\": \"1.0.2\", \"hostname\": \"$1\"}" >"$folder/config.json"
}

# As a root user of a namespace, where the tests do not run as root.
namespace=(unshare -m)
[ "$(id -u)" -eq 0 ] || namespace=(unshare -rm)

imaged_root() {
	need unshare nsenter chroot
	mkdir -p "$guest"/{proc,run,usr/lib/podseal} "$bundles"
	imaged_container web "I am web"
	imaged_container twin "I am web"
	imaged_container app "I am app"
	imaged_container plain "I have no image name"
	cat >"$guest/usr/lib/podseal/pod.json" <<-JSON
		{"containers": [
		 {"name": "web", "kind": "container", "bundle": "containers/web", "restart_policy": "Always", "image": "nginx:1.25",
		  "image_name": "docker.io/library/nginx:1.25", "manifest_digest": "$nginx_digest"},
		 {"name": "twin", "kind": "container", "bundle": "containers/twin", "restart_policy": "Always", "image": "nginx:1.25",
		  "image_name": "docker.io/library/nginx:1.25", "manifest_digest": "$nginx_digest"},
		 {"name": "app", "kind": "sidecar", "bundle": "containers/app", "restart_policy": "Always", "image": "quay.io/org/app@$index_digest",
		  "image_name": "quay.io/org/app@$index_digest", "manifest_digest": "$app_digest"},
		 {"name": "plain", "kind": "container", "bundle": "containers/plain", "restart_policy": "Always"}],
		 "restart_policy": "Always", "version": 1, "volumes": []}
	JSON
	mkdir -p "$work/overlay"/{lower,upper,work,at}
	"${namespace[@]}" sh -c "mount -t tmpfs t '$work/overlay' && cd '$work/overlay' && mkdir lower upper work at &&
		mount -t overlay o -o lowerdir=lower,upperdir=upper,workdir=work at" 2>"$work/.said" ||
		skip_all "overlays in a mount namespace are not allowed here: $(tail -n 1 "$work/.said")"
}

# A process that only holds the namespace, so that a service may be started in it again.
imaged_namespace() {
	cp "$PROGRAMS/podseal-imaged" "$guest/podseal-imaged"
	# it is static, but not under the sanitizers
	ldd "$guest/podseal-imaged" 2>/dev/null | grep -oE '/[^ ]+' | xargs -r cp -L --parents -t "$guest"
	mkfifo "$work/keep"
	# shellcheck disable=SC2016
	"${namespace[@]}" sh -c 'mount --bind "$1" "$1" && { mount -t proc proc "$1/proc" 2>/dev/null || mount --rbind /proc "$1/proc"; } && echo there && exec cat "$2"' \
		sh "$guest" "$work/keep" >"$work/keeper.said" 2>&1 &
	keeper=$!
	exec 9>"$work/keep"
	writes "$keeper" "$work/keeper.said" there
	inside=(nsenter --mount --target "$keeper")
	[ "$(id -u)" -eq 0 ] || inside=(nsenter --user --mount --preserve-credentials --target "$keeper")
}

imaged_start() {
	[ -n "$keeper" ] || imaged_namespace
	: >"$work/imaged.log" # not the last service's words
	"${inside[@]}" "$@" chroot "$guest" /podseal-imaged 9>&- 2>"$work/imaged.log" &
	pid=$!
	writes "$pid" "$work/imaged.log" 'listening at' && return
	not_ok "the service starts"
	tell "$work/imaged.log"
	done_testing
}

imaged_stop() {
	kill -TERM "$pid"
	wait "$pid"
	ended=$?
	pid=''
}

kata_agent() {
	"$work/agent" "$@"
}

# Debian's Go packages lie in one tree, which is not a module.
kata_agent_build() {
	need go
	[ -d /usr/share/gocode/src/github.com/containerd/ttrpc ] || skip_all "golang-github-containerd-ttrpc-dev is not installed"
	mkdir -p "$root/build/go-cache"
	(cd "$root/tests/kata/agent" && GOCACHE=$root/build/go-cache GOPATH=/usr/share/gocode GO111MODULE=off CGO_ENABLED=0 go build -o "$work/agent" .) >"$work/.said" 2>&1 || {
		not_ok "the stand-in for kata-agent builds"
		tell "$work/.said"
		done_testing
	}
}
