#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Guests reach a broker over the network, with TLS or without, over a unix socket that something forwards, or over vsock.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
. "$root/tests/broker.sh"
need openssl
broker_needs

laboratory
head -c 1000 /dev/urandom >"$work/secret"
chmod 600 "$work/secret"
printf '{"measurements": ["%s"]}' "$measurement" >"$work/policy.json"
store=$work/broker.db
"$broker" init --store "$store" --store-key "$work/store.key" >/dev/null
refuses "the key is not where it is looked for" 3 "broker.db.key: no such file" "$broker" add --store "$store" --path a/b/c --secret "$work/secret" --policy "$work/policy.json"
check "the key has a place of its own" "$broker" add --store "$store" --store-key "$work/store.key" --path a/b/c --secret "$work/secret" --policy "$work/policy.json"
mkdir "$work/credentials"
mv "$work/store.key" "$work/credentials/podseal-store-key"
export CREDENTIALS_DIRECTORY=$work/credentials
check "  or comes as a systemd credential" "$broker" audit --store "$store" --verify
gets() {
	rm -f "$work/got"
	guest "$url" a/b/c "$work/got" && cmp "$work/got" "$work/secret"
}

listen='[::1]:0'
if serve --trust-ark "$lab/ark.pem" && [ "$url" != http:// ]; then
	check "over IPv6" gets
	stop
else
	skip "over IPv6" "no IPv6 on the loopback interface"
	pid=
fi

listen=unix:$work/broker.sock
serve --trust-ark "$lab/ark.pem"
check "over a unix socket" gets
check "  and the log says whose process it was" grep -q "unix:uid:$(id -u) resource a/b/c released" "$work/serve.log"
refuses "two cannot listen at one place" 4 "Address already in use" "$broker" serve --store "$store" --listen "$listen"
stop KILL
serve --trust-ark "$lab/ark.pem"
check "  a socket that a killed broker left is no hindrance" gets
stop
check "  and one that ends takes it along" test ! -e "$work/broker.sock"

listen=vsock:18765
serve --trust-ark "$lab/ark.pem"
if [ -z "$url" ] || [ "$url" = http:// ]; then
	skip "over vsock" "no vsock here: $(tail -n 1 "$work/serve.log")"
	pid=
elif url=vsock:1:18765 && ! "$python" -c 'import socket; socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).connect((1, 18765))' 2>/dev/null; then
	skip "over vsock" "no vsock_loopback module"
	stop
else
	check "over vsock" gets
	stop
fi

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/tls.key" -out "$work/tls.pem" -subj /CN=localhost -days 2 2>/dev/null
listen=
serve --trust-ark "$lab/ark.pem" --tls-cert "$work/tls.pem" --tls-key "$work/tls.key"
check "over TLS" gets
old_tls() { ! echo | openssl s_client -connect "${url#https://}" -tls1_1 -cipher DEFAULT:@SECLEVEL=0 2>/dev/null | grep -q "^New, TLS"; }
check "  in version 1.2 at least" old_tls
stop
chmod 644 "$work/tls.key"
refuses "a TLS key that others can read is refused" 3 "chmod" "$broker" serve --store "$store" --listen 127.0.0.1:0 --tls-cert "$work/tls.pem" --tls-key "$work/tls.key"
chmod 600 "$work/tls.key"
refuses "  one that does not fit too" 4 "certificate and key" "$broker" serve --store "$store" --listen 127.0.0.1:0 --tls-cert "$lab/ark.pem" --tls-key "$work/tls.key"
for bad in "" nowhere 127.0.0.1 127.0.0.1:99999 ::1:80 vsock:x unix: :80; do
	refuses "--listen \"$bad\" is no address" 2 "." "$broker" serve --store "$store" --listen "$bad"
done
refuses "a file that is no store is not opened" 3 "not a database|not a store" "$broker" list --store "$work/policy.json"
refuses "serve needs an address" 2 "needs --store and --listen" "$broker" serve --store "$store"
done_testing
