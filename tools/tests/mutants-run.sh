#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tools/mutants-run: what it says of a mutant, and what it leaves behind.
# shellcheck disable=SC2154 # $tmp is tap.sh's
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd -P)
# shellcheck source=tools/lib/tap.sh
. "$tools/lib/tap.sh"
KSRC=${KSRC:-$("$tools/kernel" source)}
# shellcheck source=tools/lib/test-mutants.sh
. "$tools/lib/test-mutants.sh"

all()
{
	run 3 && row good caught early a.one && row quiet missed - - && row wrong other splat a.two &&
		row nothing error - 'nothing changes nothing' && row unbuildable error - '9.9 with unbuildable does not build (.*/unbuildable/kbuild)' &&
		row dead error - '.*never ready' && row more caught early a.known &&
		grep -q '^9.9.0: 8 mutants, 3 caught, 2 not, 3 errors; [0-9]* s from one' "$tmp/out"
}
one() { run 0 MUTANTS=good && [ "$(wc -l <"$tmp/out")" -eq 2 ] && [ "$(calls module)" = 1 ]; }
calls() { grep -c "^$1" "$tmp/calls" || :; }
missed() { run 1 MUTANTS='good quiet' && row good caught early a.one && row quiet missed - -; }
header() { run 0 MUTANTS=header && [ "$(calls "prepare .*/now./build")" = 1 ] && [ "$(calls module)" = 2 ]; }
kept() { : >"$runs" && run 0 MUTANTS=good && [ "$(wc -l <"$runs")" -eq 1 ]; }
more_tests() { : >"$runs" && run 0 MUTANTS=good TESTS='a.* b.*' && [ "$(head -n 1 "$runs" | cut -d' ' -f1)" = 'b.*' ]; }
not_kept() { : >"$runs" && touch "$tree/arch/x86/boot/bzImage" && run 0 MUTANTS=good && [ "$(wc -l <"$runs")" -eq 2 ]; }
stops() { run 0 MUTANTS=endless FAST=1 && row endless caught early a.one; }
by_others() { run 0 MUTANTS=elsewhere FAST=1 && row elsewhere caught early b.other && run 1 MUTANTS=elsewhere; }
given() { run 0 MUTANTS=elsewhere TESTS='*' && row elsewhere caught early b.other; }
untrusted()
{
	echo control >>"$tree/arch/x86/boot/bzImage"
	before=$(pristine)
	run 1 && grep -q 'proves nothing: nothing fired' "$tmp/err" && [ ! -s "$tmp/out" ] || return 1
	cp "$src/mm/says" "$tree/arch/x86/boot/bzImage"
	before=$(pristine)
}

# interrupted SIGNAL WANTED-EXIT: while a test runs that does not end
interrupted()
{
	# a shell's background job ignores SIGINT
	env --default-signal=INT TREE="$tree" MUTANTS=endless "$root/tools/mutants-run" >"$tmp/out" 2>&1 &
	pid=$!
	for _ in $(seq 300); do
		! pgrep -f "$root/out/bin/run.*now./build" >/dev/null || break
		sleep 0.2
	done
	got=0
	pgrep -f "$root/out/bin/run.*now./build" >/dev/null || got=1
	kill "-$1" "$pid"
	[ "$got" = 0 ] && wait "$pid" || got=$?
	cat "$tmp/out"
	echo "exit $got, wanted $2"
	[ "$got" -eq "$2" ] && clean
}
full()
{
	mkdir -p "$tmp/small"
	before=$(pristine)
	# shellcheck disable=SC2016 # the inner shell's arguments
	unshare -m sh -c 'mount -t tmpfs -o size=20M tmpfs "$1"
		XDG_CACHE_HOME=$1 TREE=$2 MUTANTS=good "$3"; echo "exit $?"; find "$1" -name "now?"' \
		sh "$tmp/small" "$tree" "$root/tools/mutants-run" >"$tmp/out" 2>&1
	cat "$tmp/out"
	row good error - 'no space for good' && [ "$(tail -n 1 "$tmp/out")" = 'exit 3' ] && clean
}
invisible()
{
	run 2 MUTANTS=hidden && grep -q 'hidden shows only with CONFIG_MORE' "$tmp/err" &&
		grep -q 'no mutant for 9.9 is called hidden' "$tmp/err" || return 1
	echo CONFIG_MORE=y >>"$tree/.config"
	run 0 MUTANTS=hidden
}
refused() { text=$2; want=$1; shift 2; run "$want" "$@" && [ ! -s "$tmp/out" ] && grep -qF -- "$text" "$tmp/err"; }
argument() { "$root/tools/mutants-run" all 2>"$tmp/err" && return 1; [ $? -eq 2 ] && grep -q "got 'all'" "$tmp/err"; }

make_tools
make_source
before=$(pristine)
runs=$root/out/bin/runs
mutant good early 'echo "a.one early" >>mm/says'
tap 'caught: exit 0' one
tap 'the run without any is kept' kept
tap 'and only tests that are new are run' more_tests
tap 'it is not kept for another kernel' not_kept
tap 'a suite that has moved on' refused 3 'now, not 6.1' TREE=6.1
mutant quiet early 'echo >>mm/says'
mutant wrong early 'echo "a.two splat" >>mm/says'
mutant nothing early ':'
mutant unbuildable early 'echo unbuildable >>mm/says'
mutant dead early 'echo boot >>mm/says'
mutant more crash,early 'sed -i s/^known.*// mm/says; echo "a.known early" >>mm/says'
mutant header early 'echo y >>mm/a.h; echo "a.one early" >>mm/says' 'mm/says mm/a.h'
tap 'a line for each, and what is no answer is an error' all
tap 'missed: exit 1' missed
tap 'a mutant with a header gets a driver of its own' header
mutant endless early 'echo "a.one early" >>mm/says; echo stuck >>mm/says'
mutant elsewhere early 'echo "b.other early" >>mm/says'
tap 'FAST=1 ends at the first that fails' stops
tap 'FAST=1 takes all tests where its own see nothing' by_others
tap 'TESTS are taken in place of those it names' given
tap 'a kernel that proves nothing as it is' untrusted
tap 'interrupted' interrupted INT 130
tap 'ended' interrupted TERM 143
if unshare -m true 2>/dev/null; then
	tap 'a full disk' full
else
	tap_skip 'a full disk' 'needs a mount namespace'
fi
mutant hidden early 'echo "a.one early" >>mm/says'
sed -i '1a# Config: CONFIG_MORE' "$DAXWAKE_MUTANTS/hidden.sh"
tap 'one that does not show in that build' invisible
tap 'no tree' refused 2 'no kernel tree at /no/where' TREE=/no/where
tap 'no such mutant' refused 2 'no mutant for 9.9 is called absent' MUTANTS=absent
tap 'FAST is 0 or 1' refused 2 'FAST=yes' FAST=yes
tap 'no arguments' argument
tap_done
