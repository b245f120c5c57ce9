#!/bin/sh
# SPDX-License-Identifier: MIT
#
# bench.sh BUILD [PART...]: the table of figures, on this machine.  What is
# measured and how is in bench.py.
#
# bench.sh BUILD alerts [OPTION...]: another table, of the rules, the same on
# every machine; see bench_alerts.c.
set -eu
cd "$(dirname "$0")/../.."
if [ "${2:-}" = alerts ]; then
	build=$1
	shift 2
	exec "$build/bench/bench_alerts" "$@"
fi
exec /usr/bin/python3 tests/bench/bench.py "$@"
