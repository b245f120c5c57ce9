#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""one-queue.py [QUEUE]: one queue, whenever something changed.  Package python3-redis."""
import math, os, sys, time
import redis

queue, P = (sys.argv[1:] + ["sales"])[0], "ccmon:v1:{%s}:" % os.environ.get("SITE", "main")
r = redis.Redis(port=int(os.environ.get("REDIS_PORT", 6379)), decode_responses=True)
tick = r.pubsub(ignore_subscribe_messages=True)
tick.subscribe(P + "tick")
figure = lambda form, x: "-" if math.isnan(x) else form % x
while True:
    updated, waiting, longest, level, n, status = r.hmget(
        P + "queue:" + queue, "updated_epoch_ms", "waiting_count", "oldest_wait_seconds",
        "sl_ratio_15m", "sl_n_15m", "status")
    if time.time() - int(updated or 0) / 1000 > 15:
        print(f"{queue}: no news", flush=True)
    else:
        print("%s: %s waiting, longest %s, service level %s of %s, %s" % (
            queue, waiting, figure("%d s", float(longest)), figure("%.1f %%", float(level) * 100), n, status), flush=True)
    tick.get_message(timeout=1)         # or a second
