# shellcheck shell=sh disable=SC2034,SC2154 # variables shared with tools/mutants-run
# SPDX-License-Identifier: GPL-2.0-only
#
# VMs for tools/mutants-run: what is put together for one, and running tests in it
# so that nothing of it outlives us.

vm_child=

# vm_end: whatever runs in the background ends, with all it has started
vm_end()
{
	[ -n "$vm_child" ] || return 0
	kill -- "-$vm_child" 2>/dev/null || :
	wait "$vm_child" 2>/dev/null || :
	vm_child=
}

# apart COMMAND...: run it in a session of its own, where a signal to us does not
# have to wait for its end
apart()
{
	setsid "$@" &
	vm_child=$!
	apart_rc=0
	wait "$vm_child" || apart_rc=$?
	vm_child=
	return "$apart_rc"
}

# vm_parts BUILD MODULES RELEASE NAME: sets $initrd, which has the driver and the
# modules of that build
vm_parts()
{
	parts_ko=$work/$4.ko
	initrd=$work/$4.cpio
	"$tools/kernel" module "$1" "$root/driver" "$parts_ko"
	"$tools/initramfs" "$initrd" --kernel-modules "$2" --release "$3" \
		--selftests "$O/selftests" --module "$parts_ko"
}

# vm_run IMAGE TO VM TESTS [OPTION]: the tests in a VM, results in the directory TO
vm_run()
{
	run_to=$2
	rm -rf "$run_to"
	mkdir -p "$run_to"
	set -- --selftests "$O/selftests" --out "$run_to" ${5:+"$5"} ${4:+--tests "$4"} -- \
		"$O/bin/vm" --image "$1" --initrd "$initrd" ${3:+"--$3"}
	case " $* " in
	*" --virtiofs "*)
		[ -n "${vm_qemu:-}" ] || vm_qemu=${DAXWAKE_QEMU:-$("$tools/kernel" qemu virtiofs)}
		set -- env "DAXWAKE_QEMU=$vm_qemu" "$O/bin/run" "$@"
		;;
	*) set -- "$O/bin/run" "$@" ;;
	esac
	if [ -z "${vm_watch:-}" ]; then
		apart "$@" >"$run_to/out" 2>&1
	else
		vm_watched "$@"
	fi
}

# vm_watched COMMAND...: the same, until the first result that is asked for, which
# goes to $run_to/found
vm_watched()
{
	mkfifo "$run_to/stream"
	setsid "$@" >"$run_to/stream" 2>"$run_to/out" &
	vm_child=$!
	"$lib/mutant-judge" --watch "$vm_watch" "$reference" <"$run_to/stream" >"$run_to/found" &
	wait $! || :
	if [ -s "$run_to/found" ]; then
		vm_end
		return 0
	fi
	watched_rc=0
	wait "$vm_child" || watched_rc=$?
	vm_child=
	return "$watched_rc"
}
