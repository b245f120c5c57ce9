# SPDX-License-Identifier: MIT
"""What the demonstration tells (ctl/feed/sim_story.c) is what a board then
shows, by the rules that are shipped: once round, after two hours of past, in
the house of scripts/demo/story.cfg.  It goes by the events' clock, a second of
the story at a time, and after each the test looks at the board."""
import fnmatch
import json
import re
import subprocess

import pytest

from conftest import ROOT
from paging import Recorder
from system import PREFIX, SITE, text, wait_until

PAST = 2                        # h, as demo.sh has it
SECONDS = 190                   # one round of 180, and what it leaves behind
HOUR = 3600000                  # ms
DARK, LIT = 60, 106             # the office of `orders`
SILENT, HEARD = 135, 160        # chat1
HOLD = 30                       # queue_unstaffed: for so long
SAMPLE = 2                      # s; a look may be at the board of the second before
CHATS = {"advice", "chat"}
CALLS = {"billing", "delivery", "orders", "returns", "sales", "support", "vip"}
OUT = ("answered", "abandoned", "flowed_out", "callback", "stuck")


def house():
    return (ROOT / "scripts" / "demo" / "story.cfg").read_text()


def config(system, hook):
    rules = re.search(r"^alerts: \{.*?^\};", (ROOT / "etc" / "ccmon.cfg").read_text(), re.M | re.S)
    (system.directory / "state").mkdir()
    return "\n".join([
        house().replace('site = "demo"', f'site = "{SITE}"'),
        f"redis: {{ {system.redis.settings} }};",
        f'daemon: {{ ingest = "ipc://{system.directory}/ingest"; flush = "20ms"; clock = "events";',
        f"  state_dir = {text(system.directory / 'state')}; }};",
        f"collectors: {{ all: {{ journal = {text(system.directory / 'journal')}; inputs = (",
        f'  {{ type = "zmq-pull"; bind = ["{system.endpoint("all")}"]; }} ); }}; }};',
        f"hooks: {{ {hook.config} }}; paging: {{ hooks = [\"{hook.name}\"]; }};",
        rules.group(0), ""])


def lines(system):
    """The events in the order in which they are sent."""
    told = subprocess.run([system.build / "ccmon-feed", "sim", "--story", "--past", str(PAST), "--hours",
                           str(SECONDS / 3600), "--out", "-"], check=True, stdout=subprocess.PIPE)
    return [(json.loads(line), line) for line in told.stdout.splitlines()]


def seconds(events):
    """The past at once, then second by second.  What a silent source had to
    say belongs to the second in which it is heard."""
    began = events[0][0]["boot"] + int(PAST * HOUR)
    now, group = began, []
    for event, line in events:
        if event["time"] // 1000 > now // 1000:
            yield group
            now, group = event["time"], []
        group.append((event, line))
    yield group


class Told:
    """What the board showed, look by look: (seconds of the story, snapshot)."""

    def __init__(self, system):
        self.system = system
        self.hook = Recorder(system)
        system.config.write_text(config(system, self.hook))
        system.daemon().start().ready()
        system.collector("all").start()
        self.began = None
        self.looks, self.last = [], {}
        publisher = system.publisher("all")
        for events in seconds(lines(system)):
            for event, line in events:
                publisher.send(line)
                self.last[event["source"]] = event["seq"]
                self.began = self.began or event["boot"] + int(PAST * HOUR)
            wait_until(self.has_all, 60, "these events on the board")
            shot = json.loads(system.redis.client.get(PREFIX + "snapshot"))
            self.looks.append((self.since(shot["time"]), shot))
        wait_until(lambda: len(self.hook.told()) >= 4, what="four pages")

    def has_all(self):
        return all(self.system.seq(source) == seq for source, seq in self.last.items())

    def since(self, at):
        return (at - self.began) / 1000

    def between(self, start, end):
        seen = [shot for t, shot in self.looks if start <= t < end]
        assert seen, f"nobody looked from {start} to {end}"
        return seen

    def statuses(self, queue, start, end):
        return {shot["queues"][queue]["status"] for shot in self.between(start, end)}

    def firing(self, start, end):
        return {name for shot in self.between(start, end)
                for name, alert in shot["alerts"].items() if alert["state"] == "firing"}

    def page(self, kind, alert):
        """When it was sent, in the story."""
        page, = [p for p in self.hook.told() if (p["CCMON_KIND"], p["CCMON_ALERT"]) == (kind, alert)]
        at = page["CCMON_UNTIL_EPOCH_MS"] if kind == "resolve" else page["CCMON_SINCE_EPOCH_MS"]
        return self.since(int(at))


def expect_quiet(told):
    """Alive from the first second: levels of some contacts, and good ones."""
    for shot in told.between(0, 30):
        assert set(shot["queues"]) == CALLS | CHATS | {"mail"}
        for name, q in shot["queues"].items():
            assert q["status"] == "ok", (name, q["status_reason"])
            assert q["offered_per_hour"] > 10 and q["aht_seconds_60m"] > 30, name
            if name != "mail":
                assert q["sl_n_15m"] > 0 and q["sl_ratio_15m"] > 0.75, name
    assert told.firing(0, DARK) == set()


def expect_late(told):
    assert "crit" not in told.statuses("orders", 0, DARK)
    for shot in told.between(DARK + SAMPLE, LIT - SAMPLE):
        assert shot["queues"]["orders"]["agents_staffed_count"] == 0
    assert max(s["queues"]["orders"]["oldest_wait_seconds"] for s in told.between(DARK, LIT)) > HOLD
    fired = told.page("fire", "queue_unstaffed/queue:orders")
    assert DARK + HOLD <= fired < LIT
    assert told.statuses("orders", fired + SAMPLE, LIT) == {"crit"}


def expect_recovery(told):
    resolved = told.page("resolve", "queue_unstaffed/queue:orders")
    assert LIT <= resolved < LIT + 50           # its clear condition holds for half a minute
    for shot in told.between(LIT + 20, SILENT):
        assert shot["queues"]["orders"]["agents_staffed_count"] >= 5
        assert shot["queues"]["orders"]["oldest_wait_seconds"] < 20
    assert "crit" not in told.statuses("orders", resolved + SAMPLE, SECONDS)


def expect_silence(told):
    fired = told.page("fire", "feed_silent/feed:chat1")
    assert SILENT + 10 <= fired < HEARD         # silent_after less a heartbeat
    for shot in told.between(fired + SAMPLE, HEARD - SAMPLE):
        unknown = {name for name, q in shot["queues"].items() if q["status"] == "unknown"}
        assert unknown == CHATS
    resolved = told.page("resolve", "feed_silent/feed:chat1")
    assert HEARD + 10 <= resolved < HEARD + 20  # heard for ten seconds
    for queue in CHATS:
        assert "unknown" not in told.statuses(queue, HEARD + 6, SECONDS)


def expect_all_counted(told):
    for source, seq in told.last.items():
        feed = told.system.hash(f"feed:{source}")
        assert int(feed["events_total"]) == seq > 500, source
        for lost in ("lost", "duplicate", "rejected", "inconsistent", "skewed"):
            assert feed[f"{lost}_total"] == "0", (source, lost)
        assert (int(feed["late_total"]) > 0) == (source == "chat1"), source
    for name in told.system.names("queues"):
        q = told.system.hash(f"queue:{name}")
        out = sum(int(q[f"{way}_total"]) for way in OUT)
        assert int(q["offered_total"]) == out + int(q["waiting_count"]) > 0, name


def expect_a_past(told):
    """The minutes before it are in the history, each with its own."""
    minutes = told.system.redis.client.xrange(
        PREFIX + "history:site:1m", told.began - int(PAST * HOUR), told.began - 60000)
    assert len(minutes) >= PAST * 60 - 1
    assert all(int(fields["offered_count"]) > 0 for _, fields in minutes)


def expect_teams(told):
    teams = re.findall(r"(\w+): +\{ agents = \[(.*?)\]", house())
    assert len(teams) == 8
    for agent in told.system.names("agents"):
        of = [team for team, names in teams
              if any(fnmatch.fnmatch(agent, glob) for glob in re.findall(r'"(.*?)"', names))]
        assert len(of) == 1, (agent, of)


def test_the_story(system):
    told = Told(system)
    assert len({p["CCMON_ALERT"] for p in told.hook.told()}) == 2, told.hook.kinds()
    for expect in (expect_quiet, expect_late, expect_recovery, expect_silence, expect_all_counted,
                   expect_a_past, expect_teams):
        expect(told)


@pytest.mark.parametrize("options", [("--story", "--flat"), ("--past", "-1"), ("--past", "x")])
def test_what_does_not_go_together(system, options):
    feed = system.feed("sim", *options, "--out", "/dev/null").start()
    assert feed.wait() == 2
    assert "usage" in feed.text() or "not a value" in feed.text()
