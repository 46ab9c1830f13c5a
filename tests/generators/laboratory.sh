#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# laboratory.sh DIR: a chain with the names, algorithms and extensions of AMD's, by openssl alone: ark.pem, ask.pem, vcek.pem, vcek.der, and
# vcek.key, which signs reports (tests/kbs_client.py). The chip is a Genoa with the ID c1c20000...ff at TCB bootloader 10, tee 0, snp 23,
# microcode 200.
set -euo pipefail
dir=$1
mkdir -p "$dir"
cd "$dir"

pss=(-sha384 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:48 -sigopt rsa_mgf1_md:sha384)
subject="/OU=Laboratory/O=podseal laboratory, not AMD/CN="
chip=c1:c2$(printf ':00%.0s' {1..61}):ff

authority() { # PATHLEN
	printf '[req]\ndistinguished_name=dn\n[dn]\n[ext]\nbasicConstraints=critical,CA:TRUE%s\nkeyUsage=critical,keyCertSign\n' "$1"
}
authority "" >ark.cnf
authority ",pathlen:0" >ask.cnf
cat >vcek.cnf <<EOF
[ext]
1.3.6.1.4.1.3704.1.1=DER:02:01:00
1.3.6.1.4.1.3704.1.2=DER:16:05:47:65:6e:6f:61
1.3.6.1.4.1.3704.1.3.1=DER:02:01:0a
1.3.6.1.4.1.3704.1.3.2=DER:02:01:00
1.3.6.1.4.1.3704.1.3.3=DER:02:01:17
1.3.6.1.4.1.3704.1.3.8=DER:02:02:00:c8
1.3.6.1.4.1.3704.1.4=DER:$chip
EOF

{
	openssl genrsa -out ark.key 4096 &
	openssl genrsa -out ask.key 4096
	wait $!
	openssl ecparam -name secp384r1 -genkey -noout -out vcek.key
	openssl req -x509 -new -key ark.key -subj "${subject}ARK-Genoa" -days 30 -config ark.cnf -extensions ext "${pss[@]}" -out ark.pem
	openssl req -new -key ask.key -subj "${subject}SEV-Genoa" -config ark.cnf -out ask.csr
	openssl x509 -req -in ask.csr -CA ark.pem -CAkey ark.key -set_serial 0x10001 -days 30 -extfile ask.cnf -extensions ext "${pss[@]}" -out ask.pem
	openssl req -new -key vcek.key -subj "${subject}SEV-VCEK" -config ark.cnf -out vcek.csr
	openssl x509 -req -in vcek.csr -CA ask.pem -CAkey ask.key -set_serial 0 -days 30 -extfile vcek.cnf -extensions ext "${pss[@]}" -out vcek.pem
	openssl x509 -in vcek.pem -outform DER -out vcek.der
} 2>openssl.log || { cat openssl.log >&2; exit 1; }
rm -f ./*.csr ./*.cnf ark.key ask.key openssl.log
