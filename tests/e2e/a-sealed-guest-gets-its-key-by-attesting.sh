#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A sealed image starts where its guest can show what it is: the report goes to the broker, the key comes back encrypted to this guest, and the pod
# runs. The guests here have a laboratory's stand-in for /dev/sev-guest, in front of the podseal-init that ships; the key owner knows the measurement
# before the boot. Any other launch gets no key, and a wrong key no pod.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/broker.sh
. "$(dirname "$0")/../broker.sh"
# shellcheck source=tests/guest.sh
. "$(dirname "$0")/../guest.sh"
need openssl
guest_kernel
cd "$work" || exit
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout signer.key -out signer.pem -days 30 -subj /CN=signer 2>/dev/null
check "a laboratory and an initrd are made" guest_lab --trust signer.pem
initrd_before=$(sha256sum <"$initrd")
check "an image is sealed" pod all --key-out all.key
small_image web >.web
check "  and one of which only the pod is, by someone the initrd trusts" pod half --encrypt pod --container web=oci:web --key-out half.key \
	--sign-key signer.key --sign-cert signer.pem

# Before the boot: what will be measured, and how the guest will get to the broker
launch=(all "$(pinned all) podseal.scratch=none")
line="console=ttyS0 quiet panic=-1 no_timer_check ${launch[1]} podseal.kbs=http://10.0.2.2:1 podseal.ip=10.0.2.15::10.0.2.2:255.255.255.0::eth0:off"
is() {
	[ -n "$2" ] && [ "$1" = "$2" ] || { echo "$1 is not $2"; return 1; }
}
check "the measurement is known beforehand" is "$(launch_of MEASUREMENT "${launch[@]}")" \
	"$("$podseal" measure --mode laboratory --kernel "$kernel" --initrd "$initrd" --cmdline "$line")"
ovmf=$root/../shared/vectors/measure/ovmf_AmdSev_suffix.bin
if [ -f "$ovmf" ]; then
	check "  it is the firmware's where that measures" is "$(launch_of MEASUREMENT "${launch[@]}" --firmware "$ovmf" --vcpus 2)" \
		"$("$podseal" measure --mode snp --ovmf "$ovmf" --kernel "$kernel" --initrd "$initrd" --cmdline "$line" --vcpus 2)"
else
	skip "  it is the firmware's where that measures" "../shared/vectors/measure is absent"
fi
check "HOST_DATA is the seal digest" is "podseal.seal=sha256:$(launch_of HOST_DATA "${launch[@]}")" "$(pinned all)"
check "  or what one says" is "$(launch_of HOST_DATA "${launch[@]}" --host-data "$(printf '%064d' 5)")" "$(printf '%064d' 5)"
made() { # twice at once: one laboratory
	(lab=new launch_of MEASUREMENT "${launch[@]}" >first) &
	lab=new launch_of MEASUREMENT "${launch[@]}" >second
	wait $!
	[ -s first ] && same first second && [ "$(ls new)" = "$(printf '%s\n' ark.key ark.pem ask.key ask.pem vcek.key vcek.pem)" ] &&
		[ "$(stat -c %a new/ark.key)" = 600 ] && ! ls -d new.* 2>/dev/null && openssl verify -CAfile new/ark.pem -untrusted new/ask.pem new/vcek.pem
}
check "a laboratory is made where there is none" made
refuses "a unified kernel image has no room for the stand-in" 2 "does not go with --uki" "$podseal" run all.img --uki x --firmware x --simulate-snp
refuses "a broker by name is refused" 2 "\"broker.example\" is no address" "$podseal" run all.img --kernel k --broker http://broker.example:80
refuses "a laboratory that lacks a file is named" 3 "laboratory: web/ark.pem: No such file" "$podseal" run all.img --kernel "$kernel" --initrd "$initrd" \
	--simulate-snp --lab web --modules "$modules"

serve_keys
check "the broker lets in a launch of each" eval 'admit "${launch[@]}" && admit half podseal.scratch=none'
boots "a sealed image starts where its seal is pinned, by a broker over http" "^the pod all runs" ./attest "${launch[@]}"
check "  its root is dm-crypt's, read-only" said "^mounted: /dev/dm-[0-9]+ / ext4 ro"
check "  the broker says that a laboratory vouched for it" grep -q "released; .*laboratory root" serve.log
boots "one of which only the pod is starts where its signer is trusted" "^pod.json is there: yes" ./attest half podseal.scratch=none
check "  its pod is mounted read-only, without device nodes" said "^mounted: /dev/dm-[0-9]+ /usr/lib/podseal ext4 ro,nodev"
check "  for its signature" said "trusted by its signature"
boots "another command line is another guest, and gets no key" \
	"^podseal-init: asking for the keys: .*the broker refuses: PolicyDeny" ./attest all "$(pinned all)"
check "  and nothing of the image runs" unsaid "the pod all runs"
secret=half.key admit "${launch[@]}"
boots "a wrong key is told apart from damage" "^podseal-init: opening dm-crypt: volume root: wrong key" ./attest "${launch[@]}"
stop

listen=unix:$work/broker.sock serve_keys
url=unix:$work/broker.sock
launch=(all podseal.bind=host-data)
check "a broker on a Unix socket lets in a launch" admit "${launch[@]}"
boots "an image bound to HOST_DATA starts, by that broker over virtio-serial" "^the pod all runs" ./attest "${launch[@]}"
check "  trusted by HOST_DATA" said "trusted by HOST_DATA"
boots "another HOST_DATA is another image" "^podseal-init: trusting an image: /dev/vda: the image's seal is .*, HOST_DATA is sha256:0+5" \
	./attest "${launch[@]}" --host-data "$(printf '%064d' 5)"
stop
check "the initrd is still the one that ships" is "$(sha256sum <"$initrd")" "$initrd_before"
done_testing
