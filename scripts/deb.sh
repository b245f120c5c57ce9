#!/bin/sh
# SPDX-License-Identifier: MIT
#
# deb.sh [DIRECTORY]: a Debian package in DIRECTORY (build/deb), made from a
# clean copy of what is committed, and looked at by lintian.  Exit 1 when it
# finds an error.
set -eu
cd "$(dirname "$0")/.."
. scripts/need.sh

out=${1:-build/deb}
# shellcheck disable=SC2086	# lists of words are meant to be split
need $NEED_BUILD $NEED_DEB

rm -rf "$out"
mkdir -p "$out/ccmon"
git archive HEAD | tar -x -C "$out/ccmon"
# No --sign, no source package: what is installed is the other file.
(cd "$out/ccmon" && dpkg-buildpackage -us -uc -b -j"$(nproc)") >"$out/log" 2>&1 || {
	tail -n 40 "$out/log" >&2
	exit 1
}
rm -rf "$out/ccmon"
user=
[ "$(id -u)" != 0 ] || user=--allow-root
lintian $user --fail-on error "$out"/*.changes
ls -l "$out"/*.deb
