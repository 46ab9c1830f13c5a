#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A key owner wants to know what a guest's report will show before there is a guest: `podseal measure` says it from the firmware, kernel,
# initrd and command line alone, and what cannot be launched so is an error, never a digest that no machine will report.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need openssl jq python3

vectors=$root/../shared/vectors/measure
[ -d "$vectors" ] || skip_all "../shared/vectors/measure is absent"

# fields are separated by tabs and some are empty, which `read` would join
n=0
while IFS= read -r line; do
	mapfile -t -d $'\t' case < <(printf '%s' "$line")
	n=$((n + 1))
	arguments=(--mode "${case[0]}" --ovmf "$vectors/${case[4]}")
	[ "${case[0]}" = sev ] || arguments+=(--vcpus "${case[1]}" --vcpu-type "${case[2]}")
	[ -z "${case[3]}" ] || arguments+=(--guest-features "${case[3]}")
	[ -z "${case[5]}" ] || arguments+=(--kernel "$vectors/${case[5]}")
	[ -z "${case[6]}" ] || arguments+=(--initrd "$vectors/${case[6]}")
	[ -z "${case[7]}" ] || arguments+=(--cmdline "${case[7]}")
	check "case $n: ${case[0]}, ${case[1]} of ${case[2]}" test "$("$podseal" measure "${arguments[@]}")" = "${case[8]}"
done <"$vectors/cases.tsv"
check "all six cases were run" test "$n" = 6

ovmf=$vectors/ovmf_AmdSev_suffix.bin
refuses "a mode nobody has" 2 "snp, sev, seves or laboratory" "$podseal" measure --mode tdx --ovmf "$ovmf"
refuses "no firmware" 2 "which firmware" "$podseal" measure --mode snp
refuses "a laboratory measures no firmware" 2 "takes --kernel, --initrd" "$podseal" measure --mode laboratory --kernel "$vectors/kernel.bin" --ovmf "$ovmf"
refuses "  and nothing without a kernel" 2 "measures a kernel" "$podseal" measure --mode laboratory
refuses "a CPU type QEMU does not have" 2 "EPYC-Turin" "$podseal" measure --mode snp --ovmf "$ovmf" --vcpu-type Opteron
refuses "no vCPU" 2 "from 1 to 4096" "$podseal" measure --mode snp --ovmf "$ovmf" --vcpus 0
refuses "features that are no number" 2 "hexadecimal" "$podseal" measure --mode snp --ovmf "$ovmf" --guest-features 0xzz
refuses "an initrd without a kernel" 2 "need --kernel" "$podseal" measure --mode snp --ovmf "$ovmf" --initrd "$vectors/initrd.bin"
refuses "another VMM" 2 "is not QEMU" "$podseal" measure --mode snp --ovmf "$ovmf" --vmm-type ec2
refuses "an ID block for SEV" 2 "for --mode snp" "$podseal" measure --mode sev --ovmf "$ovmf" --id-key "$ovmf"
refuses "firmware that does not exist" 3 "No such file" "$podseal" measure --mode snp --ovmf "$work/none"
head -c 8192 /dev/zero >"$work/zeros"
refuses "firmware without SEV metadata" 3 "cannot boot an SNP guest" "$podseal" measure --mode snp --ovmf "$work/zeros"
refuses "kernel hashes where the firmware takes none" 3 "kernel hashes" \
	"$podseal" measure --mode snp --ovmf "$vectors/ovmf_OvmfX64_suffix.bin" --kernel "$vectors/kernel.bin"

# Debian's OVMF: a digest without a kernel, and the reason why there is none with one
if [ -f /usr/share/ovmf/OVMF.fd ]; then
	check "Debian's OVMF has a digest" grep -Eqx '[0-9a-f]{96}' <("$podseal" measure --mode snp --ovmf /usr/share/ovmf/OVMF.fd --vcpus 2)
	refuses "Debian's OVMF takes no kernel hashes" 3 "no place for kernel hashes" \
		"$podseal" measure --mode snp --ovmf /usr/share/ovmf/OVMF.fd --kernel "$vectors/kernel.bin"
else
	skip "Debian's OVMF has a digest" "/usr/share/ovmf/OVMF.fd is absent (Debian package ovmf)"
fi

openssl ecparam -name secp384r1 -genkey -noout -out "$work/id.pem" 2>/dev/null
openssl ecparam -name secp384r1 -genkey -noout -out "$work/author.pem" 2>/dev/null
openssl ecparam -name prime256v1 -genkey -noout -out "$work/other.pem" 2>/dev/null
"$podseal" measure --mode snp --ovmf "$ovmf" --id-key "$work/id.pem" --author-key "$work/author.pem" >"$work/printed"
check "an ID block comes after the digest" test "$(sed 's/=.*//' "$work/printed" | tail -n +2 | xargs)" = "id-block id-auth id-key-digest author-key-digest"
"$podseal" measure --mode snp --ovmf "$ovmf" --id-key "$work/id.pem" --guest-policy 0x20000 --json >"$work/id.json"
check "its policy is the one asked for" test "$(jq -r .id_block "$work/id.json" | base64 -d | tail -c 8 | od -An -tx1 | xargs)" = "00 00 02 00 00 00 00 00"
check "it begins with the launch digest" test "$(jq -r .id_block "$work/id.json" | base64 -d | head -c 48 | od -An -v -tx1 | tr -d ' \n')" = "$(jq -r .launch_digest "$work/id.json")"
refuses "an ID key on another curve" 3 "other.pem: not a private key on P-384" "$podseal" measure --mode snp --ovmf "$ovmf" --id-key "$work/other.pem"

done_testing
