#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Stands in for tools/run in the tests of tools/mutants-run. The kernel is a text:
# lines "TEST VERDICT" say what of a.one, a.two, a.known and b.other fails; "boot" that
# it does not come up, "control" that no control fires, "stuck" that a test never ends.
set -eu

controls=1 tests=
while [ "$1" != -- ]; do
	case $1 in
	--out) out=$2; shift ;;
	--tests) tests=$2; shift ;;
	--no-controls) controls=0 ;;
	*) shift ;;
	esac
	shift
done
while [ "$1" != --image ]; do
	shift
done
image=$2
echo "$tests $image" >>"${0%/*}/runs"
! grep -qx boot "$image" || { echo 'never ready' >&2; exit 3; }

say()
{
	echo "$*"
	echo "$*" >>"$out/ktap"
}

# test NUMBER ID
result()
{
	verdict=$(sed -n "s/^$2 //p" "$image")
	if [ -n "$verdict" ]; then
		say "# # a_test.c:1:one:verdict: $verdict"
		say "# not ok $1 $2"
	else
		say "# ok $1 $2"
	fi
}

say 'TAP version 13'
! grep -qx control "$image" || say '# daxwake: untrusted: nothing fired'
say '# daxwake: ready release=9.9.0'
case $tests in
'*') set -- a.one a.two a.known b.other ;;
*) set -- a.one a.two a.known ;;
esac
say "1..$((controls + 1))"
if [ "$controls" = 1 ]; then
	printf '%s\n' '# selftests: dax: control_test' '# TAP version 13' '# 1..1' '# ok 1 control.one' \
		'ok 1 selftests: dax: control_test' | while read -r line; do say "$line"; done
fi
say '# selftests: dax: a_test'
say '# TAP version 13'
say "# 1..$#"
n=0
for id; do
	n=$((n + 1))
	result "$n" "$id"
	! grep -qx stuck "$image" || [ "$id" != a.two ] || sleep 600
done
say "not ok $((controls + 1)) selftests: dax: a_test # exit=1"
exit 1
