#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# podseal dies of a signal while it holds a key and plaintext, where core dumps are switched on: there is no core. The limit is 1 byte, since with 0 the kernel
# would still hand a core to a program such as systemd-coredump.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
cd "$work" || exit
ulimit -c unlimited 2>/dev/null || skip_all "core dumps are switched off for good here: a hard limit (ulimit -H -c) above 0"
mkdir tree
head -c 1000000 /dev/zero >tree/large
"$podseal" build --base rootfs:tree --key-out key --progress none -o pod.img >built || exit

# it waits in the middle of the file until somebody reads the rest
mkfifo out
"$podseal" cat pod.img /large --key key >out &
process=$!
exec 3<out
head -c 100000 <&3 >part
check "it is in the middle of a file" test "$(stat -c %s part)" = 100000
check "no core can be made of it" grep -Eq '^Max core file size +1 +1 ' /proc/$process/limits
kill -SYS $process
wait $process 2>/dev/null
status=$?
exec 3<&-
check "it dies of the signal" test $status -ne 0
check "no file appears but those that are meant to" test "$(echo *)" = "built key out part pod.img pod.img.record.json pod.img.seal.json tree"
done_testing
