#!/bin/sh
# SPDX-License-Identifier: MIT
#
# bench.sh BUILD [PART...]: the table of figures, on this machine.  What is
# measured and how is in bench.py.
set -eu
cd "$(dirname "$0")/../.."
exec /usr/bin/python3 tests/bench/bench.py "$@"
