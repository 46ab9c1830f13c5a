#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Where the system gives no locked memory, a key could reach the swap: podseal says so instead of going on.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need setpriv
! grep -q __asan_init "$podseal" || skip_all "AddressSanitizer makes mlock do nothing: a program without it"

# root may lock memory whatever the limit is
unlocked() {
	(
		ulimit -l 0
		cd "$work" || exit
		if [ "$(id -u)" -eq 0 ]; then
			exec setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"
		fi
		exec "$@"
	)
}
chmod 777 "$work"
refuses "a key is not made in memory that cannot be locked" 4 'podseal: .*locking [0-9]+ bytes of memory for a secret \(see ulimit -l\)' \
	unlocked "$podseal" keygen -o pod.key
check "nothing is left behind" test ! -e "$work/pod.key"
done_testing
