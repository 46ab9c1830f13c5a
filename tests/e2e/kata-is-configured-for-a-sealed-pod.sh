#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A release engineer hands a sealed pod to the people who run Kata: one command writes the whole configuration, so that nobody copies a digest by
# hand, and says what such a pod will measure, so that the key is bound to exactly that.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/images.sh
. "$(dirname "$0")/../images.sh"
# shellcheck source=tests/kata/policy/kata.sh
. "$root/tests/kata/policy/kata.sh"
need python3 openssl jq gzip
python3 -c 'import tomllib, sys' 2>/dev/null || skip_all "python3 is older than 3.11 and has no tomllib"
cd "$work" || exit

# something in place of the files: they are measured, not looked into
generate amdsev_firmware AMDSEV.fd
echo "a kernel" >vmlinuz
echo "an initrd" >initrd.img
mkdir -p base/usr/bin base/usr/lib/systemd/system
cp /bin/true base/usr/bin/kata-agent
touch base/usr/lib/systemd/system/{kata-agent.service,kata-containers.target,tmp.mount}
small_image web >made
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout signer.key -out signer.pem -days 30 -subj /CN=signer 2>/dev/null
build=("$podseal" build --base rootfs:base --container web=oci:web --progress none)
check "an image is sealed for Kata" "${build[@]}" --kata --key-out pod.key -o pod.img
check "and another that is signed" "${build[@]}" --kata --key-out other.key --sign-key signer.key --sign-cert signer.pem -o signed.img
seal=$("$verity" root pod.img | sed -n 's/^seal //p')
config() { # IMAGE OPTION...
	"$podseal" kata-config "$1" --kernel vmlinuz --initrd initrd.img --firmware AMDSEV.fd "${@:2}"
}
# What a configuration says: PATH as in jq
said() { # FILE PATH
	python3 -c 'import json, sys, tomllib; json.dump(tomllib.load(open(sys.argv[1], "rb")), sys.stdout)' "$1" | jq -r "$2"
}
is() {
	[ "$1" = "$2" ] && return 0
	printf '%s\n' "is:   $1" "want: $2"
	return 1
}

systemd="systemd.unit=kata-containers.target systemd.mask=systemd-networkd.service systemd.mask=systemd-networkd.socket"
root_of_kata="root=/dev/vda1 rootflags=data=ordered,errors=remount-ro ro rootfstype=ext4"
go_fixed="tsc=reliable no_timer_check rcupdate.rcu_expedited=1 i8042.direct=1 i8042.dumbkbd=1 i8042.nopnp=1 i8042.noaux=1 noreplace-smp reboot=k cryptomgr.notests net.ifnames=0 pci=lastbus=0"
ours="agent.guest_components_procs=none podseal.seal=$seal podseal.kbs=vsock://2:8080"

# a UKI of this kernel would need a real one: what counts here is that it is a PE with both sections
printf 'a kernel' >part
cp /usr/lib/systemd/boot/efi/linuxx64.efi.stub stub.efi 2>/dev/null && objcopy --add-section .linux=part --add-section .initrd=part \
	--change-section-vma .linux=0x2000000 --change-section-vma .initrd=0x3000000 stub.efi pod.efi 2>/dev/null

for runtime in rust go; do
	for mode in extension uki; do
		out=$runtime-$mode
		boot=(--kernel vmlinuz --initrd initrd.img)
		if [ "$mode" = uki ]; then
			[ -f pod.efi ] || { skip "$out" "systemd-boot-efi or binutils is not installed"; continue; }
			boot=(--kernel pod.efi)
		fi
		check "$out: all files are written" "$podseal" kata-config pod.img --runtime "$runtime" --mode "$mode" "${boot[@]}" --firmware AMDSEV.fd \
			--vcpus 1,2,4 --append podseal.kbs=vsock://2:8080 -o "$out"
		check "  the configuration has only keys that Kata knows" python3 -B "$root/tests/kata/check-config.py" "$root/tests/kata/keys-$runtime.txt" "$out/configuration-podseal.toml"
		cmdline=$(sed -n 's/^# kernel command line: //p' "$out/measurements.txt")
		case $out in
		rust-extension) want="reboot=k panic=1 $systemd agent.cdh_api_timeout=50 $ours selinux=0 kata.extension.podseal.verity_params console=hvc0" ;;
		rust-uki) want="reboot=k panic=1 $systemd $root_of_kata agent.cdh_api_timeout=50 $ours selinux=0 console=hvc0" ;;
		go-extension) want="$go_fixed console=hvc0 console=hvc1 quiet panic=1 selinux=0 scsi_mod.scan=none agent.cdh_api_timeout=50 $systemd $ours kata.extension.podseal.verity_params" ;;
		go-uki) want="$go_fixed $root_of_kata console=hvc0 console=hvc1 quiet systemd.show_status=false panic=1 selinux=0 $systemd scsi_mod.scan=none agent.cdh_api_timeout=50 $ours" ;;
		esac
		check "  the command line is what Kata makes of it" is "$cmdline" "$want"
		check "  what Kata does not say itself is in kernel_params" eval "grep -qF -- \"\$(said $out/configuration-podseal.toml .hypervisor.qemu.kernel_params)\" <<<'$cmdline'"
		for vcpus in 1 2 4; do
			measured=$("$podseal" measure --mode snp --ovmf AMDSEV.fd "${boot[@]}" --cmdline "$cmdline" --vcpus $vcpus --vcpu-type EPYC-v4)
			check "  a pod with $vcpus vCPUs has the digest that podseal measure prints" grep -qx "$vcpus $measured" "$out/measurements.txt"
		done
	done
done
check "mode extension boots kernel and initrd, with the image as an extension" is \
	"$(said rust-extension/configuration-podseal.toml '.hypervisor.qemu | [.kernel, .initrd, .image, .firmware, .guest_extension_images[0].name, .guest_extension_images[0].path] | join(" ")')" \
	"/opt/podseal/vmlinuz /opt/podseal/initrd.img  /opt/podseal/AMDSEV.fd podseal /opt/podseal/pod.img"
[ ! -d rust-uki ] || check "mode uki boots the UKI, with the image as the image" is \
	"$(said rust-uki/configuration-podseal.toml '.hypervisor.qemu | [.kernel, .initrd, .image, .guest_extension_images] | map(. // "none") | join(" ")')" \
	"/opt/podseal/pod.efi none /opt/podseal/pod.img none"
check "nothing is shared, and images are pulled in the guest" is \
	"$(said rust-extension/configuration-podseal.toml '[.hypervisor.qemu.shared_fs, .runtime.experimental[0]] | join(" ")') $(said go-extension/configuration-podseal.toml .runtime.experimental_force_guest_pull)" \
	"none force_guest_pull true"
check "the RuntimeClass and the pod agree on its name" is "$(grep -hE '^handler|^  name|runtimeClassName' rust-extension/*.yaml | sed 's/.*: //' | sort -u)" kata-podseal
config pod.img --name web --node-dir /srv/kata -o named >/dev/null
check "both have the name asked for, and the files are where they will be" is \
	"$(grep -h handler named/runtimeclass.yaml) $(said named/configuration-web.toml .hypervisor.qemu.initrd)" "handler: kata-web /srv/kata/initrd.img"
config pod.img >printed
config pod.img -o written >/dev/null
check "without -o the configuration is printed" same printed written/configuration-podseal.toml

# initdata
config pod.img --bind initdata --append podseal.kbs=vsock://2:8080 -o first >first.said
config pod.img --bind initdata --append podseal.kbs=vsock://2:8080 --json >second.json
check "initdata is the same each time" is "$(jq -r .initdata.toml second.json)" "$(<first/initdata.toml)"
check "  it names the seal" is "$(said first/initdata.toml '[.version, .algorithm, .data["podseal.seal"]] | join(" ")')" "0.1.0 sha256 $seal"
sed -n 's/.*cc_init_data: "\(.*\)"/\1/p' first/pod-annotations.yaml >annotation
check "  the annotation holds it" same <(base64 -d annotation | gzip -dc) first/initdata.toml
check "  and no date" is "$(base64 -d annotation | od -An -tx1 -j4 -N4 | xargs)" "00 00 00 00"
check "  its digest is what HOST_DATA will be" is "$(jq -r .initdata.host_data second.json)" "$(sha256sum <first/initdata.toml | cut -d ' ' -f 1)"
check "  the command line says so, and no seal" grep -q ' podseal.bind=initdata podseal.kbs=' first/measurements.txt
check "  pods may bring it" grep -q '^enable_annotations = .*"cc_init_data"' first/configuration-podseal.toml
check "  and no others may" eval '! grep -q cc_init_data rust-extension/*'
# the command that it told
sed -n '/podseal policy/,$p' first.said | sed "s|podseal policy|'$podseal' policy|; s|POLICY.json|policy.json|" >next
check "the policy for it is made by the command that it told" bash next
check "  and wants that HOST_DATA and that measurement" is "$(jq -r '[.host_data, .measurements[0]] | join(" ")' policy.json)" \
	"$(jq -r '[.initdata.host_data, .measurements[0].launch_digest] | join(" ")' second.json)"
refuses "initdata of another image makes no policy" 3 "first/initdata.toml: does not name the image's seal" \
	"$podseal" policy signed.img --initdata first/initdata.toml --measurement "$(jq -r '.measurements[0].launch_digest' second.json)" -o no.json
refuses "nor do two answers to what HOST_DATA is" 2 "host-data and --initdata" \
	"$podseal" policy pod.img --host-data --initdata first/initdata.toml --measurement "$(jq -r '.measurements[0].launch_digest' second.json)" -o no.json
check "by its signature: nothing of the image is on the command line" eval 'config signed.img --bind signature --json | jq -e ".cmdline | contains(\"podseal.seal\") or contains(\"podseal.bind\") | not"'
refuses "an image without one cannot be told by it" 3 "pod.img: has no signature" config pod.img --bind signature
check "an image can be sealed for others than Kata" "${build[@]}" --key-out plain.key -o plain.img
refuses "  and then it is not for Kata" 3 "plain.img: not sealed with --kata" config plain.img

# names as hosts do not expect them
odd="a\"b\\c #\$'x: {}"
mkdir -p odd && cp pod.img "odd/$odd.img"
config "odd/$odd.img" --node-dir "/srv/ü\"]" -o quoted >/dev/null
check "quotes, backslashes and other alphabets in a path come out as they were" is \
	"$(said quoted/configuration-podseal.toml '.hypervisor.qemu.guest_extension_images[0].path')" "/srv/ü\"]/$odd.img"
refuses "a comma, which QEMU would take for the end" 2 "a comma or a control character" config pod.img --node-dir /srv/a,b
refuses "a line break in a path" 2 "a comma or a control character" config pod.img --node-dir $'/srv/a\nkernel = "x"'
refuses "bytes that are no UTF-8" 2 "not UTF-8" config pod.img --node-dir $'/srv/\xff'
refuses "a path that is not absolute" 2 "not an absolute path" config pod.img --node-dir srv
refuses "a name that Kubernetes does not take" 2 "not a name of up to 40" config pod.img --name 'Pod: x'
cp initrd.img odd/vmlinuz
refuses "two files at one place" 2 "two files would be /opt/podseal/vmlinuz" config pod.img --initrd odd/vmlinuz

# what would be measured otherwise than it is said
refuses "a quoted parameter" 2 "do not survive Kata" config pod.img --append 'a="b c"'
refuses "one without its value, which one of the runtimes would print differently" 2 "not NAME or NAME=VALUE" config pod.img --append podseal.kbs=
refuses "two blanks" 2 "one blank between" config pod.img --append 'a  b'
refuses "a blank at the end" 2 "one blank between" config pod.img --append 'a '
refuses "another word on what to trust" 2 "bind says that" config pod.img --append "podseal.seal=$seal"
refuses "a command line that the kernel would cut" 2 "the kernel cuts it after 2047" config pod.img --append "x=$(printf '%01900d' 0)"
refuses "a kernel alone in mode uki" 3 "vmlinuz: " "$podseal" kata-config pod.img --mode uki --kernel vmlinuz --firmware AMDSEV.fd
refuses "an initrd beside the UKI" 2 "the initrd is in the UKI" config pod.img --mode uki
refuses "mode extension without an initrd" 2 "needs --initrd" "$podseal" kata-config pod.img --kernel vmlinuz --firmware AMDSEV.fd
refuses "no firmware" 2 "needs --kernel and --firmware" "$podseal" kata-config pod.img --kernel vmlinuz --initrd initrd.img
refuses "a runtime that Kata has not" 2 'runtime "c"' config pod.img --runtime c
refuses "no size" 2 "vcpus" config pod.img --vcpus 1,,2
refuses "firmware that cannot start such a guest" 3 "signer.pem: " "$podseal" kata-config pod.img --kernel vmlinuz --initrd initrd.img --firmware signer.pem
refuses "a file in place of the directory" 4 "vmlinuz" config pod.img -o vmlinuz
mkdir -p half/runtimeclass.yaml
refuses "one file that cannot be written" 3 "runtimeclass.yaml" config pod.img -o half
check "  leaves none of the others" is "$(ls half)" runtimeclass.yaml
done_testing
