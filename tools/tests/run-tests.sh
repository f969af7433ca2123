#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2016,SC2154 # what lib/ sets and uses
#
# tools/run-tests: what it refuses before anything is built or fetched.
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd -P)
. "$tools/lib/tap.sh"

unset KERNEL PMEM DAX PMEM_SOURCE PMEM_MAP VIRTIOFS FORCE TESTS COLLECTION BASELINE V
export O="$tmp/out"

# refuses TEXT VARIABLE=VALUE... [ARGUMENT]
refuses()
{
	text=$1
	shift
	rc=0
	case $* in
	*=*)	env "$@" "$tools/run-tests" >"$tmp/said" 2>&1 || rc=$? ;;
	*)	"$tools/run-tests" "$@" >"$tmp/said" 2>&1 || rc=$? ;;
	esac
	cat "$tmp/said"
	echo "exit $rc"
	[ "$rc" -eq 2 ] && [ "$(wc -l <"$tmp/said")" -eq 1 ] &&
		grep -qF -- "$text" "$tmp/said" && [ ! -e "$O" ]
}

tap "an argument unknown" refuses "unknown argument now" now
tap "this machine without a device" refuses "needs PMEM=/dev/pmemN" KERNEL=host
tap "a device of this machine for a VM" refuses "PMEM= and DAX= are for KERNEL=host" PMEM=/dev/null
tap "a pmem source unknown" refuses \
	"PMEM_SOURCE is 'floppy', one of memmap, nvdimm, virtio-pmem and cxl" PMEM_SOURCE=floppy
tap "a place for struct pages unknown" refuses "PMEM_MAP is 'disk', one of mem and dev" \
	PMEM_MAP=disk
tap "pmem of QEMU's for this machine" refuses "PMEM_SOURCE=, PMEM_MAP=, VIRTIOFS= and JOBS= are for VMs" \
	KERNEL=host PMEM=/dev/null PMEM_SOURCE=nvdimm
tap "a place for struct pages on this machine" refuses "are for VMs" \
	KERNEL=host PMEM=/dev/null PMEM_MAP=dev
tap "virtiofs on this machine" refuses "are for VMs" KERNEL=host PMEM=/dev/null VIRTIOFS=1
tap "VMs on this machine" refuses "JOBS= are for VMs" KERNEL=host PMEM=/dev/null JOBS=2
tap "no VM at all" refuses "JOBS is '0', 1 to 16 VMs" JOBS=0
tap "help" sh -c '"$0/run-tests" --help | grep -q "^  PMEM_SOURCE="' "$tools"
tap_done
