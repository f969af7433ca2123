# shellcheck shell=sh disable=SC2154 # shared with tools/initramfs
# SPDX-License-Identifier: GPL-2.0-only
#
# fio for the guest, sourced by tools/initramfs, which sets $work. Distributions
# link it with the clients of whole storage systems: 80 MB, and a second and a
# half under emulation to start. The engines that are used here call none of
# them, so they are replaced by libraries that have their names and symbols and
# nothing else. Where there is no compiler fio comes with all of them.

fio_wants='libaio libc libdl libm libnuma libpmem libpthread librt libz'

# Prints "NAME PATH" of the libraries fio itself is linked with.
fio_libs()
{
	readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' >"$work/fio.needed"
	ldd "$1" | sed -n 's/^[[:space:]]*\([^ ]*\) => \(\/[^ ]*\) (.*/\1 \2/p' |
		grep -wFf "$work/fio.needed" || :
}

fio_is_wanted()
{
	case " $fio_wants " in
	*" ${1%%.so*} "*) return 0 ;;
	esac
	return 1
}

fio_can_stub()
{
	command -v cc >/dev/null && command -v nm >/dev/null && command -v readelf >/dev/null
}

# Prints fio, if this machine has it, and the libraries it is given as they are.
fio_files()
{
	fio=$(program_path fio) || return 0
	echo "$fio"
	fio_can_stub || {
		echo "$fio" | libs_of
		return 0
	}
	fio_libs "$fio" | while read -r name path; do
		! fio_is_wanted "$name" || echo "$path"
	done >"$work/fio.wanted"
	cat "$work/fio.wanted"
	libs_of <"$work/fio.wanted"
}

# fio_stub NAME LIBRARY OUT: with those of LIBRARY's symbols that fio asks for.
fio_stub()
{
	nm -D --defined-only "$2" | sed 's/.* //; s/@.*//' | sort -u >"$work/fio.has"
	nm -D --undefined-only "$fio" | sed -n 's/^ *U \([^@]*\)\(@@*\(.*\)\)\{0,1\}$/\1 \3/p' |
		sort | join - "$work/fio.has" >"$work/fio.symbols"
	awk '{ print ".globl " $1 "\n" $1 ":" } END { print "\tud2" }' \
		"$work/fio.symbols" >"$work/fio.s"
	awk '$2 { list[$2] = list[$2] " " $1 ";" }
		END { for (version in list) print version " { global:" list[version] " };" }' \
		"$work/fio.symbols" >"$work/fio.map"
	set -- "$1" "$3"
	[ ! -s "$work/fio.map" ] || set -- "$@" "-Wl,--version-script=$work/fio.map"
	name=$1 out=$2
	shift 2
	cc -shared -nostdlib -Wl,-soname,"$name" "$@" -Wa,--noexecstack -o "$out" "$work/fio.s"
}

# fio_stubs STAGE: in the places of the libraries they stand for.
fio_stubs()
{
	stage=$1
	fio=$(program_path fio) && fio_can_stub || return 0
	fio_libs "$fio" >"$work/fio.libs"
	while read -r soname path; do
		to=$stage/usr/${path#/}
		case $path in
		/usr/*)	to=$stage$path ;;
		esac
		fio_is_wanted "$soname" || [ -e "$to" ] || fio_stub "$soname" "$path" "$to"
	done <"$work/fio.libs"
}
