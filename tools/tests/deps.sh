#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tools/deps against a dpkg and an apt of our own, so that nothing is installed.
# shellcheck disable=SC2016,SC2154 # stand-ins are scripts; $tmp is tap.sh's
set -eu

tools=$(cd "$(dirname "$0")/.." && pwd -P)
# shellcheck source=tools/lib/tap.sh
. "$tools/lib/tap.sh"

# stub NAME SCRIPT: found before the machine's own
stub()
{
	printf '#!/bin/sh\n%s\n' "$2" >"$tmp/bin/$1"
	chmod +x "$tmp/bin/$1"
}

mkdir -p "$tmp/bin"
stub dpkg-query 'for a; do case $a in -*|\$*) ;; *)
	grep -qx "$a" '"'$tmp/absent'"' 2>/dev/null || echo "ii  $a" ;; esac; done'
stub apt-get 'echo "$*" >>'"'$tmp/calls'"'; [ -f '"'$tmp/ok'"' ] || { echo "E: $*"; exit 100; }'
stub sudo 'exit 1'
PATH=$tmp/bin:$PATH

# deps WANTED-EXIT ARGUMENT...: output in out and err
deps()
{
	want=$1
	shift
	rm -f "$tmp/calls"
	exits "$want" "$tools/deps" "$@"
}

# user ID: who runs it
user()
{
	stub id "echo $1"
}

line='apt-get install -y --no-install-recommends'

help() { deps 0 --help && grep -q DAXWAKE_NO_INSTALL "$tmp/out" && [ ! -s "$tmp/err" ]; }
no_group() { deps 2 && [ "$(wc -l <"$tmp/err")" -eq 1 ]; }
unknown() { deps 2 build nonsense && grep -q "'nonsense'" "$tmp/err"; }
nothing()
{
	deps 0 qemu build fixtures chroot tree check mutants && [ ! -s "$tmp/out" ] && [ ! -s "$tmp/err" ] &&
		[ ! -e "$tmp/calls" ]
}
named()
{
	user 1000
	deps 3 build qemu && [ "$(wc -l <"$tmp/err")" -eq 1 ] &&
		grep -q "$line make qemu-system-x86\$" "$tmp/err" && [ ! -e "$tmp/calls" ]
}
asked_not_to() { user 0; DAXWAKE_NO_INSTALL=1 deps 3 build && [ ! -e "$tmp/calls" ]; }
installed()
{
	user 0
	: >"$tmp/ok"
	deps 0 build qemu && cat "$tmp/calls" && [ "$(wc -l <"$tmp/calls")" -eq 1 ] &&
		grep -q "^install .* make qemu-system-x86 " "$tmp/calls"
}
with_sudo()
{
	user 1000
	stub sudo 'shift; [ "$1" != true ] || exit 0; exec "$@"'
	deps 0 build && grep -q '^install .* make ' "$tmp/calls"
}
failing()
{
	user 0
	rm -f "$tmp/ok"
	# once with the lists as they are, once after an update that fails
	deps 3 build && cat "$tmp/calls" && grep -q "$line make" "$tmp/err" &&
		[ "$(cut -d' ' -f1 "$tmp/calls" | tr '\n' ' ')" = 'install update ' ]
}
twice() { user 1000; stub sudo 'exit 1'; deps 3 build build && grep -q "$line make\$" "$tmp/err"; }

tap 'help says it all and exits 0' help
tap 'no group is a usage error' no_group
tap 'an unknown group is named' unknown
tap 'silent when all is there' nothing
printf '%s\n' make qemu-system-x86 >"$tmp/absent"
tap 'who cannot install is given the line' named
tap 'DAXWAKE_NO_INSTALL is heeded' asked_not_to
tap 'root installs what is missing and no more' installed
tap 'so does sudo without a password' with_sudo
tap 'an apt that fails is exit 3, after one update' failing
tap 'a package is named once' twice
tap_done
