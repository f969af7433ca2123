#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2154 # what lib/ sets and uses
#
# tools/run and the ways in which a program or a whole run can end early.
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd -P)
. "$tools/lib/tap.sh"
. "$tools/lib/fakes.sh"

rest()
{
	echo '# daxwake: ready release=fake'
	program a_test a.x.two
	program b_test b.one
	echo '# daxwake: done'
}
rest >"$fakes/life-2"
timed_out()
{
	run_fake &&
	same "$(results | sed -n 3p)" "not ok 2 a.y.one # ERROR hang: TIMEOUT 45 seconds" &&
	same "$(results | tail -n 2)" "ok 3 a.x.two
ok 1 b.one" &&
	grep -qx 'not ok 2 selftests: dax: a_test # TIMEOUT 45 seconds' "$log/ktap"
}
full | sed -e '/^# ok 2 a.y.one/d' -e '/a.x.two/d' \
	-e 's/^ok 2 selftests: dax: a_test/not ok 2 selftests: dax: a_test # TIMEOUT 45 seconds/' \
	>"$fakes/life-1"
tap "a program out of time costs the test that was running" timed_out

skipped_program()
{
	run_fake &&
	same 0 "$rc" &&
	same "$(results | sed -n 2,4p)" "ok 1 a.x.one # SKIP not root
ok 2 a.y.one # SKIP not root
ok 3 a.x.two # SKIP not root" &&
	grep -qx 'ok 2 selftests: dax: a_test # SKIP' "$log/ktap"
}
{
	echo '# daxwake: ready release=fake'
	program control_test control.fires
	printf '# selftests: dax: a_test\n# TAP version 13\n# 1..0 # SKIP not root\n'
	echo 'ok 2 selftests: dax: a_test # SKIP'
	program b_test b.one
	echo '# daxwake: done'
} >"$fakes/life-1"
tap "a program that skips skips its tests" skipped_program

bailed_out()
{
	run_fake &&
	same 1 "$rc" &&
	same "$(results | sed -n 2p)" "not ok 1 a.x.one # ERROR not run: no memory"
}
sed 's/^# 1..0 # SKIP not root/# Bail out! no memory/; s/a_test # SKIP/a_test # exit=1/
	s/^ok 2 self/not ok 2 self/' "$fakes/life-1" >"$tmp/bail"
mv "$tmp/bail" "$fakes/life-1"
tap "a program that bails out fails its tests" bailed_out

never_ready()
{
	run_fake &&
	same "$rc" 3 &&
	grep -qx 'Bail out! no kernel in the box' "$log/ktap" &&
	same "$(results)" ""
}
echo '# daxwake: failed: no kernel in the box' >"$fakes/life-1"
echo 3 >"$fakes/code-1"
tap "a kernel that was never there is exit 3" never_ready

refused()
{
	run_fake --no-restart &&
	same "$rc" 2
}
echo 2 >"$fakes/code-1"
tap "a device that is refused is exit 2" refused

dead_at_once()
{
	run_fake &&
	same "$rc" 3 &&
	same "$(results | grep -c 'not ok .* # ERROR not run: crash: nothing works')" 5 &&
	grep -q 'died again and again before any test: crash: nothing works' "$tmp/stderr"
}
for n in 1 2; do
	printf '# daxwake: %s\n' 'ready release=fake' 'died: crash: nothing works' >"$fakes/life-$n"
	echo 1 >"$fakes/code-$n"
done
tap "kernels that die before any test are exit 3" dead_at_once

guessed()
{
	run_fake &&
	same "$rc" 1 &&
	same "$(results | sed -n 2p)" "not ok 1 a.x.one # ERROR crash: at once (it came next, its start was not seen)" &&
	same "$(results | sed -n 3p)" "ok 2 a.y.one"
}
{
	echo '# daxwake: ready release=fake'
	program control_test control.fires
	printf '# selftests: dax: a_test\n# daxwake: died: crash: at once\n'
} >"$fakes/life-1"
printf '%s\n' '# daxwake: ready release=fake' '# selftests: dax: a_test' \
	'# daxwake: died: crash: at once' >"$fakes/life-2"
{
	echo '# daxwake: ready release=fake'
	program a_test a.y.one a.x.two
	program b_test b.one
	echo '# daxwake: done'
} >"$fakes/life-3"
tap "a test that was never seen to start is blamed the second time" guessed
rm "$fakes"/code-*

untrusted()
{
	run_fake &&
	same "$rc" 1 &&
	grep -qx '# daxwake: untrusted: control_test.control.fires' "$log/ktap" &&
	grep -q 'this run proves nothing' "$tmp/stderr"
}
full | sed 's/^# ok 1 control.fires/# not ok 1 control.fires/' >"$fakes/life-1"
tap "a run whose control did not fire says so" untrusted

no_control()
{
	run_fake &&
	same "$rc" 0 &&
	grep -q '^# daxwake: note: control_test: no fault could be put in' "$log/ktap"
}
full | sed 's/^# ok 1 control.fires/& # SKIP no way works/' >"$fakes/life-1"
tap "... nor could be tried, as well" no_control

left_behind()
{
	run_fake &&
	same "$rc" 1 &&
	grep -qx '# daxwake: left behind: /dev/loop0 /tmp/x' "$log/ktap"
}
full | sed 's,^# daxwake: done,# daxwake: left behind: /dev/loop0 /tmp/x\n&,' >"$fakes/life-1"
tap "what is left behind fails the run" left_behind

tap_done
