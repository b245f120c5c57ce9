#!/bin/sh
# SPDX-License-Identifier: MIT
#
# screenshots.sh [DIRECTORY]: takes the pictures of the README again: the board,
# a queue's page and "ccmonctl top", with figures of our own making.  Wants what
# "sh test.sh browser" wants, the programs built, and tmux.
set -eu
cd "$(dirname "$0")/../.."
. scripts/need.sh
export BUILD="${BUILD:-build}"

# shellcheck disable=SC2086	# a list of words
need $NEED_BROWSER tmux
sh tests/browser/fetch.sh "$BUILD/browser"
exec node tests/browser/screenshots.mjs "${1:-doc}"
