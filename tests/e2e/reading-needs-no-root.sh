#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Someone with the key and nothing else looks inside: every kind of file, odd names, read-only folders. What only root could make is left out of a folder, and
# said; a tar has all of it.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/images.sh
. "$(dirname "$0")/../images.sh"
need setpriv tar
cd "$work" || exit

make_images <<'PYTHON'
save("base", small_base())
save("odd", layer(directory("closed", mode=0o500), file("closed/in", b"in\n", mode=0o400), directory("none", mode=0), file("none/x", b"x\n"),
                  file("of-others", b"o\n", uid=1234, gid=5678), file("su", b"s\n", mode=0o4755, uid=33), directory("sticky", mode=0o1777),
                  character("null", 1, 3), block("disk", 8, 1), fifo("pipe"), symlink("link", "closed/in"), symlink("out", "/etc/passwd"),
                  symlink("loop", "loop"), file("one", b"1\n"), hardlink("two", "one"),
                  file(b"bytes\xff", b"b\n"), file("caf\u00e9", b"c\n"), file("new\nline\x1b[31m", b"n\n"),
                  file("attributes", b"a\n", xattrs={"user.a": "1", "security.capability": bytes.fromhex("0100000200040000000000000000000000000000")}),
                  file("empty"), file("dated", b"d\n", mtime=1234567890, nanoseconds=987654321)), config={"Cmd": ["/one"]})
PYTHON
check "build" "$podseal" build --base oci:base --container c=oci:odd --key-out key --progress none -o pod.img
in=/usr/lib/podseal/containers/c/rootfs

as_user=()
if [ "$(id -u)" -eq 0 ]; then
	cp "$podseal" podseal
	mkdir theirs
	chown 65534:65534 key theirs
	chmod 755 .
	as_user=(setpriv --reuid 65534 --regid 65534 --clear-groups "$work/podseal")
else
	mkdir theirs
	as_user=("$podseal")
fi
reads() {
	"${as_user[@]}" "$@" --key key
}

reads ls pod.img $in >listed
check "ls shows a character device by its numbers" grep -Eqx 'crw-r--r-- +1 +0 +0 +1, +3 2020-09-13 12:26 null' listed
check "  a block device" grep -Eqx 'brw-r--r-- +1 +0 +0 +8, +1 2020-09-13 12:26 disk' listed
check "  a fifo, a set-user-ID file, a sticky folder" eval 'grep -q "^prw-r--r-- .* pipe$" listed && grep -Eq "^-rwsr-xr-x +1 +33 .* su$" listed && grep -q "^drwxrwxrwt .* sticky$" listed'
check "  where a link goes" grep -q '^lrwxrwxrwx .* link -> closed/in$' listed
check "  that a file has two names" test "$(grep -Ec '^-rw-r--r-- +2 .* (one|two)$' listed)" = 2
check "  and lets no name move the cursor" eval '! grep -q $'"'\\e'"' listed && test "$(wc -l <listed)" = 19'
reads ls pod.img $in --json >listed
check "ls --json is JSON, whatever the names are" eval 'test "$(jq -s length listed)" = 19'
says "  with a name's bytes where it is not UTF-8" '"6279746573ff"' jq -c 'select(.path_hex) | .path_hex' listed
says "  with the exact time" '[1234567890,987654321]' jq -c 'select(.path // "" | endswith("dated")) | [.mtime, .mtime_nsec]' listed

says "cat shows a file that nobody may read" in reads cat pod.img $in/closed/in
says "  below a folder that nobody may enter" x reads cat pod.img $in/none/x
says "  through a link" in reads cat pod.img $in/link
says "  with a name that is not UTF-8" b reads cat pod.img $in/$'bytes\xff'
says "  and no link leaves the image" root:x:0:0::/root:/bin/sh reads cat pod.img $in/out
says "  nor does .." base reads cat pod.img ../../../../../../../../etc/text
refuses "  not a folder" 3 'podseal: .*/closed: .*not a regular file' reads cat pod.img $in/closed
refuses "  not a device" 3 'podseal: .*/null: .*not a regular file' reads cat pod.img $in/null
refuses "  not a link into a circle" 3 'podseal: .*loop.*symbolic links' reads cat pod.img $in/loop

check "extract into a folder, as an ordinary user" eval 'reads extract pod.img $in -o theirs/out 2>said'
check "  says that devices are left out" grep -Eq '^podseal: 2 devices.* left out: only root can make them$' said
check "  all else is there" test "$(find theirs/out -mindepth 1 -printf x 2>/dev/null | wc -c)" -ge 18 # 19, and only root sees into none/
check "  with modes" test "$(stat -c '%a' theirs/out/closed theirs/out/none theirs/out/sticky theirs/out/closed/in | xargs)" = "500 0 1777 400"
check "  times" test "$(stat -c %.9Y theirs/out/dated)" = 1234567890.987654321
check "  links" eval 'test theirs/out/one -ef theirs/out/two && test "$(readlink theirs/out/out)" = /etc/passwd'
check "  as one's own files" test "$(stat -c %u theirs/out/of-others)" = "$(stat -c %u theirs)"
check "  nothing that gives away rights: no set-user-ID on them" test ! -u theirs/out/su
refuses "  never into what is there" 3 'podseal: .*theirs/out: exists already' reads extract pod.img $in -o theirs/out

check "extract as a tar has it all" eval 'reads extract pod.img $in >all.tar && test "$(tar -tf all.tar 2>/dev/null | wc -l)" = 22'
says "  owners too" "1234/5678" eval "tar --numeric-owner -tvf all.tar of-others 2>/dev/null | awk '{ print \$2 }'"
says "  and devices" "crw-r--r-- 1,3" eval "tar -tvf all.tar null 2>/dev/null | awk '{ print \$1, \$3 }'"
says "  and attributes" "security.capability user.a" eval "python3 -c 'import tarfile; print(*sorted(k[13:] for m in tarfile.open(\"all.tar\", errors=\"surrogateescape\") for k in m.pax_headers if k.startswith(\"SCHILY.xattr.\")))'"
done_testing
