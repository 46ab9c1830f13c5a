#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A key broker is one process that every pod's start depends on: many guests at once, hosts that send it anything, kill -9 at any time.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
. "$root/tests/broker.sh"
need openssl jq
broker_needs

laboratory
head -c 64 /dev/urandom >"$work/pod.key"
chmod 600 "$work/pod.key"
printf '{"measurements": ["%s"]}' "$measurement" >"$work/policy.json"
store=$work/broker.db
"$broker" init --store "$store" >/dev/null
"$broker" add --store "$store" --path a/b/c --secret "$work/pod.key" --policy "$work/policy.json" >/dev/null
gets() {
	rm -f "$work/got"
	guest "$url" a/b/c "$work/got" && cmp "$work/got" "$work/pod.key"
}
load() { "$python" -B "$root/tests/kbs_load.py" "$url" "$lab" "$measurement" a/b/c "$work/pod.key" "$@"; }

serve --trust-ark "$lab/ark.pem"
load 1000 16 >"$work/load.json" 2>"$work/.err"
echo "# $(cat "$work/load.json" "$work/.err")"
check "1,000 complete attestations by 16 clients without one failure" test "$(jq '[.count, .failures] | join(" ")' -r "$work/load.json")" = "1000 0"
check "  each of them three rows of the log" test "$("$broker" audit --store "$store" --json | jq '[.[] | select(.verdict == "challenged" or .verdict == "attested" or .verdict == "released")] | length')" -eq 3000

"$python" -B "$root/tests/kbs_abuse.py" "$url" "$lab" "$measurement" a/b/c 10000 40 >"$work/abuse.json" 2>"$work/.err"
echo "# $(cat "$work/abuse.json" "$work/.err")"
check "10,000 malformed requests are refused, with 40 slow connections open" test "$(jq -r '[.count, .refused, (.not_refused | length)] | join(" ")' "$work/abuse.json")" = "10000 10000 0"
check "  of 24 kinds" test "$(jq .kinds "$work/abuse.json")" -eq 24
check "  and it still serves" gets
# some sandboxes do not count the most it ever had
memory=$(awk '/^Vm(HWM|RSS):/ { if ($2 > most) most = $2 } END { print most + 0 }' "/proc/$pid/status")
echo "# $memory KiB in memory"
limit=131072
[[ $PROGRAMS == */asan ]] && limit=1048576
check "  having held less than $((limit / 1024)) MiB" test "$memory" -lt "$limit"

# half of all connections go to one address at most
crowded() {
	"$python" -B - "$root/tests" "${url#http://}" "$lab" "$measurement" <<'EOF'
import http.client, socket, sys
sys.path.insert(0, sys.argv[1])
import kbs_client
host, port = sys.argv[2].rsplit(":", 1)
slow = []
for _ in range(300):
    slow.append(socket.create_connection((host, int(port)), timeout=5))
    slow[-1].sendall(b"POST /kbs/v0/auth HTTP/1.1\r\nHost: x\r\nX: ")
guest = kbs_client.Guest(f"http://{sys.argv[2]}", kbs_client.Laboratory(sys.argv[3]), bytes.fromhex(sys.argv[4]))
guest.http = http.client.HTTPConnection(host, int(port), timeout=10, source_address=("127.0.0.2", 0))
for _ in range(10):
    guest.get("a/b/c")
EOF
}
check "a host that holds 300 connections open does not keep another from its key" crowded

load 100000 4 >"$work/cut.json" 2>/dev/null &
loading=$!
sleep 2
stop KILL
{ kill "$loading"; wait "$loading"; } 2>/dev/null
acknowledged=$(sed -n 's/.*; audit \([0-9]*:[0-9a-f]*\)$/\1/p' "$work/serve.log" | sort -n | tail -n 1)
check "after kill -9 under load the audit log holds, with each row that was acknowledged" "$broker" audit --store "$store" --verify --anchor "$acknowledged"
serve --trust-ark "$lab/ark.pem"
check "  and a broker starts again on it, and serves" gets
# a broker that is told to end while guests attest lets them
load 100000 4 >"$work/cut.json" 2>/dev/null &
loading=$!
sleep 1
stop
{ kill "$loading"; wait "$loading"; } 2>/dev/null
check "SIGTERM under load ends it with status 0" test "$served" -eq 0
check "  and the log holds" "$broker" audit --store "$store" --verify

# half a request, then SIGTERM, then the other half
serve --trust-ark "$lab/ark.pem"
late() {
	"$python" - "${url#http://}" "$pid" <<'EOF'
import os, signal, socket, sys, time
host, port = sys.argv[1].rsplit(":", 1)
body = b'{"version":"0.4.0","tee":"snp","extra-params":""}'
sock = socket.create_connection((host, int(port)), timeout=10)
sock.sendall(b"POST /kbs/v0/auth HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:20])
time.sleep(0.3)
os.kill(int(sys.argv[2]), signal.SIGTERM)
time.sleep(0.3)
sock.sendall(body[20:])
assert sock.recv(4096).startswith(b"HTTP/1.1 200 ")
EOF
}
check "a request that had begun before SIGTERM is answered" late
wait "$pid"
served=$? pid=
check "  and then the broker ends" test "$served" -eq 0
done_testing
