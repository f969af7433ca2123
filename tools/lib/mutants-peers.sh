# shellcheck shell=sh disable=SC2034,SC2154 # variables shared with tools/mutants-run
# SPDX-License-Identifier: GPL-2.0-only
#
# What else looks for such bugs, on the same kernels: the kernel's own gup_test,
# gup_longterm and hmm-tests, and of the user's trees fstests' t_mmap_collision and
# ndctl's dax-pmd. A peer has caught a mutant when something fails that does not
# fail on the tree as it is, or when the kernel dies of it.

# peers_check: what the user named must be there before anything is built
peers_check()
{
	[ -z "${XFSTESTS:-}" ] || [ -x "$XFSTESTS/src/t_mmap_collision" ] ||
		die 2 "XFSTESTS=$XFSTESTS has no src/t_mmap_collision (configure and make -C it first)"
	[ -z "${NDCTL:-}" ] || [ -x "$NDCTL/build/test/dax-pmd" ] ||
		die 2 "NDCTL=$NDCTL has no build/test/dax-pmd (meson setup build -Dtest=enabled and ninja -C build it first)"
}

# peers_build: sets $peers, the programs in an initramfs of their own. They are those
# of the tree under test, with its headers; what an old tree does not have is left out.
peers_build()
{
	peers=$work/peers.cpio
	peers_root=$work/peers
	mkdir -p "$peers_root/daxwake/peers" "$work/headers"
	step PEERS "of $tree_version"
	make -s -C "$tree_source" O="$work/headers" ARCH=x86 headers_install >"$logs/peers.log" 2>&1 ||
		die 3 "no headers of $tree_source: $(tail -n 1 "$logs/peers.log")"
	: >"$work/headers/local_config.h"
	for peers_dir in mm vm; do
		peers_dir=$tree_source/tools/testing/selftests/$peers_dir
		[ -d "$peers_dir" ] || continue
		for peer in gup_test gup_longterm hmm-tests; do
			peers_compile "$peer"
		done
	done
	peers_take "${XFSTESTS:+$XFSTESTS/src/t_mmap_collision}"
	peers_take "${NDCTL:+$NDCTL/build/test/dax-pmd}"
	(cd "$peers_root" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet) >"$peers"
	[ -n "$(ls "$peers_root/daxwake/peers")" ] || die 3 "no peer could be built ($logs/peers.log)"
}

peers_compile()
{
	[ -f "$peers_dir/$1.c" ] || return 0
	set -- "$1" "$peers_dir/$1.c"
	# what it includes, and what that needs in turn
	for peers_with in $({ sed -n 's/^#include "\([a-z_]*\)\.h"$/\1/p' "$2"; echo vm_util; } | sort -u); do
		[ ! -f "$peers_dir/$peers_with.c" ] || set -- "$@" "$peers_dir/$peers_with.c"
	done
	peers_to=$peers_root/daxwake/peers/$1
	shift
	gcc -O2 -w -static -D_GNU_SOURCE -isystem "$work/headers/usr/include" -I"$work/headers" \
		-I"$peers_dir" -I"$tree_source/tools/testing/selftests" -idirafter "$tree_source" \
		-o "$peers_to" "$@" -lpthread -lrt -lm >>"$logs/peers.log" 2>&1 || :
}

# peers_take PROGRAM: and its libraries
peers_take()
{
	[ -n "$1" ] || return 0
	cp -L "$1" "$peers_root/daxwake/peers/"
	ldd "$1" 2>/dev/null | sed -n 's/.*=> \(\/[^ ]*\) (.*/\1/p' | while read -r peers_lib; do
		mkdir -p "$peers_root/usr/lib/peers"
		cp -L "$peers_lib" "$peers_root/usr/lib/peers/"
	done
}

# peers_run IMAGE TO: the programs in a VM; TO/result has a line for each:
# "NAME RC MS", TO/failed what their results call failed
peers_run()
{
	peers_out=$2
	rm -rf "$peers_out"
	mkdir -p "$peers_out"
	apart "$O/bin/vm" --image "$1" --initrd "$initrd" --initrd "$peers" \
		--console "$peers_out/console.log" --exec "$(cat "$tools/guest/peers")" \
		>"$peers_out/out" 2>"$peers_out/err" || :
	sed -n 's/^peer //p' "$peers_out/out" >"$peers_out/result"
	# whoever was at it when the kernel died
	awk '/^run / { at = $2 } /^peer / { at = "" } END { if (at) print at, "died", 0 }' \
		"$peers_out/out" >>"$peers_out/result"
	sed -n 's/^\(run [^ ]*\|not ok [0-9]* .*\)$/\1/p' "$peers_out/out" |
		awk '/^run / { at = $2; next } { sub(/^not ok [0-9]+ /, ""); print at ": " $0 }' |
		sort -u >"$peers_out/failed"
}

# peers_reference: what they find on the tree as it is
peers_reference()
{
	peers_build
	step RUN "the peers on $tree_version as it is"
	peers_ref=$logs/peers
	peers_run "$(value image)" "$peers_ref"
	[ -s "$peers_ref/result" ] ||
		die 3 "no peer runs on $tree_version as it is: $(tail -n 1 "$peers_ref/err") ($peers_ref)"
	while read -r peer peers_rc peers_ms; do
		step PEER "$peer: $(peers_exit "$peers_rc"), $peers_ms ms, $(grep -c "^$peer: " "$peers_ref/failed") failed"
	done <"$peers_ref/result"
}

peers_exit()
{
	case $1 in
	died) echo 'the kernel died' ;;
	4) echo 'skipped' ;;
	124 | 137) echo 'no end' ;;
	*) echo "exit $1" ;;
	esac
}

# peers_try IMAGE TO: sets $peers_said, a word for each
peers_try()
{
	peers_run "$1" "$2"
	peers_said=
	while read -r peer peers_was _; do
		read -r peers_rc peers_ms <<-END
			$(sed -n "s/^$peer //p" "$2/result")
		END
		peers_new=$(grep "^$peer: " "$2/failed" | comm -23 - "$peers_ref/failed")
		case $peers_was:${peers_rc:-}:$peers_new in
		*::*) peers_is='not-run' ;;
		*:died:* | *:*:?*) peers_is=caught ;;
		4:*) peers_is=skipped ;;
		124:124: | 137:137:) peers_is=unfinished ;;
		*:0: | "$peers_rc:$peers_was:") peers_is=missed ;;
		*) peers_is=caught ;;
		esac
		peers_said="$peers_said $peer:$peers_is:$(((${peers_ms:-0} + 50) / 100))"
	done <"$peers_ref/result"
	# seconds with a tenth
	peers_said=$(printf '%s' "$peers_said" | sed 's/:\([0-9]*\)\([0-9]\)\( \|$\)/:\1.\2s\3/g; s/:\./:0./g')
}
