#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC1091,SC2016,SC2154 # what lib/ sets and uses; scripts for other shells
#
# tools/here, on programs and a guard that are made up: what it refuses, before
# anything is run.
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd -P)

. "$tools/lib/inside.sh"
. "$tools/lib/tap.sh"
. "$tools/lib/fakes.sh"
. "$tools/lib/fakes-here.sh"

plan="$tmp/the plan"
does :
guard 0 ''
echo 'dax:a_test' >"$plan"
set -- --pmem /dev/pmem7 --dax /dev/dax7.0
guard 2 'guard: /dev/pmem7 is mounted on /home'
tap "a device is refused" here 2 '# daxwake: failed: /dev/pmem7 is mounted on /home' "$@" "$plan"
tap "... and nothing is run" sh -c '! grep -q ready "$0/out"' "$tmp"
guard 3 'no mkfs.xfs (install xfsprogs)'
tap "something is missing" here 3 '# daxwake: failed: no mkfs.xfs (install xfsprogs)' "$@" "$plan"
guard 0 ''
echo garbage >"$tmp/x.ko"
tap "a driver that cannot be" sh -c 'set +e; "$@" >"$0/out" 2>&1; [ $? -eq 3 ] &&
	grep -q "^tools/here: cannot load $0/x.ko" "$0/out"' "$tmp" \
	"$tools/here" --selftests "$selftests" --module "$tmp/x.ko" "$@" "$plan"
tap "no driver" here 3 "tools/here: no driver at $tmp/none (try make)" "$@" --module "$tmp/none" "$plan"
tap "no pmem" here 2 'tools/here: --pmem is missing, no device is ever guessed (try --help)' "$plan"
tap "no plan" here 3 "tools/here: cannot read the plan $tmp/none" "$@" "$tmp/none"
tap_done
