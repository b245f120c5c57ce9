#!/bin/sh
# SPDX-License-Identifier: MIT
#
# fetch.sh DIRECTORY: puts the packages of package-lock.json, with the
# checksums it has, into DIRECTORY/node_modules.  What is there is not fetched
# again.  No script of a package is run: zeromq brings its library ready.
#
# Exit 0: all is there.  69: there is no npm, or the registry cannot be reached.
set -eu
dir=$1
cd "$(dirname "$0")"
! cmp -s package-lock.json "$dir/package-lock.json" || exit 0
[ "${CCMON_NO_INSTALL:-0}" != 1 ] || exit 69
command -v npm >/dev/null || { echo "fetch.sh: npm is not here" >&2; exit 69; }
rm -rf "$dir"
mkdir -p "$dir"
cp package.json "$dir"
cp package-lock.json "$dir/package-lock.new"
mv "$dir/package-lock.new" "$dir/package-lock.json"
(cd "$dir" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >npm.log 2>&1) || {
	cat "$dir/npm.log" >&2
	rm -f "$dir/package-lock.json"		# it is not all there
	exit 69
}
