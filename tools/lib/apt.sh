# shellcheck shell=sh disable=SC2034,SC2154 # variables shared with tools/kernel
# SPDX-License-Identifier: GPL-2.0-only
#
# A private apt per suite: own sources, own lists, own (empty) dpkg status, so
# that any suite's packages can be looked at and fetched without root and
# without this machine's apt noticing. apt checks signatures and hashes.

apt_suites='bullseye bookworm trixie trixie-backports sid experimental'

# The mirrors are those this machine's apt already uses: "main URI" and
# "security URI", whatever format they are written down in.
apt_mirrors()
{
	# shellcheck disable=SC2016 # apt's variables, not the shell's
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' \
		'Created-By: Packages' 2>/dev/null | awk '
		$1 ~ /^cdrom:/ || $3 != "main" { next }
		# the origin is known once apt has been updated; third parties name
		# their suites after the Debian release too
		$4 != "Debian" && $4 !~ /^\$/ { next }
		$2 ~ /(-security|\/updates)$/ { if (!sec) sec = $1; next }
		$2 ~ /^((old)*stable|testing|unstable|sid|experimental)(-[a-z-]+)?$/ ||
		$2 ~ /^(bullseye|bookworm|trixie|forky|duke)(-updates|-backports)?$/ {
			if ($4 == "Debian" && !known) { main = $1; known = 1 }
			if (!main) main = $1
		}
		END { print main ? main : "-", sec ? sec : "-" }'
}

# apt_sources SUITE: the private sources.list
apt_sources()
{
	read -r src_main src_sec <<-END
		$(apt_mirrors)
	END
	src_main=${DAXWAKE_MIRROR:-$src_main}
	[ "$src_main" != - ] ||
		die 3 "this machine's apt sources name no Debian archive (set DAXWAKE_MIRROR=URI)"
	[ "$src_sec" != - ] || src_sec=${src_main%/}-security
	src_sec=${DAXWAKE_SECURITY_MIRROR:-$src_sec}

	case $1 in
	sid) set -- sid ;;
	experimental) set -- sid experimental ;;
	*-backports) set -- "${1%-backports}" "${1%-backports}-updates" "$1" "${1%-backports}-security" ;;
	*) set -- "$1" "$1-updates" "$1-security" ;;
	esac
	for src_suite; do
		case $src_suite in
		*-security) src_uri=$src_sec ;;
		*) src_uri=$src_main ;;
		esac
		echo "deb [signed-by=$apt_keyring] $src_uri $src_suite main"
	done
}

# apt_init SUITE: sets APT_CONFIG, the only thing apt's programs need to know
apt_init()
{
	apt_dir=$cache/apt/$1
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
	printf '%s\n' "$apt_list" >"$apt_dir/sources.list"
	case $1 in
	*-backports) apt_pin="n=$1" ;;
	*) apt_pin="a=$1" ;;
	esac
	printf 'Package: linux-*\nPin: release %s\nPin-Priority: 900\n' "$apt_pin" \
		>"$apt_dir/preferences"

	cat >"$apt_dir/apt.conf" <<-END
		$apt_proxy
		Dir::State "$apt_dir/state";
		Dir::State::status "$apt_dir/status";
		Dir::Cache "$apt_dir/cache";
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
		Acquire::Retries "2";
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
	return 1
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
