#!/bin/sh
# SPDX-License-Identifier: MIT
#
# floors.sh OBJ: who may call whom, read from the objects themselves.
#
# Each file sits on a floor of the house; a call goes down, never up, and
# never sideways from one shell file to another.  What is pure calls only what
# is pure, the engine next to nothing, and each foreign library is known to
# one file.  Meant for the plain build: sanitizers and gcov add symbols.
#
# floors.sh --self-test builds small houses with one fault each and looks
# whether the fault is found.
set -eu
cd "$(dirname "$0")/.."

# symbols OBJ: one line a symbol, "D file name" or "U file name".
symbols()
{
	(cd "$1" && find . -name tests -prune -o -name '*.o' -print | sort | xargs nm -A -P) |
	awk '{ sub(/^\.\//, "", $1); sub(/:$/, "", $1) }
	     $3 ~ /^[TDBRC]$/ { print "D", $1, $2 }
	     $3 == "U" { print "U", $1, $2 }'
}

# check OBJ: prints what is wrong, or "floors: ok".
check()
{
	symbols "$1" >"$1/symbols"
	[ -s "$1/symbols" ] || { echo "floors: no objects in $1"; return 1; }
	awk "$RULES" "$1/symbols" "$1/symbols"
}

# shellcheck disable=SC2016
RULES='
# The plan of the house: "number name".  Files of one name may call each other.
# What the store and the board are made of has its own order (daemon.h).
function floor(o) {
	if (o ~ /^lib\/(event|wire|crc32c|out|day|calendar|calendar_text|condition|rules|site|siphash|redact|json|zone|missing|replay|http_host)\.o/)
		return "1 pure lib"
	if (o == "lib/redis/route.o")		return "1 pure lib"
	if (o ~ /^lib\//)			return "2 lib"
	if (o ~ /^daemon\/engine\//)		return "3 engine"
	if (o ~ /^daemon\/(page|vitals|notice)\.o/)	return "3.2 page"
	if (o == "daemon/merge.o")		return "3 merge"
	if (o == "daemon/lease.o")		return "3 lease"
	if (o == "daemon/found.o")		return "3 found"
	if (o ~ /^daemon\/alerts\//)		return "3.5 alerts"
	if (o ~ /^collectors\/dialects\//)	return "3 dialects"
	if (o ~ /^collectors\/mail\//)		return "3 mail"
	if (o ~ /^collectors\/journal\//)	return "4 journal"
	if (o == "collectors/memos.o")		return "3 memos"
	if (o == "collectors/gaps.o")		return "3 gaps"
	if (o == "collectors/inputs/intake.o")	return "4.1 intake"
	if (o == "collectors/inputs/replay.o")	return "4.15 replay"
	if (o == "collectors/inputs/stanza.o")	return "3 stanza"
	if (o == "collectors/inputs/trunk.o")	return "4.15 trunk"
	if (o == "collectors/inputs/http_auth.o")	return "4.1 " o
	if (o == "collectors/inputs/folders.o")	return "4.1 folders"
	if (o ~ /^collectors\/inputs\/(tail|siblings)\.o/)	return "4.1 " o
	if (o == "collectors/inputs/follow.o")	return "4.15 follow"
	if (o == "collectors/inputs/input.o")	return "4.3 input"
	if (o ~ /^collectors\/inputs\//)	return "4.2 " o
	if (o ~ /^ctl\/feed\/(sim[a-z_]*|draw|encode)\.o/)	return "3 simulator"
	if (o ~ /^daemon\/hooks\/(frame|lanes)\.o/)	return "3 " o
	if (o == "daemon/hooks/check.o")	return "2 hook check"
	if (o ~ /^daemon\/hooks\/(line|outbox|orphans|birth)\.o/)	return "4.1 " o
	if (o == "daemon/hooks/run.o")		return "4.2 " o
	if (o == "daemon/hooks/registry.o")	return "4.25 " o
	if (o == "daemon/hooks/post.o")		return "4.3 " o
	if (o == "daemon/hooks/hooks.o")	return "4.2 " o
	if (o == "daemon/hooks/runner.o")	return "4.4 " o
	if (o == "daemon/peers.o")		return "4.1 peers"
	if (o == "daemon/blocks.o")		return "4.2 blocks"
	if (o == "daemon/ingest.o")		return "4.3 ingest"
	if (o == "daemon/writes.o")		return "4.1 writes"
	if (o == "daemon/streams.o")		return "4.2 streams"
	if (o == "daemon/commit.o")		return "4.3 commit"
	if (o == "daemon/store.o")		return "4.4 store"
	if (o ~ /^daemon\/(board|shelf|snapshot)/)	return "4.4 board"
	if (o == "daemon/pager.o")		return "4.4 pager"
	if (o == "daemon/loop.o")		return "4.6 loop"
	if (o == "wallboard/walk.o")		return "3 walk"
	if (o == "wallboard/roster.o")		return "3.1 roster"
	if (o ~ /^wallboard\/(picture|past)\.o/)	return "3.2 " o
	if (o ~ /^wallboard\/metrics/)		return "3 metrics"
	if (o ~ /^wallboard\/(pages|source)\.o/)	return "4.2 " o
	if (o ~ /^wallboard\/(pulse|cache)\.o/)	return "4.3 " o
	if (o == "wallboard/fan.o")		return "4.3 " o
	if (o == "wallboard/routes.o")		return "4.5 " o
	if (o ~ /^wallboard\/[a-z]+\.o/ && o != "wallboard/main.o")	return "4.4 " o
	if (o ~ /\/main\.o$/ || o ~ /^ctl\/(ccmonctl|feed\/feed)\.o/)
		return "5 " o
	if (o ~ /^ctl\/top\/(reader|term)\.o/)	return "4.1 " o
	if (o ~ /^ctl\/top\/(top|watch)\.o/)	return "4.2 " o
	if (o ~ /^ctl\/top\//)			return "3 terminal"
	if (o ~ /^ctl\/(given|doctor\/logrotate)\.o/)	return "3 " o
	if (o ~ /^ctl\/feed\//)			return "4 feed"
	if (o ~ /^ctl\//)			return "4 ctl"
	return "4 " o
}
function pure(o) { return floor(o) ~ /^[13]/ }

# What a pure file may want of the C library: no clock, no file, no socket,
# no environment, nothing with a state.  The engine wants even less.
function harmless(o, name) {
	if (name ~ /^__([a-z]+ti[0-9]|cpu_model)$/)
		return 1	# the compiler: 128-bit arithmetic, what the CPU can do
	if (floor(o) == "3 engine")
		return name ~ /^(mem(cpy|move|set|cmp|chr)|str(len|nlen|cmp|ncmp)|qsort|__assert_fail)$/ ||
		    (o == "daemon/engine/memory.o" && name ~ /^([mc]alloc|realloc|free)$/) ||
		    (o == "daemon/engine/erlang.o" && name ~ /^(exp|expm1|log1p|sqrt|floor)$/)
	if (o ~ /^lib\/(json|zone)\.o/)		# C++: their runtime, and cctz reads zone files
		return 1
	if (floor(o) == "3 terminal" && name ~ /^(wcwidth|qsort_r)$/)
		return 1	# how wide a letter is, the locale says
	return name ~ /^(mem[a-z]*|str(len|nlen|cmp|ncmp|ncasecmp|chr|rchr|str|dup|ndup|spn|cspn|toll?|toull?|tod)|v?snprintf|[mc]alloc|realloc|free|qsort|bsearch|__assert_fail|__ctype_b_loc|__errno_location|__isoc99_sscanf|log|log2|exp|pow|sqrt|sin|cos|floor|ceil|l?lround|fmod|fabs|fmax|fmin|inet_pton|_GLOBAL_OFFSET_TABLE_)$/
}

# Foreign libraries: the one file that knows each.
function fence(o, name) {
	if (name ~ /^zmq_/)				return o ~ /^lib\/(zev|zev_ends|zap)\.o/ ? o : "lib/zev.o"
	if (name ~ /^redis[A-Z]|^freeReplyObject$/)	return o ~ /^lib\/redis\// ? o : "lib/redis/"
	if (name ~ /^mdb_/ && o ~ /^daemon/)		return "daemon/hooks/outbox.o"
	if (name ~ /^mdb_/)				return o ~ /^collectors\/journal\// ? o : o ~ /^lib/ ? "lib/journal_read.o" : "collectors/journal/"
	if (name ~ /^config_/)				return "lib/conf.o"
	if (name ~ /^evhttp_/)				return "lib/http_server.o"
	if (name ~ /^nettle_/)				return "lib/hmac.o"
	if (name ~ /simdjson/)				return "lib/json.o"
	if (name ~ /cctz/)				return "lib/zone.o"
	return ""
}

function say(text) { print "floors: " text; bad = 1 }

# The definition meant: that of the same program, else any.
function find(o, name,	top) {
	top = o; sub(/\/.*/, "", top)
	return (top, name) in near ? near[top, name] : any[name]
}

NR == FNR && $1 == "D" {
	top = $2; sub(/\/.*/, "", top)
	near[top, $3] = any[$3] = $2
}
NR == FNR { next }
$1 == "U" && $3 in any {
	callee = find($2, $3); a = floor($2); b = floor(callee)
	if ($2 ~ /^daemon\/hooks\// && callee ~ /^daemon\/(engine|alerts)\//)
		say($2 " is to know processes, not figures: " $3 " in " callee)
	if (a != b && a + 0 <= b + 0)
		say($2 " calls up or sideways: " $3 " in " callee)
	if (pure($2) && !pure(callee))
		say("pure " $2 " calls impure " $3 " in " callee)
	next
}
$1 == "U" {
	owner = fence($2, $3)
	if (owner != "" && owner != $2)
		say($2 " reaches over the fence: " $3 " belongs to " owner)
	else if ($3 ~ /^(event_|evutil_|evtimer_|evsignal_|bufferevent_|evbuffer_)/ && floor($2) ~ /^[135]/)
		say($2 " knows libevent: " $3)
	else if (pure($2) && !harmless($2, $3))
		say("pure " $2 " reaches outside: " $3)
}
END { if (!bad) print "floors: ok"; exit bad }
'

# plant FILE TEXT: one more file in the small house.
plant()
{
	mkdir -p "$house/$(dirname "$1")"
	printf '%s\n' "$2" >"$house/$1.c"
	${CC:-cc} -w -c -o "$house/$1.o" "$house/$1.c"
}

# expect TEXT: the house must be refused with that, or "ok".
expect()
{
	said=$(check "$house") && rc=0 || rc=1
	case $1$rc$said in
	ok0"floors: ok") ;;
	ok*) echo "floors: self-test: a sound house was refused: $said"; exit 1 ;;
	*1*"$1"*) ;;
	*) echo "floors: self-test: not found: $1"; echo "$said"; exit 1 ;;
	esac
}

# fault WANTED FILE TEXT: planted, found, taken out again.
fault()
{
	plant "$2" "$3"
	expect "$1"
	rm "$house/$2.o"
}

self_test()
{
	house=$(mktemp -d)
	trap 'rm -rf "$house"' EXIT
	plant lib/event 'int event_check(void) { return 0; }'
	plant lib/log 'void log_warn(void) { puts(""); }'
	plant lib/zev 'void zev_open(void) { zmq_socket(); event_add(); }'
	plant daemon/engine/memory 'void *memory_get(void) { return malloc(1); }'
	plant daemon/engine/window 'int window_add(void) { memory_get(); return event_check(); }'
	plant daemon/store 'void store_open(void) { log_warn(); event_new(); window_add(); }'
	plant daemon/main 'int main(void) { store_open(); log_warn(); }'
	plant collectors/journal/file 'void journal_open(void) { mdb_put(); }'
	plant collectors/main 'int main(void) { journal_open(); }'
	expect ok
	fault 'window2.o reaches outside: time' daemon/engine/window2 'int f(void) { return time(0); }'
	fault 'window2.o reaches outside: malloc' daemon/engine/window2 'void *f(void) { return malloc(1); }'
	fault 'window2.o calls impure log_warn' daemon/engine/window2 'void f(void) { log_warn(); }'
	fault 'wire.o reaches outside: getenv' lib/wire 'void f(void) { getenv("HOME"); }'
	fault 'sideways: store_open in daemon/store.o' daemon/ingest 'void f(void) { store_open(); }'
	fault 'sideways: store_open in daemon/store.o' lib/service 'void f(void) { store_open(); }'
	fault 'sideways: window_add in daemon/engine' collectors/dialects/native 'void f(void) { window_add(); }'
	fault 'native.o calls impure log_warn' collectors/dialects/native 'void f(void) { log_warn(); }'
	fault 'over the fence: zmq_send' daemon/ingest 'void f(void) { zmq_send(); }'
	fault 'over the fence: mdb_get' daemon/ingest 'void f(void) { mdb_get(); }'
	fault 'over the fence: mdb_put' collectors/spool 'void f(void) { mdb_put(); }'
	fault 'over the fence: mdb_put' daemon/hooks/post 'void f(void) { mdb_put(); }'
	fault 'over the fence: mdb_get' ctl/recording 'void f(void) { mdb_get(); }'
	fault 'not figures: window_add' daemon/hooks/post 'void f(void) { window_add(); }'
	fault 'over the fence: redisCommand' ctl/ccmonctl 'int main(void) { redisCommand(); }'
	fault 'knows libevent: event_new' daemon/engine/window2 'void f(void) { event_new(); }'
	expect ok
	echo "floors: self-test ok"
}

case ${1:-} in
--self-test) self_test ;;
'') echo "usage: floors.sh OBJ | --self-test" >&2; exit 64 ;;
*) check "$1" ;;
esac
