#!/bin/sh
# SPDX-License-Identifier: MIT
#
# fetch.sh DIRECTORY: puts the packages of packages.txt into
# DIRECTORY/node_modules.  What is there is not fetched again, and what does
# not have the checksum of the list is not unpacked.  It needs curl and no npm:
# Debian's brings 387 packages.
#
# Exit 0: all are there.  69: the registry cannot be reached.  1: what came is
# not what the list says.
set -eu
dir=$1
list=$(dirname "$0")/packages.txt
registry=${NPM_REGISTRY:-https://registry.npmjs.org}
mkdir -p "$dir/node_modules"
archive=$dir/archive.$$
trap 'rm -f "$archive"' EXIT

# fetch NAME VERSION: into $archive.
fetch()
{
	echo "Fetching $1 $2 from $registry"
	curl -fsSL --retry 3 --retry-connrefused --connect-timeout 10 --max-time 120 \
	    -o "$archive" "$registry/$1/-/$1-$2.tgz" && return
	echo "fetch.sh: $1 $2 cannot be had from $registry" >&2
	exit 69
}

# check NAME INTEGRITY: "sha512-" and the sum in base64, as in package-lock.json.
check()
{
	is=sha512-$(sha512sum <"$archive" | cut -c1-128 | tr a-f A-F | basenc -d --base16 | base64 -w0)
	[ "$is" = "$2" ] && return
	echo "fetch.sh: the archive of $1 has the checksum $is, not $2" >&2
	exit 1
}

while read -r name version integrity; do
	case $name in '' | '#'*) continue ;; esac
	home=$dir/node_modules/$name
	[ "$(cat "$home/.integrity" 2>/dev/null)" != "$integrity" ] || continue
	fetch "$name" "$version"
	check "$name" "$integrity"
	rm -rf "$home"
	mkdir "$home"
	tar -xzf "$archive" -C "$home" --strip-components=1 --no-same-owner
	echo "$integrity" >"$home/.integrity"		# last: it is all there
done <"$list"
