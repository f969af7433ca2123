# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154 # me is the caller's
#
# What tools/run-tests and make help say.

variables()
{
	cat <<'END'

Variables of run_tests, driver and list:
  KERNEL=debian:SUITE   bullseye bookworm trixie trixie-backports sid experimental
                        (default: the suite this machine runs)
  KERNEL=path/to/tree   a kernel source, which is built in the cache, or a tree (or
                        O= directory) that has been built
  CONFIG=keep           build that source with its own .config, not with a small one
  CONFIG=debug          build it with the kernel's own checks of pages as well
  CONFIG=quick          build it without XFS, EROFS, FUSE, network, device mapper,
                        KVM, RDMA, VFIO, NVMe, SCSI and CXL: their tests skip
  KERNEL=host           this machine's running kernel, as root, with
    PMEM=/dev/pmem0       the block device to use; ITS DATA IS DESTROYED
    DAX=/dev/dax1.0       the device-dax device to use (optional); likewise
    FORCE=1               even if it holds a file system daxwake did not make
  PMEM_SOURCE=memmap    what the VM's pmem is made of: memmap (RAM set aside), nvdimm
                        (ACPI NFIT), virtio-pmem or cxl (type 3 devices)
  PMEM_MAP=mem          where its struct pages are: mem (in RAM) or dev (on it)
  VIRTIOFS=1            also a virtiofs with a window for DAX (QEMU 11)
  TESTS='glob ...'      only tests whose id (or program.id) matches
  FULL=1                all combinations of the tables, not only enough for all
                        pairs of values (any one can be had by its id in TESTS)
  JOBS=N                VMs side by side, 1 to 16, each with a share of the tests
                        (default: as CPUs and memory allow, up to 4)
  BASELINE=file         compare with known results; see tools/report --help
  O=dir                 where to build and log (default: build/)
  LOGS=dir              where to log (default: O/logs/DATE-PID)
  V=1                   show the commands and the whole KTAP of passing tests
  KSRC=tree             kernel tree to take the selftest framework from

Variables of mutants (tools/mutants-run --help):
  TREE=6.1              5.10, 6.1, 6.12, 7.2, 7.3, debian:SUITE or path/to/tree
  MUTANTS='glob ...'    only those (tools/mutate --list)
  FAST=1                each only until it is caught
END
}

usage()
{
	cat <<END
Usage: $me [--driver-only | --list]

Boots a kernel with emulated persistent memory in QEMU, runs the tests, prints
KTAP as it comes and then a summary. The VM is thrown away; nothing on this
machine is touched unless KERNEL=host.
END
	variables
	cat <<'END'

Also read: COLLECTION (selftests folder, default dax), DAXWAKE_ACCEL (kvm, tcg,
auto), DAXWAKE_TIME_FACTOR (stretches every deadline), DAXWAKE_PMEM_SIZE (of
each of the VM's two pmem devices), XDG_CACHE_HOME; with KERNEL=host
DAXWAKE_RESERVED=nn$ss, a range kept from the kernel by memmap=nn$ss, of which the
driver may make pages (pgmap_* skip without).
Exit codes: 0 all passed, 1 a test failed or the kernel broke, 2 usage,
3 infrastructure (nothing was learnt about the kernel).
END
}
