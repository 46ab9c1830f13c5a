#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An auditor trusts the broker's log only as far as they can check it themselves: twenty lines of Python, from what broker/audit.h says of the
# chain, come to the anchor that the broker names; and SQLite's own tool finds the store in order.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
. "$root/tests/broker.sh"
need curl sqlite3 jq

store=$work/broker.db
"$broker" init --store "$store" >/dev/null
head -c 32 /dev/urandom >"$work/secret" && chmod 600 "$work/secret"
printf '{"measurements": ["%s"]}' "$measurement" >"$work/policy.json"
"$broker" add --store "$store" --path a/b/c --secret "$work/secret" --policy "$work/policy.json" >/dev/null
serve
for i in {1..20}; do
	curl -s -o "$work/answer" "$url/kbs/v0/auth" -d '{"version":"0.4.0","tee":"snp","extra-params":""}'
	curl -s -o "$work/answer" "$url/kbs/v0/resource/a/b/$i"
	curl -s -o "$work/answer" "$url/nothing/%C3%A4/$i"
done
stop

follow() {
	python3 - "$store" <<'EOF'
import hashlib, sqlite3, struct, sys
last = bytes(32)
db = sqlite3.connect(sys.argv[1])
for sequence, time, *texts, stored in db.execute("SELECT sequence, time, peer, action, resource, chip_id, measurement, verdict, rule, root, hash FROM audit ORDER BY sequence"):
    data = last + struct.pack(">QQ", sequence, time)
    for text in texts:
        data += struct.pack(">Q", len(text.encode())) + text.encode()
    last = hashlib.sha256(data).digest()
    assert last == stored, sequence
print(f"{sequence}:{last.hex()}")
EOF
}
check "the rows are as many as there were requests, and the one that added a key" test "$(sqlite3 "$store" 'SELECT count(*) FROM audit')" -eq 61
check "Python comes to the anchor that audit --verify names" test "$(follow)" = "$("$broker" audit --store "$store" --verify --json | jq -r .anchor)"
check "  and to that of the broker's last log line" test "$(follow)" = "$(sed -n 's/.*; audit //p' "$work/serve.log" | tail -n 1)"
check "SQLite finds the store in order" test "$(sqlite3 "$store" 'PRAGMA integrity_check')" = ok
done_testing
