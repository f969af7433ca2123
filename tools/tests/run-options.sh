#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2016,SC2154 # what lib/ sets and uses
#
# tools/run: what is planned, and what is refused.
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd -P)
. "$tools/lib/tap.sh"
. "$tools/lib/fakes.sh"

lists()
{
	"$tmp/bin/run" --selftests "$selftests" --list "$@" >"$tmp/list" &&
	same "$(cat "$tmp/list")" "$expected"
}
expected="control_test.control.fires
a_test.a.x.one
a_test.a.y.one
a_test.a.x.two
b_test.b.one"
tap "the controls come first" lists
expected="control_test.control.fires
a_test.a.x.one
a_test.a.x.two"
tap "a glob of ids" lists --tests 'a.x.*'
tap "two globs" lists --tests 'a.x.one, *.two'
expected="control_test.control.fires
b_test.b.one"
tap "a glob of program and id" lists --tests 'b_test.*'
tap "a program" lists --tests b_test
expected="b_test.b.one"
tap "no controls" lists --tests b_test --no-controls

plan()
{
	run_fake --tests 'a.x.*' || :
	same "$(cat "$log/plan-1")" "dax:control_test
dax:a_test a.x.one a.x.two"
}
echo >"$fakes/life-1"
echo >"$fakes/life-2"
tap "the plan names the tests of a program that is not run whole" plan

# refuses CODE TEXT OPTION...
refuses()
{
	want=$1
	text=$2
	shift 2
	rc=0
	"$tmp/bin/run" "$@" 2>"$tmp/out" || rc=$?
	cat "$tmp/out"
	same "$rc" "$want" && grep -qF -- "$text" "$tmp/out" && same "$(wc -l <"$tmp/out")" 1
}
tap "no selftests named" refuses 2 "--selftests is missing" --out x -- true
tap "no log directory named" refuses 2 "--out is missing" --selftests x -- true
tap "no backend named" refuses 2 "no backend" --selftests x --out x
tap "no list of tests" refuses 3 "no list of tests at $tmp/none/kselftest-list.txt" \
	--selftests "$tmp/none" --list
tap "no test matches" refuses 2 "no test matches 'z.*'" --selftests "$selftests" --list --tests 'z.*'
tap "no such collection" refuses 2 "collection 'meta'" --selftests "$selftests" --list \
	--collection meta
tap "a backend that is not there" refuses 3 "cannot run $tmp/nobody: No such file" \
	--selftests "$selftests" --out "$log" -- "$tmp/nobody"
tap "a log directory that cannot be" refuses 3 "cannot make /dev/null/x" \
	--selftests "$selftests" --out /dev/null/x -- true
tap "a time factor that is none" env DAXWAKE_TIME_FACTOR=fast sh -c \
	'"$0/bin/run" --list 2>&1 | grep -q "DAXWAKE_TIME_FACTOR is .fast."' "$tmp"

for jobs in 0 17 two -1; do
	tap "$jobs jobs" refuses 2 "--jobs $jobs is not 1 to 16" \
		--selftests "$selftests" --out "$log" --jobs "$jobs" -- true
done

fake_program broken_test
printf '#!/bin/sh\nexit 7\n' >"$selftests/dax/broken_test"
tap "a program that cannot name its tests" refuses 3 "broken_test --ids exited with code 7" \
	--selftests "$selftests" --list
printf '#!/bin/sh\necho a b\n' >"$selftests/dax/broken_test"
tap "a name that is no id" refuses 3 "printed 'a b', which is no id" --selftests "$selftests" --list
printf '#!/bin/sh\necho a.b\necho a.b\n' >"$selftests/dax/broken_test"
tap "an id that is there twice" refuses 3 "two tests with the id a.b" --selftests "$selftests" --list

# Any test of a larger whole can be had by its id.
cat >"$selftests/dax/broken_test" <<'END'
#!/bin/sh
echo "# 1 of 2, FULL=1: all"
echo a.b
[ "${DAXWAKE_FULL-}" != 1 ] || echo a.c
END
listed()
{
	"$tmp/bin/run" --selftests "$selftests" --list --tests "$1" | grep -v control
}
tap "a note of a program is no id" same "$(listed a.b)" "broken_test.a.b"
tap "what only the whole has is found there" same "$(listed a.c)" "broken_test.a.c"

tap "help" sh -c '"$0/bin/run" --help | grep -q "^Exit codes: "' "$tmp"
tap_done
