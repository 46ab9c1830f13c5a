#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A key owner stores an image's key with its policy and lets a broker give it out: to the guest that was measured, encrypted to that guest, and
# to nobody else. Every request is in a log whose rows cannot be altered unseen.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
. "$root/tests/broker.sh"
need openssl jq curl sqlite3
broker_needs

laboratory
head -c 64 /dev/urandom >"$work/pod.key"
chmod 600 "$work/pod.key"
printf '{"measurements": ["%s"], "min_tcb": {"bootloader": 10, "tee": 0, "snp": 23, "microcode": 200}, "products": ["Genoa"]}' "$measurement" >"$work/policy.json"
jq '.min_tcb.microcode = 201' "$work/policy.json" >"$work/newer.json"
store=$work/broker.db
add() { "$broker" add --store "$store" --secret "$work/pod.key" "$@"; }

check "init makes a store" "$broker" init --store "$store"
check "  and its key, which others cannot read" test "$(stat -c %a "$store" "$store.key" | xargs)" = "600 600"
refuses "  and never over one that is there" 4 "File exists" "$broker" init --store "$store" --store-key "$work/other.key"
check "  leaving nothing behind then" test ! -e "$work/other.key"
check "add stores a key" add --path podseal/key/one --policy "$work/policy.json"
check "  and another, with another policy" add --path podseal/key/newer --policy "$work/newer.json"
refuses "  but not twice at one path" 3 "there already" add --path podseal/key/one --policy "$work/policy.json"
refuses "  nor at what is no path" 3 "not a path" add --path ../key --policy "$work/policy.json"
refuses "  nor with a policy that is none" 3 "measurement" add --path a/b/c --policy <(echo '{"measurement": []}')
chmod 644 "$work/pod.key"
refuses "  nor a key that others can read" 3 "chmod" add --path a/b/c --policy "$work/policy.json"
chmod 600 "$work/pod.key"
check "list shows what is there" test "$("$broker" list --store "$store" --json | jq -r '.[].path' | xargs)" = "podseal/key/newer podseal/key/one"
check "  in plain words too" grep -q " 64  podseal/key/one$" <("$broker" list --store "$store")
not_inside() { ! grep -aqF "$(head -c 24 "$work/pod.key" | tr -d '\0\n')" "$store" "$store-wal" 2>/dev/null; }
check "the store holds no key in the clear" not_inside

# --- a guest ---
serve --trust-ark "$lab/ark.pem"
check "the broker says that it trusts a laboratory" grep -q "trusting laboratory root .*ark.pem" "$work/serve.log"
gets() { # WHAT PATH [WORD...]
	rm -f "$work/got"
	guest "$url" "$2" "$work/got" "${@:3}" && cmp "$work/got" "$work/$1"
}
check "a guest with the right measurement gets the key" gets pod.key podseal/key/one
check "  by the bearer token too" gets pod.key podseal/key/one token
check "  in the manner of guest-components, which writes the JWE's header anew" gets pod.key podseal/key/one rewrite
check "  with initdata that HOST_DATA names" gets pod.key podseal/key/one initdata
not_given() { # STATUS-AND-VARIANT-REGEX PATH [WORD...]
	rm -f "$work/got"
	guest "$url" "$2" "$work/got" "${@:3}" >"$work/refusal" 2>&1 && return 1
	[ ! -e "$work/got" ] && grep -E "$1" "$work/refusal" && return
	sed 's/^/# /' "$work/refusal"
	return 1
}
check "one whose firmware is older than the policy wants does not" not_given '^403 .*/PolicyDeny.*min_tcb' podseal/key/newer
check "one that may be debugged does not" not_given '^403 .*/PolicyDeny.*allow_debug' podseal/key/one debug
check "a path at which nothing lies is not found" not_given '^404 .*/PluginInternalError' podseal/key/none
check "a report without a chain, where the broker has none, is refused" not_given '^401 .*/AttestationError.*issuer' podseal/key/one bare
another() { measurement=$(printf '%096d' 8) && not_given '^403 .*/PolicyDeny.*rule measurements' podseal/key/one; }
check "another measurement is refused" another
measurement=$(printf '%096d' 7)
check "the client is not told which measurement would do" eval '! grep -q 0007 "$work/refusal"'
check "the log is" grep -q "PolicyDeny\|refused.*rule measurements: found 0*8, wanted 0*7; " "$work/serve.log"
check "each line about the laboratory's guest says so" eval '! grep -E " (attested|released)" "$work/serve.log" | grep -v "laboratory root"'
check "another version of the protocol is refused in Trustee's words" grep -q 'Version Mismatch: expect =0.4.0 while the request is 0.2.0' \
	<(curl -s "$url/kbs/v0/auth" -d '{"version":"0.2.0","tee":"snp","extra-params":""}')
check "what the store adds is given out at once" eval 'add --path podseal/key/late --policy "$work/policy.json" && gets pod.key podseal/key/late'
check "and what it removes no longer" eval '"$broker" remove --store "$store" --path podseal/key/late && not_given "^404" podseal/key/late'
stop
check "SIGTERM ends it with status 0" test "$served" -eq 0
check "no key and no token is in the log" eval '! grep -qE "eyJ|$(base64 -w0 "$work/pod.key" | head -c 20 | sed "s/[+]/[+]/g")" "$work/serve.log"'

# --- certificates, and roots that nobody named ---
serve --trust-ark "$lab/ark.pem" --vek-dir "$lab"
check "a report without certificates is verified with the owner's folder" gets pod.key podseal/key/one bare
check "  and one with the VCEK alone" gets pod.key podseal/key/one vcek
stop
mkdir "$work/issuers"
cp "$lab/ask.pem" "$work/issuers"
serve --trust-ark "$lab/ark.pem" --vek-dir "$work/issuers"
check "a VCEK that was once verified is known from then on" gets pod.key podseal/key/one bare
stop
serve --vek-dir "$lab"
check "a laboratory that was not named is refused" not_given '^401 .*/AttestationError' podseal/key/one
stop

# --- the audit log ---
audit() { "$broker" audit --store "$store" "$@"; }
check "the audit log has every request" test "$(audit --json | jq '[.[] | select(.action == "resource")] | length')" -eq "$(cat "$work"/serve.log.* | grep -c ' resource ')"
check "  with measurement, chip, resource, verdict and rule" test "$(audit --json | jq -r '[.[] | select(.rule == "min_tcb")][0] | [.measurement, .chip_id[:4], .resource, .verdict, .root] | join(" ")')" = \
	"$measurement c1c2 podseal/key/newer refused laboratory root"
check "  and what was added and removed" test "$(audit --json | jq -r '[.[] | select(.action == "store") | .verdict] | join(" ")')" = "added added added removed"
check "it holds" audit --verify
anchor=$(sed -n 's/.*; audit //p' "$work/serve.log" | tail -n 1)
check "  and goes through the row that the broker's log named" audit --verify --anchor "$anchor"
refuses "  and not through another" 1 "does not go through" audit --verify --anchor "1:$(printf '%064d' 0)"
alter_copy() { # SQL: on a copy of the store as it is, nothing left of the copy before
	rm -f "$work"/copy.db*
	sqlite3 "$store" ".backup '$work/copy.db'" && sqlite3 "$work/copy.db" "$1"
}
altered() { # SENTENCE REGEX SQL
	alter_copy "$3"
	refuses "$1" 1 "$2" "$broker" audit --store "$work/copy.db" --store-key "$store.key" --verify
}
altered "a verdict altered shows" "row 5 was altered" "UPDATE audit SET verdict='refused' WHERE sequence=5"
altered "a row taken out shows" "row 5 is missing" "DELETE FROM audit WHERE sequence=5"
altered "the last rows taken away show" "had [0-9]+ rows" "DELETE FROM audit WHERE sequence > 9"
altered "  also where the end is set to fit" "end of the audit log was altered" \
	"DELETE FROM audit WHERE sequence > 9; UPDATE audit_head SET sequence=9, hash=(SELECT hash FROM audit WHERE sequence=9)"
alter_copy "UPDATE resource SET policy=replace(policy, '201', '1')"
cp "$store.key" "$work/copy.db.key"
original=$store store=$work/copy.db
serve --trust-ark "$lab/ark.pem"
check "a policy altered in the store gives nothing out" not_given '^500 ' podseal/key/newer
stop
store=$original
head -c 32 /dev/urandom >"$work/other.key" && chmod 600 "$work/other.key"
refuses "another store's key does not open it" 1 "another store key" "$broker" audit --store "$store" --store-key "$work/other.key" --verify
done_testing
