# shellcheck shell=sh disable=SC2034,SC2154 # what others use and set
# SPDX-License-Identifier: GPL-2.0-only
#
# A backend that runs what its plan says, for tests with several of them side by
# side; sourced after lib/fakes.sh.

# 123 tests: c_test is in both shares.
ids()
{
	seq -f "$1.t%03g" "$2" "$3"
}
# shellcheck disable=SC2046 # ids are words
fake_program c_test $(ids c 1 100)
# shellcheck disable=SC2046
fake_program d_test $(ids d 1 18)

# Runs the plan it is given. "steps" is sourced at each test's start, and knows
# $share (first or second), $id and $fakes.
cat >"$fakes/planned" <<END
#!/bin/sh
fakes='$fakes' selftests='$selftests'
END
cat >>"$fakes/planned" <<'END'
share=second
grep -q ^dax:control_test "$1" && share=first
echo '# daxwake: ready release=fake'
nr=0
run_plan()
{
	while read -r program ids && [ -n "$program" ]; do
		one_program
	done
}
one_program()
{
	nr=$((nr + 1))
	name=${program#dax:}
	[ -n "$ids" ] || ids=$("$selftests/dax/$name")
	echo "$program" >>"$fakes/$share.ran"
	echo "# selftests: dax: $name"
	n=0
	for id in $ids; do
		n=$((n + 1))
		echo "# #  RUN           $id ..."
		. "$fakes/steps"
		echo "# # said by $id"
		echo "# #            OK  $id"
		echo "# ok $n $id"
	done
	echo "ok $nr selftests: dax: $name"
}
run_plan <"$1"
while [ -n "${DAXWAKE_MORE-}" ]; do
	before=$nr
	echo '# daxwake: more'
	run_plan
	[ "$nr" -gt "$before" ] || break
done
echo '# daxwake: done'
END
chmod +x "$fakes/planned"

backend=planned

# What comes for sure in this order, whoever is faster.
untimed()
{
	grep -v -e "^# # time: " -e "daxwake: ready" "$log/ktap"
}

# A step that waits until another one has made the file.
waits_for()
{
	echo "until [ -e '$fakes/$1' ]; do sleep 0.01; done"
}

# stopped N: SIGINT while both are in their first test, so that N are not run
stopped()
{
	rm -rf "$log" "$fakes"/*.pid
	rc=0
	env --default-signal=INT "$tmp/bin/run" --selftests "$selftests" --out "$log" --jobs 2 -- \
		"$fakes/planned" >/dev/null &
	run=$!
	until [ -s "$fakes/first.pid" ] && [ -s "$fakes/second.pid" ]; do
		sleep 0.05
	done
	kill -INT "$run"
	wait "$run" || rc=$?
	same "$rc" 130 &&
	same "$(results | grep -c 'ERROR interrupted')" 2 &&
	same "$(results | grep -c 'ERROR not run: interrupted')" "$1"
}
