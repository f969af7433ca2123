# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What tools/run-tests takes from its caller for a VM, checked; it has fail().

most_jobs=4	# with more of them boots are what is waited for
job_mb=4096	# RAM, two pmem devices and QEMU itself

# VMs side by side: as many as there are CPUs and memory for, at least one.
jobs_here()
{
	free_mb=$(awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo)
	echo "$(nproc) $((${free_mb:-0} / job_mb)) $most_jobs" |
		awk '{ n = $1; if ($2 < n) n = $2; if ($3 < n) n = $3; print n < 1 ? 1 : n }'
}

vm_variables()
{
	case ${PMEM_SOURCE:=memmap} in
	memmap | nvdimm | virtio-pmem | cxl) ;;
	*) fail 2 "PMEM_SOURCE is '$PMEM_SOURCE', one of memmap, nvdimm, virtio-pmem and cxl is wanted" ;;
	esac
	case ${PMEM_MAP:=mem} in
	mem | dev) ;;
	*) fail 2 "PMEM_MAP is '$PMEM_MAP', one of mem and dev is wanted" ;;
	esac
	case ${JOBS:=$(jobs_here)} in
	[1-9] | 1[0-6]) ;;
	*) fail 2 "JOBS is '$JOBS', 1 to 16 VMs side by side are wanted" ;;
	esac
}
