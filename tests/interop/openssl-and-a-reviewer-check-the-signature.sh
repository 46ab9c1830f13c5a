#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A release engineer signs the descriptor; a reviewer who trusts the certificate, or the authority behind it, needs no digest to compare. openssl agrees.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/images.sh
. "$(dirname "$0")/../images.sh"
need openssl
cd "$work" || exit
small_images

certificate() { # NAME KEY-OPTIONS REQUEST-OPTIONS
	openssl req -new -nodes -x509 -days 30 -subj "/CN=$1" -keyout "$1.key" -out "$1.pem" $2 2>/dev/null
}
certificate ec "-newkey ec -pkeyopt ec_paramgen_curve:P-256"
certificate rsa "-newkey rsa:3072"
certificate stranger "-newkey ec -pkeyopt ec_paramgen_curve:P-384"
certificate authority "-newkey ec -pkeyopt ec_paramgen_curve:P-384"
openssl req -new -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -subj /CN=signer -keyout signer.key -out signer.csr 2>/dev/null
openssl x509 -req -in signer.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 30 -out signer.pem 2>/dev/null

# The signature out of the seal partition, by docs/format.md: magic, the two lengths, descriptor, signature.
signature_of() {
	take_partition "$1" seal seal.part
	python3 - <<-'PYTHON'
		import struct
		part = open("seal.part", "rb").read()
		descriptor = open("pod.img.seal.json", "rb").read()
		at = part.index(descriptor) + len(descriptor)
		at = part.index(b"\x30\x82", at)
		(length,) = struct.unpack(">H", part[at + 2:at + 4])
		open("signature.der", "wb").write(part[at:at + 4 + length])
	PYTHON
}

for name in ec rsa; do
	check "sealed and signed with $name" seal pod.img --key-out "$name.volume" --sign-key $name.key --sign-cert $name.pem
	check "  who trusts the certificate is content" "$verity" verify pod.img --trust $name.pem
	refuses "  who trusts another is not" 1 'podseal-verity: .*pod.img.*sign' "$verity" verify pod.img --trust stranger.pem
	check "  one of several is enough" "$verity" verify pod.img --trust stranger.pem --trust $name.pem
	check "  inspect says that there is a signature" eval '"$podseal" inspect pod.img | grep -q "^signature  *[^n]"'
	signature_of pod.img
	check "  openssl verifies it over the descriptor" openssl cms -verify -binary -inform DER -in signature.der -content pod.img.seal.json -CAfile $name.pem -purpose any -out /dev/null
	check "  and not over another" eval '! openssl cms -verify -binary -inform DER -in signature.der -content authority.pem -CAfile $name.pem -purpose any -out /dev/null 2>/dev/null'
done

check "sealed and signed by one whom an authority vouches for" seal pod.img --key-out chain.volume --sign-key signer.key --sign-cert signer.pem
check "  who trusts the authority is content" "$verity" verify pod.img --trust authority.pem
check "  who trusts the signer alone is too" "$verity" verify pod.img --trust signer.pem
refuses "  who trusts another is not" 1 'podseal-verity: .*pod.img.*sign' "$verity" verify pod.img --trust stranger.pem

seal unsigned.img --key-out unsigned.volume
refuses "an unsigned image satisfies nobody who asks for a signature" 1 'podseal-verity: .*unsigned.img.*sign' "$verity" verify unsigned.img --trust ec.pem
refuses "a key that is not the certificate's does not sign" 3 'podseal: .*(match|belong|certificate)' seal x.img --key-out x.volume --sign-key ec.key --sign-cert rsa.pem
check "  and leaves nothing" test ! -e x.img -a ! -e x.volume

# the same inputs, the same signature: RSA's is a function of them
"$podseal" keygen -o key
seal one.img --key key --sign-key rsa.key --sign-cert rsa.pem
seal two.img --key key --sign-key rsa.key --sign-cert rsa.pem
check "signed with RSA, an image is the same again" same one.img two.img
check "signing changes neither descriptor nor seal digest" eval 'seal three.img --key key && cmp one.img.seal.json three.img.seal.json'
done_testing
