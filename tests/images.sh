# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# images.sh: small images, and looking into sealed ones. Sourced after lib.sh.
#
#   make_images <<'PYTHON'           runs a Python script that has all of images.py; $work is its folder
#   small_images                     makes the layouts $work/base, web and mesh
#   seal OUT OPTION...               podseal build of these three, without a word, to OUT
#   partitions IMG                   the partition table: "NUMBER NAME START-BYTE SIZE-BYTES TYPE UUID" a line
#   take_partition IMG NAME OUT      copies one partition out
#   says SENTENCE TEXT COMMAND...    ok if what the command prints is TEXT
#   seal_digest IMG                  sha256:... of the descriptor beside it
#   demo_images NAME...              the demo's images, made from Debian's packages once into demo/; skips the script where they cannot be
#   kata_programs                    skips the script where the programs that go into a base for Kata cannot be in one
#   fs_of IMG VOLUME OUT [KEY]       the file system of a volume, decrypted by decrypt.py where it is sealed
# shellcheck disable=SC2154 # root, work, podseal: lib.sh's
need python3 zstd sfdisk jq

make_images() {
	(cd "$work" && { printf 'from images import *\n'; cat; } >.script.py && PYTHONPATH=$root/tests PYTHONDONTWRITEBYTECODE=1 python3 .script.py)
}

demo_images() {
	local image making=()
	need mmdebstrap flock
	[ "$(id -u)" -eq 0 ] || unshare --user --map-root-user true 2>/dev/null || skip_all "mmdebstrap needs root or a user namespace"
	mkdir -p "$root/demo"
	for image; do
		# tests run at the same time
		flock "$root/demo/.$image.lock" "$root/images/make-image" "$root/images/$image" "$root/demo/$image" &
		making+=($!)
	done
	for image in "${making[@]}"; do
		check "an image of the demo is made from packages" wait "$image" || exit
	done
}

kata_programs() {
	need readelf
	readelf -l "$PROGRAMS/podseal-imaged" >"$work/.elf"
	! grep -q INTERP "$work/.elf" || skip_all "podseal-imaged is not static: the build has a sanitizer, and that program cannot go into a base"
}

says() {
	local sentence=$1 want=$2
	shift 2
	"$@" >"$work/.got" 2>&1
	printf '%s\n' "$want" >"$work/.want"
	check "$sentence" diff -u "$work/.want" "$work/.got"
}

small_images() {
	make_images <<-'PYTHON'
		small_images(".")
	PYTHON
}

seal() {
	local out=$1
	shift
	"$podseal" build --base "oci:$work/base" --container "web=oci:$work/web" --sidecar "mesh=oci:$work/mesh" --progress none \
		"$@" -o "$out" >"$work/.built"
}

partitions() {
	sfdisk -J "$1" | jq -r '.partitiontable | .sectorsize as $s | .partitions | to_entries[] |
		"\(.key + 1) \(.value.name) \(.value.start * $s) \(.value.size * $s) \(.value.type) \(.value.uuid)"'
}

take_partition() {
	local name start size
	while read -r _ name start size _; do
		[ "$name" != "$2" ] || break
	done < <(partitions "$1")
	[ "$name" = "$2" ] && dd if="$1" of="$3" bs=1M iflag=skip_bytes,count_bytes skip="$start" count="$size" status=none
}

seal_digest() {
	echo "sha256:$(sha256sum <"$1.seal.json" | cut -d ' ' -f 1)"
}

fs_of() {
	local image=$1 volume=$2 out=$3 key=${4-}
	if [ -z "$key" ]; then
		take_partition "$image" "$volume-data" "$out"
	else
		take_partition "$image" "$volume-data" "$out.luks" && python3 "$root/tests/decrypt.py" "$out.luks" "$key" "$out" && rm -f "$out.luks"
	fi
}
