# shellcheck shell=sh disable=SC2034,SC2154 # variables shared with tools/kernel
# SPDX-License-Identifier: GPL-2.0-only
#
# Where packages come from. No mirror is named here: they are the machine's own.

# What this machine's apt reads, whatever format it is written down in, as lines
# "URI SUITE COMPONENT ORIGIN". Who a URI belongs to is known once apt has been
# updated; on a machine where it never was, all there is are the URIs.
apt_entries()
{
	# shellcheck disable=SC2016 # apt's variables, not the shell's
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' \
		'Created-By: Packages' 2>/dev/null | grep ' Debian$' ||
		apt-get update --print-uris 2>/dev/null |
		sed -n "s|^'\([^']*/\)dists/\([^']*\)/main/binary-[^']*/Packages.*|\1 \2 main|p"
}

# apt_mirrors: "MAIN SECURITY", the machine's own mirrors, - for none
apt_mirrors()
{
	apt_entries | awk '
		$1 ~ /^cdrom:/ || $3 != "main" { next }
		$2 ~ /(-security|\/updates)$/ { if (!sec) sec = $1; next }
		# third parties name their suites after the Debian release, too
		$2 ~ /^((old)*stable|testing|unstable|sid|experimental)(-[a-z-]+)?$/ ||
		$2 ~ /^(bullseye|bookworm|trixie|forky|duke)(-updates|-backports)?$/ {
			if (!main || (main !~ /\/debian\/$/ && $1 ~ /\/debian\/$/))
				main = $1
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
