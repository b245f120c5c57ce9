# SPDX-License-Identifier: MIT
"""Several collectors hand over what they kept while the daemon was away.
However fast each of them is, what comes out is what would have come had the
daemon been there."""
import json
import subprocess
import time

from conftest import build
from oracle import Oracle
from paging import Recorder, rules
from stream import stream
from system import PREFIX, wait_until
from test_live import LIVE, board_equals

MINUTE = 60_000
WAITS = 'waits: { scope = "queue:*"; when = "oldest_wait_seconds > 10"; for = "0s"; ' \
        'severity = "page"; hooks = ["pager"]; };'


def write_journal(system, collector, kept):
    """kept: (received, event), each becomes a block."""
    lines = "".join(f"{received} {json.dumps(event)}\n" for received, event in kept)
    subprocess.run([build() / "tests" / "journal_writer", system.directory / f"journal-{collector}"],
                   input=lines, text=True, check=True)


def hand_over(system, kept):
    """The daemon was there, and away, and finds the collectors waiting."""
    assert system.daemon().start().ready().terminate() == 0
    for name, journal in kept.items():
        write_journal(system, name, journal)
    waiting = [system.collector(name).start() for name in kept]
    wait_until(lambda: all(c.log_contains("is ready") for c in waiting), what="the collectors")
    return system.daemon().start().ready()


def test_two_journals_are_one_story(system):
    """Record by record in the order they were received, or the figures differ
    from the oracle's."""
    kept, oracle, at = {"call": [], "chat": []}, Oracle(LIVE), 0
    for now, event in stream(311, contacts=150):
        at = max(at + 1, now)
        kept["chat" if event["source"] == "chat1" else "call"].append((at, event))
        oracle.arrive(event, at)
    system.configure(LIVE, collectors=kept)
    hand_over(system, kept)
    board_equals(system, oracle)


class Site:
    """Callers, each second another, and few chats; none waits for long."""

    def __init__(self, call_waits=3000):
        end = (int(time.time() * 1000) // MINUTE - 1) * MINUTE
        begin = end - 6 * MINUTE + 137
        self.kept = {
            "call": self.visits("call", "sales", range(begin, end, 1000), call_waits),
            "chat": self.visits("chat", "desk", range(begin, end, 20_000), 4000)}

    @staticmethod
    def visits(channel, queue, starts, wait):
        said = []
        for n, start in enumerate(starts):
            base = {"source": channel, "channel": channel, "queue": queue, "contact": f"c{n}"}
            said.append(dict(base, event="queued", time=start))
            said.append(dict(base, event="abandoned", time=start + wait))
        said.sort(key=lambda e: e["time"])
        return [(e["time"], dict(e, boot=1, seq=n + 1)) for n, e in enumerate(said)]

    def offered(self, collector):
        """Of each minute."""
        minutes = {}
        for received, event in self.kept[collector]:
            if event["event"] == "queued":
                begin = str(received // MINUTE * MINUTE)
                minutes[begin] = minutes.get(begin, 0) + 1
        return minutes


def history(system, queue):
    entries = system.redis.client.xrange(PREFIX + f"history:queue:{queue}:1m")
    return {e["start_epoch_ms"]: int(e["offered_count"]) for _, e in entries
            if e["offered_count"] != "0"}


def play(system, site, code=0):
    """Until all of it is in the history; gives the hook, which ends with the
    code, and who fired."""
    pager = Recorder(system, code=code)
    system.configure({"windows": ["15m", "60m", "today"], "clock": "wall"}, collectors=site.kept)
    with open(system.config, "a", encoding="utf-8") as f:
        f.write(rules(WAITS, [pager]))
    hand_over(system, site.kept)
    for source, queue in (("call", "sales"), ("chat", "desk")):
        wait_until(lambda: system.seq(source) == len(site.kept[source]), 20, f"{source} to arrive")
        wait_until(lambda: sum(history(system, queue).values()) ==
                   sum(site.offered(source).values()), 20, f"the minutes of {queue}")
    log = system.redis.client.xrange(PREFIX + "alerts:log")
    return pager, {e["alert"] for _, e in log if e["kind"] == "firing"}


def test_minutes_keep_what_is_theirs_and_nobody_is_paged(system):
    site = Site()
    pager, fired = play(system, site)
    assert fired == set() and pager.told() == []
    for source, queue in (("call", "sales"), ("chat", "desk")):
        assert history(system, queue) == site.offered(source)
        assert system.hash(f"feed:{source}")["late_total"] == "0"


def test_what_was_so_is_told(system):
    """Also of the first seconds after the start."""
    pager, fired = play(system, Site(call_waits=12_000))
    assert fired == {"waits/queue:sales"}
    wait_until(lambda: pager.told() != [], 10, "a page")


def test_a_page_of_minutes_ago_has_not_waited_since(system):
    """It is delivered a moment after it is known of, or the moment's age is
    what its hook did."""
    begin = int(time.time() * 1000)
    pager, _ = play(system, Site(call_waits=12_000), code=1)
    wait_until(lambda: pager.told() != [], 10, "a run of the hook")
    oldest = wait_until(lambda: hook(system)["oldest_epoch_ms"], 10, "it on the board")
    assert begin <= oldest <= int(time.time() * 1000)


def hook(system):
    return json.loads(system.hash("hooks").get("pager", '{"oldest_epoch_ms": null}'))
