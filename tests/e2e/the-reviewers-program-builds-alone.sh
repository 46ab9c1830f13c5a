#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A security reviewer builds podseal-verity from three folders of the sources, with two libraries, and reads no more than that.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need make pkg-config readelf
unset MAKEFLAGS MAKELEVEL MFLAGS

mkdir "$work/alone" "$work/pkgconfig"
cp -r "$root"/{Makefile,common,format,verity} "$work/alone"
for library in libcrypto jansson; do
	cp "$(pkg-config --variable=pcfiledir $library)/$library.pc" "$work/pkgconfig/" || skip_all "no pkg-config file for $library"
done
build() {
	PKG_CONFIG_LIBDIR=$work/pkgconfig PKG_CONFIG_PATH='' make -C "$work/alone" -j2 CFLAGS=-O0 "$@"
}
check "make podseal-verity works with libcrypto and jansson alone" build podseal-verity
needed() {
	readelf -d "$work/alone/build/podseal-verity" | sed -n 's/.*(NEEDED).*\[\(.*\)\.so.*\]/\1/p' | sort | xargs
}
check "that and libc is what it loads" test "$(needed)" = "libc libcrypto libjansson"
check "it runs" "$work/alone/build/podseal-verity" --help
check "the whole needs more, and says which package" eval '! build pkg-config-check >"$work/said" 2>&1 && grep -Eq "podseal needs .*: install the Debian package [a-z0-9-]+-dev" "$work/said"'
done_testing
