#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tools/report on good streams: what it prints, writes and exits with.
# shellcheck disable=SC2016 # sh -c scripts expand their own arguments
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd -P)
# shellcheck source=tools/lib/tap.sh
. "$tools/lib/tap.sh"
KSRC=${KSRC:-$("$tools/kernel" source)}
export KSRC

# The stream of a run with one of everything.
cat >"$tmp/mixed" <<'END'
# daxwake: ready release=6.1.0-99-test version=6.1.999-1 era=6.1
TAP version 13
1..3
# timeout set to 300
# selftests: dax: control_test
# TAP version 13
# 1..1
# # Starting 1 tests from 1 test cases.
# #  RUN           control.swallow ...
# # time: 3.5 ms
# #            OK  control.swallow
# ok 1 control.swallow
# # PASSED: 1 / 1 tests passed.
# # Totals: pass:1 fail:0 xfail:0 xpass:0 skip:0 error:0
ok 1 selftests: dax: control_test
# timeout set to 300
# selftests: dax: truncate_test
# TAP version 13
# 1..5
# #  RUN           pinned_file.ext4_pte.wakes ...
# # truncate_test.c:42:wakes:Expected DF_OK (0) == __df_prove(&p) (2)
# # truncate_test.c:42:wakes:verdict: lost_wakeup
# # truncate_test.c:42:wakes:slept: ext4_break_layouts <- ext4_setattr
# # truncate_test.c:42:wakes:page 0x140000 is idle, the task sleeps on; refcount 1
# # truncate_test.c:43:wakes:hint: see f4f451a16dd1 ("mm: fix missing wake-up event for FSDAX pages")
# # wakes: Test failed
# # time: 812.3 ms
# #          FAIL  pinned_file.ext4_pte.wakes
# not ok 1 pinned_file.ext4_pte.wakes
# # truncate_test.c:42:wakes:verdict: lost_wakeup
# # truncate_test.c:42:wakes:slept: ext4_break_layouts <- ext4_setattr
# # truncate_test.c:42:wakes:page 0x140200 is idle, the task sleeps on; refcount 1
# # truncate_test.c:43:wakes:hint: see f4f451a16dd1 ("mm: fix missing wake-up event for FSDAX pages")
# not ok 2 pinned_file.ext4_pmd.wakes
# # wakes: Test terminated by timeout
# not ok 3 pinned_file.xfs_pte.wakes
# # console: BUG: kernel NULL pointer dereference, address: 0000000000000000
# # console: reboot: System halted
# # verdict: crash
# not ok 4 pinned_file.xfs_pmd.wakes # ERROR the kernel died: panic
# ok 5 pinned_file.tmpfs.wakes # SKIP CONFIG_FS_DAX is not set (it's #1)
not ok 2 selftests: dax: truncate_test # exit=1
# selftests: dax: devdax_test
# TAP version 13
# 1..0 # SKIP no device-dax was named
ok 3 selftests: dax: devdax_test # SKIP
# 1 skipped test(s) detected.  Consider enabling relevant config options to improve coverage.
# Totals: pass:1 fail:1 xfail:0 xpass:0 skip:1 error:0
END
grep -v -e 'xfs_p.d.wakes' -e '^not ok' -e '^# not' "$tmp/mixed" |
	sed -e 's/^1\.\.3/1..2/' -e 's/1\.\.5/1..1/' -e 's/ok 5/ok 1/' -e 's/^ok 3/ok 2/' \
	-e '/truncate_test$/,/^# ok/{/^# ok/!d}' -e '/tmpfs/d' >"$tmp/good"

report() { "$tools/report" "$@"; }
# prints TEXT...: every TEXT is part of what the summary of the mixed run says
prints()
{
	report --logs /some/where "$tmp/mixed" >"$tmp/out" || :
	cat "$tmp/out"
	for text; do
		grep -qF -- "$text" "$tmp/out" || return 1
	done
}
last() { report "$2" >"$tmp/out" || :; cat "$tmp/out"; [ "$(tail -n 1 "$tmp/out")" = "$1" ]; }

tap 'exit 0 when all passed' exits 0 report "$tmp/good"
tap 'exit 1 when something failed' exits 1 report "$tmp/mixed"
tap 'the last line counts' last '1 passed, 4 failed, 2 skipped' "$tmp/mixed"
tap 'the last line counts a good run' last '1 passed, 0 failed, 1 skipped' "$tmp/good"
tap 'totals, kernel and logs' prints '6.1.0-99-test 6.1.999-1: 7 tests in 3 programs' \
	'1 passed, 3 failed, 1 error, 2 skipped' 'logs: /some/where'
tap 'a failure has verdict, place, detail, hint' prints 'lost_wakeup  truncate_test: wakes (2 tests)' \
	'slept   ext4_break_layouts <- ext4_setattr' 'detail  page 0x140000 is idle, the task sleeps on' \
	'                refcount 1' '                and 1 like it' \
	'hint    see f4f451a16dd1 ("mm: fix missing wake-up event for FSDAX pages")'
tap 'every id of a group' prints pinned_file.ext4_pte.wakes pinned_file.ext4_pmd.wakes
tap 'a timeout is a hang' prints 'hang  truncate_test: wakes'
tap 'a crash has its reason and its console line' prints 'crash  truncate_test: wakes' \
	'detail  the kernel died: panic' 'console BUG: kernel NULL pointer dereference'
tap 'skips by reason' prints "1  CONFIG_FS_DAX is not set (it's #1)" '1  no device-dax was named'
tap 'the slowest' prints '812.3 ms  pinned_file.ext4_pte.wakes'
tap 'a name given for the kernel' exits 0 sh -c '"$1/report" --kernel 5.10.0-x "$2" | grep -q "^5.10.0-x: "' \
	- "$tools" "$tmp/good"
tap 'standard input' exits 0 sh -c '"$1/report" - <"$2"' - "$tools" "$tmp/good"
tap 'no colour when it is not a terminal' sh -c '! "$1/report" "$2" | grep -q "$(printf "\033")"' \
	- "$tools" "$tmp/mixed"
tap 'works elsewhere, with blanks in paths' exits 0 sh -c \
	'mkdir "$2/a b" && cp "$2/good" "$2/a b/k t" && cd / && "$1/report" --json "$2/a b/j s" "$2/a b/k t" && [ -s "$2/a b/j s" ]' \
	- "$tools" "$tmp"

report --json "$tmp/json" --junit "$tmp/xml" "$tmp/mixed" >/dev/null || :
cat >"$tmp/check.py" <<'END'
import json, sys, xml.etree.ElementTree as ET
out = json.load(open(sys.argv[1]))
assert out['kernel'] == '6.1.0-99-test 6.1.999-1', out['kernel']
assert out['totals'] == {'passed': 1, 'failed': 3, 'errors': 1, 'skipped': 2}, out['totals']
assert len(out['tests']) == 7 and not out['problems'], out['problems']
t = {t['id']: t for t in out['tests']}
a = t['pinned_file.ext4_pte.wakes']
assert (a['program'], a['status'], a['verdict'], a['ms']) == ('truncate_test', 'failed', 'lost_wakeup', 812.3), a
assert a['slept'] == 'ext4_break_layouts <- ext4_setattr' and a['hint'].startswith('see f4f451a16dd1'), a
assert t['pinned_file.xfs_pmd.wakes']['status'] == 'error', t
assert t['control.swallow'] == {'id': 'control.swallow', 'program': 'control_test', 'status': 'passed',
	'verdict': None, 'slept': None, 'hint': None, 'detail': None, 'reason': None, 'ms': 3.5}, t
suite = ET.parse(sys.argv[2]).getroot()
case = [c for c in suite.iter('testcase') if c.get('name') == 'pinned_file.ext4_pte.wakes'][0]
assert case.get('classname') == 'truncate_test' and case.get('time') == '0.8123', case.attrib
assert case.find('failure').get('message').startswith('lost_wakeup: page 0x140000'), case
assert 'slept: ext4_break_layouts' in case.find('system-out').text
assert len(list(suite.iter('testcase'))) == 7 and len(list(suite.iter('skipped'))) == 2
END
tap 'JSON and JUnit say the same' python3 "$tmp/check.py" "$tmp/json" "$tmp/xml"
tap '--help' exits 0 report --help
tap 'exit 2 without a file' exits 2 report
tap 'exit 2 for an unknown option' exits 2 report --nonsense "$tmp/good"
tap 'exit 3 for a missing file' exits 3 report "$tmp/none"
tap 'exit 3 when a result file cannot be written' exits 3 report --json "$tmp/none/json" "$tmp/good"
tap 'exit 3 without a parser' exits 3 report --ksrc "$tmp" "$tmp/good"
tap_done
