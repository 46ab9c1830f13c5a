#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Whoever has veritysetup in a pipeline can put podseal-verity in its place and the other way round:
# the same salt and UUID give the same bytes, for every block size, and each accepts what the other
# made.
. "$(dirname "$0")/../lib.sh"
need veritysetup

salt=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
uuid=11223344-5566-7788-99aa-bbccddeeff00
# 2 MiB and a rest that fills no block
head -c $((2 * 1024 * 1024 + 777)) /dev/urandom >"$work/all"

# make_both DATA [OPTION]...: theirs and ours, and the root hashes they print
make_both() {
	local data=$1
	shift
	rm -f "$work/theirs" "$work/ours"
	veritysetup format "$data" "$work/theirs" --uuid "$uuid" "$@" |
		awk '/^Root hash:/ { print $3 }' >"$work/theirs.root" &&
		"$verity" format "$data" "$work/ours" --uuid "$uuid" "$@" | tail -n 1 >"$work/ours.root" &&
		same "$work/theirs.root" "$work/ours.root" && same "$work/theirs" "$work/ours"
}

# each_accepts DATA: the root hash is the one both printed
each_accepts() {
	"$verity" verify "$1" "$work/theirs" "$(cat "$work/theirs.root")" &&
		veritysetup verify "$1" "$work/ours" "$(cat "$work/ours.root")"
}

sizes_agree() {
	local data_block hash_block
	for data_block in 512 1024 2048 4096; do
		for hash_block in 512 1024 2048 4096; do
			make_both "$work/all" --salt "$salt" --data-block-size "$data_block" \
				--hash-block-size "$hash_block" && each_accepts "$work/all" || return 1
		done
	done
}

# around the points where a level more is needed, and where the last hash block is just full
lengths_agree() {
	local blocks
	for blocks in 1 2 15 16 17 127 128 129 255 256 257 272 273; do
		head -c $((blocks * 4096)) "$work/all" >"$work/data"
		make_both "$work/data" --salt "$salt" && each_accepts "$work/data" || return 1
		make_both "$work/data" --salt "$salt" --hash-block-size 512 &&
			each_accepts "$work/data" || return 1
	done
}

salts_agree() {
	local text
	for text in - 00 "${salt:0:40}" "$salt$salt" "$salt$salt$salt$salt$salt$salt$salt$salt"; do
		make_both "$work/all" --salt "$text" && each_accepts "$work/all" || return 1
	done
}

dump_agrees() {
	# the same words; the last line of each says the size of the hash area in its own way
	veritysetup dump "$work/theirs" | grep -v -e 'header information' -e 'Hash device size' |
		sed -E 's/[[:space:]]+/ /g' >"$work/theirs.dump"
	"$verity" dump "$work/theirs" | grep -v 'Hash area' | sed -E 's/[[:space:]]+/ /g' >"$work/ours.dump"
	same "$work/theirs.dump" "$work/ours.dump"
}

check "every pair of block sizes from 512 to 4096 gives the same bytes" sizes_agree
check "every number of levels gives the same bytes" lengths_agree
check "every length of salt gives the same bytes" salts_agree
check "hash type 0, with the salt last, gives the same bytes" make_both "$work/all" --salt "$salt" --format 0
check "and is accepted by both" each_accepts "$work/all"
check "dump says the same" dump_agrees

check "two runs with different numbers of threads give the same bytes" bash -c "
	'$verity' format '$work/all' '$work/one' --salt $salt --uuid $uuid --threads 1 >/dev/null &&
	'$verity' format '$work/all' '$work/many' --salt $salt --uuid $uuid --threads 7 >/dev/null &&
	cmp '$work/one' '$work/many'"

# Both must refuse the same damage; ours also says where it is.
head -c $((2400 * 512)) "$work/all" >"$work/data"
make_both "$work/data" --salt "$salt" --data-block-size 512 --hash-block-size 512 || true
root_hash=$(cat "$work/ours.root")

damage() { # FILE OFFSET: a copy at $work/damaged with one bit changed
	cp "$1" "$work/damaged"
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 "$work/damaged")
	printf "%b" "$(printf '\\x%02x' $((byte ^ 1)))" |
		dd of="$work/damaged" bs=1 seek="$2" conv=notrunc status=none
}

refused_by_both() { # WHAT OFFSET REGEX [EXIT]
	local data=$work/data hash=$work/ours
	if [ "$1" = data ]; then
		damage "$data" "$2"
		data=$work/damaged
	else
		damage "$hash" "$2"
		hash=$work/damaged
	fi
	check "veritysetup refuses $1 byte $2" \
		bash -c "! veritysetup verify '$data' '$hash' $root_hash"
	refuses "and so do we: $3" "${4:-1}" "$3" "$verity" verify "$data" "$hash" "$root_hash"
}

refused_by_both data 0 'data block 0 does not match the hash tree'
refused_by_both data $((1777 * 512 + 100)) 'data block 1777 does not match the hash tree'
refused_by_both hash 512 'hash block 0 at level 2 does not match the root hash'
refused_by_both hash $((1024 + 9 * 512)) 'hash block 9 at level 1 does not match the hash tree'
refused_by_both hash $((6144 + 77 * 512)) 'hash block 77 at level 0 does not match the hash tree'
refused_by_both hash 0 'not a verity superblock' 3
refused_by_both hash 88 'hash block 0 at level 2 does not match the root hash'

refuses "a root hash that is none is bad usage" 2 'root hash' "$verity" verify "$work/data" "$work/ours" 12ab
head -c 5000 "$work/data" >"$work/short-data"
: >"$work/empty"
refuses "data that are cut short are bad input" 3 'superblock says' \
	"$verity" verify "$work/short-data" "$work/ours" "$root_hash"
head -c 2000 "$work/ours" >"$work/short"
refuses "a hash area that is cut short is bad input" 3 'its tree ends at 82944' \
	"$verity" verify "$work/data" "$work/short" "$root_hash"
refuses "no data are bad input" 3 'less than one block' "$verity" format "$work/empty" "$work/none"
refuses "DATA is not overwritten by its own hash area" 2 'same file' "$verity" format "$work/data" "$work/data"
check "and no temporary file is left" bash -c "! ls '$work' | grep -q podseal-tmp"
done_testing
