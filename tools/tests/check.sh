#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tools/ci/check counts every part, whatever way it fails.
# shellcheck disable=SC2016 # awk and sh -c have arguments of their own
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd -P)
# shellcheck source=tools/lib/tap.sh
. "$tools/lib/tap.sh"
logs=$tmp
export logs

# counts "P passed F failed S skipped" KIND SCRIPT: what a part with that output
# and exit code is counted as
counts()
{
	want=$1
	shift
	sh -euc 'globs=*; . "$1"; part some/part "$2" sh -c "$3"' - "$tools/lib/check.sh" "$@" >"$tmp/out" 2>&1
	cat "$tmp/out"
	echo "wanted: $want"
	tr -s ' ' <"$tmp/out" | grep -qE "^some/part $want [0-9]+ s$"
}

says() { cat "$tmp/out"; grep -qF -- "$1" "$tmp/out"; }
matches()
{
	sh -euc 'globs=$2; . "$1"; part some/part exit true; [ "$ran" = "$3" ]' - "$tools/lib/check.sh" "$@"
}

tap 'TAP: all passed' counts '2 passed 0 failed 0 skipped' tap 'echo ok 1 a; echo ok 2 b; echo 1..2'
tap 'TAP: plan first, a skip' counts '1 passed 0 failed 1 skipped' tap \
	'echo 1..2; echo ok 1 a; echo "ok 2 b # SKIP no"'
tap 'TAP: one failed' counts '1 passed 1 failed 0 skipped' tap \
	'echo ok 1 a; echo not ok 2 b; echo 1..2; exit 1'
tap 'TAP: which one is said' says 'not ok 2 b'
tap 'TAP: the log is named' says some-part.log
tap 'TAP: no plan' counts '1 passed 1 failed 0 skipped' tap 'echo ok 1 a'
tap 'TAP: results missing' counts '1 passed 1 failed 0 skipped' tap 'echo 1..2; echo ok 1 a'
tap 'TAP: nothing at all' counts '0 passed 1 failed 0 skipped' tap :
tap 'TAP: all passed, but exit 1' counts '1 passed 1 failed 0 skipped' tap 'echo ok 1 a; echo 1..1; exit 1'
tap 'exit 0' counts '1 passed 0 failed 0 skipped' exit 'echo some output'
tap 'exit 3' counts '0 passed 1 failed 0 skipped' exit 'echo no network >&2; exit 3'
tap 'exit 3: its last words' says 'no network'
tap 'a run without baseline' counts '5 passed 2 failed 1 skipped' run \
	'echo ok 1 a; echo 5 passed, 2 failed, 1 skipped; exit 1'
tap 'a run as known' counts '7 passed 0 failed 1 skipped' run \
	'echo against base; echo "  what is known counts as passed: 7 passed, 0 failed, 1 skipped"; echo 5 passed, 2 failed, 1 skipped'
tap 'a run not as known' counts '6 passed 1 failed 1 skipped' run \
	'echo against base; echo "  not known: 1"; echo "   x.y early"; echo "    NOT as known (1 known)"
	 echo "  what is known counts as passed: 6 passed, 1 failed, 1 skipped"; echo 5 passed, 2 failed, 1 skipped; exit 1'
tap 'a run not as known: what is new' says 'x.y early'
tap 'a run that ended early' counts '0 passed 1 failed 0 skipped' run 'echo ok 1 a; exit 3'
tap 'a run that was killed' counts '0 passed 1 failed 0 skipped' run 'kill -9 $$'
tap 'all parts' matches '*' 1
tap 'a glob' matches 'other some/*' 1
tap 'the first word' matches 'other some' 1
tap 'another word' matches 'other par' 0
tap 'an unknown part is a usage error' sh -c 'O="$2/o" "$1/ci/check" no/such/part; [ $? -eq 2 ]' - "$tools" "$tmp"
tap '--help' "$tools/ci/check" --help
tap_done
