#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A manual that lacks an option, or has one that is gone, is worse than none: man pages and README are held against what the programs
# say of themselves.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
cd "$root" || exit

commands_of() { # PROGRAM
	"$1" help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'
}

# "build --base", "build -o" ... as `help COMMAND` prints them.
options_of() { # PROGRAM
	local command
	for command in $(commands_of "$1"); do
		"$1" help "$command" | sed -n '/^Options:/,/^$/p' | grep -oE '^ +(-[A-Za-z], )?--[a-z-]+' | grep -oE -- '-{1,2}[A-Za-z][a-z-]*' |
			sed "s/^/$command /"
	done | sort -u
}

# The same from a man page: a subsection is about the commands in its title ("ls, cat, extract"), and what is said there of
# "--json" counts for those of them that have it.
options_in_page() { # PAGE
	awk '
	/^\.Ss / { commands = $0; sub(/^\.Ss /, "", commands); gsub(/[^a-z -]/, "", commands) }
	/^\.Sh / { commands = "" }
	/^\.It .*Fl / && commands != "" {
		line = $0
		while (match(line, /Fl +[^ ]+/)) {
			option = substr(line, RSTART + 2, RLENGTH - 2)
			gsub(/[ ,\\]/, "", option)
			n = split(commands, each, " ")
			for (i = 1; i <= n; i++) print each[i] " -" option
			line = substr(line, RSTART + RLENGTH)
		}
	}' "$1" | sort -u
}

all_in() { # LIST LIST: each line of the first is in the second
	local missing
	missing=$(comm -23 <(printf '%s\n' "$1") <(printf '%s\n' "$2"))
	[ -z "$missing" ] || { echo "$missing"; return 1; }
}

# Options of the page that no command of their subsection has.
none_invented() { # PAGE-LIST PROGRAM-LIST
	local option invented
	invented=$(printf '%s\n' "$1" | cut -d ' ' -f 2 | sort -u | while read -r option; do
		grep -q -- " $option\$" <<<"$2" || echo "$option"
	done)
	[ -z "$invented" ] || { echo "$invented"; return 1; }
}

names_each() { # WORDS TEXT
	local word missing=
	for word in $1; do
		grep -qE -- "(^|[^a-z-])$word([^a-z-]|\$)" <<<"$2" || missing+=" $word"
	done
	[ -z "$missing" ] || { echo "missing:$missing"; return 1; }
}

for program in "$podseal" "$verity" "$PROGRAMS/podseal-broker"; do
	name=${program##*/} page=docs/man/${program##*/}.1
	commands_of "$program" >"$work/$name.commands"
	options_of "$program" >"$work/$name.options"
	have=$(<"$work/$name.options") told=$(options_in_page "$page")
	check "$name has options at all" test "$(printf '%s\n' "$have" | wc -l)" -gt 4
	check "its man page explains each option of each command" all_in "$have" "$told"
	check "and no other" none_invented "$told" "$have"
	synopsis=$(sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/p' "$page" | tr -d '\\')
	check "its synopsis has each command" names_each "$(cat "$work/$name.commands")" "$(grep '^\.Cm' <<<"$synopsis")"
	check "and each long option" names_each "$(grep -oE -- '--[a-z-]+' <<<"$have" | sort -u | sed 's/^-//')" "$synopsis"
	check "README names each command" names_each "$(cat "$work/$name.commands")" "$(grep "^| .$name" README.md)"
done

# podseal-init has parameters instead of options: the source's table, the page and the guide have the same ones.
parameters() {
	grep -oE 'podseal\.[a-z]+' | sed 's/podseal\.//' | sort -u
}
source=$(sed -n '/^} parameters\[\]/,/^};/p' guest-init/cmdline.c | parameters)
check "podseal-init has parameters" test "$(wc -l <<<"$source")" -ge 6
check "its man page has each and no other" test "$source" = "$(grep '^\.It Cm podseal' docs/man/podseal-init.8 | parameters)"
check "so has the guide" test "$source" = "$(grep '^| `podseal\.' docs/guest.md | parameters)"

# The command lines that the documents show, one a line: what is indented by four in Markdown and literal in a man page.
shown() {
	{
		sed -n 's/^    //p' README.md CONTRIBUTING.md docs/*.md
		sed -n '/^\.Bd -literal/,/^\.Ed/p' docs/man/*.1
	} | sed -e ':a' -e '/\\e\{0,1\}$/N; s/\\e\{0,1\}\n *//; ta' | grep -oE '^(\$ )?([a-z]+=\$\()?(build/)?podseal(-verity|-broker)? [a-z-]+ .*'
}

exist() {
	local line program command option bad=0
	while read -r line; do
		line=${line#\$ } line=${line#*=\$(}
		read -r program command _ <<<"${line#build/}"
		grep -qx "$command" "$work/$program.commands" || { echo "no such command: $line"; bad=1; continue; }
		for option in $(grep -oE -- '(^| )-(-[a-z-]+|[A-Za-z])\b' <<<"${line%%[|>]*}"); do
			grep -qx -- "$command $option" "$work/$program.options" || { echo "no option $option: $line"; bad=1; }
		done
	done <"$work/shown"
	return $bad
}

shown >"$work/shown"
check "the documents show command lines" test "$(wc -l <"$work/shown")" -gt 8
check "the commands and options that they show exist" exist

# Every target of the Makefile that the README tells to run.
for target in $(sed -n 's/^    make \([a-z-]*\).*/\1/p; s/.*`make \([a-z-]*\)`.*/\1/p' README.md | sort -u); do
	check "make $target exists" make -n "$target"
done

links() {
	local file target bad=0
	for file in README.md CONTRIBUTING.md docs/*.md; do
		while read -r target; do
			[ -e "$(dirname "$file")/$target" ] || { echo "$file: $target"; bad=1; }
		done < <(grep -oE '\]\([^)#]+' "$file" | cut -c 3- | grep -v '^https:')
	done
	return $bad
}
check "what the documents link to is there" links
done_testing
