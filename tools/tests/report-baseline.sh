#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tools/report --baseline: known failures apart from new ones.
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd -P)
# shellcheck source=tools/lib/tap.sh
. "$tools/lib/tap.sh"
KSRC=${KSRC:-$("$tools/kernel" source)}
export KSRC

cat >"$tmp/ktap" <<'END'
TAP version 13
# daxwake: ready release=6.1.0-99-test era=6.1
1..1
# selftests: dax: a_test
# TAP version 13
# 1..5
# # a_test.c:1:one:verdict: early
# not ok 1 a.ext4.one
# # a_test.c:1:one:verdict: early
# not ok 2 a.xfs.one
# # a_test.c:1:two:verdict: lost_wakeup
# not ok 3 a.ext4.two
# ok 4 a.xfs.two
# ok 5 a.xfs.three # SKIP no such thing
not ok 1 selftests: dax: a_test # exit=1
END

# against EXIT TEXT LINE...: with the baseline LINE... the exit code is EXIT
# and TEXT (or each line of it) is in the summary
against()
{
	want=$1
	text=$2
	shift 2
	printf '%s\n' "$@" >"$tmp/base"
	got=0
	"$tools/report" --kernel '6.1.0-99-test 6.1.999-1' --baseline "$tmp/base" --json "$tmp/json" \
		"$tmp/ktap" >"$tmp/out" 2>&1 || got=$?
	cat "$tmp/base" "$tmp/out"
	echo "exit $got, wanted $want and \"$text\""
	[ "$got" -eq "$want" ] && grep -qF -- "$text" "$tmp/out"
}

known='a.*.one early
a.ext4.two lost_wakeup
a.xfs.three skip'

tap 'exactly as known' against 0 'as known (4 known)' "$known"
tap 'the last line counts what was seen' grep -qx '1 passed, 3 failed, 1 skipped' "$tmp/out"
known_counts() { grep -qx " *what is known counts as passed: $1" "$tmp/out"; }
tap 'a known failure counts as passed' known_counts '4 passed, 0 failed, 1 skipped'
tap 'comments, blank lines, program.id' against 0 'as known (4 known)' '# why' '' \
	'a_test.a.*.one early # see there' 'a.ext4.two lost_wakeup' 'a.xfs.three skip'
tap 'several verdicts' against 0 'as known (4 known)' 'a.*.one early,stray_write' \
	'a.ext4.two pass,lost_wakeup' 'a.xfs.two pass,lost_wakeup' 'a.xfs.three skip'
tap 'a new failure' against 1 'not known: 1' 'a.*.one early' 'a.xfs.three skip'
tap 'a new failure is named' grep -qx ' *a.ext4.two lost_wakeup' "$tmp/out"
tap 'a new skip' against 1 'not known: 1' 'a.*.one early' 'a.ext4.two lost_wakeup'
tap 'a new skip counts as failed' known_counts '4 passed, 1 failed, 0 skipped'
tap 'another verdict' against 1 'a.ext4.two lost_wakeup (was leaked_ref)' \
	'a.*.one early' 'a.ext4.two leaked_ref' 'a.xfs.three skip'
tap 'known to fail, skipped now' against 1 'a.xfs.three skip (was early)' \
	'a.*.one early' 'a.ext4.two lost_wakeup' 'a.xfs.three early'
tap 'passes now, another kernel' against 0 'a.xfs.two early' "$known" 'a.xfs.two early' 'kernel: 6.1.1-1'
tap 'passes now, another kernel: said so' grep -qF 'noted only: another kernel' "$tmp/out"
tap 'passes now, same version' against 1 'a.xfs.two early' "$known" 'a.xfs.two early' 'kernel: 6.1.999-1'
tap 'passes now, same release' against 1 'a.xfs.two early' "$known" 'a.xfs.two early' 'kernel: 6.1.0-99-test'
tap 'passes now, same release: counts as failed' known_counts '3 passed, 1 failed, 1 skipped'
tap 'no such test' against 1 'known, but there is no such test: 1' "$known" 'a.btrfs.* early'
tap 'the JSON has it' grep -q '"a.btrfs.\*"' "$tmp/json"
tap 'nothing known' against 1 'not known: 4' '# nothing'
tap 'a malformed line is a usage error' against 2 "base:1: \"a.one\" is not" 'a.one'
tap 'a verdict that is none is a usage error' against 2 "base:1: no verdict" 'a.one losed_wakeup'

missing() { got=0; "$tools/report" --baseline "$tmp/none" "$tmp/ktap" || got=$?; [ "$got" -eq 3 ]; }
tap 'no such file' missing

cat >"$tmp/untrusted" <"$tmp/ktap"
echo '# daxwake: untrusted: control.swallow' >>"$tmp/untrusted"
printf '%s\n' "$known" >"$tmp/base"
untrusted() { ! "$tools/report" --baseline "$tmp/base" "$tmp/untrusted"; }
tap 'as known, but not to be trusted' untrusted

sed -n '1,/two$/p' "$tmp/ktap" >"$tmp/short"
short() { ! "$tools/report" --baseline "$tmp/base" "$tmp/short"; }
tap 'a truncated stream is never as known' short

round() { "$tools/report" --print-baseline "$tmp/ktap" >"$tmp/base"; cat "$tmp/base"
	  "$tools/report" --baseline "$tmp/base" "$tmp/ktap"; }
tap '--print-baseline makes one that fits' round
tap '--print-baseline names the kernel' grep -qx 'kernel: 6.1.0-99-test' "$tmp/base"
tap_done
