#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The way to the broker leads through the host. Who stands there can keep a guest from its key, and that is all: an answer made for somebody else, or
# for this guest yesterday, holds no key that this guest could use, a challenge played again is one that the broker no longer takes, and what is no
# answer ends the boot. So does a key that was withdrawn, and an image that was changed. tests/unit/guest-init/test_kbs_client.c has more such brokers.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/broker.sh
. "$(dirname "$0")/../broker.sh"
# shellcheck source=tests/guest.sh
. "$(dirname "$0")/../guest.sh"
need openssl python3
guest_kernel
cd "$work" || exit
certificate() { # NAME: by itself, for the address under which a guest sees this machine
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" -days 30 -subj "/CN=$1" \
		-addext subjectAltName=IP:10.0.2.2 2>/dev/null
}
certificate broker
certificate stranger
check "a laboratory and an initrd are made, with a CA" guest_lab --ca broker.pem
check "an image is sealed" pod one --key-out one.key
seal=$(pinned one)

serve_keys
echo relay >manner
python3 -B "$root/tests/hostile_broker.py" "$url" hostile manner 2>hostile.log &
hostile=$!
finally '[ -z "$hostile" ] || kill "$hostile" 2>/dev/null'
until_true 60 test -s hostile
url=$(cat hostile)
check "the broker lets in a launch" admit one "$seal"
boots "by way of someone who listens the key arrives" "^the pod one runs" ./attest one "$seal"

manner() { # WORD SENTENCE REGEX
	echo "$1" >manner
	refusal "$2" "asking for the keys: $3" ./attest one "$seal"
}
manner old_secret "the answer that another boot had holds no key for this one" ".*the broker's answer for .*: the JWE does not decrypt with this key"
manner old_challenge "a challenge played again is one that the broker does not take" "the broker refuses: "
manner redirect "a guest goes nowhere else than it was told" "the broker answers with HTTP status 307"
manner garbage "a megabyte of noise is no answer" "not an HTTP answer"
manner silence "silence has an end" "the broker gives no answer in time"
echo relay >manner

path=$("$podseal" inspect one.img --json | jq -r '[.. | .key_id? // empty][0]')
cp one.img whole.img
generate disk_damage whole.img one.img header
refusal "a changed byte in the LUKS2 header is seen before a key is asked for" "opening dm-verity: volume root: the LUKS2 header does not match the root hash" \
	./attest one "$seal"
cp whole.img one.img
check "the key of an older image is withdrawn" "$broker" remove --store "$store" --path "$path"
refusal "from then on that image starts nowhere" "asking for the keys: $path: the broker refuses: " ./attest one "$seal"
stop

serve_keys --tls-cert broker.pem --tls-key broker.key
check "a broker with TLS lets in a launch" admit one "$seal"
boots "a broker whose certificate the initrd has is asked" "^the pod one runs" ./attest one "$seal"
address=${url#https://}
stop
listen=$address serve_keys --tls-cert stranger.pem --tls-key stranger.key
refusal "a stranger's in its place is not" "asking for the keys: the broker's certificate: " ./attest one "$seal"
stop
done_testing
