#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A sealed volume is ordinary LUKS2 with ordinary ext4 inside: cryptsetup takes it and its key, an independent script decrypts it, and e2fsprogs
# find the file system in order and every file as it was.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/images.sh
. "$(dirname "$0")/../images.sh"
need cryptsetup e2fsck dumpe2fs debugfs
python3 -c 'import cryptography' 2>/dev/null || skip_all "python3's cryptography is not installed"
small_images
seal "$work/pod.img" --key-out "$work/key" || not_ok "build"
"$podseal" keygen -o "$work/wrong"
take_partition "$work/pod.img" root-data "$work/luks"
json=$work/metadata.json

check "cryptsetup sees LUKS2" cryptsetup isLuks --type luks2 "$work/luks"
check "cryptsetup luksDump reads it" eval 'cryptsetup luksDump "$work/luks" >"$work/dump"'
check "  and sees no keyslot" eval 'awk "/^Keyslots:/ { getline; exit !/^Tokens:/ }" "$work/dump"'
cryptsetup luksDump --dump-json-metadata "$work/luks" >"$json"
says "  AES-XTS in sectors of 4096, where the descriptor says" "aes-xts-plain64 4096 $(jq -r '.volumes[0].crypt.offset_bytes' "$work/pod.img.seal.json")" \
	jq -r '.segments[] | "\(.encryption) \(.sector_size) \(.offset)"' "$json"
says "  the digest is of the whole payload's key" '["0"]' jq -c '.digests[].segments' "$json"

# What follows needs no device-mapper: a keyslot is added with the volume key, and its passphrase is tested.
printf secret >"$work/passphrase"
add_key() {
	cp "$work/luks" "$work/copy" &&
		cryptsetup luksAddKey --batch-mode --disable-locks --key-size 512 --volume-key-file "$1" --pbkdf pbkdf2 --pbkdf-force-iterations 1000 "$work/copy" "$work/passphrase"
}
check "cryptsetup refuses another key" eval '! add_key "$work/wrong"'
check "cryptsetup accepts the volume key, for a keyslot" add_key "$work/key"
check "  that opens then" cryptsetup open --test-passphrase --disable-locks --key-file "$work/passphrase" "$work/copy"
check "  and gives the volume key back" eval 'cryptsetup luksDump --batch-mode --disable-locks --dump-volume-key --volume-key-file "$work/dumped" --key-file "$work/passphrase" "$work/copy" &&
	cmp "$work/key" "$work/dumped"'

check "an independent script decrypts it" python3 "$root/tests/decrypt.py" "$work/luks" "$work/key" "$work/fs"
check "  to the size that the record says" test "$(stat -c %s "$work/fs")" = "$(jq '.volumes[0].fs_bytes' "$work/pod.img.record.json")"
decrypt_by_cryptsetup() {
	cryptsetup reencrypt --decrypt --batch-mode --disable-locks --force-offline-reencrypt --header "$work/exported" --key-file "$work/passphrase" "$work/copy" &&
		cmp -n "$(stat -c %s "$work/fs")" "$work/fs" "$work/copy"
}
check "  to the bytes that cryptsetup itself decrypts it to" decrypt_by_cryptsetup
check "e2fsck finds nothing to say" e2fsck -fn "$work/fs"
check "dumpe2fs too" eval 'dumpe2fs "$work/fs" >"$work/dump" 2>&1'
says "  the features are those of the profile, without a journal" "ext_attr dir_index sparse_super2 filetype extent flex_bg dir_nlink extra_isize metadata_csum" \
	sed -n 's/^Filesystem features: *//p' "$work/dump"
check "  nothing is reserved, nothing left free" eval 'grep -Eq "^Reserved block count: +0$" "$work/dump" && grep -Eq "^Free blocks: +0$" "$work/dump"'

mkdir "$work/out" "$work/ours"
check "debugfs dumps all files" eval 'debugfs -R "rdump / $work/out" "$work/fs" 2>&1 | grep -v "^debugfs " >"$work/said"; ! grep -v "Operation not permitted" "$work/said"'
check "podseal extracts all files" "$podseal" extract "$work/pod.img" / --key "$work/key" -o "$work/ours/all"
rm -rf "$work/out/lost+found"
check "  and both have the same" diff -r --no-dereference "$work/out" "$work/ours/all"
by_podseal() {
	"$podseal" ls "$work/pod.img" /etc --json --key "$work/key" | jq -r '"\(.inode) \(.permissions) \(.uid) \(.size) \(.path | split("/")[-1])"' | sort
}
by_debugfs() {
	debugfs -R 'ls -p /etc' "$work/fs" 2>/dev/null | while IFS=/ read -r _ inode mode uid _ name size; do
		[ -z "$name" ] || [ "$name" = . ] || [ "$name" = .. ] || echo "$inode $((8#${mode:2})) $uid ${size%/} $name"
	done | sort
}
says "debugfs lists what podseal lists" "$(by_podseal)" by_debugfs
done_testing
