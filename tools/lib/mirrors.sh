# shellcheck shell=sh disable=SC2034,SC2154 # variables shared with tools/kernel
# SPDX-License-Identifier: GPL-2.0-only
#
# Where packages come from. No mirror is named here: they are the machine's own.

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
