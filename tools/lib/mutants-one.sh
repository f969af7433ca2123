# shellcheck shell=sh disable=SC2034,SC2154 # variables shared with tools/mutants-run
# SPDX-License-Identifier: GPL-2.0-only
#
# Mutants as tools/mutants-run takes them, one by one.

# report DIR [BASELINE]
report()
{
	"$tools/report" --kernel "$(value release) $(value version)" --logs "$1" \
		--json "$1/report.json" ${2:+--baseline "$2"} "$1/ktap" >"$1/summary" 2>&1
}

# mutant_error WHY: this one can say nothing
mutant_error()
{
	state=error
	verdict=-
	seen=$1
}

# mutant_thin: prints --thin if a copy without its source will do
mutant_thin()
{
	case " $(mutant_field Files) " in
	*".h "*) ;;
	*) echo --thin ;;
	esac
}

# mutant_begin NAME: it is built beside whatever runs, as $slot, for mutant_try
slot=now1 build_child=
mutant_begin()
{
	[ "$slot" = now0 ] && slot=now1 || slot=now0
	mutant_find "$1"
	rm -rf "${logs:?}/$1"
	mkdir -p "$logs/$1"
	: >"$work/$slot.stamp"
	# shellcheck disable=SC2046 # an option, or nothing
	setsid nice "$tools/mutate" --as "$slot" $(mutant_thin) "$mutant_file" "$tree" \
		>"$work/$slot.copy" 2>"$logs/$1/build" &
	build_child=$!
}

# build_end: as vm_end
build_end()
{
	[ -n "$build_child" ] || return 0
	kill -- "-$build_child" 2>/dev/null || :
	wait "$build_child" 2>/dev/null || :
	build_child=
}

# mutant_try NAME [NEXT]: the one that was begun; sets $state, $verdict and $seen. The
# next one is begun as soon as this one is built.
mutant_try()
{
	try_to=$logs/$1 try_slot=$slot try_rc=0 peers_said=
	wait "$build_child" || try_rc=$?
	build_child=
	[ $# -eq 1 ] || mutant_begin "$2"
	mutant_find "$1"
	try_own
	rm -rf "${home:?}/$try_slot"
}

try_own()
{
	if [ "$try_rc" -ne 0 ]; then
		[ ! -f "$home/$try_slot.log" ] || mv "$home/$try_slot.log" "$try_to/kbuild"
		mutant_error "$(tail -n 1 "$try_to/build" |
			sed "s/^[^ ]*: //; s#$home/$try_slot.log#$try_to/kbuild#")"
		return 0
	fi
	try_build=$(cat "$work/$try_slot.copy")
	try_image=$(value image)
	try_image=$try_build${try_image#"$tree"}
	try_initrd=$initrd
	try_parts || { mutant_error "$(tail -n 1 "$try_to/build")"; return 0; }
	try_verdicts=$(mutant_field Verdict)
	try_run "${TESTS:-$(mutant_field Tests)}" "$(mutant_field VM)"
	if [ -n "$FAST" ] && [ "$state" != caught ] && [ "$state" != error ] && [ -z "${TESTS:-}" ]; then
		try_all
	fi
	[ -z "$PEERS" ] || [ "$state" = error ] || peers_try "$try_image" "$try_to/peers"
	initrd=$try_initrd
}

# try_parts: a driver and modules of its own, where a header has changed or one of them
try_parts()
{
	[ -z "$(mutant_thin)" ] ||
		[ -n "$(find "$try_build" -name '*.ko' -newer "$work/$try_slot.stamp" | head -n 1)" ] || return 0
	"$tools/kernel" prepare "$try_build" >"$work/answer" 2>>"$try_to/build" &&
		(vm_parts "$try_build" "$(sed -n 's/^modules=//p' "$work/answer")" "$(value release)" now) \
			2>>"$try_to/build" || return 1
	initrd=$work/now.cpio
}

# try_run TESTS VM
try_run()
{
	vm_watch=
	[ -z "$FAST" ] || vm_watch=$try_verdicts
	vm_run "$try_image" "$try_to/run" "$2" "$1" --no-controls && try_rc=0 || try_rc=$?
	vm_watch=
	if [ -s "$try_to/run/found" ]; then
		read -r state verdict seen <"$try_to/run/found"
	elif [ "$try_rc" -gt 1 ]; then
		mutant_error "it does not run: $(tail -n 1 "$try_to/run/out")"
	else
		report "$try_to/run" "$reference" || :
		"$lib/mutant-judge" --report "$try_verdicts" "$try_to/run/report.json" >"$work/found" ||
			mutant_error "no report: $(tail -n 1 "$try_to/run/summary")"
		read -r state verdict seen <"$work/found" || :
	fi
}

# try_all: by whatever test of a default run
try_all()
{
	if [ -z "${all_known:-}" ]; then
		reference=$logs/reference-all
		: >"$reference.new"
		try_own=$initrd initrd=$try_initrd
		reference_part '' '*'
		initrd=$try_own
		cat "$logs/reference" >>"$reference.new"
		mv "$reference.new" "$reference"
		all_known=1
	fi
	try_run '*' "$(mutant_field VM)"
}
