#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A small layer may hold 64 GiB of content, or files without end. The limits stop the build at once: before the disk is full, and in little memory.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need python3 /usr/bin/time
generate bombs "$work/bombs" || exit
instrumented=$(grep -c __asan_init "$podseal") # by AddressSanitizer, whose own memory is large

# The build of bomb $2 with the limits that follow is refused with the words $3; in a few seconds, with the memory $4 MiB.
stopped() {
	local sentence=$1 bomb=$2 words=$3 mib=$4 seconds kib
	shift 4
	refuses_build "$sentence" 3 "^podseal: building [^ ]*: volume root: .*$words" --base "rootfs:$work/bombs/$bomb" "$@" || return
	rm -rf "$work/.build" && mkdir "$work/.build"
	/usr/bin/time -o "$work/time" -f '%e %M' "$podseal" build --base "rootfs:$work/bombs/$bomb" "$@" --encrypt none -o "$work/.build/pod.img" 2>/dev/null
	read -r seconds kib < <(tail -n 1 "$work/time")
	check "within seconds: $sentence" test "${seconds%.*}" -lt 15
	if [ "$instrumented" -ne 0 ]; then
		skip "in $mib MiB of memory: $sentence" "a program without AddressSanitizer"
	else
		check "in $mib MiB of memory: $sentence" test "$kib" -lt $((mib << 10))
	fi
}

stopped "a gzip bomb" content.tar.gz 'the file system would exceed 67108864 bytes; --size-limit allows more' 64 --size-limit 64M
stopped "a gzip bomb of zeros" zeros.tar.gz 'the file system would exceed 67108864 bytes; --size-limit allows more' 64 --size-limit 64M
stopped "a zstd bomb" content.tar.zst 'the file system would exceed 67108864 bytes; --size-limit allows more' 64 --size-limit 64M
stopped "files without end" files.tar.gz 'f0005000: more than 5000 files in the layers; --files-limit allows more' 64 --files-limit 5000
stopped "folders without end" names.tar.gz 'more than [0-9]+ paths' 64 --files-limit 5000
stopped "metadata without content" files.tar.gz 'the file system needs [0-9]+ blocks of 4096 bytes, the limit is 256; --size-limit allows more' 64 --size-limit 1M
done_testing
