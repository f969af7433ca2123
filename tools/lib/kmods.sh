# shellcheck shell=sh disable=SC2154 # shared with tools/initramfs
# SPDX-License-Identifier: GPL-2.0-only
#
# The part of an initramfs that holds the kernel's modules.

# The first line is loaded by the guest's init, the rest when a test wants it.
guest_modules="virtio_pci virtio_console nd_e820 nd_pmem dax_pmem device_dax
	nd_btt nd_virtio virtio_pmem nfit dax_hmem kmem
	cxl_acpi cxl_pci cxl_mem cxl_pmem cxl_port
	ext4 xfs erofs fuse virtiofs vfat overlay
	brd loop null_blk dm-mod dm-delay scsi_debug sd_mod sg nbd nvme
	rdma_rxe ib_uverbs crc32_generic vfio_pci vfio_iommu_type1 kvm_amd
	configfs test_hmm crc32c_generic crc32c-intel libcrc32c"

# Prints the files to load for a module. This machine's modprobe
# rules are left aside: ndctl ships one for libnvdimm.
depends_of()
{
	modprobe -C "$work/none" -d "$modules" -S "$release" --show-depends "$1" \
		>"$work/depends" 2>/dev/null || echo "$1" >>"$work/absent"
	sed -n 's/^insmod \(.*[^ ]\) *$/\1/p' "$work/depends"
}

# slim FILE: leave out what only tracing, BPF and debuggers read. For each place that
# ftrace could patch the kernel searches all of the module's symbols, which for xfs.ko
# takes five times as long as the rest of loading it; not known to ftrace, the calls
# there return at once. The symbols stay: they say where a task sleeps.
slim()
{
	! command -v objcopy >/dev/null ||
		objcopy -g -R .BTF -R .BTF.base -R _ftrace_eval_map -R .rela_ftrace_eval_map \
			-R __mcount_loc -R .rela__mcount_loc "$1" 2>/dev/null || :
}

make_modules()
{
	dir=lib/modules/$release
	mkdir -p "$work/none" "$1/usr/$dir"
	: >"$work/absent"
	for module in $guest_modules; do
		depends_of "$module"
	done | sort -u >"$work/all"
	while read -r file; do
		to=$1/usr/${file#"$modules/"}
		mkdir -p "${to%/*}"
		# Unpacked here once, instead of under emulation at every boot.
		case $file in
		*.xz)	to=${to%.xz} && xz -dc "$file" >"$to" ;;
		*.zst)	to=${to%.zst} && zstd -qdc "$file" >"$to" ;;
		*.gz)	to=${to%.gz} && gzip -dc "$file" >"$to" ;;
		*)	cp "$file" "$to" ;;
		esac
		slim "$to"
	done <"$work/all"
	for file in modules.builtin modules.builtin.modinfo modules.order; do
		[ ! -r "$modules/$dir/$file" ] || cp "$modules/$dir/$file" "$1/usr/$dir/"
	done
	depmod -b "$1/usr" "$release" 2>/dev/null
	# Neither a module nor built in: a test that wants it skips.
	sort "$work/absent" >"$1/usr/$dir/daxwake.absent"
}
