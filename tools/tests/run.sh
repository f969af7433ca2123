#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2034,SC2154 # what lib/ sets and uses
#
# tools/run with backends that say what a script tells them: whatever happens to
# a kernel, every planned test has one result and the exit code is right.
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd -P)
. "$tools/lib/tap.sh"
. "$tools/lib/fakes.sh"

one_result_each()
{
	run_fake &&
	same 0 "$rc" &&
	same "$(results)" "ok 1 control.fires
ok 1 a.x.one
ok 2 a.y.one # SKIP no such thing
ok 3 a.x.two
ok 1 b.one" &&
	grep -qx '# 1..3' "$log/ktap" &&
	same "$(grep -c '^# # time: ' "$log/ktap")" 5
}
full >"$fakes/life-1"
tap "each planned test has one result" one_result_each

failures()
{
	run_fake &&
	same 1 "$rc" &&
	grep -qx '# not ok 3 a.x.two' "$log/ktap" &&
	grep -qx 'not ok 2 selftests: dax: a_test # exit=1' "$log/ktap" &&
	grep -qx '# Totals: pass:2 fail:1 xfail:0 xpass:0 skip:0 error:0' "$log/ktap"
}
full | sed -e 's/^# ok 3 a.x.two/# not ok 3 a.x.two/' \
	-e 's/^ok 2 selftests: dax: a_test/not ok 2 selftests: dax: a_test # exit=1/' >"$fakes/life-1"
tap "a failure is exit 1" failures

# A kernel that dies in the middle of a.y.one, and one for the rest.
crash()
{
	full | sed '/^# ok 2 a.y.one/,$d'
	echo '# daxwake: console: [ 1.0] BUG: it broke'
	echo '# daxwake: died: crash: BUG: it broke'
}
rest()
{
	echo '# daxwake: ready release=fake'
	program a_test a.x.two
	program b_test b.one
	echo '# daxwake: done'
}
crashed()
{
	run_fake &&
	same 1 "$rc" &&
	same "$(results)" "ok 1 control.fires
ok 1 a.x.one
not ok 2 a.y.one # ERROR crash: BUG: it broke
ok 3 a.x.two
ok 1 b.one" &&
	same "$(cat "$log/plan-2")" "dax:a_test a.x.two
dax:b_test" &&
	grep -qx '# # console: \[ 1.0\] BUG: it broke' "$log/ktap" &&
	grep -qx '# # verdict: crash' "$log/ktap" &&
	same "$(grep -c '^# selftests: dax: a_test' "$log/ktap")" 1
}
crash >"$fakes/life-1"
echo 1 >"$fakes/code-1"
rest >"$fakes/life-2"
tap "a death costs the test that was running" crashed

lost_lines()
{
	run_fake &&
	same "$(results)" "ok 1 control.fires
not ok 1 a.y.one # ERROR crash: BUG: it broke
ok 2 a.x.one
ok 3 a.x.two
ok 1 b.one"
}
{
	full | sed '/^# ok 1 a.x.one/,$d'
	echo '# daxwake: start: a_test a.y.one'
	echo '# daxwake: died: crash: BUG: it broke'
} >"$fakes/life-1"
{
	echo '# daxwake: ready release=fake'
	program a_test a.x.one a.x.two
	program b_test b.one
	echo '# daxwake: done'
} >"$fakes/life-2"
tap "what a dying kernel could not print any more is run again" lost_lines

# The marks are on time, even if all else comes at once.
timed()
{
	run_fake && awk '/^# # time: / { n++; if (n == 2 && $4 >= 200) ok = 1 } END { exit !ok }' \
		"$log/ktap"
}
cat >"$fakes/slow" <<'END'
#!/bin/sh
echo '# daxwake: start: a_test a.x.one'
sleep 0.2
echo '# daxwake: start: a_test a.y.one'
cd "$(dirname "$0")"
exec ./backend
END
chmod +x "$fakes/slow"
full >"$fakes/life-1"
backend=slow
tap "a test took what its marks say" timed
backend=backend

restarted()
{
	run_fake &&
	same "$(results)" "ok 1 control.fires
ok 1 a.x.one
not ok 2 a.y.one
ok 3 a.x.two
ok 1 b.one" &&
	grep -q 'a.y.one:daxwake: restart: it is used up' "$log/ktap"
}
full | sed -e 's/^# ok 2 a.y.one.*/# # a.c:1:a.y.one:daxwake: restart: it is used up\n# not ok 2 a.y.one/' \
	>"$fakes/life-1"
rest >"$fakes/life-2"
tap "a used up kernel is replaced after the test" restarted

not_restarted()
{
	run_fake --no-restart &&
	same 1 "$rc" &&
	same "$(results | tail -n 2)" \
		"not ok 3 a.x.two # ERROR not run: no fresh kernel here after: it is used up
not ok 1 b.one # ERROR not run: no fresh kernel here after: it is used up"
}
tap "where there is no other kernel the rest is not run" not_restarted

tap_done
