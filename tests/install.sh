#!/bin/sh
# SPDX-License-Identifier: MIT
#
# install.sh BUILD: installs into a directory of its own and looks at what is
# there: every path a unit names, units systemd understands, marks for their
# sandboxes that are no worse than promised, and after "make uninstall" nothing
# but what an operator may have changed.
# shellcheck disable=SC2013,SC2086	# lists of words are meant to be split
set -eu
cd "$(dirname "$0")/.."

build=${1:-build}
root=$(mktemp -d /tmp/ccmon-install.XXXXXX)
trap 'rm -rf "$root"' EXIT
failed=0

# systemd-analyze security: exposure, from 0 to 10.
TCP=1.2 IPC=0.4

fail()
{
	echo "install.sh: $*" >&2
	failed=1
}

make -s B="$build" DESTDIR="$root" install >/dev/null
units=$(find "$root" -path '*/systemd/system/*.service')
[ -n "$units" ] || fail "no unit was installed"

# ---- every path in them, but those made when they run, and those that may be missing
for unit in $units; do
	! grep -n '@[A-Z]*@' "$unit" || fail "$unit: not filled in"
	for path in $(sed -n -e 's/^ExecStart=\([^ ]*\).*/\1/p' -e 's/^Environment=CONFIG=\([^ ]*\).*/\1/p' "$unit"); do
		[ -e "$root$path" ] || fail "$unit: $path is not installed"
	done
	for path in $(sed -n -e 's/^EnvironmentFile=-//p' -e 's/^LoadCredential=[^:]*://p' "$unit"); do
		[ -d "$root${path%/*}" ] || fail "$unit: ${path%/*} is not installed"
	done
	for page in $(sed -n 's/^Documentation=//p' "$unit"); do
		page=${page#man:} section=${page#*(}
		find "$root" -name "${page%%(*}.${section%)}" | grep -q . || fail "$unit: no page $page"
	done
done
for user in $(sed -n 's/^User=//p' $units | sort -u); do
	grep -q "^u  *$user " "$(find "$root" -path '*sysusers.d/ccmon.conf')" || fail "nobody makes user $user"
done

for file in examples/* etc/kiosk/*; do
	find "$root" -path "*/share/*/${file#etc/}" | grep -q . || fail "$file is not installed"
done

# ---- what systemd says of them
# marks UNIT MOST: its exposure, offline, against what it may be.
marks()
{
	systemd-analyze security --no-pager --offline=true \
	    --threshold="$(echo "$2" | awk '{ print int($1 * 10 + 0.5) }')" "$1" >"$root/marks" ||
		fail "${1##*/}: above $2: $(grep -h Overall "$root/marks")"
	echo "  ${1##*/}: $(sed -n 's/.*level for .*: \([0-9.]*\) .*/\1/p' "$root/marks"), at most $2"
}

if command -v systemd-analyze >/dev/null; then
	for unit in $units; do
		sed "s,^ExecStart=,&$root," "$unit" >"$root/${unit##*/}"
		mkdir "$root/${unit##*/}.d"
		cp systemd/*.conf "$root/${unit##*/}.d/"
		said=$(systemd-analyze verify --man=no "$root/${unit##*/}" 2>&1) || :
		rm -r "${root:?}/${unit##*/}" "${root:?}/${unit##*/}.d"
		[ -z "$said" ] || fail "verify: $said"
		marks "$unit" "$TCP"
		case $unit in
		*wallboard*) continue ;;	# a browser is never on a Unix socket
		esac
		mkdir "$unit.d"
		cp systemd/switch-log.conf "$unit.d/"
		marks "$unit" "$TCP"
		rm "$unit.d/switch-log.conf"
		cp systemd/ipc-only.conf "$unit.d/"
		marks "$unit" "$IPC"
		rm -r "$unit.d"
	done
else
	echo "  systemd-analyze is not here: the units' marks were not looked at"
fi

# ---- and away again
make -s B="$build" DESTDIR="$root" uninstall
left=$(find "$root" -type f ! -name marks ! -path '*/etc/ccmon/*')
[ -z "$left" ] || fail "left behind: $left"
exit $failed
