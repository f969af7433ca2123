#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tools/mutants-run with PEERS=1: what it says the other programs have seen.
# shellcheck disable=SC2016,SC2154 # makefiles and scripts; $tmp is tap.sh's
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd -P)
# shellcheck source=tools/lib/tap.sh
. "$tools/lib/tap.sh"
KSRC=${KSRC:-$("$tools/kernel" source)}
# shellcheck source=tools/lib/test-mutants.sh
. "$tools/lib/test-mutants.sh"
unset PEERS XFSTESTS NDCTL || :

# Stands in for bin/vm: the kernel is a text, see lib/fake-mutant-run.sh, and lines
# "peer NAME EXIT-CODE", "peer NAME dies" and "peer NAME TEST" for a result that is
# not ok say what comes of a peer.
make_vm()
{
	cat >"$root/out/bin/vm" <<-'END'
		#!/bin/sh
		last=
		while [ $# -gt 0 ]; do
			case $1 in
			--image) image=$2 ;;
			--initrd) last=$2 ;;
			esac
			shift
		done
		for name in $(cpio -t --quiet <"$last" | sed -n 's#^daxwake/peers/##p'); do
			echo "run $name"
			! grep -qx "peer $name dies" "$image" || exit 1
			sed -n "s/^peer $name \([a-z].*\)/not ok 7 \1/p" "$image"
			rc=$(sed -n "s/^peer $name \([0-9]*\)$/\1/p" "$image")
			echo "peer $name ${rc:-0} 1250"
		done
	END
	chmod +x "$root/out/bin/vm"
}

make_peers()
{
	mkdir -p "$src/tools/testing/selftests/mm"
	echo 'int main(void) { return 0; }' >"$src/tools/testing/selftests/mm/gup_test.c"
	echo '#include "local_config.h"
		int main(void) { return 0; }' >"$src/tools/testing/selftests/mm/hmm-tests.c"
	printf '%s\n' '.DEFAULT_GOAL := bzImage' 'headers_install:' \
		'	@mkdir -p $(O)/usr/include' >>"$src/Makefile"
	mkdir -p "$tmp/xfs/src"
	cp "$(command -v ls)" "$tmp/xfs/src/t_mmap_collision"
}

# columns NAME TEXT: what follows the test in the line of that mutant
columns() { grep -q "^$1 .* s  [^ ]* $2\$" "$tmp/out"; }
all()
{
	run 1 PEERS=1 && columns quiet 'gup_test:missed:1.3s hmm-tests:missed:1.3s' &&
		columns exits 'gup_test:caught:1.3s hmm-tests:missed:1.3s' &&
		columns result 'gup_test:missed:1.3s hmm-tests:caught:1.3s' &&
		columns dies 'gup_test:missed:1.3s hmm-tests:caught:0.0s' &&
		columns first 'gup_test:caught:0.0s hmm-tests:not-run:0.0s'
}
without() { run 1 && ! grep -q gup_test "$tmp/out"; }
# known CHECK LINE...: CHECK holds where the tree as it is says each LINE already
known()
{
	check=$1
	shift
	cp "$tree/arch/x86/boot/bzImage" "$tmp/image"
	printf '%s\n' "$@" >>"$tree/arch/x86/boot/bzImage"
	before=$(pristine)
	"$check" && rc=0 || rc=1
	cp "$tmp/image" "$tree/arch/x86/boot/bzImage"
	before=$(pristine)
	return "$rc"
}
no_catch()
{
	run 1 PEERS=1 && columns result 'gup_test:skipped:1.3s hmm-tests:caught:1.3s' &&
		columns first 'gup_test:caught:0.0s hmm-tests:not-run:0.0s' &&
		columns repeats 'gup_test:skipped:1.3s hmm-tests:missed:1.3s'
}
too_slow()
{
	run 1 PEERS=1 MUTANTS='slow result' &&
		columns slow 'gup_test:missed:1.3s hmm-tests:unfinished:1.3s' &&
		columns result 'gup_test:missed:1.3s hmm-tests:caught:1.3s'
}
theirs() { run 1 PEERS=1 XFSTESTS="$tmp/xfs" MUTANTS=quiet && columns quiet '.* t_mmap_collision:missed:1.3s'; }
refused() { text=$1; shift; run 2 "$@" && [ ! -s "$tmp/out" ] && grep -qF -- "$text" "$tmp/err"; }

make_tools
make_vm
make_source
make_peers
before=$(pristine)
mutant quiet early 'echo >>mm/says'
mutant exits early 'echo "peer gup_test 1" >>mm/says'
mutant result early 'echo "peer hmm-tests hmm.one" >>mm/says'
mutant dies early 'echo "peer hmm-tests dies" >>mm/says'
mutant first early 'echo "peer gup_test dies" >>mm/says'
mutant repeats early 'printf "%s\n" "peer hmm-tests 1" "peer hmm-tests hmm.two" >>mm/says'
mutant slow early 'echo "peer hmm-tests 124" >>mm/says'
tap 'a column for each' all
tap 'only when asked' without
tap 'what fails or skips without any mutant is no catch' \
	known no_catch 'peer gup_test 4' 'peer hmm-tests 1' 'peer hmm-tests hmm.two'
tap 'what has no end without any mutant has missed nothing' known too_slow 'peer hmm-tests 124'
tap 'of the tree of fstests' theirs
tap 'PEERS is 0 or 1' refused 'PEERS=yes' PEERS=yes
tap 'a tree of fstests that is not built' refused 'has no src/t_mmap_collision' PEERS=1 XFSTESTS=/no/where
tap 'a tree of ndctl that is not built' refused 'has no build/test/dax-pmd' PEERS=1 NDCTL=/no/where
tap_done
