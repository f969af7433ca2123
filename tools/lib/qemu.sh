# shellcheck shell=sh disable=SC2154 # variables shared with tools/kernel
# SPDX-License-Identifier: GPL-2.0-only
#
# A QEMU newer than this machine's. It is unpacked, not installed, and runs with
# the libraries it came with, so that it needs neither root nor a namespace.

qemu_suite=trixie-backports

# qemu_can PROGRAM WHAT...: has it CXL memory as the kernels want it (from 8.1 on),
# has it vhost-user devices with memory of their own (from 11 on)?
qemu_can()
{
	can_program=$1
	shift
	for can_what; do
		case $can_what in
		cxl) "$can_program" -device cxl-type3,help 2>/dev/null |
			grep -q persistent-memdev || return 1 ;;
		# not "-device help": that loads all modules, those of the
		# machine's own QEMU too, and dies of them
		virtiofs) "$can_program" -device vhost-user-test-device-pci,help 2>/dev/null |
			grep -q chardev || return 1 ;;
		*) die 2 "qemu: '$can_what' is neither cxl nor virtiofs" ;;
		esac
	done
}

# qemu_make WHAT...: fetch and unpack it into $qemu_home
qemu_make()
{
	lock "$cache/apt/$qemu_suite/lock" "the packages of $qemu_suite"
	apt_init "$qemu_suite"
	apt_fresh "$qemu_suite" || apt_update ||
		say "going on with the package lists of last time: $apt_why"
	need_space 400 "QEMU of $qemu_suite"
	qemu_tmp=$qemu_home.$$
	tmp_add "$qemu_tmp"
	mkdir -p "$qemu_tmp/debs/partial" "$qemu_tmp/root"

	step FETCH "QEMU of $qemu_suite"
	# dpkg's status is empty, so this is the whole closure
	apt-get install -y --no-install-recommends --download-only -t "$qemu_suite" \
		-o Dir::Cache::archives="$qemu_tmp/debs" qemu-system-x86 >"$apt_dir/log" 2>&1 ||
		die 3 "cannot get QEMU of $qemu_suite: $(why_failed "$apt_dir/log")"
	step UNPACK "$qemu_home"
	for qemu_link in bin sbin lib lib64; do
		mkdir -p "$qemu_tmp/root/usr/$qemu_link"
		ln -s "usr/$qemu_link" "$qemu_tmp/root/$qemu_link"
	done
	apt_unpack "$qemu_tmp/debs" "$qemu_tmp/root"
	cat >"$qemu_tmp/root/qemu" <<-'END'
		#!/bin/sh
		usr=$(dirname "$(readlink -f "$0")")/usr
		lib=$usr/lib/x86_64-linux-gnu
		export QEMU_MODULE_DIR="$lib/qemu"
		exec "$usr/lib64/ld-linux-x86-64.so.2" --library-path "$lib" \
			"$usr/bin/qemu-system-x86_64" -L "$usr/share/qemu" -L "$usr/share/seabios" "$@"
	END
	chmod +x "$qemu_tmp/root/qemu"
	qemu_can "$qemu_tmp/root/qemu" cxl virtiofs ||
		die 3 "QEMU of $qemu_suite does not run here, or has no $*"
	rm -rf "$qemu_home"
	mv "$qemu_tmp/root" "$qemu_home"
	rm -rf "$qemu_tmp"
	unlock
}

cmd_qemu()
{
	[ $# -gt 0 ] || die 2 "qemu takes what it must have: cxl, virtiofs"
	if qemu_can qemu-system-x86_64 "$@"; then
		command -v qemu-system-x86_64
		return
	fi
	qemu_home=$cache/qemu
	[ -x "$qemu_home/qemu" ] || qemu_make "$@"
	echo "$qemu_home/qemu"
}
