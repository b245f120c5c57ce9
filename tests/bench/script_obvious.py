#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The script one writes first: every event goes to Redis at once.

    script_obvious.py ENDPOINT REDIS_SOCKET COUNT

Counters per queue, a sorted set for the rolling hour, eight commands an event
in one pipeline.  Prints its CPU and Redis's, in microseconds an event.
"""
import json
import sys
import time

import redis
import zmq


def redis_cpu(r):
    info = r.info("cpu")
    return info["used_cpu_user"] + info["used_cpu_sys"]


def update(pipe, event):
    key = "obvious:" + event["queue"]
    now = event["time"]
    kind = event["event"]
    pipe.hincrby(key, kind, 1)
    pipe.hincrby(key, "events", 1)
    pipe.hincrby(key, "wait_ms", event.get("wait_ms", 0))
    pipe.hincrby(key, "talk_ms", event.get("talk_ms", 0))
    pipe.hset(key, "last_event", now)
    pipe.zadd(key + ":" + kind, {event["contact"]: now})
    pipe.zremrangebyscore(key + ":" + kind, 0, now - 3600000)
    pipe.zcard(key + ":" + kind)
    pipe.execute()


def main(endpoint, socket, count):
    r = redis.Redis(unix_socket_path=socket)
    sub = zmq.Context().socket(zmq.SUB)
    sub.subscribe(b"")
    sub.connect(endpoint)
    pipe = r.pipeline(transaction=False)
    sub.recv_multipart()
    start, start_redis = time.process_time(), redis_cpu(r)
    for _ in range(count - 1):
        _, body = sub.recv_multipart()
        update(pipe, json.loads(body))
    used, used_redis = time.process_time() - start, redis_cpu(r) - start_redis
    print("%.2f %.2f" % (used * 1e6 / count, used_redis * 1e6 / count))


main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
