# SPDX-License-Identifier: MIT
"""Rules, pages and orders in the whole chain: a caller waits, a program is
run, somebody acknowledges."""
import json
import os
import time

import pytest

from paging import Recorder, rules
from stopwatch import ran
from system import PREFIX, wait_until
from test_live import body

BASE = {"windows": ["15m", "60m", "today"], "clock": "wall"}
WAITS = 'waits: {{ scope = "queue:*"; when = "waiting_count > 0"; for = "{hold}"; ' \
        'clear_for = "{clear}"; severity = "page"; hooks = ["pager"]; {more} }};'
OUTAGE = float(os.environ.get("OUTAGE", 4))  # seconds; 60 in the long run


def now():
    return int(time.time() * 1000)


class Calls:
    """One source's events, numbered."""

    def __init__(self, system):
        self.publisher, self.seq = system.publisher(), 0

    def say(self, event, **more):
        self.seq += 1
        told = dict(source="pbx", boot=1, seq=self.seq, time=now(), event=event,
                    channel="call", **more)
        self.publisher.send(body(told), self.seq)
        return told["time"]

    def queued(self, queue, contact):
        return self.say("queued", queue=queue, contact=contact)

    def left(self, queue, contact):
        return self.say("abandoned", queue=queue, contact=contact)


def configure(system, text, hooks, more=""):
    system.configure(BASE)
    with open(system.config, "a", encoding="utf-8") as f:
        f.write(rules(text, hooks, more))


def start(system, text, hooks, more=""):
    configure(system, text, hooks, more)
    daemon = system.daemon().start().ready()
    system.collector().start()
    return daemon, Calls(system)


def alert(system, name):
    found = system.redis.client.hget(PREFIX + "alerts", name)
    return json.loads(found) if found else {}


def log(system, kind):
    return [e for _, e in system.redis.client.xrange(PREFIX + "alerts:log") if e["kind"] == kind]


def test_a_caller_waits_and_somebody_is_told(system):
    pager = Recorder(system)
    _, calls = start(system, WAITS.format(hold="1s", clear="0s", more=""), [pager])
    ran_then, began = ran(), calls.queued("sales", "c1")
    wait_until(lambda: pager.kinds() == ["fire"], 10, "the page")
    told = pager.told()[0]
    assert told["AT"] - began >= 1000 and ran() - ran_then <= 1 + 2
    assert told["CCMON_ALERT"] == "waits/queue:sales" and told["CCMON_SEVERITY"] == "page"
    assert told["CCMON_METRIC"] == "waiting_count" and told["CCMON_VALUE"] == "1"
    assert told["CCMON_THRESHOLD"] == "0" and told["CCMON_ATTEMPT"] == "1"
    assert told["body"]["version"] == "4" and told["body"]["status"] == "firing"
    assert told["body"]["alerts"][0]["labels"]["severity"] == "critical"
    assert told["body"]["ccmon"]["alerts"][0]["figures"]["waiting_count"] == 1
    wait_until(lambda: alert(system, "waits/queue:sales").get("state") == "firing")
    wait_until(lambda: system.hash("queue:sales").get("status") == "crit")
    board = json.loads(system.redis.client.get(PREFIX + "snapshot"))
    assert board["alerts"]["waits/queue:sales"]["severity"] == "page"

    calls.left("sales", "c1")
    wait_until(lambda: pager.kinds() == ["fire", "resolve"], 10, "the end")
    end = pager.told()[1]
    assert end["body"]["status"] == "resolved"
    assert end["CCMON_EPISODE"] == told["CCMON_EPISODE"]
    assert end["CCMON_PAGE_ID"] == told["CCMON_EPISODE"] + ".end"
    wait_until(lambda: alert(system, "waits/queue:sales")["state"] == "resolved")
    wait_until(lambda: len(log(system, "hook")) == 2)
    assert [e["outcome"] for e in log(system, "hook")] == ["delivered", "delivered"]
    assert [e["alert"] for e in log(system, "firing")] == ["waits/queue:sales"]


def test_acknowledged_is_silent_on_every_step(system):
    pager, boss = Recorder(system), Recorder(system, "boss")
    more = 'ladder = ( { after = "3s"; hooks = ["boss"]; } ); repeat = "1s";'
    _, calls = start(system, WAITS.format(hold="0s", clear="0s", more=more), [pager, boss],
                     'paging: { ack_timeout = "6s"; };')
    calls.queued("sales", "c1")
    wait_until(lambda: pager.kinds() == ["fire"], 10, "the page")
    done = system.ctl("ack", "waits/queue:sales", "--by", "kim", "--note", "on it")
    assert done.returncode == 0, done.stderr
    acked = wait_until(lambda: alert(system, "waits/queue:sales").get("state") == "acked"
                       and alert(system, "waits/queue:sales"))
    assert acked["by"] == "kim" and acked["note"] == "on it"
    # it expires after 6 s, and the ladder begins again: by then step 1 and
    # five repeats would have been told; what was on its way when the ack came
    # may be a second late
    until = acked["until_epoch_ms"]

    def since(at, *hooks):
        return [t for hook in hooks for t in hook.told() if t["AT"] >= at]
    second = wait_until(lambda: since(until, pager), 15, "the next round")[0]
    assert second["CCMON_PAGE_ID"] == second["CCMON_EPISODE"] + ".1.0"
    assert [t for t in since(until - 5000, pager, boss) if t["AT"] < until] == []
    escalated = wait_until(lambda: since(until, boss), 10, "the next step")[0]
    assert escalated["CCMON_KIND"] == "escalate"


def test_silence_and_its_end(system):
    pager = Recorder(system)
    _, calls = start(system, WAITS.format(hold="0s", clear="0s", more=""), [pager])
    done = system.ctl("silence", "waits/*", "--for", "1h", "--by", "kim")
    assert done.returncode == 0, done.stderr
    silences = wait_until(lambda: system.hash("silences"))
    calls.queued("sales", "c1")
    wait_until(lambda: alert(system, "waits/queue:sales").get("state") == "silenced")
    assert pager.told() == []
    done = system.ctl("unsilence", next(iter(silences)))
    assert done.returncode == 0, done.stderr
    wait_until(lambda: pager.kinds() == ["fire"], 10, "the page, now that it may")


@pytest.mark.parametrize("how", ["killed", "hung"])
def test_pages_go_out_while_redis_is_away(system, how):
    pager = Recorder(system)
    _, calls = start(system, WAITS.format(hold="1s", clear="0s", more=""), [pager])
    calls.queued("first", "c0")
    wait_until(lambda: pager.kinds("waits/queue:first") == ["fire"], 10, "the first page")
    if how == "killed":
        system.redis.kill9()
    else:
        system.redis.stop()
    ran_then, began = ran(), calls.queued("sales", "c1")
    wait_until(lambda: pager.kinds("waits/queue:sales") == ["fire"], 10, "the page")
    assert ran() - ran_then <= 1 + 2
    wait_until(lambda: now() - began >= OUTAGE * 1000, OUTAGE + 5, "the time to pass")
    assert pager.kinds("waits/queue:sales") == ["fire"]
    if how == "killed":
        system.redis.start()
    else:
        system.redis.cont()
    calls.left("sales", "c1")
    wait_until(lambda: pager.kinds("waits/queue:sales") == ["fire", "resolve"], 15, "the end")
    wait_until(lambda: alert(system, "waits/queue:sales").get("state") == "resolved", 15)


def test_a_monitor_without_redis_says_so(system):
    pager = Recorder(system)
    configure(system, 'redis_down: { hooks = ["pager"]; };', [pager])
    system.redis.kill9()
    system.daemon().start()
    wait_until(lambda: pager.kinds("redis_down/site") == ["fire"], 20, "the page")
    system.redis.start()
    wait_until(lambda: pager.kinds("redis_down/site") == ["fire", "resolve"], 30, "the end")


def test_a_changed_configuration_is_taken_at_once(system):
    pager = Recorder(system)
    daemon, calls = start(system, WAITS.format(hold="0s", clear="0s", more=""), [pager])
    calls.queued("sales", "c1")
    wait_until(lambda: pager.kinds() == ["fire"], 10, "the page")
    episode = pager.told()[0]["CCMON_EPISODE"]
    two = WAITS.format(hold="0s", clear="0s", more="") + \
        'calls: { scope = "site"; when = "offered_count_15m >= 1"; severity = "page"; ' \
        'hooks = ["pager"]; };'
    configure(system, two, [pager])
    daemon.signal(1)
    wait_until(lambda: pager.kinds("calls/site") == ["fire"], 10, "the new rule's page")
    assert alert(system, "waits/queue:sales")["episode"] == episode
    assert system.hash("queue:sales")["waiting_count"] == "1"
    assert pager.kinds("waits/queue:sales") == ["fire"]

    configure(system, "broken: { scope = 1; };", [pager])
    daemon.signal(1)
    wait_until(lambda: daemon.log_contains("nothing was changed"))
    calls.left("sales", "c1")
    wait_until(lambda: pager.kinds("waits/queue:sales") == ["fire", "resolve"], 10, "the end")


def test_the_watchdog_barks_while_all_is_well(system):
    dog = Recorder(system, "dog")
    start(system, "", [dog], 'watchdog: { hook = "dog"; every = "1s"; };')
    wait_until(lambda: len(dog.told()) >= 3, 10, "three signs of life")
    first = dog.told()[0]
    assert first["CCMON_ALERT"] == "watchdog/site" and first["CCMON_KIND"] == "fire"
    assert len({t["CCMON_PAGE_ID"] for t in dog.told()}) == len(dog.told())


def test_a_hook_is_tried_by_order(system):
    pager, broken = Recorder(system), Recorder(system, "broken", code=3)
    start(system, "", [pager, broken])
    done = system.ctl("hook-test", "pager")
    assert done.returncode == 0, done.stdout + done.stderr
    wait_until(lambda: pager.kinds() == ["fire", "resolve"], 10, "the test and its end")
    begin, end = pager.told()
    assert begin["CCMON_PAGE_ID"].startswith("test.")
    assert end["CCMON_EPISODE"] == begin["CCMON_EPISODE"] == begin["CCMON_PAGE_ID"]
    assert end["body"]["status"] == "resolved"
    assert system.ctl("hook-test", "broken").returncode == 1
    assert system.ctl("hook-test", "nobody").returncode == 2  # the configuration has none


def test_a_restart_neither_pages_again_nor_forgets(system):
    pager = Recorder(system)
    daemon, calls = start(system, WAITS.format(hold="0s", clear="0s", more=""), [pager])
    calls.queued("sales", "c1")
    wait_until(lambda: pager.kinds() == ["fire"], 10, "the page")
    wait_until(lambda: alert(system, "waits/queue:sales").get("state") == "firing")
    began = alert(system, "waits/queue:sales")["began_epoch_ms"]
    assert daemon.terminate() == 0
    daemon.start().ready()
    wait_until(lambda: alert(system, "waits/queue:sales").get("state") == "firing")
    assert alert(system, "waits/queue:sales")["began_epoch_ms"] == began
    calls.left("sales", "c1")
    wait_until(lambda: pager.kinds() == ["fire", "resolve"], 15, "the end")


def test_a_storm_is_told_as_a_list(system):
    pager = Recorder(system)
    _, calls = start(system, WAITS.format(hold="0s", clear="0s", more=""), [pager])
    began = now()
    for n in range(500):
        calls.queued(f"q{n:03}", f"c{n}")

    def everyone():
        return {a["labels"]["queue"] for t in pager.told() for a in t["body"]["alerts"]
                if t["CCMON_KIND"] == "fire"}
    wait_until(lambda: len(everyone()) == 500, 30, "500 alerts to be told")
    pages = [t for t in pager.told() if t["CCMON_KIND"] == "fire"]
    took = max(t["AT"] for t in pages) - began
    print(f"500 alerts in {len(pages)} pages, the last after {took} ms")
    assert len(pages) <= 30 and took <= 30000
    storms = [t for t in pages if t["CCMON_ALERT"] == "storm/site"]
    assert storms and all(int(t["CCMON_COUNT"]) == len(t["body"]["alerts"]) for t in storms)


def replay(system, hold, pager):
    """A daemon by the events' clock, in some year, and one who tells it events."""
    system.configure(dict(BASE, clock="events"))
    with open(system.config, "a", encoding="utf-8") as f:
        f.write(rules(WAITS.format(hold=hold, clear="0s", more=""), [pager]))
    daemon = system.daemon().start().ready()
    system.collector().start()
    publisher, began = system.publisher(), 1700000000000

    def tell(seq, event, **more):
        told = dict(source="pbx", boot=1, seq=seq, time=began + 1000 * seq, event=event, **more)
        publisher.send(body(told), seq)
    return daemon, tell


def test_a_replay_that_pauses_is_at_rest(system):
    """What is due by the events' clock is no reason to look at the wall's."""
    daemon, tell = replay(system, "60s", Recorder(system))
    tell(1, "queued", channel="call", queue="sales", contact="c1")
    wait_until(lambda: alert(system, "waits/queue:sales").get("state") == "pending", 10)
    began, used = ran(), daemon.cpu_seconds()
    wait_until(lambda: ran() - began > 2, 5, "two seconds")
    assert daemon.cpu_seconds() - used < 0.4


def test_an_old_page_of_a_replay_is_not_stuck(system):
    """By the events' clock its time is of some year: nothing says how long it
    has waited."""
    pager = Recorder(system, code=75)
    _, tell = replay(system, "0s", pager)
    tell(1, "queued", channel="call", queue="sales", contact="c1")
    wait_until(pager.told, 10, "the first try")
    wait_until(lambda: system.hash("hooks").get("pager") and
               json.loads(system.hash("hooks")["pager"])["attempts_total"] > 0, 10, "it on the board")
    for seq in range(2, 20):
        tell(seq, "heartbeat")
        wait_until(lambda: system.seq("pbx") == seq, 10)
    assert alert(system, "waits/queue:sales")["state"] == "firing"
    assert alert(system, "outbox_stuck/site") == {}
