#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A layer dates its files in the year 2603 or 1653, an image says it was made in the year 9999. ext4's times go from 1901 to 2446: they move to the nearer end,
# and the image agrees with its record.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/images.sh
. "$(dirname "$0")/../images.sh"
need e2fsck
cd "$work" || exit

make_images <<'PYTHON'
save("base", layer(file("late", b"l\n", mtime=20000000000, nanoseconds=5), file("early", b"e\n", mtime=-10000000000), directory("d", mtime=15032385536),
                   file("last", b"z\n", mtime=15032385535, nanoseconds=999999999), file("missing/made", b"m\n", mtime=2**62)),
     config={"Cmd": ["/late"]}, created="9999-12-31T23:59:59Z")
PYTHON
unset SOURCE_DATE_EPOCH
check "the image is built" "$podseal" build --base oci:base --container c=oci:base --key-out key --progress none -o pod.img
check "it is what its record says" "$podseal" check pod.img --key key --record pod.img.record.json
time_of() {
	"$podseal" ls -R pod.img / --key key --json | jq -c "select(.path == \"$1\") | [.mtime, .mtime_nsec]"
}
says "too late is the last second" "[15032385535,0]" time_of late
says "  of a folder too" "[15032385535,0]" time_of d
says "  and of one that no layer has" "[15032385535,0]" time_of missing
says "too early is the first" "[-2147483648,0]" time_of early
says "the last time there is stays as it is" "[15032385535,999999999]" time_of last
says "what podseal makes is dated so too" "[15032385535,0]" time_of usr/lib/podseal/pod.json
says "  and the record says it" 15032385535 jq .timestamp pod.img.record.json
fs_of pod.img root root.ext4 key
check "e2fsck finds no fault" e2fsck -fn root.ext4
done_testing
