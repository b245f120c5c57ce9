# SPDX-License-Identifier: MIT
"""ccmonctl report and backtest over collectors' journals: the same figures and
pages as the daemon's, whoever writes meanwhile, and whatever is damaged."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import pytest

from conftest import build
from oracle import Oracle
from paging import Recorder, rules
from stream import stream
from system import PREFIX, wait_until
from test_alerts_live import WAITS, now, start
from test_live import LIVE, body, sent_by, wait_for
from test_merge import write_journal
from test_report import DEFAULTS, FCR_DAYS, check, equal

WALL = {"clock": "wall", "windows": ["all"], "defaults": DEFAULTS, "fcr_days": FCR_DAYS}
NOBODY = 65534
MINUTE = 60_000


@pytest.fixture
def run(ctl):
    def run(*arguments, **how):
        return subprocess.run([ctl, *map(str, arguments)], text=True, capture_output=True,
                              timeout=60, **how)
    return run


@pytest.fixture
def report(run):
    def report(*arguments):
        done = run("report", "--json", *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)
    return report


class Directory:
    """Where write_journal() makes journals, without a system."""

    def __init__(self, path):
        self.directory = path

    def journal(self, name, kept):
        write_journal(self, name, kept)
        return self.directory / f"journal-{name}"


@pytest.fixture
def place(tmp_path):
    return Directory(tmp_path)


def told(oracle, board, said):
    """The board is the oracle's."""
    expected = oracle.figures(oracle.now)
    for scope in ("queues", "channels", "agents"):
        assert set(board[scope]) == set(expected[scope])
        for name, seen in board[scope].items():
            equal(expected[scope][name], seen, f"{said} {scope} {name}")
    equal(expected["site"], board["site"], f"{said} site")


def kept_of(seed, oracle, **how):
    """(received, event) of a stream, a millisecond between two at least."""
    at = 0
    for now, event in stream(seed, **how):
        at = max(at + 1, now)
        oracle.arrive(event, at)
        yield at, event


def calls(n, begin=0):
    """Callers who wait a second each, a minute apart: two records a call."""
    for i in range(n):
        base = {"source": "pbx", "channel": "call", "queue": "sales", "contact": f"caller-{i}"}
        at = 1_700_000_040_000 + (begin + i) * MINUTE
        yield at, dict(base, event="queued", time=at)
        yield at + 1000, dict(base, event="abandoned", time=at + 1000)


# ---- figures


@pytest.mark.parametrize("seed", [321, 322])
def test_a_journal_is_the_oracles_story(place, report, seed):
    """Late and skewed events are as late as they were."""
    oracle = Oracle(WALL)
    kept = list(kept_of(seed, oracle))
    board = report(place.journal("call", kept))
    assert board["feed"]["lines_total"] == len(kept)
    told(oracle, board, f"SEED={seed}")


def test_several_journals_are_one_story(place, report):
    oracle, kept = Oracle(WALL), {"call": [], "chat": []}
    for at, event in kept_of(323, oracle):
        kept["chat" if event["source"] == "chat1" else "call"].append((at, event))
    one, other = (place.journal(name, journal) for name, journal in kept.items())
    board = report(one, other / "journal.mdb")
    told(oracle, board, "two journals")
    assert report(other, one) == board


def test_a_collectors_journal_while_it_writes(system, run):
    """By the configuration's clock.  What comes later is there the next time,
    and the collector has noticed nothing."""
    system.configure(LIVE)
    daemon = system.daemon().start().ready()
    collector, publisher = system.collector().start(), system.publisher()
    oracle = Oracle(dict(LIVE, windows=["all"]))
    events = [(now, event) for now, event in stream(324)]
    for part in (events[:len(events) // 2], events[len(events) // 2:]):
        for now, event in part:
            oracle.arrive(event, now)
            publisher.send(body(event))
        publisher.send(b"nonsense")
        expected = oracle.figures(oracle.now)["feeds"]
        wait_for(system, {n: f for n, f in expected.items() if n in sent_by(oracle)})
        done = run("report", "--json", "-c", system.config, system.directory / "journal-call")
        assert done.returncode == 0
        assert "refused" in done.stderr and "record" in done.stderr
        board = json.loads(done.stdout)
        told(oracle, board, "while it writes")
    assert board["feed"]["refused"] == {"not_json": 2}
    assert (board["feed"]["damaged_total"], board["feed"]["missing_total"]) == (0, 0)
    assert collector.runs() and daemon.runs()
    assert not collector.log_contains("journal_damaged")


# ---- pages


def episodes(run, config, *journals):
    done = run("backtest", "--json", "--rules", config, *journals)
    assert done.returncode in (0, 1) and done.stderr == ""
    said = json.loads(done.stdout)
    assert done.returncode == (said["pages_count"] > 0)
    return [e for e in said["episodes"] if e["rule"] == "waits"]


def log(system, kind):
    """The first of that kind in each episode; it fires again when its feed is
    no longer silent."""
    first = {}
    for _, e in system.redis.client.xrange(PREFIX + "alerts:log"):
        if e["kind"] == kind and e["alert"].startswith("waits/"):
            first.setdefault(e["episode"], e)
    return list(first.values())


def test_the_pages_of_a_live_day(system, run):
    pager = Recorder(system)
    _, publisher = start(system, WAITS.format(hold="0s", clear="0s", more=""), [pager])
    took = {"firing": [], "resolved": []}       # ms from each event until it is in the log

    def told_of(kind, say, n):
        sent = say(f"q{n}", f"c{n}")
        wait_until(lambda: len(log(system, kind)) == n + 1, 10, kind)
        took[kind].append(now() - sent)
    for n in range(2):
        told_of("firing", publisher.queued, n)
        # backtest looks once a second: what fires must be there at one
        fired = time.time()
        wait_until(lambda: time.time() - fired > 1.5, 5, "a second to pass")
        told_of("resolved", publisher.left, n)
    said = episodes(run, system.config, system.directory / "journal-call")
    assert [e["alert"] for e in said] == [e["alert"] for e in log(system, "firing")]
    for kind, field in (("firing", "began_epoch_ms"), ("resolved", "ended_epoch_ms")):
        for e, live, ms in zip(said, log(system, kind), took[kind]):
            assert abs(e[field] - int(live["time_epoch_ms"])) <= ms + 1000
    assert [e["pages_count"] for e in said] == [1, 1]


def test_the_pages_of_a_replay(system, run):
    """What the daemon tells of journals it was away for, to the second: it
    looks at the rules as often as backtest does.  All come 700 ms late."""
    begin, kept = (int(time.time()) - 1800) * 1000, {"call": [], "chat": []}
    for n, collector in enumerate(["call", "chat"] * 4):
        visit = {"source": collector, "channel": collector, "queue": f"q{n}", "contact": f"c{n}"}
        at = begin + n * 50_000 + 137 * n
        for second, event in ((0, dict(visit, event="queued")),
                              (30.5, dict(visit, event="abandoned")),
                              (40, {"source": collector, "event": "heartbeat"})):
            time_ms = at + int(second * 1000)
            kept[collector].append((time_ms + 700, dict(event, time=time_ms)))
    pager = Recorder(system)
    system.configure({"windows": ["15m", "60m", "today"], "clock": "wall"}, collectors=kept)
    with open(system.config, "a", encoding="utf-8") as f:
        f.write(rules(WAITS.format(hold="10s", clear="5s", more=""), [pager]))
    for name, journal in kept.items():
        write_journal(system, name, journal)
        system.collector(name).start()
    system.daemon().start().ready()
    wait_until(lambda: len(log(system, "resolved")) == 8, 20, "the episodes")
    said = episodes(run, system.config, *(system.directory / f"journal-{n}" for n in kept))
    for kind, field in (("firing", "began_epoch_ms"), ("resolved", "ended_epoch_ms")):
        assert [(e["alert"], e[field]) for e in said] == \
            [(e["alert"], int(e["time_epoch_ms"])) for e in log(system, kind)]


# ---- what is lost


def flip(journal, words):
    """A bit of each copy of these words; LMDB may have older ones."""
    file = journal / "journal.mdb"
    data = bytearray(file.read_bytes())
    at = data.find(words)
    assert at != -1
    while at != -1:
        data[at] ^= 0x20
        at = data.find(words, at + 1)
    file.write_bytes(data)


def test_a_damaged_block_is_left_out(place, run):
    journal = place.journal("call", calls(10))
    flip(journal, b"caller-3")      # records 7 and 8
    done = run("report", "--json", journal)
    assert done.returncode == 0
    assert done.stderr == (f"ccmonctl: {journal}/journal.mdb: 2 records are damaged; "
                           "the first has number 7\n")
    board = json.loads(done.stdout)
    check(board["queues"]["sales"], offered_count=9, abandoned_count=9)
    check(board["feed"], damaged_total=2, missing_total=0, lines_total=18)


def test_the_newest_block_is_damaged(place, run):
    """How many there were in it nobody knows."""
    journal = place.journal("call", list(calls(10))[:-1])
    flip(journal, b"caller-9")
    done = run("report", "--json", journal)
    assert "1 records or more are damaged; the first has number 19" in done.stderr
    check(json.loads(done.stdout)["queues"]["sales"], offered_count=9)


def test_a_torn_copy(place, run):
    """LMDB would die of it, and we are to say so."""
    journal = place.journal("call", calls(2000))
    file = journal / "journal.mdb"
    os.truncate(file, file.stat().st_size // 2)
    done = run("report", journal)
    assert done.returncode == 2
    assert "journal.mdb: it is damaged" in done.stderr


# ---- what cannot be read


def not_a_journal(place):
    (place.directory / "other.mdb").write_text("this is a text of no database\n" * 1000)
    return [place.directory / "other.mdb"]


def no_journal(place):
    (place.directory / "empty").mkdir()
    return [place.directory / "empty"]


def no_directory(place):
    return [place.directory / "nowhere.mdb"]


def in_another_language(place):
    return [place.journal("call", calls(1)), "--dialect", "queue_log"]


def given_twice(place):
    journal = place.journal("call", calls(1))
    return [journal, journal / "journal.mdb"]


def with_a_log(place):
    (place.directory / "log.jsonl").write_text("")
    return [place.journal("call", calls(1)), place.directory / "log.jsonl"]


def two_logs(place):
    (place.directory / "log.jsonl").write_text("")
    return [place.directory / "log.jsonl", place.directory / "log.jsonl"]


@pytest.mark.parametrize("make, words", [
    (not_a_journal, "other.mdb: it is not a collector's journal"),
    (no_journal, "empty/journal.mdb: No such file"),
    (no_directory, "nowhere.mdb: No such file"),
    (in_another_language, "--dialect is the language of a log"),
    (given_twice, "is given twice"),
    (with_a_log, "only journals are read together"),
    (two_logs, "only journals are read together"),
])
def test_wrong_files(place, run, make, words):
    done = run("report", *make(place))
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert done.stderr.startswith("ccmonctl: ") and done.stderr.count("\n") == 1


def test_an_empty_journal(place, run, report, system):
    journal = place.journal("call", [])
    assert report(journal)["feed"]["lines_total"] == 0
    system.configure({"windows": ["15m"]})
    done = run("backtest", "--rules", system.config, journal)
    assert done.returncode == 2 and "there is no event" in done.stderr


def test_reading_leaves_no_trace(place, report):
    """A lock file of ours would keep the collector out."""
    journal = place.journal("call", calls(3))
    copy = place.directory / "copy.mdb"
    shutil.copy(journal / "journal.mdb", copy)
    before = {p: p.stat().st_mtime_ns for p in [copy, *journal.iterdir()]
              if not p.name.endswith("-lock")}
    assert report(copy) == report(journal)
    assert not copy.with_name("copy.mdb-lock").exists()
    assert {p: p.stat().st_mtime_ns for p in before} == before


@pytest.fixture
def stranger(ctl):
    """Runs ccmonctl as one who has no rights of the owner's; gives a place
    that one can get to."""
    with tempfile.TemporaryDirectory(prefix="ccmon-") as directory:
        os.chmod(directory, 0o755)
        program = pathlib.Path(shutil.copy(ctl, directory))
        program.chmod(0o755)
        yield Directory(pathlib.Path(directory)), lambda *arguments: subprocess.run(
            [program, *map(str, arguments)], text=True, capture_output=True, timeout=60,
            **({"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}))


@pytest.mark.parametrize("directory, file, lock, words", [
    (0o000, 0o644, 0o666, "cannot read "),
    (0o755, 0o000, 0o666, "cannot read "),
    (0o755, 0o644, 0o444, "cannot sign as a reader in "),
])
def test_permissions(stranger, directory, file, lock, words):
    place, run = stranger
    journal = place.journal("call", calls(1))
    (journal / "journal.mdb").chmod(file)
    (journal / "journal.mdb-lock").chmod(lock)
    journal.chmod(directory)
    done = run("report", journal)
    journal.chmod(0o755)
    assert done.returncode == 2
    assert words + str(journal / "journal.mdb") in done.stderr
    assert "Permission denied; run this as the collector's user, " in done.stderr


def test_who_may_sign_may_read(stranger):
    place, run = stranger
    journal = place.journal("call", calls(1))
    journal.chmod(0o755)
    (journal / "journal.mdb").chmod(0o644)
    (journal / "journal.mdb-lock").chmod(0o666)
    done = run("report", "--json", journal)
    assert done.returncode == 0
    check(json.loads(done.stdout)["queues"]["sales"], offered_count=1)
