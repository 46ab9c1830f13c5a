#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A layout may be damaged on its way, or made to break its reader. Each here is wrong in one way; podseal says which, and makes nothing.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need python3
small_image "$work/good"
generate layout_defects "$work/good" "$work/bad" || exit

# the defect, and what podseal says of it
table=$(
	cat <<'END'
gzip-cut-in-its-header              the gzip data ends too early
gzip-cut-early                      the gzip data ends too early
gzip-cut-in-half                    the gzip data ends too early
gzip-cut-before-its-trailer         the gzip data ends too early
gzip-cut-in-its-trailer             the gzip data ends too early
gzip-bad-method                     damaged gzip data: its method is not deflate
gzip-bad-flags                      (damaged gzip data|the gzip data ends too early)
gzip-bad-crc                        damaged gzip data: wrong checksum or length
gzip-bad-length                     damaged gzip data: wrong checksum or length
gzip-bad-data                       damaged gzip data
gzip-rubbish-after-it               garbage after the end of the gzip data
gzip-that-is-zstd                   its media type says gzip, but it is zstd
zstd-cut-in-its-header              the zstd data ends too early
zstd-cut-in-half                    the zstd data ends too early
zstd-cut-by-a-byte                  the zstd data ends too early
zstd-cut-second-frame               the zstd data ends too early
zstd-bad-block-type                 damaged zstd data
zstd-rubbish-after-it               damaged zstd data
zstd-window-of-a-tebibyte           requires too much memory
layer-without-a-byte                its media type says gzip, but it is uncompressed
layer-of-text                       damaged tar archive
layer-changed                       its digest is sha256:[0-9a-f]{64}, should be sha256:[0-9a-f]{64}
layer-longer-than-said              layer 1 of 1: blobs/sha256/[0-9a-f]{64}: [0-9]+ bytes, should be [0-9]+
layer-shorter-than-said             layer 1 of 1: blobs/sha256/[0-9a-f]{64}: [0-9]+ bytes, should be [0-9]+
layer-missing                       layer 1 of 1: blobs/sha256/[0-9a-f]{64}: not there
layer-that-is-a-fifo                layer 1 of 1: .*: not a regular file
layer-that-is-a-directory           layer 1 of 1: .*: not a regular file
layer-that-is-a-link-to-dev-zero    layer 1 of 1: .*: is a symbolic link
layer-that-is-encrypted             layer 1 has the unknown media type ".*encrypted"
config-missing                      config: blobs/sha256/[0-9a-f]{64}: not there
config-changed                      config: blobs/sha256/[0-9a-f]{64}: its digest is
manifest-missing                    manifest: blobs/sha256/[0-9a-f]{64}: not there
manifest-changed                    manifest: blobs/sha256/[0-9a-f]{64}: its digest is
index-missing                       not an OCI image layout: index\.json: not there
layer-size-negative                 "size" of layer of the manifest is not a whole number
layer-size-2-63                     not valid JSON: line 1: too big integer
layer-size-10-30                    not valid JSON: line 1: too big integer
layer-size-text                     "size" of layer of the manifest is not a whole number
layer-size-fraction                 "size" of layer of the manifest is not a whole number
layer-size-null                     layer of the manifest has no "size"
layer-size-most                     [0-9]+ bytes, should be 9223372036854775807
manifest-size-negative              index\.json: "size" of index entry is not a whole number
manifest-size-2-63                  index\.json: not valid JSON: line 1: too big integer
manifest-size-10-30                 index\.json: not valid JSON: line 1: too big integer
manifest-size-text                  index\.json: "size" of index entry is not a whole number
manifest-size-fraction              index\.json: "size" of index entry is not a whole number
manifest-size-null                  index\.json: index entry has no "size"
manifest-size-most                  manifest: .*: [0-9]+ bytes, should be 9223372036854775807
layer-digest-climbs-out             "sha256:\.\./.*/etc/passwd" is not sha256: and 64 lower-case digits
layer-digest-short                  "sha256:abcd" is not sha256: and 64 lower-case digits
layer-digest-in-capitals            "sha256:A+" is not sha256: and 64 lower-case digits
layer-digest-md5                    digest algorithm "md5" is not supported
layer-digest-empty                  "" is not sha256: and 64 lower-case digits
layer-digest-number                 "digest" of layer of the manifest is not a string
layer-digest-with-nul               not valid JSON
index-that-lists-itself             index: blobs/sha256/0{64}: its digest is
manifest-that-is-its-layer          Truncated tar archive
indexes-100-deep                    indexes nest deeper than 8
index-of-100000-entries             index\.json: [0-9]+ bytes, at most 4194304
index-of-nothing                    the index holds no image
manifest-of-100000-layers           manifest: .*: [0-9]+ bytes, at most 4194304
config-of-100000-diff-ids           config: .*: [0-9]+ bytes, at most 4194304
config-without-its-diff-id          the config has 0 diff IDs for 1 layers
config-with-megabytes-of-command    config: .*: [0-9]+ bytes, at most 4194304
index-10000-deep                    index\.json: not valid JSON: .*maximum parsing depth
manifest-10000-deep                 not valid JSON: .*maximum parsing depth
config-10000-deep                   config: not valid JSON: .*maximum parsing depth
index-empty                         index\.json: not valid JSON
manifest-empty                      not valid JSON
config-empty                        config: not valid JSON
index-cut                           index\.json: not valid JSON
manifest-cut                        not valid JSON
config-cut                          config: not valid JSON
index-null                          index is not an object
manifest-null                       manifest is not an object
config-null                         config is not an object
index-not-utf-8                     index\.json: not valid JSON
manifest-not-utf-8                  not valid JSON
config-not-utf-8                    config: not valid JSON
index-of-blanks                     index\.json: 5242880 bytes, at most 4194304
manifest-of-blanks                  5242880 bytes, at most 4194304
config-of-blanks                    5242880 bytes, at most 4194304
index-with-a-member-twice           index\.json: .*duplicate object key
manifest-with-a-member-twice        duplicate object key
config-with-a-member-twice          config: .*duplicate object key
index-with-more-after-it            index\.json: .*end of file expected
manifest-with-more-after-it         end of file expected
config-with-more-after-it           config: .*end of file expected
index-binary                        index\.json: not valid JSON
manifest-binary                     not valid JSON
config-binary                       config: not valid JSON
manifest-of-schema-1                Docker's schema 1, which is not supported
manifest-that-is-an-index-too       manifest has a member "manifests", which it may not have
END
)

while read -r defect why; do
	refuses_build "$defect" 3 "^podseal: (opening the images: base|building [^ ]*: volume root): oci:[^ ]*/$defect: (.*: )?.*$why" \
		--base "oci:$work/bad/$defect"
done <<<"$table"

check "every defect that there is was tried" test "$(wc -l <<<"$table")" -eq "$(find "$work/bad" -mindepth 1 -maxdepth 1 | wc -l)"
refuses_build "a layout that is not there" 3 'base: oci:/no-such: no such directory' --base oci:/no-such
refuses_build "a layout that is a file" 3 'oci:/etc/passwd: not a directory' --base oci:/etc/passwd
refuses_build "a tag that is not there" 3 'no image is tagged "other": there is latest' --base "oci:$work/good:other"
refuses_build "a device for a layer" 3 'rootfs:/dev/zero: ' --base rootfs:/dev/zero
done_testing
