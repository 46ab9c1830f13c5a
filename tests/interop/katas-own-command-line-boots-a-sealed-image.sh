#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Kata decides what QEMU is started with, in another way in each of its runtimes. So a sealed pod has to start from the arguments and the kernel
# command line that Kata 4.1 makes (tests/kata/launch), as `podseal kata-config` says them: with its own words in between, quoted ones too, with
# other disks beside the image, on its console. Where these come from a machine with SNP, a laboratory's stand-in is in the initrd.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/images.sh
. "$(dirname "$0")/../images.sh"
# shellcheck source=tests/broker.sh
. "$(dirname "$0")/../broker.sh"
# shellcheck source=tests/guest.sh
. "$(dirname "$0")/../guest.sh"
# shellcheck source=tests/kata/policy/kata.sh
. "$root/tests/kata/policy/kata.sh"
need python3 openssl
firmware=/usr/share/ovmf/OVMF.fd
stub=/usr/lib/systemd/boot/efi/linuxx64.efi.stub
[ -f "$firmware" ] || skip_all "$firmware is absent (Debian package ovmf)"
[ -f "$stub" ] || skip_all "$stub is absent (Debian package systemd-boot-efi)"
guest_kernel
cd "$work" || exit
seal_of() {
	pinned "$1" | sed 's/^podseal.seal=//'
}
# launch RUNTIME WORD...
launch() {
	"$root/tests/kata/launch" "$@" --firmware "$firmware"
}
export -f launch
export root firmware
launched() {
	boots "$1" "$2" bash -c 'launch "$@"' launch "${@:3}"
}
# The command line that Kata will make. The firmware there measures kernel hashes, which Debian's OVMF does not.
# an emulated timer on a busy machine may be late, for which only the Go runtime provides
cmdline() { # IMAGE OPTION...
	"$podseal" kata-config "$1.img" --firmware AMDSEV.fd --append no_timer_check "${@:2}" --json | jq -r .cmdline
}
check "a laboratory and an initrd are made" guest_lab
check "a UKI of it" "$podseal" uki --kernel "$kernel" --initrd "$initrd" --stub "$stub" -o pod.efi
# what `build --kata` wants to find in a base; the init of these pods is not systemd, and starts nothing of it
mkdir -p .pod/usr/bin .pod/usr/lib/systemd/system
cp /bin/true .pod/usr/bin/kata-agent
touch .pod/usr/lib/systemd/system/{kata-agent.service,kata-containers.target,tmp.mount}
small_image web >made
small_image other >made
for_kata=(--kata --container web=oci:web)
check "an image is made, and another" eval 'pod one "${for_kata[@]}" --encrypt none && "$podseal" build --base oci:other --encrypt none --progress none -o other.img'
generate amdsev_firmware AMDSEV.fd
printf '\x1f\x8b' | cat - /dev/zero | head -c 65536 >noise.img
extension=(--kernel "$kernel" --initrd "$initrd")

line=$(cmdline one --runtime rust "${extension[@]}")
launched "Rust, mode extension: the pod starts" "^the pod one runs" rust "${extension[@]}" --append "$line" \
	--extension coco=other.img --extension podseal=one.img
check "  another extension, sealed with another seal, is passed over" said "^podseal-init: trusting an image: $(seal_of one) on /dev/vdb, trusted by the command line"

line=$(cmdline one --runtime rust --mode uki --kernel pod.efi)
root_of_kata="root=/dev/vda1 rootflags=data=ordered,errors=remount-ro ro rootfstype=ext4"
verity_of_kata="dm-mod.create=\"dm-verity,,,ro,0 736328 verity 1 /dev/vda1 /dev/vda2 4096 4096 92041 0 sha256 $(printf '%064d' 1) $(printf '%064d' 2)\" root=/dev/dm-0 rootflags=data=ordered,errors=remount-ro ro rootfstype=ext4"
launched "Rust, mode uki: so it does, though Kata has verity parameters of its own, in quotes" "^the pod one runs" rust --kernel pod.efi \
	--append "${line/"$root_of_kata"/"$verity_of_kata"}" --image one.img --extension coco=noise.img
check "  from the image, with an extension beside it that is nothing of ours" said "^podseal-init: trusting an image: $(seal_of one) on /dev/vda"

line=$(cmdline one --runtime go --mode uki --kernel pod.efi)
launched "Go, mode uki: the pod starts" "^the pod one runs" go --kernel pod.efi --append "$line" --image one.img --extension coco=noise.img
check "  its root is not Kata's root=" said "^mounted: overlay / overlay"

line=$(cmdline one --runtime go "${extension[@]}")
launched "Go, mode extension: another image in the place of ours is refused" "^podseal-init: trusting an image: /dev/vda: the image's seal is $(seal_of other), podseal.seal asks for $(seal_of one)" \
	go "${extension[@]}" --append "$line" --extension podseal=other.img
check "  and nothing of it runs" unsaid "the pod"

# A sealed image that initdata names, with its key at a broker. The initrd with the stand-in is what `podseal run` gives to QEMU.
mkdir -p catch
cat >catch/qemu-system-x86_64 <<'SH'
#!/bin/bash
while [ "$1" != -initrd ]; do shift; done
cp "$2" standin.img
SH
chmod +x catch/qemu-system-x86_64
stand_in() { # IMAGE HOST_DATA: standin.img reports this HOST_DATA; the measurement that it reports is printed
	PATH=$PWD/catch:$PATH ./boot "$1" "" --simulate-snp --lab "$lab" --modules "$modules" --host-data "$2" 2>&1 | sed -n 's/^podseal: laboratory: MEASUREMENT \([0-9a-f]*\).*/\1/p'
}
check "an image is sealed" pod sealed "${for_kata[@]}" --key-out sealed.key
serve_keys
broker_words="podseal.kbs=http://10.0.2.2:${url##*:} podseal.ip=10.0.2.15::10.0.2.2:255.255.255.0::eth0:off"
for runtime in rust go; do
	"$podseal" kata-config sealed.img "${extension[@]}" --firmware AMDSEV.fd --runtime $runtime --bind initdata --append "no_timer_check $broker_words" -o $runtime >next
	sed -n 's/.*cc_init_data: "\(.*\)"/\1/p' $runtime/pod-annotations.yaml >annotation
	python3 -B "$root/tests/kata/initdata-disk.py" annotation $runtime.disk
done
host_data=$(sha256sum <rust/initdata.toml | cut -d ' ' -f 1)
measured=$(stand_in sealed "$host_data")
path=$("$podseal" inspect sealed.img --json | jq -r '[.. | .key_id? // empty][0]')
check "its key is given to a guest with this initdata" eval '"$podseal" policy sealed.img --initdata rust/initdata.toml --measurement "$measured" -o policy.json &&
	"$broker" add --store "$store" --path "$path" --secret sealed.key --policy policy.json'
for runtime in rust go; do
	# the laboratory's program comes first; nothing else of the line is ours
	line="$(sed -n 's/^# kernel command line: //p' $runtime/measurements.txt) rdinit=/laboratory/init"
	launched "$runtime: initdata on its disk names the image, and the broker gives the key" "^the pod sealed runs" $runtime --kernel "$kernel" --initrd standin.img \
		--append "$line" --extension coco=other.img --extension podseal=sealed.img --initdata $runtime.disk --network
	check "  the image is found beside both" said "trusting an image: $(seal_of sealed) on /dev/vdb, trusted by initdata"
done
stop
stand_in sealed "$(printf '%064d' 9)" >/dev/null
launched "initdata that is not the pod's, as HOST_DATA tells, is refused" "^podseal-init: trusting an image: .*HOST_DATA" go --kernel "$kernel" --initrd standin.img \
	--append "$line" --extension podseal=sealed.img --initdata go.disk
check "  and nothing of the image runs" unsaid "the pod"

# the same machine by Kata's own QEMU library
library=/usr/share/gocode/src/github.com/kata-containers/govmm
if command -v go >/dev/null && [ -d "$library" ]; then
	check "a program with Kata's QEMU library is built" eval '(cd "$root/tests/kata/govmm" &&
		GOCACHE=$root/build/go-cache GOPATH=/usr/share/gocode GO111MODULE=off CGO_ENABLED=0 go build -o "$work/govmm" .)'
	boots "Kata's QEMU library: the pod starts, in mode uki, with an initdata disk and an extension beside it" "^the pod one runs" ./govmm -kernel pod.efi \
		-append "$(cmdline one --runtime go --mode uki --kernel pod.efi)" -firmware "$firmware" -image one.img -extension coco=other.img -initdata go.disk
else
	skip "Kata's QEMU library: the pod starts" "golang-go or golang-github-kata-containers-govmm-dev is not installed"
fi
done_testing
