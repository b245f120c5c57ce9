#!/bin/sh
# SPDX-License-Identifier: MIT
#
# manpages.sh: writes the tables of ccmon-events(7) and ccmon-metrics(7) from
# events.def and metrics.def, between the markers that stand in those pages.
# The pages are committed, so that nobody needs this script to read them.
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
	$CPP <<-'END' | awk "$COMMON"'
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
for page in doc/ccmon-events.7 doc/ccmon-metrics.7; do
	fill "$page" >"$new"
	if cmp -s "$new" "$page"; then
		continue
	elif [ "${1:-}" = --check ]; then
		echo "$page is older than its .def file: run sh scripts/manpages.sh" >&2
		exit 1
	fi
	cat "$new" >"$page"
done
