# shellcheck shell=sh disable=SC2016,SC2154
# SPDX-License-Identifier: GPL-2.0-only
#
# A QEMU of a few lines for the tests of tools/vm, sourced after lib/tap.sh.

make -s -C "$tools/src" OUTPUT="$tmp/bin" >&2 || exit 1
mkdir -p "$tmp/a machine"
image="$tmp/a machine/vmlinuz"
initrd="$tmp/a machine/initrd.cpio"
plan="$tmp/a machine/plan"
echo 'no kernel at all' >"$image"
echo 'dax:a_test' >"$plan"
(cd "$tmp" && head -c 999 /dev/zero >zeroes && echo zeroes | cpio -o -H newc --quiet) >"$initrd"

export DAXWAKE_QEMU="$tmp/a machine/qemu" XDG_CACHE_HOME="$tmp/cache" DAXWAKE_ACCEL=tcg
unset DAXWAKE_CONSOLE DAXWAKE_TIME_FACTOR

# qemu SCRIPT: it is run with $console, $ktap, $marks and $initrd, which are
# descriptors; its arguments are in the file args, its pid in the file pid.
qemu()
{
	{
		echo '#!/bin/bash'
		printf 'echo "$$" >"%s/pid"\necho "$*" >>"%s/args"\n' "$tmp" "$tmp"
		echo 'for arg; do case $arg in'
		echo 'socket,id=*,fd=*) id=${arg#*id=}; declare "${id%%,*}=${arg##*=}" ;;'
		echo '/proc/self/fd/*) initrd=${arg##*/} ;; esac; done'
		printf '%s\n' "$1"
	} >"$DAXWAKE_QEMU"
	chmod +x "$DAXWAKE_QEMU"
}

runs()
{
	grep -q '^State:[[:space:]]*[RSDTtI]' "/proc/$1/status" 2>/dev/null
}

# says CODE TEXT OPTION...: one vm, whose last words have TEXT in them
says()
{
	want=$1
	text=$2
	shift 2
	rm -f "$tmp/pid" "$tmp/args"
	exits "$want" "$tmp/bin/vm" "$@" || return 1
	if [ -n "$text" ]; then
		tail -n 1 "$tmp/err" | grep -qF -- "$text" || return 1
	else
		[ ! -s "$tmp/err" ] || return 1
	fi
	[ ! -e "$tmp/pid" ] || ! runs "$(cat "$tmp/pid")"
}

hands_out()
{
	qemu 'printf "# daxwake: %s\n" "ready x" "done rc=5" >&$ktap'
	says 1 "" --image "$image" --initrd "$initrd" --exec false && [ ! -s "$tmp/out" ]
}

# guest_has LINE [OPTION...]: in what the guest's init reads
guest_has()
{
	line=$1
	shift
	qemu 'cat "/proc/self/fd/$initrd" >"'"$tmp"'/got"; echo "# daxwake: failed: got it" >&$ktap'
	DAXWAKE_FULL='1 2' says 3 "got it" --image "$image" --initrd "$initrd" --plan "$plan" \
		"$@" &&
	mkdir -p "$tmp/root" && tail -c "+$(($(wc -c <"$initrd") + 1))" "$tmp/got" |
		(cd "$tmp/root" && cpio -i -u --quiet) &&
	cmp "$tmp/root/daxwake/plan" "$plan" && grep -qxF "$line" "$tmp/root/daxwake/env"
}

# qemu_gets "OPTION..." TEXT...: texts that are in QEMU's arguments
qemu_gets()
{
	qemu 'echo "# daxwake: failed: no" >&$ktap'
	# shellcheck disable=SC2086 # a list of options
	says 3 "" --image "$image" --initrd "$initrd" --plan "$plan" $1 || :
	shift
	for text; do
		grep -qF -- "$text" "$tmp/args" || return 1
	done
}

# stopped SIGNAL CODE
stopped()
{
	qemu 'trap "" TERM INT HUP; while :; do sleep 1; done'
	rm -f "$tmp/pid"
	rc=0
	env --default-signal=INT "$tmp/bin/vm" --image "$image" --initrd "$initrd" --exec true &
	vm=$!
	until [ -s "$tmp/pid" ]; do
		sleep 0.05
	done
	kill "-$1" "$vm"
	wait "$vm" || rc=$?
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		runs "$(cat "$tmp/pid")" || break
		sleep 0.1
	done
	[ "$rc" -eq "$2" ] && ! runs "$(cat "$tmp/pid")"
}

# How often QEMU was started with KVM, for two calls of vm; sets $n.
count_kvm()
{
	: >"$tmp/calls"
	rm -rf "$XDG_CACHE_HOME"
	for _ in 1 2; do
		DAXWAKE_ACCEL=auto DAXWAKE_TIME_FACTOR=0.1 says 0 "" --image "$image" \
			--initrd "$initrd" --plan "$plan" --boot-timeout 10
		cat "$tmp/args" >>"$tmp/calls"
	done
	n=$(grep -c 'accel kvm' "$tmp/calls")
}

probed_once()
{
	[ -w /dev/kvm ] || return 0
	qemu 'case "$*" in *"accel kvm"*) echo "Probing EDD" >&$console; exec sleep 30 ;; esac
		printf "# daxwake: %s\n" "ready x" "done" >&$ktap'
	count_kvm
	[ "$n" -eq 1 ] && grep -q '^tcg ' "$XDG_CACHE_HOME/daxwake/accel"
}

# The banner is printed, and then nothing.
distrusted()
{
	[ -w /dev/kvm ] || return 0
	qemu 'case "$*" in *"accel kvm"*) echo "Linux version 9" >&$console; exec sleep 30 ;; esac
		printf "# daxwake: %s\n" "ready x" "done" >&$ktap'
	count_kvm
	[ "$n" -eq 2 ] && grep -q '^tcg ' "$XDG_CACHE_HOME/daxwake/accel"
}
