# SPDX-License-Identifier: MIT
"""What is told to a site while things die: an endless story, a publisher that
goes on, and the oracle's reading of the same story.

A story is made of chapters, each of ninety minutes of a busy site
(tests/it/stream.py) and of some callers nobody answers, about whom somebody
is to be paged.  Each source is numbered without holes, so that a hole at the
end is our loss.  Nobody's clock is ahead here, and a chapter is over before
the next begins: time goes by the events', and an alarm needs its seconds.
"""
import itertools
import json
import multiprocessing
import random
import time

import zmq

from oracle import Oracle
from stream import MINUTE, SOURCES, Source, heard, plan
from test_live import LIVE

BEGAN = 1781827200000               # 2026-06-19T00:00Z, a Friday in summer time
CHAPTER = 100 * MINUTE
OVER = 95 * MINUTE                  # what is told later is not told
ALARMS = 10                         # a chapter
ALARM_MS = 30_000                   # ms from its begin to its end
CONTACTS = 430                      # a chapter, about 3,700 events of them

# What is never ended by anybody ends the same day: days are compared, and an
# oracle that walks all that is open is to keep up.
CONFIG = dict(LIVE, defaults=dict(LIVE["defaults"], email=dict(
    LIVE["defaults"]["email"], max_wait=300 * MINUTE, max_handle=300 * MINUTE,
    max_open=600 * MINUTE)))


def alarms(begin):
    """(arrival, event) of callers who wait and give up, one after the other."""
    for n in range(ALARMS):
        at = begin + (5 + 8 * n) * MINUTE
        base = {"source": "alarms", "channel": "call", "queue": f"alarm{n}", "contact": f"a{n}"}
        yield at, dict(base, event="queued", time=at)
        yield at + ALARM_MS, dict(base, event="abandoned", time=at + ALARM_MS)


def told(rng, begin, contacts):
    """(arrival, event) of a chapter; the sources' own numbers do not count."""
    sources = {name: Source(rng, name, begin) for name in SOURCES}
    stories = sorted(plan(rng, begin, 90 * MINUTE, contacts), key=lambda p: p[:3])
    for arrival, event in heard(sources, stories):
        if event["event"] != "restarted" and arrival < begin + OVER:
            yield arrival, dict(event, time=min(event["time"], arrival))


def chapters(seed, contacts=CONTACTS):
    """Lists of events, for ever; the same seed gives the same."""
    last = dict.fromkeys((*SOURCES, "alarms"), 0)
    for n in itertools.count():
        begin = BEGAN + n * CHAPTER
        arrivals = [*told(random.Random(f"{seed} {n}"), begin, contacts), *alarms(begin)]
        chapter = []
        for _, event in sorted(arrivals, key=lambda a: a[0]):
            last[event["source"]] += 1
            chapter.append(dict(event, boot=1, seq=last[event["source"]]))
        yield chapter


def body(event):
    return json.dumps(event, separators=(",", ":")).encode()


class Load:
    """A publisher that knows what it sent, and what a collector that died had
    on disk: exactly what it had not is sent again."""

    def __init__(self, endpoint, seed, contacts=CONTACTS):
        self.endpoint, self.chapters = endpoint, chapters(seed, contacts)
        self.context = zmq.Context()
        self.socket = None
        self.mirrors = []               # sockets of collectors that hear the same
        self.published = {}             # source -> its last number
        self.events = self.chapters_done = self.latest = 0
        self.on_disk = 0                # the journal's last record when we connected
        self.unsure = []                # bodies sent since
        self.chapter, self.at = [], 0
        self.open()

    def open(self):
        self.socket = self.line(self.endpoint)

    def line(self, endpoint):
        socket = self.context.socket(zmq.PUSH)
        for option, value in ((zmq.SNDHWM, 0), (zmq.LINGER, 0), (zmq.RECONNECT_IVL, 20)):
            socket.setsockopt(option, value)
        socket.connect(endpoint)
        return socket

    def turn_the_page(self):
        self.chapter, self.at = next(self.chapters), 0

    def left(self):
        return len(self.chapter) - self.at

    def send(self, n):
        for event in self.chapter[self.at:self.at + n]:
            self.say(body(event))
            self.published[event["source"]] = event["seq"]
            self.latest = max(self.latest, event["time"])
            self.events += 1
            self.at += 1
        if self.chapter and not self.left():
            self.chapters_done += 1
            self.chapter, self.at = [], 0

    def extra(self, event):
        """Of a source of its own, of which the oracle is not told."""
        source = event["source"]
        seq = self.published.get(source, 0) + 1
        self.published[source] = seq
        self.events += 1
        self.say(body(dict(event, boot=1, seq=seq)))

    def say(self, message):
        self.unsure.append(message)
        for socket in ([self.socket] if self.socket else []) + self.mirrors:
            socket.send(message)

    def hang_up(self):
        """What is on its way must not reach a collector that is only starting,
        or nobody knows what it has heard."""
        self.socket.close()
        self.socket = None

    def send_for(self, seconds, n):
        """n events, spread over so much time."""
        end = time.monotonic() + seconds
        steps = max(1, min(20, int(seconds * 200)))
        for step in range(steps, 0, -1):
            self.send(n // steps)
            time.sleep(max(0, end - time.monotonic()) / step)

    def again(self, records):
        """The collector came back with so many records in its journal."""
        self.unsure = self.unsure[records - self.on_disk:]
        self.on_disk = records
        self.open()
        for message in self.unsure:
            self.socket.send(message)

    def close(self):
        self.context.destroy(linger=0)


# ---- the oracle, beside

def read_aloud(pipe, config, seed, contacts, limit):
    oracle = Oracle(config)
    for chapter in itertools.islice(chapters(seed, contacts), limit):
        for event in chapter:
            oracle.arrive(event, event["time"])
        pipe.send((oracle.now, oracle.figures(oracle.now)))


class Reader:
    """The oracle in a process of its own: what is right at each chapter's end."""

    def __init__(self, seed, limit, config=None, contacts=CONTACTS):
        self.pipe, theirs = multiprocessing.Pipe(duplex=False)
        self.process = multiprocessing.Process(
            target=read_aloud, args=(theirs, config or CONFIG, seed, contacts, limit), daemon=True)
        self.process.start()
        theirs.close()

    def expected(self):
        return self.pipe.recv()

    def close(self):
        self.process.kill()
        self.process.join()
        self.pipe.close()


# ---- what differs

def counts_off(expected, seen):
    """(lost, doubled): of what is counted, the most that is missing anywhere,
    and the most that is too many."""
    off = [0]
    for name, feed in expected["feeds"].items():
        off.append(int(feed["events_total"]) - number(seen["feeds"].get(name, {}), "events_total"))
    for field, value in expected["site"].items():
        if field.endswith("_count_today") and value.isdigit():
            off.append(int(value) - number(seen["site"], field))
    return max(0, max(off)), max(0, -min(off))


def number(fields, field):
    try:
        return int(fields.get(field, 0))
    except ValueError:
        return 0
