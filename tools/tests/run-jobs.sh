#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2016,SC2154 # what lib/ sets and uses
#
# tools/run with two backends side by side: one document, as if there was one.
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd -P)
. "$tools/lib/tap.sh"
. "$tools/lib/fakes.sh"
. "$tools/lib/fakes-planned.sh"

echo : >"$fakes/steps"
run_fake >/dev/null
untimed >"$tmp/alone"

# like_one: the document is that of one backend
like_one()
{
	rm -f "$fakes/reached"
	run_fake --jobs 2 &&
	same 0 "$rc" &&
	untimed | diff "$tmp/alone" - &&
	[ -e "$log/plan-2" ] && [ ! -e "$log/plan-3" ]
}
tap "two say what one would say" like_one

echo '[ "$id" != d.t018 ] || : >"$fakes/reached"
[ "$id" != control.fires ] || '"$(waits_for reached)" >"$fakes/steps"
tap "also if the second is at its end before the first begins" like_one

echo '[ "$id" != c.t050 ] || : >"$fakes/reached"
[ "$id" != c.t070 ] || '"$(waits_for reached)" >"$fakes/steps"
tap "also if the first is faster" like_one

shares()
{
	same "$(cut -d ' ' -f 1 "$log/plan-1" | paste -sd ' ')" "dax:control_test dax:a_test dax:b_test dax:c_test" &&
	same "$(cut -d ' ' -f 1 "$log/plan-2" | paste -sd ' ')" "dax:c_test dax:d_test" &&
	same "$(cat "$log/plan-1" "$log/plan-2" | tr ' ' '\n' | grep -c '^c\.')" 100
}
tap "a program can be in both shares" shares

few()
{
	run_fake --jobs 2 --tests 'b_test d_test' && same 0 "$rc" && [ ! -e "$log/plan-2" ]
}
tap "for few tests one is enough" few

# The first dies in the middle of c_test while the second runs its share of it.
echo 'if [ "$id" = c.t010 ] && [ ! -e "$fakes/reached" ]; then
	: >"$fakes/reached"
	echo "# daxwake: died: crash: BUG: it broke"
	exit 1
fi
[ "$id" != c.t100 ] || '"$(waits_for reached)" >"$fakes/steps"
death()
{
	rm -f "$fakes/reached"
	run_fake --jobs 2 &&
	same 1 "$rc" &&
	same "$(results | grep -c '^ok')" 122 &&
	same "$(results | grep '^not')" "not ok 10 c.t010 # ERROR crash: BUG: it broke" &&
	same "$(results | sed 's/^\(not \)\?ok [0-9]* //; s/ #.*//')" \
		"$(sed -n 's/^# ok [0-9]* //p' "$tmp/alone")" &&
	same "$(grep -c '^# selftests: dax: c_test' "$log/ktap")" 1 &&
	grep -q '^dax:c_test c.t011 ' "$log/plan-3" && ! grep -q 'd_test' "$log/plan-3"
}
tap "a death costs one test, and the other kernel nothing" death

# What the first leaves behind is ended, and no more than that.
echo 'if [ "$id" = c.t001 ]; then
	setsid sh -c "echo \$\$ >\"$fakes/pid\"; exec sleep 1000" &
	until [ -s "$fakes/pid" ]; do sleep 0.01; done
fi
if [ "$share" = second ] && [ "$id" = d.t018 ]; then
	until [ -s "$fakes/pid" ] && ! kill -0 "$(cat "$fakes/pid")" 2>/dev/null; do sleep 0.01; done
fi' >"$fakes/steps"
left()
{
	rm -f "$fakes/pid"
	like_one
}
tap "what one leaves behind is ended while the other goes on" left

# 120 ids of 2 KiB are more than the runner takes in one call.
echo : >"$fakes/steps"
# shellcheck disable=SC2046
fake_program e_test $(ids "e.$(printf %02000d 0)" 1 120)
long_ids()
{
	run_fake --jobs 2 --tests e_test >/dev/null && same 0 "$rc" &&
	same "$(grep -c ^dax:e_test "$log/plan-1") $(grep -c ^dax:e_test "$log/plan-2")" "2 2" &&
	same "$(results | grep -c '^ok')" 121
}
tap "a program whose ids do not fit is called twice" long_ids
sed -i /e_test/d "$selftests/kselftest-list.txt"

echo 'echo $$ >"$fakes/$share.pid"
'"$(waits_for never)" >"$fakes/steps"
both_stopped()
{
	stopped 121 &&
	! kill -0 "$(cat "$fakes/first.pid")" && ! kill -0 "$(cat "$fakes/second.pid")"
}
tap "SIGINT ends both" both_stopped

# Neither comes up, for the same reason.
cat >"$fakes/nothing" <<'END'
#!/bin/sh
echo "no kernel in the box" >&2
exit 3
END
chmod +x "$fakes/nothing"
nothing()
{
	# shellcheck disable=SC2034 # of run_fake
	backend=nothing
	run_fake --jobs 2 &&
	same "$rc" 3 &&
	same "$(cat "$tmp/stderr")" "no kernel in the box" &&
	same "$(grep -c '^Bail out!' "$log/ktap")" 1 &&
	same "$(results)" ""
}
tap "a reason that both have is given once" nothing
tap_done
