#!/bin/sh
# SPDX-License-Identifier: MIT
#
# redis-acl.sh SITE DIRECTORY: prints the access list of a Redis for one site,
# with the passwords (their SHA-256) that are in DIRECTORY:
#
#	redis-password		the daemon's, user ccmon-daemon
#	operator-password	ccmonctl's, user ccmon-operator
#	board-password		the wallboard's, user ccmon-board
#
# One that is not there is made, for its owner's eyes only.  The list itself is
# etc/redis.acl; without its passwords it lets nobody in.
set -eu
acl=$(dirname "$0")/redis.acl
[ -e "$acl" ] || acl=$(dirname "$0")/../etc/redis.acl
site=${1:?usage: redis-acl.sh SITE DIRECTORY} directory=${2:?usage: redis-acl.sh SITE DIRECTORY}

case $site in
*[!A-Za-z0-9._-]*) echo "redis-acl.sh: $site: letters, digits, and . _ -" >&2; exit 64 ;;
esac

# hash NAME: of the password in this file.
hash()
{
	if [ ! -e "$directory/$1" ]; then
		(umask 077; head -c 24 /dev/urandom | base64 >"$directory/$1")
	fi
	head -n 1 "$directory/$1" | tr -d '\r\n' | sha256sum | cut -c 1-64
}

daemon=$(hash redis-password) operator=$(hash operator-password) board=$(hash board-password)
sed -e "s/{main}/{$site}/g" \
    -e "s/^\(user ccmon-daemon on resetpass\)/\1 #$daemon/" \
    -e "s/^\(user ccmon-operator on resetpass\)/\1 #$operator/" \
    -e "s/^\(user ccmon-board on resetpass\)/\1 #$board/" "$acl"
