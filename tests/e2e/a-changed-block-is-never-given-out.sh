#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Someone with write access to the storage changes one block of an image. Whoever reads the file in it, with the key or without one where the volume is only
# signed, gets an error that names the image and the block, and nothing of that block; all else can still be read. Told which seal digest to expect, podseal
# reads no image that was made to agree with itself.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/images.sh
. "$(dirname "$0")/../images.sh"
need tar
cd "$work" || exit

# content that is found again on the disk where it is not encrypted, and several blocks of it
make_images <<'PYTHON'
save("base", layer(file("first", b"first block " * 400), file("victim", (b"%-4095s\n" % b"victim") * 5), file("other", b"other block " * 1000)))
PYTHON
"$podseal" build --base oci:base --encrypt none --progress none -o signed.img >built || exit
"$podseal" build --base oci:base --key-out key --progress none -o sealed.img >built || exit

start_of() {
	partitions "$1" | while read -r _ name start _; do [ "$name" != "$2" ] || echo "$start"; done
}
flip() {
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	printf '%b' "\\0$(printf %o $((byte ^ 16)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# In the signed image the file is found by what is in it. A sealed volume is the same file system, 4096 blocks of LUKS2 header later.
victim=$(($(grep -abo victim signed.img | cut -d : -f 1 | sort -n | while read -r at; do ((at % 4096)) || echo "$at"; done | sed -n 3p) - $(start_of signed.img root-data)))
block=$((victim / 4096))
cp sealed.img bad-sealed.img
cp signed.img bad-signed.img
flip bad-signed.img $(($(start_of signed.img root-data) + victim + 100))
flip bad-sealed.img $(($(start_of sealed.img root-data) + victim + 16777216 + 100))

for kind in signed sealed; do
	key=()
	[ $kind = signed ] || { key=(--key key) block=$((block + 4096)); }
	check "$kind: the file can be read while nothing was changed" eval '"$podseal" cat $kind.img /victim "${key[@]}" >whole && test "$(grep -ac ^victim whole)" = 5'
	refuses "$kind: its changed block is refused" 1 "^podseal: reading /victim: bad-$kind\.img: data block $block does not match the hash tree$" \
		"$podseal" cat bad-$kind.img /victim "${key[@]}"
	"$podseal" cat bad-$kind.img /victim "${key[@]}" >part 2>/dev/null
	check "$kind: what was printed before is the file's beginning" cmp -n "$(stat -c %s part)" part whole
	check "$kind:   and not all of it" test "$(stat -c %s part)" -lt 20480
	check "$kind: other files are read" eval 'test "$("$podseal" cat bad-$kind.img /other "${key[@]}" | wc -c)" = 12000'
	check "$kind: the file is listed" eval '"$podseal" ls bad-$kind.img / "${key[@]}" | grep -q victim'
	refuses "$kind: extracting meets it" 1 "^podseal: extracting /: bad-$kind\.img: /victim: data block $block does not match the hash tree$" \
		"$podseal" extract bad-$kind.img / "${key[@]}" -o out-$kind
	check "$kind: another file is extracted" eval '"$podseal" extract bad-$kind.img /other "${key[@]}" | tar -xO | cmp - <("$podseal" cat $kind.img /other "${key[@]}")'
done

# An image that was changed and then made to agree with itself has another seal digest.
seal=$(seal_digest sealed.img)
other=$(seal_digest signed.img)
for command in "ls sealed.img /" "cat sealed.img /other" "extract sealed.img /other"; do
	# shellcheck disable=SC2086 # words
	{
		check "${command%% *} reads the image of the seal digest that was asked for" "$podseal" $command --key key --seal "$seal"
		refuses "  and no other" 1 "^podseal: .*: sealed\.img: the seal digest is $seal, not $other$" "$podseal" $command --key key --seal "$other"
		refuses "  nor takes another spelling for one" 2 '^podseal: .*: --seal: "SHA256:00" does not begin with "sha256:"$' "$podseal" $command --key key --seal SHA256:00
	}
done
done_testing
