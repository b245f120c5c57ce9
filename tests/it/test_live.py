# SPDX-License-Identifier: MIT
"""The whole chain, publisher to Redis, against the oracle and the contract's
section 4.  Redis is read as a wall-board reads it."""
import json
import re
import time

import pytest

from compare import differences, must_equal
from oracle import Oracle
from oracle_owed import waiting
from stopwatch import ran
from stream import CONFIG, stream
from system import PREFIX, wait_until
from test_report import bank_events

# queues of one zone, always open: a queue's own are proven in test_oracle.py
LIVE = dict(CONFIG, clock="events", windows=["15m", "60m", "today"], queues={
    name: {k: v for k, v in queue.items() if k not in ("zone", "calendar")}
    for name, queue in CONFIG["queues"].items()})
WALL = dict(LIVE, clock="wall")


def start(system, config=LIVE, **how):
    system.configure(config, **how)
    daemon = system.daemon().start().ready()
    return daemon, system.collector().start()


def settled(system, now):
    """Everything told is in Redis: the engine's clock shows the last of it."""
    return lambda: all(system.hash(key).get("updated_epoch_ms") == str(now)
                       for key in ("site", "meta"))


def wait_for(system, expected, timeout=30, figures=("events_total", "duplicate_total")):
    """Waits until each feed took what it was sent."""
    def arrived():
        return all(system.hash(f"feed:{name}").get(figure) == feed[figure]
                   for name, feed in expected.items() for figure in figures)
    wait_until(arrived, timeout, "the feeds' events to arrive")


def board_equals(system, oracle, timeout=30, sent_again=False):
    """sent_again: the publisher could not know what had arrived, so repeats
    are no fault; they must only not be counted as events.  They go on coming
    when all is counted, from a collector that is behind."""
    expected = oracle.figures(oracle.now)

    def seen():
        figures = system.figures()
        for name in sent_by(oracle) if sent_again else ():
            expected["feeds"][name]["duplicate_total"] = \
                figures["feeds"].get(name, {}).get("duplicate_total")
        return figures
    wait_for(system, {n: f for n, f in expected["feeds"].items() if n in sent_by(oracle)},
             timeout, ("events_total",) if sent_again else ("events_total", "duplicate_total"))
    wait_until(settled(system, oracle.now), timeout, "the board to be written")
    # what only time moved is written once a second
    deadline = ran() + 3
    while any(differences(expected, figures := seen())) and ran() < deadline:
        pass
    must_equal(expected, figures, "Redis against the oracle:")


def sent_by(oracle):
    return {name for name, feed in oracle.feeds.items() if feed.heard is not None}


def body(event):
    return json.dumps(event, separators=(",", ":")).encode()


@pytest.mark.parametrize("seed", [301, 302])
def test_redis_equals_the_oracle(system, seed):
    start(system)
    publisher, oracle = system.publisher(), Oracle(LIVE)
    for now, event in stream(seed, contacts=400):
        oracle.arrive(event, now)
        publisher.send(body(event))
    board_equals(system, oracle)


def test_two_collectors_one_board(system):
    """Each source has its own collector; nothing is lost between them."""
    system.configure(LIVE, collectors=("call", "chat"))
    system.daemon().start().ready()
    for name in ("call", "chat"):
        system.collector(name).start()
    publishers = {"chat1": system.publisher("chat")}
    calls = system.publisher("call")
    told = [event for _, event in stream(303) if event["source"] != "gate"]
    for event in told:
        publishers.get(event["source"], calls).send(body(event))
    for source in ("pbx1", "pbx2", "chat1"):
        last = max((e["boot"], e["seq"]) for e in told if e["source"] == source)
        wait_until(lambda: system.seq(source) == last[1], 20, f"{source} to arrive")


@pytest.mark.long
def test_a_month_of_a_bank_live(system, shared, tmp_path, ctl):
    start(system, {"windows": ["60m", "today"], "clock": "events"})
    publisher = system.publisher()
    path = bank_events(shared, tmp_path)
    for line in path.read_bytes().splitlines():
        publisher.send(line)
    wait_until(lambda: system.seq("bank") == 88859, 300, "the month to arrive")
    feed = system.hash("feed:bank")
    assert (feed["lost_total"], feed["duplicate_total"], feed["rejected_total"]) == ("0", "0", "0")
    last = int(json.loads(line)["time"])
    wait_until(settled(system, last), 20, "the board to be written")
    site = json.loads(system.ctl("--json", "report", path).stdout)["site"]
    for field in ("offered_count", "answered_count", "abandoned_count", "sl_good_count",
                  "sl_late_count", "handled_count"):
        days = [int(e[field]) for _, e in
                system.redis.client.xrange(PREFIX + "history:site:1d")]
        today = int(system.hash("site")[field + "_today"])
        assert sum(days) + today == site[field], field
    assert len(days) == 27


# ---- bad input

NAMED = {"source": "pbx1", "time": 1782820800000}
CALL = dict(NAMED, event="queued", channel="call", queue="sales", contact="x")
REFUSED = {
    "not_json": [b"{\"source\":\"pbx1\"", b"\xff\xfe", b"[1]", b""],
    "oversized": [body(dict(CALL, pad="x" * 65536))],
    "missing_member": [body({k: v for k, v in CALL.items() if k != "queue"}),
                       body({k: v for k, v in CALL.items() if k != "time"})],
    "wrong_type": [body(dict(CALL, time="now")), body(dict(CALL, queue=7)),
                   body(dict(CALL, time=1.5))],
    "unknown_event": [body(dict(CALL, event="enqueued"))],
    "too_long": [body(dict(CALL, queue="q" * 65)), body(dict(CALL, contact="c" * 256))],
    "bad_name": [body(dict(CALL, queue="")), body(dict(CALL, queue="a\nb"))],
    "bad_value": [body(dict(CALL, time=-1)), body(dict(CALL, channel="fax"))],
}


@pytest.mark.parametrize("reason", REFUSED)
def test_bad_input_is_refused_and_kept(system, reason):
    start(system, WALL)
    publisher = system.publisher()
    good = dict(CALL, time=int(time.time() * 1000))
    publisher.send(body(dict(good, contact="before")))
    for bad in REFUSED[reason]:
        publisher.send(bad)
    publisher.send(body(dict(good, contact="after")))
    rejects = wait_until(lambda: len(r := system.redis.client.xrange(PREFIX + "rejects"))
                         == len(REFUSED[reason]) and r, what="the rejects")
    assert {fields["reason"] for _, fields in rejects} == {reason}
    for (_, fields), bad in zip(rejects, REFUSED[reason]):
        assert len(fields["sample"].encode()) <= 256
    wait_until(lambda: system.hash("queue:sales").get("offered_count_60m") == "2",
               what="the good events")
    # a feed's figures are written once a second
    wait_until(lambda: sum(int(system.hash(f"feed:{n}").get("rejected_total", 0))
                           for n in system.names("feeds")) == len(REFUSED[reason]),
               what="the feeds' counts")


def test_three_frames_are_refused(system):
    start(system, WALL)
    publisher = system.publisher()
    publisher.socket.send_multipart([b"call.sales", body(CALL), b"more"])
    publisher.socket.send_multipart([b"call.sales", body(dict(CALL, time=int(time.time() * 1000)))])
    wait_until(lambda: [f["reason"] for _, f in
                        system.redis.client.xrange(PREFIX + "rejects")] == ["bad_frames"],
               what="the reject")
    wait_until(lambda: system.hash("queue:sales").get("offered_count_60m") == "1",
               what="the good event")


def test_what_is_refused_has_no_time(system):
    """The events' clock stands still, and no visit is late because of it."""
    start(system)
    publisher, later = system.publisher(), CALL["time"] + 1
    publisher.send(body(CALL))
    publisher.send(b"nonsense")
    publisher.send(body(dict(CALL, time=later, contact="y")))
    wait_until(lambda: system.hash("queue:sales").get("waiting_count") == "2", what="both")
    wait_until(settled(system, later), what="the board of that time")


# ---- the shape of what is published

HEADING = {"schema_version", "updated_epoch_ms", "version"}
NUMBER = re.compile(r"-?\d+(\.\d{1,4})?|NaN")


def numbers(fields):
    words = {"name", "channel", "status", "status_reason", "degraded_reason", "sl_formula",
             "state", "state_reason", "queues", "nowcast_model", "wait_buckets",
             "handle_buckets"}
    return {k: v for k, v in fields.items() if k not in words}


@pytest.fixture
def board(system):
    """A board with some life on it."""
    start(system)
    publisher, oracle = system.publisher(), Oracle(LIVE)
    for now, event in stream(305):
        oracle.arrive(event, now)
        publisher.send(body(event))
    wait_for(system, {n: f for n, f in oracle.figures(oracle.now)["feeds"].items()
                      if n in sent_by(oracle)})
    wait_until(settled(system, oracle.now), what="the board to be written")
    return oracle


def test_every_field_is_there_and_plain(system, board):
    expected = board.figures(board.now)
    keys = [("queue:" + n, f) for n, f in expected["queues"].items()]
    keys += [("agent:" + n, f) for n, f in expected["agents"].items()]
    keys += [("feed:" + n, f) for n, f in expected["feeds"].items()]
    keys += [("site", expected["site"])]
    for key, fields in keys:
        seen = system.hash(key)
        assert set(fields) | HEADING | {"status", "name"} <= set(seen), key
        for field, value in numbers(seen).items():
            assert NUMBER.fullmatch(value), f"{key} {field} {value}"
        assert 0 < system.redis.client.ttl(PREFIX + key) <= 60, key
    assert system.redis.client.ttl(PREFIX + "meta") == -1
    assert 0 < int(system.hash("meta")["state_began_epoch_ms"]) <= board.now


def test_snapshot_is_one_picture(system, board):
    line = system.redis.client.get(PREFIX + "snapshot")
    assert "\n" not in line.rstrip("\n") and 0 < system.redis.client.ttl(PREFIX + "snapshot") <= 60
    snapshot = json.loads(line)
    assert snapshot["site"] == "test" and snapshot["time"] == board.now
    assert {"version", "queues", "channels", "alerts", "feeds"} <= set(snapshot)
    assert set(snapshot["queues"]) == system.names("queues")
    offered = board.figures(board.now)["queues"]["sales"]["offered_count_today"]
    assert str(snapshot["queues"]["sales"]["offered_count_today"]) == offered
    for queue in snapshot["queues"].values():
        assert all(not isinstance(v, float) or v == v for v in queue.values())


def test_tick_comes_after_its_objects(system, board):
    listener = system.redis.client.pubsub(ignore_subscribe_messages=True)
    listener.subscribe(PREFIX + "tick")
    tick = wait_until(listener.get_message, what="a tick")
    assert int(system.hash("meta")["version"]) >= int(tick["data"])
    assert int(system.hash("site")["version"]) <= int(system.hash("meta")["version"])


def test_who_waits_is_listed_with_when_he_is_late(system, board):
    for name, queue in board.queues.items():
        seen = dict(system.redis.client.zrange(PREFIX + "waiting:" + name, 0, -1,
                                               withscores=True))
        assert seen == {who: float("inf") if due is None else due
                        for who, due in waiting(board, queue)}, name


def test_a_backlog_is_listed_whole(system):
    """So long a list is written less often, not less."""
    start(system)
    publisher, mails = system.publisher(), 1500

    def tell(event, n):
        publisher.send(body({"source": "mail1", "time": 1782820800000 + n, "event": event,
                             "channel": "email", "queue": "mail", "contact": f"m{n}"}))

    def listed():
        return system.redis.client.zcard(PREFIX + "waiting:mail")
    for n in range(mails):
        tell("queued", n)
    wait_until(lambda: listed() == mails, what="all of them")
    for n in range(1, mails):
        tell("resolved", n)
    wait_until(lambda: listed() == 1, what="the one that is left")


def test_breaches_are_listed(system, board):
    def seen():
        return [(f["kind"], f["queue"], f["contact"]) for _, f in
                system.redis.client.xrange(PREFIX + "breaches")]
    # figures may be a flush ahead of the commit that has their entries
    wait_until(lambda: len(seen()) >= len(board.breaches), what="the last commit")
    assert sorted(seen()) == sorted(breach[:3] for breach in board.breaches)


def test_history_sums_up(system, board):
    """What is in closed intervals and what is still to come make the whole."""
    for key in ("queue:sales", "site"):
        mine = [o for o in board.log if o.kind == "offered"
                and (key == "site" or o.queue.name == "sales")]

        def sums_up():
            entries = system.redis.client.xrange(PREFIX + f"history:{key}:1m")
            starts = [int(f["start_epoch_ms"]) for _, f in entries]
            assert starts == sorted(set(starts)) and all(s % 60_000 == 0 for s in starts)
            closed = starts[-1] // 1000 + 60
            seen = sum(int(f["offered_count"]) for _, f in entries)
            return sum(o.second < closed for o in mine) <= seen <= len(mine)
        # figures may be a flush ahead of the commit that has their entries
        wait_until(sums_up, what=f"the history of {key}")


def test_a_terminated_daemon_says_so(system):
    daemon, collector = start(system)
    wait_until(lambda: collector.log_contains("is ready"), what="the collector")
    assert daemon.terminate() == 0
    assert system.hash("meta")["state"] == "stopping"
    assert collector.terminate() == 0
