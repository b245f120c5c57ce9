#!/bin/sh
# SPDX-License-Identifier: MIT
#
# demo.sh: installs what is missing, builds, and shows ccmon at work: a made-up
# contact center of ten queues, in which something happens every three minutes,
# on a wall-board in the browser.  Everything lives in a private directory with
# a Redis of its own, and goes away with it.
#
#   --for 20s      end by itself, look whether the figures are right (exit 0)
#   --rate R       R times as many contacts and agents (default 1)
#   --speed N      N times as fast as life (default 1); the clock is then the
#                  story's
#   --seed S       the same story with other people (default 1)
#
# Ctrl-C ends it.  CCMON_BUILD=DIR: run the programs that are there already.
set -eu
cd "$(dirname "$0")"
. scripts/need.sh
. scripts/demo/run.sh
. scripts/demo/board.sh

length=0 rate=1 speed=1 seed=1
usage() { sed -n 's/^# \{0,1\}//p' demo.sh | sed 1d; }

while [ $# -gt 0 ]; do
	case $1 in
	--for=* | --rate=* | --speed=* | --seed=*)
		word=$1
		shift
		set -- "${word%%=*}" "${word#*=}" "$@"
		;;
	esac
	case $1 in
	--for | --rate | --speed | --seed)
		[ $# -ge 2 ] || { usage >&2; exit 64; }
		;;
	esac
	case $1 in
	--for) length=$2; shift 2 ;;
	--rate) rate=$2; shift 2 ;;
	--speed) speed=$2; shift 2 ;;
	--seed) seed=$2; shift 2 ;;
	-h | --help) usage; exit 0 ;;
	*) usage >&2; exit 64 ;;
	esac
done
case $length in
*[0-9]s) length=${length%s} ;;
*[0-9]m) length=$((${length%m} * 60)) ;;
esac
case $length in
'' | *[!0-9]*) echo "demo.sh: --for wants a length such as 20s or 5m" >&2; exit 64 ;;
esac

# write_config CLOCK
write_config()
{
	# A demo that runs over midnight shall not begin its day anew.
	cat - scripts/demo/story.cfg >"$dir/ccmon.cfg" <<-END
	day_start = "$(printf '%02d' $((($(date -u +%k) + 12) % 24))):00";
	redis: { unix = "$dir/redis.sock"; };
	daemon: { ingest = "ipc://$dir/ingest.ipc"; state_dir = "$dir/daemon"; clock = "$1"; };
	collectors: { all: { journal = "$dir/journal";
	  inputs = ( { type = "zmq-sub"; connect = ["ipc://$dir/feed.ipc"]; } ); }; };
	hooks: { pager: { command = ["$dir/pager"]; env = ["PAGES=$dir/pages"]; }; };
	paging: { hooks = ["pager"]; };
	END
	# the rules that are shipped
	sed -n '/^alerts: {/,/^};/p' etc/ccmon.cfg >>"$dir/ccmon.cfg"
}

# Whom the demo tells: a file.
write_pager()
{
	cat >"$dir/pager" <<-'END'
	#!/bin/sh
	echo "$(date +%T)  PAGE $CCMON_KIND: $CCMON_SUMMARY" >>"$PAGES"
	END
	chmod 700 "$dir/pager"
	: >"$dir/pages"
}

start_daemon()
{
	write_config "$1"
	start ccmond "$build/ccmond" -c "$dir/ccmon.cfg"
	daemon=$pid
}

# shellcheck disable=SC2317	# these are called by until_true
answers() { [ "$(ask ping)" = PONG ]; }
# shellcheck disable=SC2317
is_told() { grep -qs 'past: told' "$dir/feed.log"; }
# shellcheck disable=SC2317
is_running() { [ "$(ask hmget "$P:meta" pid state | tr '\n' ' ')" = "$daemon running " ]; }
# The figures are of this moment, by the clock they go by.
# shellcheck disable=SC2317
is_here() { [ "$(ask get "$P:snapshot" | sed -n 's/.*"time":\([0-9]*\).*/\1/p')" -ge "$began_ms" ] 2>/dev/null; }

# Two hours before now go through the daemon in a second, by the events' clock,
# so that there are trends and levels to see; then it goes on by ours.
start_house()
{
	start redis "$(redis_program)" --port 0 --unixsocket "$dir/redis.sock" --unixsocketperm 700 \
	    --save '' --appendonly no --maxmemory 64mb --dir "$dir"
	until_true 10 "Redis's first answer" answers
	start_daemon events
	start collector "$build/ccmon-collector" -c "$dir/ccmon.cfg" all
	began_ms=$(date +%s)000
	start feed "$build/ccmon-feed" sim --story --past 2 --hours endless --bind "ipc://$dir/feed.ipc" \
	    --seed "$seed" --rate "$rate" --speed "$speed"
	until_true 30 "the story's beginning" is_told
	until_true 60 "the figures of the past" is_here
	[ "$speed" = 1 ] || return 0
	end "$daemon"
	start_daemon wall
	until_true 30 "the first figure in Redis" is_running
}

# figures FIELD...: one line a queue, its name and these fields.
figures()
{
	for queue in $(ask smembers "$P:queues" | sort); do
		echo "$queue" "$(ask hmget "$P:queue:$queue" "$@" | tr '\n' ' ')"
	done
}

# How many wait, who longest and where, and which queues are not as they should.
say_how_it_is()
{
	figures waiting_count oldest_wait_seconds status | awk -v at="$(date +%T)" '
	BEGIN { word["warn"] = "WATCH"; word["crit"] = "LATE"; word["unknown"] = "NO DATA" }
	{ n += $2; if ($3 + 0 > most) { most = $3; where = ", longest " int($3) " s in " $1 } }
	$4 in word { bad = bad (bad == "" ? "; " : ", ") $1 " " word[$4] }
	END { printf "%s  %d waiting%s%s\n", at, n, where, bad }'
}

# The pages nobody has seen yet.
told=0
say_pages()
{
	tail -n "+$((told + 1))" "$dir/pages"
	told=$(wc -l <"$dir/pages")
}

banner()
{
	cat <<-END
	ccmon demo is running (simulated data, nothing leaves this machine); Ctrl-C ends it
	  Wall-board  $url
	  Terminal    $build/ccmonctl -c $dir/ccmon.cfg top        (or queues, alerts, agents)
	  Redis       redis-cli -s $dir/redis.sock HGETALL '$P:queue:sales'
	  Pages       appear below as the story unfolds; also in $dir/pages

	END
}

# Are the figures right?  Something came, nothing was lost on the way, and of
# every queue: offered = answered + abandoned + flowed out + callback + stuck + waiting.
verify()
{
	for feed in $(ask smembers "$P:feeds"); do
		ask hmget "$P:feed:$feed" events_total lost_total duplicate_total rejected_total inconsistent_total | tr '\n' ' ' |
		awk -v feed="$feed" '{ printf "feed %s: %s events, %s lost, %s doubled, %s refused, %s inconsistent\n", feed, $1, $2, $3, $4, $5
			exit !($1 > 0 && $2 + $3 + $4 + $5 == 0) }' || fail "feed $feed is not as it was sent"
	done
	figures offered_count_today answered_count_today abandoned_count_today flowed_out_count_today \
	    callback_count_today stuck_count_today waiting_count >"$dir/figures"
	awk '{ printf "queue %s: %d offered = %d answered + %d abandoned + %d flowed out + %d callbacks + %d stuck + %d waiting\n", $1, $2, $3, $4, $5, $6, $7, $8
		if ($2 == 0 || $2 != $3 + $4 + $5 + $6 + $7 + $8) bad = 1 }
	     END { exit bad || NR < 3 }' "$dir/figures" || fail "these figures do not add up"
}

build=${CCMON_BUILD:-build}
if [ -z "${CCMON_BUILD:-}" ]; then
	# shellcheck disable=SC2086	# a list of words
	need $NEED_BUILD
	make -s -j "$(nproc)" all
fi

umask 077
dir=$(mktemp -d "${XDG_RUNTIME_DIR:-/tmp}/ccmon-demo.XXXXXX")
trap 'finish 130' INT TERM HUP
trap 'finish $?' EXIT
P='ccmon:v1:{demo}'
mkdir "$dir/daemon" "$dir/journal"
write_pager
start_house
start_board
banner
[ "$length" != 0 ] || open_browser

now=$(date +%s) next=0
until=$((length > 0 ? now + length : 0))
while [ $until = 0 ] || [ "$now" -lt $until ]; do
	alive
	[ "$now" -lt $next ] || { say_how_it_is; next=$((now + 5)); }
	say_pages
	sleep 1
	now=$(date +%s)
done
verify
verify_board
finish 0
