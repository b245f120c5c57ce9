#!/bin/sh
# SPDX-License-Identifier: MIT
# sh one-queue.sh [QUEUE]: one queue, every second.  Package redis-tools.
queue=${1:-sales}
while :; do
	redis-cli -p "${REDIS_PORT:-6379}" HMGET "ccmon:v1:{${SITE:-main}}:queue:$queue" \
	    updated_epoch_ms waiting_count oldest_wait_seconds sl_ratio_15m sl_n_15m status |
	awk -v queue="$queue" -v now="$(date +%s)" '
	function figure(form, x) { return x == "NaN" ? "-" : sprintf(form, x) }
	{ v[NR] = $0 }
	END { if (now - v[1] / 1000 > 15) print queue ": no news"
	      else print queue ": " v[2] " waiting, longest " figure("%d s", v[3]) ", service level " \
		    figure("%.1f %%", v[4] == "NaN" ? v[4] : v[4] * 100) " of " v[5] ", " v[6] }'
	sleep 1
done
