#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh BUILD TEST...: runs the unit test programs of that build, two at a
# time, and each fuzz target over its corpus.  What a failing one printed is
# shown, its middle left out when long; a passing one is one line.  The last line has the counts.
#
# A test program must say at least one result, and a fuzz target must have a
# corpus: what ran nothing has not passed.
set -eu
cd "$(dirname "$0")/.."

LIMIT=300	# seconds for one program; the slowest needs a tenth of it

# shorten FILE: indented, repeated lines once, the middle left out.
shorten()
{
	uniq "$1" | awk -v path="$1" '
	{ line[NR] = $0 }
	END { for (i = 1; i <= NR; i++)
		if (i <= 30 || i > NR - 50 || line[i] ~ /^not ok/) print "    " line[i]
		else if (!left++) print "    ... (all of it is in " path ")" }'
}

# one BUILD NAME: run it, leave its output and its counts in BUILD/log.
one()
{
	build=$1 name=$2 log=$1/log/$2
	rc=0
	case $name in
	fuzz_*)
		set -- "tests/fuzz/corpus/${name#fuzz_}"/*
		if [ ! -e "$1" ]; then
			echo "no corpus: $1" >"$log.out"
			rc=1
		else
			timeout $LIMIT "$build/fuzz/$name" "$@" >"$log.out" 2>&1 || rc=$?
		fi
		passed=1 failed=0 skipped=0
		;;
	*)
		CMOCKA_MESSAGE_OUTPUT=TAP timeout $LIMIT "$build/tests/$name" >"$log.out" 2>&1 || rc=$?
		# (cmocka writes a skipped test as "not ok 3 # SKIP name".)
		skipped=$(grep -c '^not ok .*# SKIP' "$log.out" || true)
		failed=$(($(grep -c '^not ok ' "$log.out" || true) - skipped))
		passed=$(grep -c '^ok ' "$log.out" || true)
		;;
	esac
	# A crash counts as one failure, and so does a program that tested nothing.
	if [ "$failed" = 0 ] && { [ $rc != 0 ] || [ $((passed + skipped)) = 0 ]; }; then
		failed=1
		case $name in fuzz_*) passed=0 ;; esac
	fi
	echo "$passed $failed $skipped" >"$log.count"
	if [ "$failed" = 0 ]; then
		printf '  ok\t%s\t%s\n' "$name" "$passed"
	else
		# One write, so that two at a time do not mix their lines.
		{ printf '  FAILED\t%s (exit status %s)\n' "$name" $rc; shorten "$log.out"; } >"$log.told"
		cat "$log.told"
	fi
}

if [ "$1" = --one ]; then
	one "$2" "$3"
	exit 0
fi

build=$1
shift
rm -rf "$build/log"
mkdir -p "$build/log"
for f in tests/fuzz/fuzz_*.c; do
	[ ! -e "$f" ] || set -- "$@" "$(basename "$f" .c)"
done
[ $# -gt 0 ] || { echo "run.sh: no tests" >&2; exit 1; }

printf '%s\n' "$@" | xargs -P 2 -n 1 sh tests/run.sh --one "$build"
grep -h '^not ok .*# SKIP' "$build"/log/*.out | sed 's/^not ok [0-9]* # SKIP/  skipped:/' || true
cat "$build"/log/*.count | awk -v want=$# '
	{ p += $1; f += $2; s += $3 }
	END { f += want - NR	# one that left no count was killed
	      printf "unit tests and corpora: %d passed, %d failed", p, f
	      if (s) printf ", %d skipped", s
	      print ""; exit f > 0 }'
