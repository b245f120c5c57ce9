# SPDX-License-Identifier: MIT
"""A log that is followed: its lines count once each, whatever is done to the
log and to the collector, and together."""
import json
import os
import pathlib
import random
import shutil

import pytest

from oracle import Oracle
from stream import stream
from system import SITE, config_text, text, wait_until
from test_live import LIVE, board_equals, body

ROUNDS = int(os.environ.get("ROUNDS", 12))
SEED = int(os.environ.get("SEED", 7))
TOTALS = ("offered_total", "answered_total", "handled_total", "abandoned_total",
          "short_abandoned_total", "flowed_out_total", "missed_total", "wait_seconds_total",
          "handle_seconds_total")


class Log:
    """The log, and the only one who writes it.  Older files are .1, .2 ..."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.older = 0
        self.open()

    def open(self):
        self.file = open(self.path, "ab", buffering=0)

    def write(self, data):
        self.file.write(data)

    def next_name(self):
        for n in range(self.older, 0, -1):
            os.rename(f"{self.path}.{n}", f"{self.path}.{n + 1}")
        self.older += 1
        return f"{self.path}.1"

    def rename(self):
        """Until open() more may be written to the old file."""
        os.rename(self.path, self.next_name())

    def copytruncate(self):
        shutil.copyfile(self.path, self.next_name())
        os.truncate(self.path, 0)


def configure(system, path, config=LIVE, **more):
    settings = "".join(f" {k} = {text(v)};" for k, v in more.items())
    inputs = f'inputs = ({{ type = "file"; path = {text(path)};{settings} }});'
    before = config_text(system, config, ("call",), "50ms", "native")
    begin = before.index("inputs = (")
    end = before.index(");", begin) + 2
    system.config.write_text(before[:begin] + inputs + before[end:])


def ready(collector, times=1):
    wait_until(lambda: collector.text().count("is ready") >= times, what="the collector")
    return collector


def taken(system, source="pbx"):
    return int(system.hash(f"feed:{source}").get("events_total", 0))


def call(n, at, queue="sales"):
    """A call that two agents let ring in the same second, both twice."""
    miss = f"{at + 5}|{at}.{n}|{queue}|alice|RINGNOANSWER|5000\n"
    return (f"{at}|{at}.{n}|{queue}|NONE|ENTERQUEUE||5550100|1\n" + miss + miss +
            f"{at + 9}|{at}.{n}|{queue}|bob|CONNECT|9|{at}.9{n}|2\n"
            f"{at + 40}|{at}.{n}|{queue}|bob|COMPLETEAGENT|9|31|1\n").encode()


def counted(system, queue="sales"):
    board = system.hash(f"queue:{queue}")
    return tuple(int(board.get(name, 0)) for name in ("offered_total", "missed_total",
                                                      "handled_total"))


def refused(system):
    return [e["reason"] for _, e in system.redis.client.xrange(f"ccmon:v1:{{{SITE}}}:rejects")]


BASE = 1_700_000_000


# ---- one thing at a time

def test_a_log_from_now_on(system):
    log = Log(system.directory / "queue_log")
    log.write(call(1, BASE))
    configure(system, log.path, dialect="queue_log", source="pbx")
    system.daemon().start().ready()
    collector = ready(system.collector().start())
    log.write(call(2, BASE + 50))
    wait_until(lambda: counted(system) == (1, 2, 1), what="the call after the start")
    collector.kill9()
    log.write(call(3, BASE + 100))
    log.rename()
    log.write(call(4, BASE + 150))
    log.open()
    log.write(call(5, BASE + 200))
    log.copytruncate()
    log.write(call(6, BASE + 250)[:-10])
    ready(collector.start(), 2)
    log.write(call(6, BASE + 250)[-10:])
    wait_until(lambda: counted(system) == (5, 10, 5), what="each call once")
    log.write(b"no line of a queue_log\n" + b"x" * 70_000 + b"\n" + call(7, BASE + 300))
    wait_until(lambda: counted(system) == (6, 12, 6), what="what comes after nonsense")
    wait_until(lambda: refused(system) == ["not_a_line", "oversized"], what="what was refused")
    assert not collector.log_contains("error ")


def test_what_cannot_be_read_is_said(system):
    log = Log(system.directory / "queue_log")
    configure(system, log.path, dialect="queue_log", source="pbx", start="all")
    system.daemon().start().ready()
    collector = ready(system.collector().start())
    log.write(call(1, BASE))
    wait_until(lambda: counted(system) == (1, 2, 1), what="the first call")
    assert collector.terminate() == 0
    log.write(call(2, BASE + 50))
    log.rename()
    os.rename(f"{log.path}.1", f"{log.path}.1.gz")
    log.open()
    log.write(call(3, BASE + 100))
    collector.start()
    wait_until(lambda: counted(system) == (2, 4, 2), what="the call after")
    assert collector.text().count("queue_log.1.gz is compressed and cannot be read") == 1


@pytest.mark.long
def test_a_full_journal_stops_the_reading(system):
    """Nothing is acknowledged, nothing may be deleted: what does not fit waits
    in the log."""
    log = Log(system.directory / "queue_log")
    configure(system, log.path, dialect="queue_log", source="pbx", start="all")
    config = system.config.read_text()
    system.config.write_text(config.replace("inputs = (", 'max_size = "1M"; inputs = (', 1))
    collector, n = ready(system.collector().start()), 0
    journal = system.directory / "journal-call" / "journal.mdb"
    while not collector.log_contains("is full"):
        size = journal.stat().st_size
        log.write(b"".join(call(i, BASE + i) for i in range(n, n + 1000)))
        n += 1000
        wait_until(lambda: journal.stat().st_size > size or collector.log_contains("is full"),
                   what="the lines to be taken, or not")
    log.copytruncate()
    log.write(call(n, BASE + n))
    system.daemon().start().ready()
    wait_until(lambda: taken(system) >= 5 * (n + 1), 60, "each line")
    wait_until(lambda: counted(system) == (n + 1, 2 * n + 2, n + 1), 20, "each call once")
    assert taken(system) == 5 * (n + 1)


# ---- killed

def rotate(log, rng):
    """Any kind of rotation; who writes may be slow to notice."""
    kind = rng.randrange(3)
    if kind == 0:
        log.copytruncate()
        return
    log.rename()
    if kind == 1:
        log.path.touch()


class Storm:
    """Lines, and rotations between them; now and then in the middle of one."""

    def __init__(self, log, lines, rng):
        self.log, self.lines, self.rng, self.at = log, lines, rng, 0

    def one(self):
        if self.at == len(self.lines):
            return
        line, rng = self.lines[self.at], self.rng
        if rng.random() < 0.1:
            half = rng.randrange(len(line))
            self.log.write(line[:half])
            self.log.write(line[half:])
        else:
            self.log.write(line)
        self.at += 1

    def blow(self, n):
        for _ in range(n):
            self.one()
            if self.rng.random() < 0.004:
                rotate(self.log, self.rng)
                for _ in range(self.rng.randrange(5)):
                    self.one()
                self.log.open()


def kill_at_random(system, storm, rng, of):
    """of: the lines it has taken.  It dies somewhere in its work, lies there for
    a while, and wakes up to more."""
    collector = ready(system.collector().start())
    wait_until(lambda: storm.one() or of(), what="the first lines to be taken")
    share = len(storm.lines) // ROUNDS
    for n in range(ROUNDS):
        storm.blow(rng.randrange(share))
        seen = of()
        wait_until(lambda: of() > seen or of() >= storm.at or rng.random() < 0.05,
                   20, "some lines")
        storm.blow(rng.randrange(share // 4))
        collector.kill9()
        storm.blow(rng.randrange(share // 2) if n % 2 else 0)
        if n % 3 == 2:
            rotate(storm.log, rng)
            storm.log.open()
            storm.blow(share // 8)
            rotate(storm.log, rng)
            storm.log.open()
        collector.start()
    storm.blow(len(storm.lines) - storm.at)
    return collector


@pytest.mark.parametrize("seed", [SEED, SEED + 1])
def test_killed_at_any_moment(system, seed):
    """Events without numbers: one that comes twice would count twice."""
    rng = random.Random(seed)
    told = [dict(event, source="pbx") for _, event in stream(seed, contacts=600)]
    for event in told:
        event.pop("seq", None)
        event.pop("boot", None)
    oracle = Oracle(LIVE)
    for event in told:
        oracle.arrive(event, event["time"])
    log = Log(system.directory / "events")
    configure(system, log.path, source="pbx", start="all")
    system.daemon().start().ready()
    storm = Storm(log, [body(e) + b"\n" for e in told], rng)
    collector = kill_at_random(system, storm, rng, lambda: taken(system))
    board_equals(system, oracle, 60)
    assert log.older > 5
    assert not collector.log_contains("error ")


def test_killed_with_repeated_lines(system):
    rng = random.Random(SEED)
    n = 3000
    lines = b"".join(call(i, BASE + i) for i in range(n)).splitlines(True)
    log = Log(system.directory / "queue_log")
    configure(system, log.path, dialect="queue_log", source="pbx", start="all")
    system.daemon().start().ready()
    kill_at_random(system, Storm(log, lines, rng), rng, lambda: taken(system))
    wait_until(lambda: taken(system) >= 5 * n, 60, "each line")
    wait_until(lambda: counted(system) == (n, 2 * n, n), 20, "each call once")
    assert taken(system) == 5 * n


@pytest.mark.parametrize("name", ["queue_log_2018_pbxware", "queue_log_2023_realtime_mysql"])
def test_a_recorded_log(system, shared, ctl, name):
    """Killed and rotated; against what "report" makes of the file in one go."""
    rng = random.Random(SEED)
    path = shared / "data" / name / "queue_log"
    log = Log(system.directory / "queue_log")
    configure(system, log.path, dict(windows=["60m", "today"], clock="events"),
              dialect="queue_log", source="pbx", start="all")
    system.daemon().start().ready()
    lines = path.read_bytes().splitlines(True)
    said = system.ctl("--json", "report", "--dialect", "queue_log", path)
    expected = json.loads(said.stdout)["queues"]
    kill_at_random(system, Storm(log, lines, rng), rng, lambda: taken(system))

    def totals(of):
        return {q: [float(of(q).get(t, 0)) for t in TOTALS] for q in expected}
    want = totals(lambda q: expected[q])
    wait_until(lambda: totals(lambda q: system.hash(f"queue:{q}")) == want, 30,
               f"{want} and not {totals(lambda q: system.hash(f'queue:{q}'))}")
