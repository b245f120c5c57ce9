# SPDX-License-Identifier: MIT
"""Gaps are filled where they can be: a collector asks its publisher for what
did not come, takes nothing else, and says what was not to be had."""
import json
import re
import time

import pytest

from publisher import Numbered
from system import wait_until

CONFIG = {"windows": ["15m"]}
COULD_NOT = re.compile(r"gap_remains: source (\S+) boot (\d+): asked=(\d+) had=(\d+) "
                       r"could_not_be_had=(\d+): (\S+)")


def subscribe(system, publisher, names=("call",), rate=100000):
    """The configuration with inputs that are subscribed, and ask again."""
    system.configure(CONFIG, names)
    text = system.config.read_text()
    for name in names:
        text = text.replace(
            f'type = "zmq-pull"; bind = ["{system.endpoint(name)}"];',
            f'type = "zmq-sub"; connect = ["{publisher.endpoint}"];'
            f' replay = "{publisher.replay}"; replay_rate = {rate};')
    assert "zmq-pull" not in text
    system.config.write_text(text)


class House:
    def __init__(self, system, rate=100000):
        self.system = system
        self.publisher = Numbered(system.directory)
        subscribe(system, self.publisher, rate=rate)
        self.daemon = system.daemon().start().ready()
        self.collector = system.collector().start()
        self.heard()

    def heard(self):
        wait_until(lambda: self.publisher.heard_by(1), what="a subscriber")

    def away(self, n, end="kill9"):
        """n events that nobody hears, and then one that shows it."""
        getattr(self.collector, end)()
        wait_until(lambda: self.publisher.heard_by(0), what="nobody to listen")
        self.publisher.publish(n)
        self.collector.start()
        self.heard()
        self.publisher.publish()

    def feed(self):
        return self.system.hash("feed:pbx1")

    def has(self, timeout=60, **figures):
        wait_until(lambda: all(self.feed().get(k) == str(v) for k, v in figures.items()),
                   timeout, f"{figures}; it is {self.feed()}")

    def log(self):
        return self.collector.text()


@pytest.fixture
def house(system):
    made = []

    def make(**options):
        made.append(House(system, **options))
        return made[-1]
    yield make
    for one in made:
        one.publisher.close()


def test_what_was_published_while_it_was_down(house):
    h = house()
    h.publisher.publish(100)
    h.has(seq=100)
    h.away(3000)
    h.has(seq=3101, events_total=3101, lost_total=0, duplicate_total=0, status="ok")
    assert "gap_filled: source pbx1 boot 7: asked=3000 had=3000 could_not_be_had=0" in h.log()
    # and again, from where it is now
    h.away(10)
    h.has(events_total=3112, lost_total=0, duplicate_total=0)
    assert [r["from"] for _, r in h.publisher.requests][-1] == 3102


def test_the_half_that_is_not_to_be_had_is_named(house):
    h = house()
    h.publisher.publish(10)
    h.has(seq=10)
    lost = [n for n in range(11, 1011) if n % 500 < 250]
    h.collector.kill9()
    wait_until(lambda: h.publisher.heard_by(0), what="nobody to listen")
    h.publisher.publish(1000)
    for n in lost:
        del h.publisher.kept["pbx1", 7, n]
    h.collector.start()
    h.heard()
    h.publisher.publish()
    h.has(seq=1011, lost_total=len(lost), events_total=1011 - len(lost), duplicate_total=0,
          status="gap")
    wait_until(lambda: COULD_NOT.search(h.log()), what="it to be said")
    source, boot, asked, had, not_had, ranges = COULD_NOT.search(h.log()).groups()
    assert (source, boot, asked, had) == ("pbx1", "7", "1000", str(1000 - len(lost)))
    assert int(not_had) == len(lost)
    assert ranges == "11-249,500-749,1000-1010"
    # it is not asked for again, not even by one who starts anew
    n = len(h.publisher.requests)
    h.away(1, "terminate")
    h.has(seq=1013, lost_total=len(lost))
    assert [r["from"] for _, r in h.publisher.requests[n:]] == [1012]


def test_a_new_boot_is_asked_for_from_its_beginning(house):
    h = house()
    h.publisher.publish(10)
    h.has(seq=10)
    h.collector.kill9()
    wait_until(lambda: h.publisher.heard_by(0), what="nobody to listen")
    h.publisher.restart(8)
    h.publisher.publish(300)
    h.collector.start()
    h.heard()
    h.publisher.publish()
    h.has(boot=8, seq=301, events_total=311, lost_total=0, duplicate_total=0)


# ---- answers that are none

def nonsense(router, peer, ask):
    router.send_multipart([peer, b"{]"])


def two_frames(router, peer, ask):
    router.send_multipart([peer, b"topic", b"{}"])


def another_end(router, peer, ask):
    router.send_multipart([peer, json.dumps({"replayed": dict(ask, boot=1, sent=0)}).encode()])


def endless(router, peer, ask):
    """Numbers nobody asked for, more than any request allows."""
    for n in range(2000):
        router.send_multipart([peer, json.dumps(
            {"source": "pbx1", "boot": 7, "seq": 1 + n % 5, "time": 1767225600000,
             "event": "heartbeat"}).encode()])


def unnumbered(router, peer, ask):
    router.send_multipart([peer, b'{"source":"pbx1","time":1767225600000,"event":"heartbeat"}'])
    router.send_multipart([peer, b"{]"])


def huge(router, peer, ask):
    router.send_multipart([peer, b" " * 300000])


def nothing(router, peer, ask):
    pass


@pytest.mark.parametrize("answers", [
    [nonsense, two_frames, another_end], [endless, endless], [unnumbered], [huge, nothing]],
    ids=lambda answers: answers[0].__name__)
def test_bad_answers_do_no_harm(house, answers):
    h = house()
    h.publisher.publish(10)
    h.has(seq=10)
    h.publisher.misbehave += answers
    h.away(300)
    h.has(seq=311, events_total=311, lost_total=0, duplicate_total=0, rejected_total=0)
    assert h.publisher.misbehave == []
    assert h.collector.runs()
    assert "could_not_be_had=0" in h.log()


def test_who_never_answers_is_given_up(house):
    h = house()
    h.publisher.publish(10)
    h.has(seq=10)
    h.publisher.misbehave += 4 * [nonsense]
    h.away(300)
    wait_until(lambda: COULD_NOT.search(h.log()), 30, "giving up")
    assert COULD_NOT.search(h.log())[6] == "11-310"
    h.has(seq=311, events_total=11, lost_total=300)
    # the next gap is asked for as if nothing had been
    h.away(5, "terminate")
    h.has(seq=317, events_total=17, lost_total=300)


def test_it_is_asked_no_faster_than_told(house):
    h = house(rate=1000)
    h.publisher.publish(10)
    h.has(seq=10)
    start = time.monotonic()
    h.away(2500)
    h.has(seq=2511, events_total=2511, lost_total=0)
    times, asks = zip(*h.publisher.requests)
    sizes = [a["to"] - a["from"] + 1 for a in asks]
    assert sum(sizes) == 2500 and max(sizes) <= 256
    # the timer's millisecond either way
    for i in range(1, len(times)):
        assert (times[i] - start) * 1000 + 2 * i >= sum(sizes[:i])


def test_ccmon_feed_gives_again(system):
    again = f"ipc://{system.directory}/again"
    subscribe(system, type("Feed", (), {"endpoint": f"ipc://{system.directory}/pub",
                                        "replay": again}))
    system.daemon().start().ready()
    collector = system.collector().start()
    feed = system.feed("sim", "--seed", 3, "--hours", 6, "--rate", 3, "--speed", 1200,
                       "--bind", f"ipc://{system.directory}/pub", "--replay", again,
                       "--stay", 60).start()
    wait_until(lambda: system.seq("pbx1") > 200, 30, "events")
    kills = 0
    # nothing comes after the last event that would show what is missing
    while kills < 3 and not feed.log_contains("last seq"):
        known = system.seq("pbx1")
        collector.kill9()
        collector.start()
        wait_until(lambda: system.seq("pbx1") > known + 20 or feed.log_contains("last seq"), 30,
                   "events after a kill")
        kills += 1
    wait_until(lambda: feed.log_contains("last seq"), 60, "the last event")
    assert kills > 0
    last = dict(part.split() for part in
                feed.text().split("last seq ")[1].splitlines()[0].split(", "))
    for source, seq in last.items():
        wait_until(lambda: system.hash(f"feed:{source}").get("seq") == seq and
                   system.hash(f"feed:{source}").get("lost_total") == "0", 30,
                   f"all {seq} of {source}; it is {system.hash('feed:' + source)}")
        assert system.hash(f"feed:{source}")["events_total"] == seq
