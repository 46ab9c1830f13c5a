#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A packager runs make install with DESTDIR and PREFIX and finds programs, man pages and completions where a distribution wants them.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need make
unset MAKEFLAGS MAKELEVEL MFLAGS
share=$work/dest/usr/share

check "make install" make -C "$root" install DESTDIR="$work/dest" PREFIX=/usr
for program in podseal podseal-verity podseal-broker; do
	check "$program is installed and runs" "$work/dest/usr/bin/$program" --help
	check "  with its man page" test -s "$share/man/man1/$program.1"
	for file in "bash-completion/completions/$program" "zsh/site-functions/_$program" "fish/vendor_completions.d/$program.fish"; do
		check "  with its completion for ${file%%[/-]*}" test -s "$share/$file"
	done
done
check "podseal-init is installed for initrds, with its man page" test -x "$work/dest/usr/lib/podseal/podseal-init" -a -s "$share/man/man8/podseal-init.8"
check "podseal-imaged is installed for Kata's guests, with its man page" test -x "$work/dest/usr/lib/podseal/podseal-imaged" -a -s "$share/man/man8/podseal-imaged.8"
check "  and podseal-laboratory for test guests" test -x "$work/dest/usr/lib/podseal/podseal-laboratory"
check "the broker comes with its systemd unit" test -s "$work/dest/usr/lib/systemd/system/podseal-broker.service"
check "nothing lies outside PREFIX" test "$(ls -A "$work/dest")" = usr

# What bash offers when TAB is pressed after these words.
offers() {
	(
		PATH=$work/dest/usr/bin:$PATH
		. "$share/bash-completion/completions/$1"
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		"$(complete -p "$1" | sed 's/.*-F \([^ ]*\).*/\1/')" "$1" "${*: -1}" 2>/dev/null
		printf '%s\n' "${COMPREPLY[@]}" | sort | xargs
	)
}
check "bash completes a command" test "$(offers podseal bui)" = build
check "  an option" test "$(offers podseal build --sign)" = "--sign-cert --sign-key"
check "  of the command that is there" test "$(offers podseal keygen --)" = "--help --output"
check "  and podseal-verity's" test "$(offers podseal-verity verify --se)" = "--seal"
for shell in zsh fish; do
	if ! command -v $shell >/dev/null; then
		skip "$shell reads its completions" "$shell is not installed"
		continue
	fi
	check "$shell reads its completions" eval 'for f in "$share"/{zsh/site-functions/_podseal*,fish/vendor_completions.d/*.fish}; do [[ $f != *$shell* ]] || $shell -n "$f" || exit; done'
done
if command -v man >/dev/null; then
	pages() {
		local page
		for page in "$share"/man/man[18]/*; do
			MANWIDTH=100 man --warnings -l "$page" >"$work/page" 2>"$work/warnings" && [ ! -s "$work/warnings" ] && grep -q '^NAME' "$work/page" ||
				{ echo "$page"; cat "$work/warnings"; return 1; }
		done
	}
	check "man shows the pages without a warning" pages
else
	skip "man shows the pages without a warning" "man is not installed"
fi
done_testing
