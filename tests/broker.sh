# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# broker.sh: for tests of podseal-broker, sourced after lib.sh.
#
#   broker_needs                      skips the script where python3-cryptography is missing
#   $broker $python $measurement      the program, an interpreter that has `cryptography`, what the test's guests report
#   laboratory                        a chain in $lab
#   serve OPTION...                   starts a broker on $store; $url, $pid, and its words in $work/serve.log. $listen: where, if not 127.0.0.1:0
#   stop [SIGNAL]                     ends it; $served is its exit status. Its log is kept as serve.log.N as well
#   guest URL PATH OUT [WORD...]      a guest that gets a resource (tests/kbs_client.py)
broker=$PROGRAMS/podseal-broker
python=/usr/bin/python3
lab=$work/lab
measurement=$(printf '%096d' 7)
pid='' served='' logs=0 listen=''
finally '[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null'

broker_needs() {
	"$python" -c 'import cryptography' 2>/dev/null || skip_all "python3-cryptography is not installed"
}

laboratory() {
	check "a laboratory's chain is made" "$root/tests/generators/laboratory.sh" "$lab"
}

serve() {
	: >"$work/serve.log" # not the last broker's words
	"$broker" serve --store "$store" --listen "${listen:-127.0.0.1:0}" "$@" 2>"$work/serve.log" &
	pid=$!
	writes "$pid" "$work/serve.log" 'listening on'
	url=$(sed -n 's/.*listening on //p' "$work/serve.log")
	case $url in
	*" with TLS") url=https://${url% with TLS} ;;
	unix:* | vsock:*) ;;
	*) url=http://$url ;;
	esac
}

stop() {
	kill "-${1:-TERM}" "$pid"
	wait "$pid" 2>/dev/null
	served=$?
	pid=
	logs=$((logs + 1))
	cp "$work/serve.log" "$work/serve.log.$logs"
}

guest() {
	"$python" -B "$root/tests/kbs_client.py" "$1" "$lab" "$measurement" "${@:2}"
}
