#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2016,SC2154 # what lib/ sets and uses; scripts for other shells
#
# tools/vm with a QEMU that is none: what it says about each way to end, and
# that nothing of it is left.
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd -P)
. "$tools/lib/tap.sh"
. "$tools/lib/fakevm.sh"

tap "no image named" says 2 "--image is missing" --initrd "$initrd" --exec true
tap "no initrd named" says 2 "--initrd is missing" --image "$image" --exec true
tap "nothing to do" says 2 "either a plan or --exec" --image "$image" --initrd "$initrd"
tap "accel unknown" says 2 "accel is 'xen'" "$@" --image "$image" --initrd "$initrd" --exec true \
	--accel xen
set -- --image "$image" --initrd "$initrd" --plan "$plan"
tap "a timeout that is none" says 2 "--boot-timeout is 'soon'" "$@" --boot-timeout soon
tap "pmem below 4G" says 2 "--pmem 512M!3G starts below 4G" "$@" --pmem '512M!3G'
tap "pmem without a place" says 2 "--pmem 512M is not SIZE!START" "$@" --pmem 512M
tap "a pmem source unknown" says 2 "--pmem-source is 'floppy', one of memmap, nvdimm" "$@" \
	--pmem-source floppy
tap "a place for struct pages unknown" says 2 "--pmem-map is 'disk', one of mem and dev" "$@" \
	--pmem-map disk
tap "a device's pmem with a place" says 2 "--pmem 512M!4G is not a SIZE" "$@" --pmem '512M!4G' \
	--pmem-source nvdimm
tap "memory that is too little" says 2 "--memory 64M" "$@" --memory 64M
tap "no kernel" says 3 "no kernel at $tmp/none: No such file" --image "$tmp/none" \
	--initrd "$initrd" --exec true
tap "no plan" says 3 "cannot read the plan $tmp/none" --image "$image" --initrd "$initrd" "$tmp/none"
DAXWAKE_QEMU="$tmp/none"
tap "no QEMU" says 3 "no $tmp/none here (try tools/deps qemu)" "$@"
export DAXWAKE_QEMU="$tmp/a machine/qemu"
tap "console log that cannot be" says 3 "cannot write the console log /dev/null/x" "$@" \
	--console /dev/null/x

# The boot protocol's mark, and more units of 16 bytes than follow.
{ head -c 500 /dev/zero; printf '\377\377\0\0'; head -c 10 /dev/zero; printf HdrS
	head -c 8000 /dev/zero; } >"$tmp/cut"
tap "a kernel that is cut" says 3 "the kernel $tmp/cut is cut short" --image "$tmp/cut" \
	--initrd "$initrd" --exec true
head -c 300 "$initrd" >"$tmp/cut.cpio"
tap "initrd cut in a file" says 3 "$tmp/cut.cpio cannot be used: it ends in the middle of a file" \
	--image "$image" --initrd "$tmp/cut.cpio" --exec true
head -c 150 "$initrd" >"$tmp/cut.cpio"
tap "initrd cut in a header" says 3 "it ends in the middle of a" \
	--image "$image" --initrd "$tmp/cut.cpio" --exec true
: >"$tmp/cut.cpio"
tap "initrd that is empty" says 3 "$tmp/cut.cpio cannot be used: it is empty" \
	--image "$image" --initrd "$tmp/cut.cpio" --exec true

qemu 'echo "qemu: no such machine" >&2; exit 1'
tap "QEMU fails" says 3 "never ready: QEMU exited with code 1: qemu: no such machine" "$@"
qemu 'echo "[ 1.0] Kernel panic - not syncing: VFS: no root" >&$console'
tap "a panic before the ready mark" says 3 "never ready: Kernel panic - not syncing: VFS: no root" "$@"
qemu 'echo "# daxwake: failed: no pmem" >&$ktap; sleep 30'
tap "the guest gives up" says 3 "the guest gave up: no pmem" "$@"
qemu 'exec sleep 30'
tap "nothing comes" says 3 "never ready: nothing from the guest after 0.2 s, and no console output" \
	"$@" --boot-timeout 0.2
qemu 'echo "[ 1.0] slow" >&$console; exec sleep 30'
tap "it boots, and is not ready in time" says 3 \
	"nothing from the guest after 3 s, on a busy machine try DAXWAKE_TIME_FACTOR=2" \
	"$@" --boot-timeout 3

ready='echo "# daxwake: ready release=fake" >&$ktap;'
qemu "$ready"' echo "# daxwake: done" >&$ktap; exec sleep 30'
tap "the plan ends" says 0 "" "$@"
qemu "$ready"' printf "[ 2.0] BUG: bad page\n[ 2.1] Kernel panic - not syncing: fatal\n" >&$console'
tap "a panic after it" says 1 "died: crash: BUG: bad page; Kernel panic - not syncing: fatal" "$@"
tap "... is in the stream too" grep -qx '# daxwake: died: crash: BUG: bad page; Kernel panic.*' \
	"$tmp/out"
tap "... with what led to it" grep -qx '# daxwake: console: \[ 2.0\] BUG: bad page' "$tmp/out"
# Another stream, which comes in between: no line is torn for it.
qemu "$ready"' printf "[ 2.0] not " >&$console; sleep 0.1; printf "[ 2.1] WARNING: a\n[ 2.2] b\n" >&$kmsg
	sleep 0.1; printf "torn\n" >&$console; echo "# daxwake: done" >&$ktap; exec sleep 30'
quiet_too()
{
	says 0 "" "$@" --console "$tmp/log" &&
		printf '[ 2.0] not torn\n[ 2.1] WARNING: a\n[ 2.2] b\n' | cmp - "$tmp/log"
}
tap "what is not on the console is in its log" quiet_too "$@"
qemu "$ready"' kill -9 $$'
tap "QEMU dies" says 1 "died: crash: the VM ended by itself (QEMU was ended by signal 9" "$@"
qemu "$ready"' exec sleep 30'
tap "no life any more" says 1 "died: hang: no sign of life for 0.2 s" "$@" --pulse-timeout 0.2
qemu "$ready"' while sleep 0.1; do echo "# daxwake: alive" >&$ktap; done'
tap "life, but no output" says 1 "died: hang: no output for 0.5 s" "$@" --silence-timeout 0.5
tap "... and life is no output" sh -c '! grep alive "$0/out"' "$tmp"
qemu "$ready"' echo "a_test a.b" >&$marks; echo "half a line" >&$ktap; printf rest >&$ktap'
says 1 "died" "$@" >/dev/null || :
tap "marks come through" grep -qx '# daxwake: start: a_test a.b' "$tmp/out"
tap "an unfinished line too" grep -qx 'rest' "$tmp/out"

# The guest asks for more, and says what it got.
more()
{
	qemu "$ready"' echo "# daxwake: more" >&$ktap; IFS= read -r line <&$more
		echo "got $line" >&$ktap; echo "# daxwake: done" >&$ktap; exec sleep 30'
	echo "dax:b_test b.one" | DAXWAKE_MORE=1 says 0 "" "$@" && grep -qx "got dax:b_test b.one" "$tmp/out"
}
tap "who asks for more gets what is on stdin" more "$@"
qemu_gets '' >/dev/null
tap "... if there can be any" sh -c '! grep daxwake.more "$0/args"' "$tmp"
tap "--exec hands the exit code out" hands_out
tap "the guest has our variables" guest_has "export DAXWAKE_FULL='1 2'"
tap "pmem is RAM above 4G" qemu_gets '--pmem 128M!4G --pmem 256M!4736M' '-m 1952M ' \
	'max-ram-below-4g=1024M' 'memmap=128M!4G' 'memmap=256M!4736M'
tap "pmem has a whole GiB for large pages" qemu_gets '' 'memmap=512M!4G' 'memmap=2G!5G'
export DAXWAKE_PMEM_SIZE=1536M
tap "pmem is as large as is said" qemu_gets '' 'memmap=1536M!4G' 'memmap=1536M!6G'
unset DAXWAKE_PMEM_SIZE
tap "pmem is in DIMM slots" qemu_gets '--pmem-source nvdimm --pmem 128M --pmem 1G' \
	'-m 1056M,slots=2,maxmem=2208M ' 'nvdimm=on' \
	'id=pmem0,share=on,size=128M -device nvdimm,memdev=pmem0 ' 'size=1024M'
tap "... and not on the command line" sh -c '! grep -q "memmap=[^ ]*!" "$0/args"' "$tmp"
tap "some RAM is for nobody" qemu_gets '--pmem 128M!4G' '-m 1184M ' 'memmap=32M$4224M'
tap "... which the guest is told" guest_has "export DAXWAKE_RESERVED='32M\$4224M'" \
	--pmem '128M!4G'
tap "pmem is a device" qemu_gets '--pmem-source virtio-pmem' \
	'size=512M -device virtio-pmem-pci,memdev=pmem1 '
tap "pmem is CXL, each region behind a port" qemu_gets '--pmem-source cxl' ',cxl=on' \
	',hypervisor=off ' 'bus=port1,persistent-memdev=pmem1,lsa=label1,sn=11 '
tap "virtiofs stands on memory that can be shared" qemu_gets '--virtiofs' \
	'memory-backend=ram' 'id=ram,share=on,size=4128M' 'chardev=fs,virtio-id=26,num_vqs=2'
tap "there are devices that do DMA" qemu_gets '' '-device intel-iommu,intremap=off -device edu ' \
	'-device nvme,serial=daxwake0,drive=disk0,cmb_size_mb=2,multifunction=on,bus=peers,addr=0.0' \
	'-device nvme,serial=daxwake1,drive=disk1,bus=peers,addr=0.1' ' intel_iommu=on iommu=pt'
tap "the guest is told what pmem there is" guest_has 'pmem_map=dev' --pmem-map dev
for stop in "INT 130" "TERM 143" "HUP 129"; do
	# shellcheck disable=SC2086 # two words
	tap "SIG${stop% *} ends QEMU" stopped $stop
done
tap "SIGKILL ends QEMU" stopped KILL 137
tap "KVM is probed once" probed_once
tap "KVM that lets us down is not used again" distrusted
tap "help" sh -c '"$0/bin/vm" --help | grep -q "^Exit codes: "' "$tmp"
tap_done
