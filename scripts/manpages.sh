#!/bin/sh
# SPDX-License-Identifier: MIT
#
# manpages.sh: writes the tables of ccmon-events(7), ccmon-metrics(7) and
# ccmon.cfg(5) from events.def, metrics.def, monitor.def and settings.def,
# between the markers that stand in those pages.  The pages are committed, so that nobody
# needs this script to read them.
#
#   manpages.sh            bring the pages up to date
#   manpages.sh --check    exit 1, naming the page, when one is not
set -eu
cd "$(dirname "$0")/.."

CPP="${CC:-cc} -E -P -x c -"

# Each generator lets the C preprocessor read the table and spell its rows as
# `tag @ field @ field`, strings still quoted; awk does the rest.

members()
{
	$CPP <<-'END' | awk "$COMMON"'
	$1 == "WORD" { words[$2] = words[$2] (words[$2] ? ", " : "") $3; next }
	$1 == "MEMBER" { n++; name[n] = $2; type[n] = $3; low[n] = $4; high[n] = $5; text[n] = $6 }
	END {
		if (!n) exit 1
		print ".Bl -tag -width callback_done"
		for (i = 1; i <= n; i++) {
			set = low[i]; sub(/WORDS_/, "", set)
			if (type[i] == "WORD")		kind = "word: " words[set]
			else if (type[i] == "INT")	kind = "integer " low[i] " to " high[i]
			else if (type[i] == "BOOL")	kind = "true or false"
			else if (type[i] == "NAMES")	kind = "array of texts of " low[i] " to " high[i] " bytes"
			else				kind = "text of " low[i] " to " high[i] " bytes"
			print ".It Cm " name[i]
			print sentence(text[i]) "."
			print sentence(kind) "."
		}
		print ".El"
	}'
	#define INT64_C(x) x
	#define MEMBER(sym, field, type, low, high, text) MEMBER @ field @ type @ low @ high @ text
	#define WORD_SET(set)
	#define WORD(set, sym, word) WORD @ set @ word
	#include "include/ccmon/events.def"
	END
}

events()
{
	$CPP <<-'END' | awk "$COMMON"'
	$1 == "EVENT" {
		if (!n++) print ".Bl -tag -width callback_done"
		needs = tolower($3); gsub(/ *\| */, ", ", needs); gsub(/[()]/, "", needs)
		print ".It Ic " $2
		print sentence($4) "."
		if (needs == "channel, queue, contact")		; # said once, above the table
		else if (sub(/^channel, queue, contact, /, "", needs)) print "Needs also " needs "."
		else if (needs == "0")				print "Not about a contact: needs nothing more."
		else						print "Not about a contact: needs " needs "."
	}
	END { if (!n) exit 1; print ".El" }'
	#define HAS(x) x
	#define EVENT(sym, name, needs, text) EVENT @ name @ needs @ text
	#include "include/ccmon/events.def"
	END
}

refusals()
{
	$CPP <<-'END' | awk "$COMMON"'
	$1 == "REFUSAL" {
		if (!n++) print ".Bl -tag -width missing_member"
		print ".It Li " $2
		print sentence($3) "."
	}
	END { if (!n) exit 1; print ".El" }'
	#define REFUSAL(sym, name, text) REFUSAL @ name @ text
	#include "include/ccmon/events.def"
	END
}

metrics()
{
	# A row that stands for several becomes one line.
	$CPP <<-'END' | sed 's/ *METRIC @/\nMETRIC @/g' | awk "$COMMON"'
	BEGIN {
		split("Q C S A F", letter, " ")
		split("queue channel site agent feed", word, " ")
	}
	function scopes(s,	i, out) {
		for (i = 1; i <= 5; i++)
			if (index(s, letter[i])) out = out (out ? ", " : "") word[i]
		return out
	}
	$1 == "METRIC" || $1 == "TEXT" {
		if ($6 == "HIST")
			next			# these are in the history streams only
		if (!n++) print ".Bl -tag -width indent"
		print ".It Va " $2 ($5 == "WINDOW" ? "_ Ns Ar window" : "")
		print sentence($7) "."
		print ".br"
		print sentence($1 == "TEXT" ? "text" : tolower($3)) "; " scopes($4) "."
	}
	END { if (!n) exit 1; print ".El" }'
	#define METRIC(fn, name, unit, scopes, when, use, text) METRIC @ name @ unit @ scopes @ when @ use @ text
	#define TEXT(fn, name, scopes, use, text) TEXT @ name @ WORDS @ scopes @ NOW @ use @ text
	#include "include/ccmon/metrics.def"
	END
}

monitor()
{
	$CPP <<-'END' | awk "$COMMON"'
	$1 == "MONITOR" { n++; print ".It Va " $2; print sentence($3) "." }
	END { if (!n) exit 1 }'
	#define MONITOR(sym, name, unit, text) MONITOR @ name @ text
	#include "include/ccmon/monitor.def"
	END
}

builtin()
{
	$CPP <<-'END' | awk "$COMMON"'
	$1 == "BUILTIN" {
		n++
		print ".It Cm " $2
		print sentence($8) ": " $4 ($5 > 0 ? " for " $5 / 1000 "s" : "") ", " tolower($7) "."
	}
	END { if (!n) exit 1 }'
	#define BUILTIN(name, scope, glob, condition, hold, clear_for, severity, text) BUILTIN @ name @ scope @ condition @ hold @ clear_for @ severity @ text
	#include "include/ccmon/monitor.def"
	END
}

settings()
{
	$CPP <<-'END' | awk "$COMMON"'
	function length_of(ms) {
		if (ms % 86400000 == 0 && ms)	return ms / 86400000 "d"
		if (ms % 3600000 == 0 && ms)	return ms / 3600000 "h"
		return ms % 1000 ? ms "ms" : ms / 1000 "s"
	}
	function size_of(n) { return n / 1048576 "M" }
	function kind(type, low, high) {
		if (type == "TEXT")	return "text of " low " to " high " bytes"
		if (type == "TEXTS")	return "list of texts of " low " to " high " bytes"
		if (type == "INT")	return "whole number, " low " to " high
		if (type == "BOOL")	return "true or false"
		if (type == "WORD")	return "one of " choice[low]
		if (type == "RATIO")	return "ratio, 0 to 1"
		if (type == "DURATION")	return "length of time, " length_of(low) " to " length_of(high)
		if (type == "SIZE")	return "size, " size_of(low) " to " size_of(high)
		if (type == "CLOCK")	return "time of day, HH:MM"
		if (type == "ZONE")	return "IANA time zone"
		exit 1
	}
	function row(sec, name, type, low, high, def, text) {
		if (def == "" && text !~ /default:/ && text !~ /needed/) def = "none"
		body[sec] = body[sec] ".It Cm " name "\n" sentence(text) ".\n.br\n" \
			sentence(kind(type, low, high)) "." \
			(def == "" ? "" : "\nDefault: " def ".") "\n"
	}
	$1 == "CHOICE" { choice[$2] = $3; next }
	$1 == "SECTION" {
		path[$2] = (path[$3] != "" && $3 != $2 ? path[$3] "." : "") $4
		if ($5 == "NAMED") path[$2] = path[$2] ($4 == "defaults" ? ".CHANNEL" : ".NAME")
		if ($5 == "LIST") path[$2] = path[$2] "[]"
		order[++n] = $2
		next
	}
	$1 == "OPTION" { row($2, $3, $4, $5, $6, $7, $8) }
	$1 == "POLICY" {
		def = $6 == $7 && $7 == $8 ? $6 : "call " $6 ", chat " $7 ", email " $8
		row("DEFAULTS", $2, $3, $4, $5, def, $9)
	}
	END {
		if (!n) exit 1
		for (i = 1; i <= n; i++) {
			print ".Ss " (path[order[i]] == "" ? "Top" : path[order[i]])
			if (order[i] == "QUEUE")
				print "Any setting of\n.Cm defaults.CHANNEL ,\nwhere it has its channel'"'"'s value by default, and:"
			printf ".Bl -tag -width indent\n%s.El\n", body[order[i]]
		}
	}'
	#define INT64_C(x) x
	#define RATIO_ONE 10000
	#define SECTION(sym, parent, name, shape) SECTION @ sym @ parent @ name @ shape
	#define CHOICE(set, ...) CHOICE @ set @ __VA_ARGS__
	#define OPTION(in, name, type, base, field, low, high, def, text) OPTION @ in @ name @ type @ low @ high @ def @ text
	#define POLICY(name, type, field, low, high, call, chat, email, text) POLICY @ name @ type @ low @ high @ call @ chat @ email @ text
	#include "lib/settings.def"
	END
}

# shellcheck disable=SC2016
COMMON='
BEGIN { FS = " *@ *" }
function sentence(s) { return toupper(substr(s, 1, 1)) substr(s, 2) }
{ gsub(/" *"/, ""); gsub(/"/, ""); gsub(/\\/, "\\e"); gsub(/- ([0-9])/, "-&"); gsub(/-- /, "-"); $1 = $1 }
'

# fill PAGE: the page with its tables made anew, on standard output.
fill()
{
	while IFS= read -r line; do
		case $line in
		'.\" BEGIN '*)
			printf '%s\n' "$line"
			"${line##* }"
			skip=1
			;;
		'.\" END')
			printf '%s\n' "$line"
			skip=
			;;
		*)
			[ -n "${skip:-}" ] || printf '%s\n' "$line"
			;;
		esac
	done <"$1"
}

new=$(mktemp)
trap 'rm -f "$new"' EXIT
for page in doc/ccmon-events.7 doc/ccmon-metrics.7 doc/ccmon.cfg.5; do
	fill "$page" >"$new"
	if cmp -s "$new" "$page"; then
		continue
	elif [ "${1:-}" = --check ]; then
		echo "$page is older than its .def file: run sh scripts/manpages.sh" >&2
		exit 1
	fi
	cat "$new" >"$page"
done
