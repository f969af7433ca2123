#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tools/report on streams with something wrong: never a pass, never silent.
# shellcheck disable=SC2016 # the edits are awk programs
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd -P)
# shellcheck source=tools/lib/tap.sh
. "$tools/lib/tap.sh"
KSRC=${KSRC:-$("$tools/kernel" source)}
export KSRC

cat >"$tmp/good" <<'END'
TAP version 13
1..2
# selftests: dax: a_test
# TAP version 13
# 1..2
# #  RUN           a.one ...
# ok 1 a.one
# #  RUN           a.two ...
# ok 2 a.two
# # Totals: pass:2 fail:0 xfail:0 xpass:0 skip:0 error:0
ok 1 selftests: dax: a_test
# selftests: dax: b_test
# TAP version 13
# 1..2
# ok 1 b.one
# ok 2 b.two
ok 2 selftests: dax: b_test
# Totals: pass:2 fail:0 xfail:0 xpass:0 skip:0 error:0
END

# says LAST TEXT AWK-PROGRAM: with the good stream edited so, the report exits
# 1, says TEXT and has LAST as its last line
says()
{
	awk "$3" "$tmp/good" >"$tmp/ktap"
	got=0
	"$tools/report" "$tmp/ktap" >"$tmp/out" 2>&1 || got=$?
	cat "$tmp/out"
	echo "exit $got, wanted 1, \"$2\" and \"$1\" last"
	[ "$got" -eq 1 ] && grep -qF -- "$2" "$tmp/out" && [ "$(tail -n 1 "$tmp/out")" = "$1" ]
}

# passes AWK-PROGRAM: so edited the stream is as good as before
passes()
{
	awk "$1" "$tmp/good" >"$tmp/ktap"
	"$tools/report" "$tmp/ktap" >"$tmp/out" 2>&1
	cat "$tmp/out"
	[ "$(tail -n 1 "$tmp/out")" = '4 passed, 0 failed, 0 skipped' ]
}

# empty TEXT: exit 3, with one line that says where to look
empty()
{
	printf '%b' "$1" >"$tmp/ktap"
	exits 3 "$tools/report" "$tmp/ktap" && [ ! -s "$tmp/out" ] && [ "$(wc -l <"$tmp/err")" -eq 1 ]
}

tap 'the unedited stream' passes 1
tap 'ends inside a program' says '3 passed, 2 failed, 0 skipped' \
	'b_test: no result, the stream ends here' 'NR < 16'
tap 'ends inside a program: its plan too' says '3 passed, 2 failed, 0 skipped' \
	'b_test: 2 tests planned, 1 results' 'NR < 16'
tap 'ends between programs' says '2 passed, 1 failed, 0 skipped' \
	'the plan says 2 programs, there are results of 1' 'NR < 12'
tap 'ends after the header' says '0 passed, 2 failed, 0 skipped' '0 tests run' 'NR < 2'
tap 'ends after a program has been named' says '0 passed, 2 failed, 0 skipped' '0 tests run' 'NR < 4'
tap 'the first program lost a result' says '3 passed, 2 failed, 0 skipped' \
	'a_test: 2 tests planned, 1 results' '!/a.one$/'
tap 'the first program lost its plan' says '4 passed, 1 failed, 0 skipped' 'a_test: no plan' 'NR != 5'
tap 'the run has no plan' says '4 passed, 1 failed, 0 skipped' 'the stream has no plan' 'NR != 2'
tap 'the run has two plans' says '4 passed, 1 failed, 0 skipped' 'a second plan' '1; NR == 2'
tap 'more results than planned' says '4 passed, 1 failed, 0 skipped' \
	'b_test: 1 tests planned, 2 results' 'NR == 14 { $0 = "# 1..1" } 1'
tap 'a result twice' says '5 passed, 4 failed, 0 skipped' 'a second result of a.one' '1; NR == 7'
tap 'a number missing' says '4 passed, 1 failed, 0 skipped' \
	'Expected test number 2 but found 3' '{ sub("ok 2 b.two", "ok 3 b.two") } 1'
tap 'a program twice' says '5 passed, 2 failed, 0 skipped' 'a second result of selftests: dax: b_test' \
	'NR != 17; NR == 17 { print; print "ok 3 selftests: dax: b_test" }'
tap 'two streams in one' says '4 passed, 1 failed, 0 skipped' 'a second document starts' \
	'{ line[NR] = $0 } 1; END { for (i = 1; i <= NR; i++) print line[i] }'
tap 'bails out' says '4 passed, 1 failed, 0 skipped' 'Bail out! no driver' '1; NR == 9 { print "# Bail out! no driver" }'
tap 'a program fails, its tests do not' says '4 passed, 1 failed, 0 skipped' \
	'failed (TIMEOUT 45 seconds), although none of its tests did' \
	'NR == 17 { $0 = "not ok 2 selftests: dax: b_test # TIMEOUT 45 seconds" } 1'
tap 'a program dies before its header' says '2 passed, 1 failed, 0 skipped' 'exit=127' \
	'NR == 13 { print "# b_test: not found" } NR < 13; NR > 17; NR == 17 { print "not ok 2 selftests: dax: b_test # exit=127" }'
tap 'a program runs not one test' says '2 passed, 2 failed, 0 skipped' 'b_test: not one test was run' \
	'NR == 14 { $0 = "# 1..0" } NR != 15 && NR != 16'
tap 'ok, but an error' says '3 passed, 1 failed, 0 skipped' 'not run: no time' \
	'{ sub("ok 2 b.two", "ok 2 b.two # ERROR not run: no time") } 1'
tap 'not to be trusted' says '4 passed, 1 failed, 0 skipped' 'UNTRUSTED: control.swallow' \
	'1; END { print "# daxwake: untrusted: control.swallow" }'
tap 'died outside of any test' says '4 passed, 1 failed, 0 skipped' 'no console for 30 s' \
	'1; NR == 11 { print "# daxwake: died: no console for 30 s" }'
tap 'something left behind' says '4 passed, 1 failed, 0 skipped' 'left behind: /mnt ext4' \
	'1; END { print "# daxwake: left behind: /mnt ext4" }'
tap 'could not start' says '0 passed, 2 failed, 0 skipped' 'no such device' \
	'NR == 1; NR == 2 { print "1..0"; print "# daxwake: failed: no such device" }'

# Things the kernel's parser would trip over.
tap 'texts at which the parser stops' passes '1; NR == 6 { print "# # console: reboot: System halted" }'
tap 'a plan in the output of a test' passes '1; NR == 6 { print "# 1..9 is the range" }'
tap 'a header in the output of a test' passes '1; NR == 6 { print "# TAP version 13" }'
tap 'blank lines, blanks at the end, CR' passes '{ printf "%s \r\n", $0 } NR == 6 { print ""; print "#"; print "# " }'
tap 'a test that is called Subtest' passes '1; NR == 6 { print "# # Subtest: a_test" }'
tap 'console output before the stream' passes 'NR == 1 { print "[    0.0] ok 1 booting" } 1'
tap 'bytes that are not text' passes '1; NR == 6 { printf "# # \377\033[31m\001\n" }'

tap 'no stream: nothing' empty ''
tap 'no stream: blank lines' empty '\n\n'
tap 'no stream: another text' empty 'ok 1 this is not KTAP\n'
tap_done
