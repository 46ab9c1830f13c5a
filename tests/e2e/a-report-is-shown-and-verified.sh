#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A security reviewer is handed an attestation report, a certificate and AMD's chain, and asks: what does it say, is it genuine, and is it the
# guest that we meant? Each answer is one command, and its exit status is the answer.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need jq

vectors=$root/../shared/vectors
[ -d "$vectors/snp" ] || skip_all "../shared/vectors/snp is absent"
snp=$vectors/snp
report=$snp/milan-a-report.bin
vek=(--vek "$snp/milan-a-vcek.der" --chain "$snp/chain-milan.pem")

"$podseal" report show "$report" >"$work/shown"
check "show says the TCB" grep -Eqx 'reported_tcb +bootloader 3, tee 0, snp 8, microcode 115' "$work/shown"
check "show says that a version 2 report has no CPUID" grep -Eqx 'cpuid_family +not in this version' "$work/shown"
check "show --json has the measurement" test "$("$podseal" report show "$report" --json | jq -r .measurement)" = \
	7a1e5c266c0108dbc9bb94fa926951320940915d0aafb42464bd88b579ea158d3e1a0dc39b2c60bd95b9c480cd81841f

check "a report of a Milan verifies" "$podseal" report verify --report "$report" "${vek[@]}"
check "another one does" "$podseal" report verify --report "$snp/milan-b-report.bin" --vek "$snp/milan-b-vcek.der" --chain "$snp/chain-milan.pem"
check "a report of a Genoa does" "$podseal" report verify --report "$vectors/kbs/snp-report-v3-genoa.bin" \
	--vek "$vectors/kbs/snp-vcek-genoa.der" --chain "$snp/chain-genoa.pem"

refuses "another machine's report" 1 "milan-b-report.bin: report: the signature does not verify" "$podseal" report verify --report "$snp/milan-b-report.bin" "${vek[@]}"
for bad in 1 2; do
	refuses "a certificate that AMD did not sign, $bad" 1 "SEV-VCEK: certificate signature failure" \
		"$podseal" report verify --report "$snp/milan-b-report.bin" --vek "$snp/milan-b-vcek-bad-$bad.der" --chain "$snp/chain-milan.pem"
done
refuses "a certificate out of date" 1 "certificate has expired" "$podseal" report verify --report "$vectors/kbs/snp-report-vlek.bin" \
	--vek "$vectors/kbs/snp-vlek.der" --chain "$vectors/kbs/milan-ask-ark-asvk.pem"
refuses "another product's chain" 1 "unable to get local issuer" "$podseal" report verify --report "$report" --vek "$snp/milan-a-vcek.der" --chain "$snp/chain-genoa.pem"
head -c 1000 "$report" >"$work/cut"
refuses "a report cut short" 3 "1000 bytes, not 1184" "$podseal" report show "$work/cut"
refuses "a report that is a file of zeros" 3 "version 0 is not known" "$podseal" report show <(head -c 1184 /dev/zero)
refuses "a chain that is no chain" 3 "cut: no certificate" "$podseal" report verify --report "$report" --vek "$snp/milan-a-vcek.der" --chain "$work/cut"
refuses "neither show nor verify" 2 "show or verify" "$podseal" report
refuses "verify without a certificate" 2 "needs --report, --vek and --chain" "$podseal" report verify --report "$report"

measurement=$("$podseal" report show "$report" --json | jq -r .measurement)
printf '{"measurements": ["%s"], "min_tcb": {"bootloader": 3, "tee": 0, "snp": 8, "microcode": 115}, "products": ["Milan"]}' "$measurement" >"$work/policy.json"
check "a policy that the report keeps" "$podseal" report verify --report "$report" "${vek[@]}" --policy "$work/policy.json"
jq '.min_tcb.microcode = 116' "$work/policy.json" >"$work/newer.json"
refuses "a policy that wants newer microcode" 1 "rule min_tcb: found microcode 115, wanted at least 116" \
	"$podseal" report verify --report "$report" "${vek[@]}" --policy "$work/newer.json"
jq '.min_microcode = 1' "$work/policy.json" >"$work/unknown.json"
refuses "a policy with a member nobody knows" 3 "min_microcode" "$podseal" report verify --report "$report" "${vek[@]}" --policy "$work/unknown.json"
"$podseal" report verify --report "$report" "${vek[@]}" --policy "$work/newer.json" --json >"$work/verdict" 2>/dev/null
check "--json names the rule that refused" test "$(jq -c '[.holds, .verified, .rule, .root]' "$work/verdict")" = '[false,true,"min_tcb","AMD"]'

done_testing
