#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test.sh: installs what is missing, builds, and runs every test, then the
# same tests again under AddressSanitizer and UBSan.  The last line is
# "N passed, M failed" and the exit status says the same.
#
#   sh test.sh             everything but browser
#   sh test.sh PART...     floors, docs, install (make install, and the units),
#                          unit, it (the programs together with a Redis of their
#                          own), sandbox (a few of those under the units' system
#                          call filters), torture (everything dies), asan (unit
#                          and it again), browser (the wall-board's page in
#                          Chromium, which is 220 MB to fetch); all: everything
#                          but browser
#
# It needs no terminal, uses no fixed port and no Redis that is already there.
# shellcheck disable=SC2086	# lists of words are meant to be split
set -eu
cd "$(dirname "$0")"
. scripts/need.sh

PYTHON=/usr/bin/python3		# Debian's own: its packages are not on another's path
PARTS="floors docs install unit it sandbox torture asan"
ON_DEMAND="browser"
passed=0 failed=0 skipped=0

case ${1:-} in
-h | --help) sed -n 's/^# \{0,1\}//p' test.sh | sed 1d; exit 0 ;;
esac
parts=
for part in "${@:-all}"; do
	case " $PARTS $ON_DEMAND all " in
	*" $part "*) ;;
	*) echo "test.sh: no part $part; there are: $PARTS $ON_DEMAND, and all" >&2; exit 64 ;;
	esac
	[ "$part" = all ] && parts="$parts $PARTS" || parts="$parts $part"
done
[ $# -gt 0 ] || unasked=$ON_DEMAND
set -- $parts

count()
{
	passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

# once COMMAND...: a test that is one command.
once()
{
	if "$@"; then count 1 0 0; else count 0 1 0; fi
}

build()
{
	echo "== building ($1)"
	make -s -j "$(nproc)" V="$1" all || { count 0 1 0; verdict; }
}

verdict()
{
	[ $skipped = 0 ] || more=", $skipped skipped"
	echo "$passed passed, $failed failed${more:-}${unasked:+, not run: $unasked}"
	[ $failed = 0 ] || exit 1
	exit 0
}

# unit VARIANT: the unit tests and the fuzz corpora.
unit()
{
	echo "== unit tests and corpora ($1)"
	rm -rf "$2/log"
	make -s -j "$(nproc)" V="$1" check-unit || true
	found=$(cat "$2"/log/*.count 2>/dev/null | awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }')
	case $found in
	"0 0 0") count 0 1 0 ;;		# it did not even build
	*) count $found ;;
	esac
}

# it VARIANT BUILD [OPTION [ROUNDS]]: pytest.  Its report has the counts.
it()
{
	echo "== the programs together ($1)${SANDBOX:+, under the filters of their units}"
	report=$2/it.xml found=
	rm -f "$report"
	rc=0
	make -s -j "$(nproc)" V="$1" check-it PYTEST="-rs -p no:cacheprovider --junitxml=$report ${3:-}" ${4:+ROUNDS=$4} || rc=$?
	[ ! -e "$report" ] || found=$($PYTHON - "$report" <<-'END'
		import sys, xml.etree.ElementTree as tree
		suite = tree.parse(sys.argv[1]).getroot().find("testsuite")
		tests, bad, skipped = (sum(int(suite.get(k)) for k in ks) for ks in
		    (("tests",), ("failures", "errors"), ("skipped",)))
		print(tests - bad - skipped, bad, skipped)
	END
	)
	case $rc:$found in
	*:) count 0 1 0 ;;		# no report: it did not even build
	0:*" 0 "*) count $found ;;
	*:*" 0 "*) echo "pytest ended with status $rc"; count 0 1 0 ;;
	*) count $found ;;
	esac
}

# torture: a few rounds of each row; its last line has the counts.
torture()
{
	echo "== torture, the short way"
	make -s torture SHORT=--short JOBS=4 >build/torture.log 2>&1 || true
	cat build/torture.log
	found=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' build/torture.log)
	count ${found:-0 1 0}		# no count: it did not even run
}

# browser: its tests say their counts in the last line, too.
browser()
{
	echo "== the page in a browser"
	rm -f build/browser/log
	rc=0
	(need $NEED_BROWSER) && sh tests/browser/fetch.sh build/browser || rc=$?
	case $rc in
	0)
		node tests/browser/run.mjs >build/browser/log 2>&1 || true
		cat build/browser/log
		found=$(sed -n '$s/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2 0/p' build/browser/log)
		count ${found:-0 1 0}		# no count: it did not even run
		;;
	69)
		echo "NOT TESTED: the page in a browser; what that takes cannot be had"
		count 0 0 1
		;;
	*)
		count 0 1 0
		;;
	esac
}

need $NEED_BUILD $NEED_TEST
borrow prometheus-alertmanager prometheus-alertmanager "$PWD/build/borrowed"
borrow promtool prometheus "$PWD/build/borrowed"
borrow usr/sbin/rsyslogd rsyslog "$PWD/build/borrowed"
borrow "usr/lib/$(gcc -print-multiarch)/rsyslog/omczmq.so" rsyslog-czmq "$PWD/build/borrowed"
sh tests/it/publishers/fetch.sh "$PWD/build/publishers" ||
	echo "zeromq of npm cannot be had; what needs it is skipped"
build plain
for part; do
	case $part in
	floors)
		echo "== floors"
		once sh tests/floors.sh --self-test
		once sh tests/floors.sh build/obj
		;;
	docs)
		echo "== docs"
		once sh tests/docs.sh
		;;
	install)
		echo "== installing"
		once sh tests/install.sh build
		;;
	unit)
		unit plain build
		;;
	it)
		it plain build
		;;
	torture)
		torture
		;;
	sandbox)
		if command -v systemd-analyze >/dev/null; then
			export SANDBOX=1
			it plain build "-k 'test_sandbox or test_acl or test_hook_live'"
			unset SANDBOX
		else
			echo "== sandbox: systemd-analyze is not here"
			count 0 0 1
		fi
		;;
	browser)
		browser
		;;
	asan)
		build asan
		unit asan build/asan
		# a sanitizer looks at programs, and chance was given its rounds above
		it asan build/asan "-m 'not scripts and not long'" 2
		;;
	esac
done
verdict
