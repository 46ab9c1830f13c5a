#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whoever has only openssl can check who sealed an image. The signatures are the golden ones; tests/unit/format/test_signature.c verifies
# them too, and those that `openssl cms -sign` made. The certificates were valid for a day, hence -no_check_time.
. "$(dirname "$0")/../lib.sh"
need openssl
golden=$root/tests/unit/format/golden
cd "$work" || exit

verifies() {
	openssl cms -verify -binary -inform DER -in "$golden/$1" -content "$2" -CAfile "$golden/$3" -no_check_time -out content
}
check "an EC P-256 signature" verifies signature-p256.der "$golden/descriptor.json" p256.crt
check "an RSA signature" verifies signature-rsa.der "$golden/descriptor.json" rsa.crt
check "an EC P-384 signature, whose certificate an authority issued" verifies signature-chain.der "$golden/descriptor.json" ca.crt

sed 's/"format":1/"format":2/' "$golden/descriptor.json" >other.json
fails() {
	! verifies "$@" 2>said && grep -qi '^CMS Verification failure' said
}
check "not over another descriptor" fails signature-p256.der other.json p256.crt
check "not by another party" fails signature-p256.der "$golden/descriptor.json" rsa.crt
done_testing
