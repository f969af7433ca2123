# SPDX-License-Identifier: GPL-2.0-only
#
# A table of contents: each target is one line of delegation.

export KERNEL CONFIG TESTS COLLECTION O V PMEM DAX PMEM_SOURCE PMEM_MAP VIRTIOFS FORCE JOBS KSRC BASELINE LOGS
export KERNELS CELLS TREE MUTANTS FAST XFSTESTS NDCTL

.PHONY: help run_tests check matrix mutants peers bench build driver list clean distclean
.DEFAULT_GOAL := help

help:		## this list
	@sed -n 's/^\([a-z_]*\):[^#]*## /  \1\t/p' Makefile | expand -t 16; tools/run-tests --help-make

run_tests:	## boot a kernel with emulated pmem and prove that every wake-up fires
	@tools/run-tests

mutants:	## put known bugs into a kernel (TREE, MUTANTS, FAST), and see that each is caught
	@tools/mutants-run

peers:		## the same, with what else there is beside it (XFSTESTS, NDCTL)
	@PEERS=1 tools/mutants-run

check:		## everything that guards daxwake itself: static, units, driver, rig, four kernels, some mutants
	@tools/ci/check

matrix:		## kernels x groups of tests: what passes where, and what changed
	+@tools/matrix

bench:		## how long boot, cases and a run take
	@tools/bench

build:		## host tools, fixtures and tests
	@tools/build $(if $(O),"$(O)")

driver:		## test_daxwake.ko for KERNEL
	@tools/run-tests --driver-only

list:		## the ids of all tests
	@tools/run-tests --list

clean:		## remove what was built (O, default build/)
	@tools/clean

distclean:	## and what was downloaded or made in the cache
	@tools/clean --cache
