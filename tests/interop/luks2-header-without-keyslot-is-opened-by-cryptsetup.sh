#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A sealed volume is an ordinary LUKS2 container: whoever holds the volume key needs no tool of ours. The header is the golden one that
# tests/unit/format/test_luks2.c holds the encoder to; device-mapper is not needed for any of this.
. "$(dirname "$0")/../lib.sh"
need cryptsetup jq
golden=$root/tests/unit/format/golden
cd "$work" || exit
set -- --disable-locks

truncate -s 20M volume
dd if="$golden/luks2" of=volume conv=notrunc status=none
cp volume before

check "isLuks takes it for LUKS2" cryptsetup "$@" isLuks --type luks2 volume
check "luksUUID shows the derived UUID" test "$(cryptsetup "$@" luksUUID volume)" = 3a156d4e-f41c-818d-ac9c-291480d004b7

dump_says() {
	cryptsetup "$@" luksDump volume >dump 2>complaints || return
	same /dev/null complaints || return
	local line
	for line in 'Label: *pod' 'offset: 16777216 \[bytes\]' 'cipher: aes-xts-plain64' 'sector: 4096 \[bytes\]' 'Iterations: 1000'; do
		grep -Eq "$(sed 's/: /:[[:space:]]*/' <<<"$line")" dump || { echo "luksDump does not say: $line"; return 1; }
	done
}
check "luksDump shows cipher, sector size, offset and digest, without a complaint" dump_says "$@"
check "there is no keyslot and no token" test \
	"$(cryptsetup "$@" luksDump --dump-json-metadata volume | jq -c '[.keyslots, .tokens, .digests["0"].keyslots]')" = '[{},{},[]]'

# without a keyslot there is nothing that tells cryptsetup the size of the key
open_with() {
	cryptsetup --disable-locks open --test-passphrase --key-size 512 --volume-key-file "$1" volume
}
check "open takes the volume key" open_with "$golden/key"

head -c 64 /dev/zero >wrong
wrong_key_is_told() {
	open_with wrong 2>said
	[ $? -eq 2 ] && grep -q 'Volume key does not match the volume' said
}
check "open tells a wrong key" wrong_key_is_told

repair_is_idle() {
	cryptsetup "$@" repair volume && same before volume
}
check "repair finds nothing to do" repair_is_idle "$@"

secondary_alone() {
	cp before volume
	dd if=/dev/zero of=volume bs=4096 count=4 conv=notrunc status=none
	[ "$(cryptsetup "$@" luksUUID volume)" = 3a156d4e-f41c-818d-ac9c-291480d004b7 ]
}
check "with the primary header gone, the secondary one is found" secondary_alone "$@"

# docs/format.md, "Payload": the IV of a 4096-byte sector counts 512-byte units. cryptsetup encrypts, and the rule decrypts.
decrypts_by_the_rule() {
	python3 - "$golden/key" plain container <<'PYTHON'
import sys
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
key, plain, container = (open(name, "rb").read() for name in sys.argv[1:])
for sector in range(len(plain) // 4096):
    at = 16 * 1024 * 1024 + 4096 * sector
    decryptor = Cipher(algorithms.AES(key), modes.XTS((8 * sector).to_bytes(16, "little"))).decryptor()
    if decryptor.update(container[at : at + 4096]) != plain[4096 * sector : 4096 * sector + 4096]:
        sys.exit(f"sector {sector} differs")
PYTHON
}
sentence="the payload rule of docs/format.md decrypts what cryptsetup encrypted"
if python3 -c 'import cryptography' 2>/dev/null; then
	head -c 8M /dev/urandom >plain
	cp plain container
	truncate -s +32M container
	printf x >passphrase
	if cryptsetup "$@" reencrypt --encrypt --type luks2 --force-offline-reencrypt --batch-mode --cipher aes-xts-plain64 --key-size 512 \
		--sector-size 4096 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --volume-key-file "$golden/key" --key-file passphrase \
		--reduce-device-size 32M container >said 2>&1; then
		check "$sentence" decrypts_by_the_rule
	else
		not_ok "$sentence"
		tell said
	fi
else
	skip "$sentence" "python3 has no module cryptography (package python3-cryptography)"
fi
done_testing
