#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2016,SC2154 # what lib/ sets and uses
#
# tools/run with more to do than a share for each backend: whoever is done with
# his gets another one.
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd -P)
. "$tools/lib/tap.sh"
. "$tools/lib/fakes.sh"
. "$tools/lib/fakes-planned.sh"
# shellcheck disable=SC2046 # ids are words
fake_program e_test $(ids e 1 400)

tests=523

echo : >"$fakes/steps"
run_fake >/dev/null
untimed >"$tmp/alone"

# all_but_one WHO: the other one is given everything that WHO does not hold back
all_but_one()
{
	rm -f "$fakes/reached" "$fakes"/*.ran
	run_fake --jobs 2 &&
	same 0 "$rc" &&
	untimed | diff "$tmp/alone" - &&
	[ -e "$log/plan-2" ] && [ ! -e "$log/plan-3" ] &&
	same "$(sort -u "$fakes/$1.ran" | wc -l)" 1
}

# Ten shares, small ones in the middle: the first starts with that of control.fires,
# the second with e.t323.
echo '[ "$share$id" != firste.t322 ] || : >"$fakes/reached"
[ "$share$id" != seconde.t323 ] || '"$(waits_for reached)" >"$fakes/steps"
tap "while the second is busy the first does the rest" all_but_one second

echo '[ "$share$id" != seconde.t034 ] || : >"$fakes/reached"
[ "$share$id" != firstcontrol.fires ] || '"$(waits_for reached)" >"$fakes/steps"
others()
{
	rm -f "$fakes/reached" "$fakes"/*.ran
	run_fake --jobs 2 && same 0 "$rc" && untimed | diff "$tmp/alone" -
}
tap "while the first is busy the second does the rest" others

# The second dies in its second share.
echo 'if [ "$share$id" = seconde.t310 ] && [ ! -e "$fakes/reached" ]; then
	: >"$fakes/reached"
	echo "# daxwake: died: crash: BUG: it broke"
	exit 1
fi
[ "$share$id" != firstcontrol.fires ] || '"$(waits_for reached)" >"$fakes/steps"
death()
{
	rm -f "$fakes/reached"
	run_fake --jobs 2 &&
	same 1 "$rc" &&
	same "$(results | grep -c '^ok')" $((tests - 1)) &&
	same "$(results | grep '^not' | sed 's/^not ok [0-9]* //')" \
		"e.t310 # ERROR crash: BUG: it broke" &&
	same "$(cut -d ' ' -f 1,2 "$log/plan-3")" "dax:e_test e.t311" && [ ! -e "$log/plan-4" ]
}
tap "who dies goes on with the rest of his share, then with others" death

echo 'echo $$ >"$fakes/$share.pid"
'"$(waits_for never)" >"$fakes/steps"
tap "SIGINT: what nobody had got yet is told too" stopped $((tests - 2))

# After each l.x a kernel is used up: two of the three are the last of the two kernels.
fake_program l_test l.a l.x.1 l.x.2 l.x.3
sed -i 's/^echo l.a$/&; echo "# last: l.x*"/; s/^echo/[ "$*" != --ids ] || &/' "$selftests/dax/l_test"
echo '[ "$id" = "${id#l.x}" ] || echo "# # daxwake: restart: used up"' >"$fakes/steps"
lasts()
{
	run_fake --jobs 2 && same 0 "$rc" && same "$(results | grep -c '^ok')" $((tests + 4)) &&
	same "$(results | sed -n 's/^ok [0-9]* l/l/p' | paste -sd ' ')" "l.a l.x.1 l.x.2 l.x.3" &&
	[ -e "$log/plan-3" ] && [ ! -e "$log/plan-4" ]
}
tap "what uses a kernel up comes last" lasts
sed -i /dax:l_test/d "$selftests/kselftest-list.txt"

cat >"$fakes/mortal" <<'END'
#!/bin/sh
echo '# daxwake: ready release=fake'
echo '# daxwake: died: crash: no luck'
exit 1
END
chmod +x "$fakes/mortal"
mortal()
{
	# shellcheck disable=SC2034 # of run_fake
	backend=mortal
	run_fake --jobs 2 >/dev/null &&
	same "$rc" 3 &&
	same "$(results | wc -l)" "$tests" &&
	same "$(results | grep -c '^ok')" 0 &&
	results | grep -q 'ERROR not run: no kernel was left for it'
}
tap "when no kernel is left that is said of the rest" mortal
tap_done
