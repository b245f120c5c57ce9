# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2086
#
# need.sh: to be sourced.  `need PACKAGE...` returns when all of these Debian
# packages are there.  With nothing missing it touches neither network nor
# apt; else it says what it is about to install and what that costs, and does
# it.  It never adds a package source and starts no service.
#
# CCMON_NO_INSTALL=1: only say what is missing.  Exit 69: something is missing
# and could not be installed.

# To build and to run: redis-tools holds the Redis server program, but unlike
# the package redis-server it does not start one on port 6379.
NEED_BUILD="gcc g++ libc6-dev make pkg-config libevent-dev libzmq3-dev
	libhiredis-dev libconfig-dev liblmdb-dev libsimdjson-dev libcctz-dev
	nettle-dev redis-tools tzdata"
# Beyond that, to test: binutils has nm, mandoc checks the manual pages, curl
# and jq are what the hooks in etc/hooks use, faketime sets a clock, tmux is a
# terminal for ccmonctl top, the last ones are rsyslog's, which is borrowed.
NEED_TEST="libcmocka-dev libjansson-dev binutils mandoc curl jq
	python3 python3-pytest python3-pytest-xdist python3-zmq python3-redis faketime tmux
	libestr0 libfastjson4 liblognorm5 libczmq4"
# Beyond that, for the page in a real browser (test.sh browser); the fonts
# have the signs the page uses and letters that run from right to left.
NEED_BROWSER="chromium nodejs fonts-dejavu-core curl"
# Beyond NEED_BUILD, for "make deb" only.
NEED_DEB="debhelper dpkg-dev fakeroot lintian git"

need()
{
	if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
		echo "This is not Debian or Ubuntu. Please install what these packages hold there," >&2
		echo "then run make, make check and make check-it:" >&2
		echo "  $*" >&2
		exit 69
	fi
	need_list=
	for need_one; do
		case $(dpkg-query -W -f='${Status}' "$need_one" 2>/dev/null) in
		*" installed") ;;
		*) need_list="$need_list $need_one" ;;
		esac
	done
	[ -n "$need_list" ] || return 0
	need_install
}

# borrow PROGRAM PACKAGE DIRECTORY: puts a program that is not here on the PATH,
# unpacked in DIRECTORY and not installed, for its package would start a
# service.  A program that is a path is wanted below DIRECTORY, whatever is
# installed.  Whoever borrows can do without: that it cannot be had is no error.
borrow()
{
	PATH=$PATH:$3/usr/bin
	if command -v "$1" >/dev/null || [ -e "$3/$1" ] || [ "${CCMON_NO_INSTALL:-0}" = 1 ]; then
		return 0
	fi
	mkdir -p "$3"
	(cd "$3" && apt-get download -q "$2" && dpkg -x "$2"_*.deb .) >/dev/null 2>&1 ||
		echo "$2 cannot be had; what needs it is skipped"
	rm -f "$3/$2"_*.deb
}

need_install()
{
	need_apt="apt-get install -y --no-install-recommends$need_list"
	if [ "${CCMON_NO_INSTALL:-0}" = 1 ]; then
		echo "Missing Debian packages:$need_list" >&2
		exit 69
	elif [ "$(id -u)" = 0 ]; then
		need_root=
	elif command -v sudo >/dev/null; then
		need_root=sudo
	else
		echo "Some Debian packages are missing. As root, please run:" >&2
		echo "  su -c 'apt-get update && $need_apt'" >&2
		exit 69
	fi
	find /var/lib/apt/lists -name '*_Packages*' 2>/dev/null | grep -q . || need_update
	echo "Installing$(need_price):$need_list"
	# Old lists name files the mirror has dropped: refresh them, once.
	need_run $need_apt || { need_update; need_run $need_apt; } || {
		echo "These could not be installed:$need_list" >&2
		exit 69
	}
}

need_run()
{
	$need_root env DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes "$@" </dev/null >/dev/null
}

need_update()
{
	echo "Reading the package lists ..."
	need_run apt-get update -q || true
}

# " 82 Debian packages (80.6 MB to fetch)", as far as apt knows it.
need_price()
{
	LC_ALL=C apt-get install --assume-no --no-install-recommends $need_list 2>/dev/null </dev/null |
	awk '/ newly installed/ { n = $3 }
	     sub(/^Need to get /, "") { sub(/ of archives.*/, ""); size = " (" $0 " to fetch)" }
	     END { if (n) printf " %d Debian packages%s", n, size; else printf " Debian packages" }'
}
