#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The script one writes second: figures in memory, Redis every 250 ms.

    script_careful.py ENDPOINT REDIS_SOCKET COUNT

One rolling hour in a deque, five fields a queue, only queues that changed.
Prints its CPU and Redis's, in microseconds an event.
"""
import collections
import json
import sys
import time

import redis
import zmq

WINDOW_MS = 3600000
FLUSH_S = 0.25
FIELDS = ("offered", "answered", "ended", "wait_ms", "talk_ms")
# What an event adds to: a count, and the sum of a length it carries.
ADDS = {"queued": (0, None, None), "answered": (1, 3, "wait_ms"), "ended": (2, 4, "talk_ms")}


class Board:
    def __init__(self, r):
        self.redis = r
        self.window = collections.deque()       # (time, queue, count, sum, ms)
        self.queues = collections.defaultdict(lambda: [0] * len(FIELDS))
        self.dirty = set()

    def add(self, event):
        adds = ADDS.get(event["event"])
        if adds is None:
            return
        count, total, member = adds
        ms = event[member] if member else 0
        self.window.append((event["time"], event["queue"], count, total, ms))
        self.change(event["queue"], 1, count, total, ms)

    def change(self, queue, by, count, total, ms):
        figures = self.queues[queue]
        figures[count] += by
        if total:
            figures[total] += by * ms
        self.dirty.add(queue)

    def expire(self, now):
        window = self.window
        while window and window[0][0] <= now - WINDOW_MS:
            _, queue, count, total, ms = window.popleft()
            self.change(queue, -1, count, total, ms)

    def flush(self):
        pipe = self.redis.pipeline(transaction=False)
        for queue in self.dirty:
            pipe.hset("careful:" + queue, mapping=dict(zip(FIELDS, self.queues[queue])))
        pipe.execute()
        self.dirty.clear()


def redis_cpu(r):
    info = r.info("cpu")
    return info["used_cpu_user"] + info["used_cpu_sys"]


def main(endpoint, socket, count):
    r = redis.Redis(unix_socket_path=socket)
    sub = zmq.Context().socket(zmq.SUB)
    sub.subscribe(b"")
    sub.connect(endpoint)
    board = Board(r)
    sub.recv_multipart()
    start, start_redis = time.process_time(), redis_cpu(r)
    due = time.monotonic() + FLUSH_S
    for i in range(count - 1):
        event = json.loads(sub.recv_multipart()[1])
        board.add(event)
        if i % 64 == 0 and time.monotonic() >= due:
            board.expire(event["time"])
            board.flush()
            due = time.monotonic() + FLUSH_S
    board.flush()
    used, used_redis = time.process_time() - start, redis_cpu(r) - start_redis
    print("%.2f %.2f" % (used * 1e6 / count, used_redis * 1e6 / count))


main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
