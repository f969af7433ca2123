# shellcheck shell=sh disable=SC2034,SC2154 # variables shared with tools/kernel
# SPDX-License-Identifier: GPL-2.0-only
#
# A private apt per suite: own sources, own lists, own (empty) dpkg status, so
# that any suite's packages can be looked at and fetched without root and
# without this machine's apt noticing. apt checks signatures and hashes.

apt_user_config=${APT_CONFIG:-}
apt_suites='bullseye bookworm trixie trixie-backports sid experimental'

# apt_file NAME TEXT: write it only when it changes; apt throws its cache away when
# its sources are newer
apt_file()
{
	[ "$(cat "$apt_dir/$1" 2>/dev/null)" = "$2" ] || printf '%s\n' "$2" >"$apt_dir/$1"
}

# apt_init SUITE: sets APT_CONFIG, the only thing apt's programs need to know
apt_init()
{
	command -v apt-get >/dev/null || die 3 "no apt-get to fetch Debian's kernels with (name a built tree)"
	apt_dir=$cache/apt/$1
	# ours is not to be read where the machine's own is meant
	unset APT_CONFIG
	[ -z "$apt_user_config" ] || export APT_CONFIG="$apt_user_config"
	for apt_keyring in ${DAXWAKE_KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg \
			/usr/share/keyrings/debian-archive-keyring.pgp}; do
		[ ! -r "$apt_keyring" ] || break
	done
	[ -r "$apt_keyring" ] ||
		die 3 "no Debian archive keyring at $apt_keyring (apt-get install debian-archive-keyring)"

	mkdir -p "$apt_dir/state/lists/partial" "$apt_dir/cache/archives/partial"
	: >>"$apt_dir/status"
	# the machine's own way to its mirrors (proxies and the like) is kept
	apt_proxy=$(apt-config dump 2>/dev/null |
		grep -E '^Acquire::(http|https|tor|Check-Valid-Until|ForceIPv)' || :)
	apt_list=$(apt_sources "$1") || exit
	apt_file sources.list "$apt_list"
	case $1 in
	*-backports) apt_pin="n=$1" ;;
	*) apt_pin="a=$1" ;;
	esac
	apt_file preferences "Package: linux-*
Pin: release $apt_pin
Pin-Priority: 900"

	cat >"$apt_dir/apt.conf" <<-END
		$apt_proxy
		Dir::State "$apt_dir/state";
		Dir::State::status "$apt_dir/status";
		Dir::Cache "$apt_dir/cache";
		Dir::Cache::srcpkgcache "";
		Dir::Etc::sourcelist "$apt_dir/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferences "$apt_dir/preferences";
		Dir::Etc::preferencesparts "/dev/null";
		Dir::Etc::main "/dev/null";
		Dir::Etc::parts "/dev/null";
		Dir::Etc::trusted "/dev/null";
		Dir::Etc::trustedparts "/dev/null";
		APT::Architecture "amd64";
		APT::Architectures "amd64";
		APT::Install-Recommends "false";
		APT::Sandbox::User "$(id -un)";
		Acquire::Languages "none";
		Acquire::Retries "1";
		Acquire::http::Timeout "15";
		Acquire::https::Timeout "15";
		quiet "2";
	END
	export APT_CONFIG="$apt_dir/apt.conf"
}

# apt_fresh SUITE: were the lists fetched within the hour?
apt_fresh()
{
	[ -n "$(find "$cache/apt/$1/updated" -mmin -60 2>/dev/null)" ]
}

# apt_update: fetch the lists. Returns 1, with the reason in $apt_why.
apt_update()
{
	step UPDATE "package lists of ${apt_dir##*/}"
	need_space 300 "the package lists of ${apt_dir##*/}"
	if apt-get update -o APT::Update::Error-Mode=any >"$apt_dir/log" 2>&1; then
		: >"$apt_dir/updated"
		return 0
	fi
	apt_why=$(why_failed "$apt_dir/log")
	case $apt_why in
	*Could\ not*) apt_why="$apt_why (is the network up? DAXWAKE_MIRROR names another mirror)" ;;
	esac
	return 1
}

# apt_later: with no network, look again in ten minutes rather than every time
apt_later()
{
	touch -d '50 minutes ago' "$apt_dir/updated"
}

# apt_fetch DIR PACKAGE...: download into DIR. Returns 1, reason in $apt_why.
apt_fetch()
{
	fetch_dir=$1
	shift
	if (cd "$fetch_dir" && apt-get download "$@") >"$apt_dir/log" 2>&1; then
		return 0
	fi
	apt_why=$(why_failed "$apt_dir/log")
	return 1
}

# apt_unpack DIR TREE: every package of DIR into TREE, documentation left out
apt_unpack()
{
	for unpack_deb in "$1"/*.deb; do
		if ! dpkg-deb --fsys-tarfile "$unpack_deb" 2>"$1/log" |
				tar -x -C "$2" --no-same-owner --keep-directory-symlink \
				--exclude='./usr/share/doc' --exclude='./usr/share/lintian' \
				--exclude='./usr/share/man' 2>>"$1/log" || [ -s "$1/log" ]; then
			die 3 "cannot unpack ${unpack_deb##*/}: $(why_failed "$1/log")"
		fi
		rm -f "$unpack_deb"
	done
}
