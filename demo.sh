#!/bin/sh
# SPDX-License-Identifier: MIT
#
# demo.sh: installs what is missing, builds, and runs ccmon with a simulated
# contact center: calls, chats and emails.  Everything lives in a private
# directory with a Redis of its own, and goes away with it.
#
#   --for 20s      end by itself, look whether the figures are right (exit 0)
#   --rate R       R times as many contacts and agents (default 10: a big house)
#   --speed N      N times as fast as life (default 1); the clock is then the
#                  simulation's
#   --seed S       another day (default 1)
#
# Ctrl-C ends it.  CCMON_BUILD=DIR: run the programs that are there already.
set -eu
cd "$(dirname "$0")"
. scripts/need.sh

length=0 rate=10 speed=1 seed=1
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

# start NAME COMMAND...: in the background, its output in a file.
start()
{
	name=$1
	shift
	"$@" >"$dir/$name.log" 2>&1 &
	pids="$! $pids"
}

stop()
{
	for pid in $pids; do
		kill "$pid" 2>/dev/null || true
	done
	for pid in $pids; do
		wait "$pid" 2>/dev/null || true
	done
	pids=
}

# finish STATUS: stops all and removes the directory.
finish()
{
	trap '' INT TERM HUP
	trap - EXIT
	stop
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

ask() { redis-cli -s "$dir/redis.sock" "$@" 2>/dev/null; }

# until_true SECONDS WHAT COMMAND...
until_true()
{
	left=$(($1 * 10)) what=$2
	shift 2
	until "$@" >/dev/null; do
		alive
		left=$((left - 1))
		[ $left -gt 0 ] || fail "$what did not happen in time"
		sleep 0.1
	done
}

# shellcheck disable=SC2317	# these two are called by until_true
answers() { [ "$(ask ping)" = PONG ]; }
# shellcheck disable=SC2317
has_figures() { [ "$(ask hget "$P:site" offered_count_today)" -gt 0 ] 2>/dev/null; }

# Every collector hears its channel's contacts and its source's agents.
collector()
{
	echo "$1: { journal = \"$dir/$1\"; inputs = ( { type = \"zmq-sub\"; connect = [\"ipc://$dir/feed.ipc\"];" \
	    "subscribe = [\"$1.\", \"source.$2\"]; } ); };"
}
SUBSCRIPTIONS=6		# two a collector

write_config()
{
	# A demo that runs over midnight shall not begin its day anew.
	cat >"$dir/ccmon.cfg" <<-END
	site = "demo";
	demo = true;
	day_start = "$(printf '%02d' $((($(date -u +%k) + 12) % 24))):00";
	redis: { unix = "$dir/redis.sock"; };
	daemon: { ingest = "ipc://$dir/ingest.ipc"; state_dir = "$dir/daemon"; clock = "$clock"; };
	collectors: {
	$(collector call pbx1)
	$(collector chat chat1)
	$(collector email mail1)
	};
	queues: {
	  sales:   { channel = "call"; };
	  support: { channel = "call"; threshold = "30s"; };
	  billing: { channel = "call"; };
	  vip:     { channel = "call"; threshold = "10s"; target = 0.95; };
	  chat:    { channel = "chat"; };
	  mail:    { channel = "email"; first_response = "15m"; resolution = "1h"; };
	};
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
	echo "$(date +%T) $CCMON_KIND: $CCMON_SUMMARY" >>"$PAGES"
	END
	chmod 700 "$dir/pager"
	: >"$dir/pages"
}

# The pages there were: the last of them, or those nobody has seen yet.
told=0
pages()
{
	if [ -t 1 ]; then
		printf '\npages\n'
		tail -n 8 "$dir/pages"
	else
		tail -n "+$((told + 1))" "$dir/pages" | sed 's/^/page /'
		told=$(wc -l <"$dir/pages")
	fi
}

# figures FIELD...: one line a queue, its name and these fields.
figures()
{
	for queue in $(ask smembers "$P:queues" | sort); do
		echo "$queue" "$(ask hmget "$P:queue:$queue" "$@" | tr '\n' ' ')"
	done
}

board()
{
	figures waiting_count oldest_wait_seconds sl_ratio_15m sl_n_15m handled_per_hour aht_seconds_60m status |
	awk '
	function whole(x) { return x == "NaN" ? "-" : sprintf("%.0f", x) }
	BEGIN { form = "%-10s %7s %9s %9s %6s %8s %7s  %s\n"
		printf form, "queue", "waiting", "longest s", "level 15m", "of", "calls/h", "AHT s", "status" }
	{ printf form, $1, $2, whole($3), ($4 == "NaN" ? "-" : sprintf("%.1f %%", $4 * 100)), $5, whole($6), whole($7), $8 }'
}

# What is owed to customers: open matters, how many of them are due within the
# hour or overdue, first answers and updates given in time, and what came of it.
owed()
{
	figures backlog_count first_response_due_1h_count promise_due_1h_count callback_due_1h_count \
	    first_response_overdue_count promise_overdue_count callback_overdue_count \
	    first_response_ratio_60m promise_ratio_60m csat_ratio_60m fcr_ratio_60m |
	awk '
	function share(x) { return x == "NaN" ? "-" : sprintf("%.0f %%", x * 100) }
	BEGIN { form = "%-10s %7s %9s %9s %12s %12s %7s %7s\n"
		printf form, "owed", "open", "due 1h", "overdue", "1st answers", "updates kept", "CSAT", "FCR" }
	{ printf form, $1, $2, $3 + $4 + $5, $6 + $7 + $8, share($9), share($10), share($11), share($12) }'
}

one_line()
{
	figures waiting_count sl_ratio_15m status |
	awk '{ printf "%s%s %s waiting, %s %s", (NR > 1 ? " | " : ""), $1, $2, ($3 == "NaN" ? "-" : sprintf("%.0f %%", $3 * 100)), $4 } END { print "" }'
}

show()
{
	if [ -t 1 ]; then
		printf '\033[H\033[2J'
		banner
		board
		echo
		owed
	else
		one_line
	fi
	pages
}

banner()
{
	cat <<-END
	ccmon demo: simulated data, nothing leaves this machine; Ctrl-C ends it
	  Redis    redis-cli -s $dir/redis.sock HGETALL '$P:queue:sales'
	  Console  $build/ccmonctl -c $dir/ccmon.cfg queues        (or alerts, hooks, agents)
	  A page   $build/ccmonctl -c $dir/ccmon.cfg hook-test pager

	END
}

# Are the figures right?  Something came, nothing was lost on the way, and of
# every queue: offered = answered + abandoned + flowed out + callback + stuck + waiting.
verify()
{
	has_figures || fail "no contact was counted"
	for feed in $(ask smembers "$P:feeds"); do
		ask hmget "$P:feed:$feed" events_total lost_total duplicate_total rejected_total inconsistent_total | tr '\n' ' ' |
		awk -v feed="$feed" '{ printf "feed %s: %s events, %s lost, %s doubled, %s refused, %s inconsistent\n", feed, $1, $2, $3, $4, $5
			exit !($1 > 0 && $2 + $3 + $4 + $5 == 0) }' || fail "feed $feed is not as it was sent"
	done
	figures offered_count_today answered_count_today abandoned_count_today flowed_out_count_today \
	    callback_count_today stuck_count_today waiting_count >"$dir/figures"
	awk '{ printf "queue %s: %d offered = %d answered + %d abandoned + %d flowed out + %d callbacks + %d stuck + %d waiting\n", $1, $2, $3, $4, $5, $6, $7, $8
		if ($2 != $3 + $4 + $5 + $6 + $7 + $8) bad = 1 }
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
pids=
trap 'finish 130' INT TERM HUP
trap 'finish $?' EXIT
P='ccmon:v1:{demo}'
[ "$speed" = 1 ] && clock=wall || clock=events
mkdir "$dir/daemon" "$dir/call" "$dir/chat" "$dir/email"
write_config
write_pager

start redis "$(redis_program)" --port 0 --unixsocket "$dir/redis.sock" --unixsocketperm 700 \
    --save '' --appendonly no --maxmemory 64mb --dir "$dir"
until_true 10 "Redis's first answer" answers
start ccmond "$build/ccmond" -c "$dir/ccmon.cfg"
for name in call chat email; do
	start "$name" "$build/ccmon-collector" -c "$dir/ccmon.cfg" "$name"
done
start feed "$build/ccmon-feed" sim --bind "ipc://$dir/feed.ipc" --wait $SUBSCRIPTIONS --hours endless --flat \
    --seed "$seed" --rate "$rate" --speed "$speed"
until_true 30 "the first figure in Redis" has_figures

banner
began=$(date +%s)
while [ "$length" = 0 ] || [ $(($(date +%s) - began)) -lt "$length" ]; do
	alive
	show
	if [ -t 1 ]; then sleep 1; else sleep 3; fi
done
verify
finish 0
