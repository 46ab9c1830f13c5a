#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whoever opens a file here finds it laid out as all the others, under a licence it names, and short enough to hold in mind.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need clang-format

cd "$root" || exit
# the files of the project, whether from a checkout or from an archive of it
mapfile -t files < <(find . \( -name .git -o -name build -o -name demo \) -prune -o -type f -print | sort)

without_licence() {
	local file
	for file in "${files[@]}"; do
		case $file in
		*.[ch] | *.sh | *.py | ./Makefile | ./.ci/run | ./images/* | ./tests/run | ./tests/*/run | ./tests/fuzz/replay)
			[[ $file == *.json ]] && continue
			head -n 3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$file"
			;;
		esac
	done
}

too_long() {
	local file lines
	for file in "${files[@]}"; do
		[[ $file == *.[ch] ]] || continue
		lines=$(wc -l <"$file")
		[ "$lines" -le 600 ] || echo "$file: $lines lines"
	done
}

unfinished() {
	grep -InEw 'TO''DO|FIX''ME' -- "${files[@]}"
}

nothing_from() {
	local found
	found=$("$@")
	[ -z "$found" ] || { echo "$found"; return 1; }
}

check "the sources are laid out as clang-format does" make -s check-format
check "each source opens with its licence" nothing_from without_licence
check "no C file is longer than 600 lines" nothing_from too_long
check "nothing is marked as unfinished" nothing_from unfinished
done_testing
