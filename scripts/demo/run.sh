# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154	# dir is demo.sh's
#
# run.sh: what demo.sh runs beside itself: children in the background, each
# with a log in $dir, all of which must live until the end.

pids=

# start NAME COMMAND...: its process is $pid then.
start()
{
	name=$1
	shift
	"$@" >>"$dir/$name.log" 2>&1 &
	pid=$!
	pids="$pid $pids"
}

# end PID: in an orderly way.
end()
{
	kill "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
	left=
	for pid in $pids; do
		[ "$pid" = "$1" ] || left="$left $pid"
	done
	pids=$left
}

# finish STATUS: stops all and removes the directory.
finish()
{
	trap '' INT TERM HUP
	trap - EXIT
	for pid in $pids; do
		kill "$pid" 2>/dev/null || true
	done
	for pid in $pids; do
		wait "$pid" 2>/dev/null || true
	done
	rm -rf "$dir"
	exit "$1"
}

# fail TEXT: says what went wrong, with the last lines of every log.
fail()
{
	echo "demo.sh: $1" >&2
	for log in "$dir"/*.log; do
		echo "--- $(basename "$log")" >&2
		tail -n 8 "$log" >&2
	done
	finish 1
}

# All the children must live, or the demo is over.
alive()
{
	for pid in $pids; do
		kill -0 "$pid" 2>/dev/null || fail "one of the programs has ended"
	done
}

# until_true SECONDS WHAT COMMAND...
until_true()
{
	tenths=$(($1 * 10)) what=$2
	shift 2
	until "$@" >/dev/null; do
		alive
		tenths=$((tenths - 1))
		[ $tenths -gt 0 ] || fail "$what did not happen in time"
		sleep 0.1
	done
}

# The Redis program: under its own name, under its successor's, or inside the
# Debian package redis-tools, where one program is several and goes by its name.
redis_program()
{
	for program in redis-server valkey-server; do
		command -v $program && return
	done
	ln -s "$(command -v redis-check-rdb)" "$dir/redis-server"
	echo "$dir/redis-server"
}

ask() { redis-cli -s "$dir/redis.sock" "$@" 2>/dev/null; }
