# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154	# dir and build are demo.sh's
#
# board.sh: the wall-board of demo.sh: at the first port that is free, looked
# at as a browser would, and shown in one where somebody sits in front of it.

PORTS="8787 8788 8789 8790 8791 8792 8793 8794 8795 8796"

is_decided() { grep -q 'the board is at\|cannot listen' "$dir/board.log"; }

# The port goes into $port, the address into $url.
start_board()
{
	for port in $PORTS; do
		sed "s/^wallboard: {/& listen = \"127.0.0.1:$port\";/" "$dir/ccmon.cfg" >"$dir/board.cfg"
		: >"$dir/board.log"
		"$build/ccmon-wallboard" -c "$dir/board.cfg" >"$dir/board.log" 2>&1 &
		pid=$!
		while kill -0 "$pid" 2>/dev/null && ! is_decided; do
			sleep 0.05
		done
		if grep -q 'the board is at' "$dir/board.log"; then
			pids="$pid $pids" url="http://127.0.0.1:$port/"
			return
		fi
		wait "$pid" || true
		grep -q 'cannot listen' "$dir/board.log" || fail "the wall-board does not start"
	done
	fail "no port is free of: $PORTS"
}

# fetch PATH: what is there; false unless the answer is 200.  Perl is on every
# Debian, curl is not.
fetch()
{
	perl -MIO::Socket::INET -e '
		my ($port, $path) = @ARGV;
		my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port", Timeout => 5) or exit 1;
		print $s "GET $path HTTP/1.1\r\nHost: 127.0.0.1:$port\r\nConnection: close\r\n\r\n";
		local $/;
		my ($head, $body) = split /\r\n\r\n/, <$s> // "", 2;
		print $body // "";
		exit $head !~ m{^HTTP/1\.1 200 };' "$port" "$1"
}

verify_board()
{
	fetch /readyz >/dev/null || fail "the wall-board is not ready"
	fetch / >"$dir/page" || fail "the wall-board has no page"
	grep -qi '<!doctype html' "$dir/page" || fail "the wall-board's page is none"
	fetch /api/v1/snapshot >"$dir/snapshot" || fail "the wall-board has no figures"
	grep -q '"demo":true' "$dir/snapshot" || fail "the wall-board does not say that this is a demo"
	echo "board $url: ready, its figures are marked as made up"
}

# Only where a person sits in front of a screen of this machine.
open_browser()
{
	[ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || return 0
	[ -z "${SSH_CONNECTION:-}${SSH_TTY:-}${CI:-}" ] && [ "$(id -u)" != 0 ] || return 0
	command -v xdg-open >/dev/null || return 0
	xdg-open "$url" >/dev/null 2>&1 &
}
