# SPDX-License-Identifier: MIT
"""A real FreeSWITCH, and a ccmon that listens to its event socket.  Callers
give up, wait too long, press a key, are put through and sent on; an agent never
answers, others take breaks; the switch is killed in the middle.  The figures must be those of a plain count of what the switch said to
another listener.

CCMON_FREESWITCH is where FreeSWITCH is installed; without it, nothing is
tested here."""
import random
import tempfile
from collections import Counter, defaultdict

import pytest

import freeswitch
from conftest import is_removed
from freeswitch import AGENTS, QUEUES, SECRET, FreeSwitch
from system import wait_until
from watchers import (SHORT, SOURCE, THRESHOLD, Watcher, an_input, differences,
                      mean_differences, must_be_right, secret_file)

pytestmark = pytest.mark.skipif(not freeswitch.prefix(),
                                reason="no FreeSWITCH (CCMON_FREESWITCH names none)")

LINES = 10                                  # callers at the same time
FLOWED = {"TIMEOUT": "timeout", "NO_AGENT_TIMEOUT": "no_agent", "EXIT_WITH_KEY": "key"}
NO_MISSES = ("LOSE_RACE", "ORIGINATOR_CANCEL")
QUEUE_COUNTS = ("offered", "answered", "abandoned", "flowed_out", "flowed_out_timeout",
                "flowed_out_key", "handled", "missed", "transferred", "stuck", "stuck_handling")
WAIT_COUNTS = ("sl_good", "short_abandoned")
AGENT_COUNTS = ("answered", "handled", "missed", "transferred")


class Count:
    """The plain count: {queue: Counter}, {agent: Counter}."""

    def __init__(self):
        self.queues, self.agents = defaultdict(Counter), defaultdict(Counter)
        self.waiting, self.talking = {}, {}         # member: queue
        self.taken = {}                             # agent: what she took
        self.sent_on = set()                        # members, by the driver's own orders

    def both(self, event, figure):
        self.queues[event["CC-Queue"]][figure] += 1
        self.agents[event["CC-Agent"]][figure] += 1

    def hear(self, event):
        take = getattr(self, event.get("CC-Action", "").replace("-", "_"), None)
        if take:
            take(event, self.queues[event.get("CC-Queue")], event.get("CC-Member-UUID"))

    def member_queue_start(self, event, q, member):
        q["offered"] += 1
        self.waiting[member] = event["CC-Queue"]

    def bridge_agent_start(self, event, q, member):
        """An agent took it; they are not joined yet, and the caller may be gone."""
        self.taken[event["CC-Agent"]] = event

    def agent_state_change(self, event, _, __):
        """The switch's own word that they are joined."""
        if event["CC-Agent-State"] == "In a queue call":
            self.joined(self.taken.pop(event["CC-Agent"]))

    def joined(self, event):
        q, member = self.queues[event["CC-Queue"]], event["CC-Member-UUID"]
        if member not in self.waiting:              # told to be gone before
            return
        waited = int(event["CC-Agent-Answered-Time"]) - int(event["CC-Member-Joined-Time"])
        self.both(event, "answered")
        q["waited"] += waited
        q["sl_good"] += waited <= THRESHOLD
        self.talking[member] = self.waiting.pop(member)

    def bridge_agent_fail(self, event, q, member):
        if event["CC-Hangup-Cause"] not in NO_MISSES:
            self.both(event, "missed")

    def bridge_agent_end(self, event, q, member):
        """Taken, but never joined: whose fault it was, the switch does not say."""
        if event["CC-Agent-Bridged"] == "false":
            self.both(event, "unjoined")

    def went_silently(self):
        """A caller whose agent failed before they were joined may go untold."""
        for queue in self.waiting.values():
            self.queues[queue]["abandoned"] += 1
        self.waiting = {}

    def member_queue_end(self, event, q, member):
        reason = event.get("CC-Cancel-Reason")
        if not reason:
            self.both(event, "handled")
            if member in self.sent_on:
                self.both(event, "transferred")
            del self.talking[member]
            return
        if reason in FLOWED:
            q["flowed_out"] += 1
            q[f"flowed_out_{FLOWED[reason]}"] += 1
        else:
            q["abandoned"] += 1
            waited = int(event["CC-Member-Leaving-Time"]) - int(event["CC-Member-Joined-Time"])
            q["short_abandoned"] += waited <= SHORT
        del self.waiting[member]

    def died(self):
        for queue in self.waiting.values():
            self.queues[queue]["stuck"] += 1
        for queue in self.talking.values():
            self.queues[queue]["stuck_handling"] += 1
        self.waiting, self.talking = {}, {}


def wrongs(watcher, count):
    """Waits are whole seconds on both sides, yet joined within the second."""
    out = []
    for name in (f"{q}@default" for q in QUEUES):
        expected, seen = count.queues[name], watcher.hash(f"queue:{name}")
        out += differences(name, certain(QUEUE_COUNTS + WAIT_COUNTS, expected), expected, seen)
        out += mean_differences(name, "asa_seconds", expected["waited"], expected["answered"], seen,
                                0.001)
    for name in AGENTS:
        expected = count.agents[name]
        out += differences(name, certain(AGENT_COUNTS, expected), expected,
                           watcher.hash(f"agent:{name}"))
    return out


def certain(figures, expected):
    """Whether an agent missed a call that she took and never got is not."""
    return [f for f in figures if f != "missed" or not expected["unjoined"]]


# ---- the story

class Story:
    PLANS = (("talks", 45), ("leaves", 25), ("presses", 10), ("sent-on", 10), ("moved", 10))

    def __init__(self, switch, seed):
        self.switch, self.rng, self.count = switch, random.Random(seed), Count()
        self.paused = None
        self.begin()

    def begin(self):
        self.line, self.read = self.switch.line(), 0
        self.on, self.plans, self.taken = set(), {}, {}

    def callers(self, number):
        for i in range(number):
            self.wait(lambda: len(self.on) < LINES)
            self.call()
            if i % 10 == 5:
                self.pause()
            elif i % 10 == 9:
                self.unpause()

    def call(self):
        plan = self.rng.choices([p for p, _ in self.PLANS], [n for _, n in self.PLANS])[0]
        queue = self.rng.choices(list(QUEUES), (5, 5, 2))[0]
        ms = self.rng.randint(700, 3500)
        caller = {"leaves": f"leaves{ms}", "presses": f"presses{ms}"}.get(plan, "patient")
        self.place(caller, queue, plan)

    def place(self, caller, queue, plan="talks"):
        answer = self.line.call(caller, queue, plan)
        assert answer.startswith("+OK"), answer
        call = answer.split()[1]
        self.plans[call] = plan
        self.on.add(call)

    def pause(self):
        self.paused = self.rng.choice(AGENTS)
        self.line.api(f"callcenter_config agent set status {self.paused} 'On Break'")

    def unpause(self):
        if self.paused:
            self.line.api(f"callcenter_config agent set status {self.paused} Available")
            self.paused = None

    def stand_still(self):
        """Some talk, some wait, and it stays so."""
        for _ in range(3):
            self.place("patient", "support")
        self.wait(lambda: len(self.count.talking) == 3)
        for agent in AGENTS:
            self.line.api(f"callcenter_config agent set status {agent} 'On Break'")
        for taken in self.taken.values():
            self.line.api(f"sched_del {taken['CC-Agent-UUID']}")
        for _ in range(4):
            self.place("patient", "support")
        self.wait(lambda: len(self.count.waiting) == 4)

    # ---- what the switch tells

    def wait(self, condition, timeout=60):
        while True:
            for event in self.news():
                self.take(event)
            if condition():
                return
            with self.line.arrived:
                ok = self.line.arrived.wait_for(
                    lambda: len(self.line.seen) > self.read or self.line.closed, timeout)
                assert ok and not self.line.closed, f"the switch is silent; {self.on} are on"

    def news(self):
        with self.line.arrived:
            news = self.line.seen[self.read:]
            self.read += len(news)
        return news

    def take(self, event):
        name, action = event["Event-Name"], event.get("CC-Action")
        if action == "bridge-agent-start":
            self.taken[event["CC-Agent"]] = event
        elif event.get("CC-Agent-State") == "In a queue call":
            self.send_on(self.taken[event["CC-Agent"]])
        elif name == "CHANNEL_HANGUP_COMPLETE":
            self.on.discard(event["Unique-ID"])
        self.count.hear(event)

    def send_on(self, taken):
        call = taken["CC-Member-Session-UUID"]
        order = {"sent-on": f"uuid_transfer {taken['CC-Agent-UUID']} -bleg 600 XML elsewhere",
                 "moved": f"uuid_transfer {call} sales XML queues"}.get(self.plans.get(call))
        if order and self.line.api(order).startswith("+OK"):
            self.plans[call] = None         # once
            self.count.sent_on.add(taken["CC-Member-UUID"])

    def all_gone(self):
        """What became of a call is told a moment after it was hung up, or never."""
        self.wait(lambda: not (self.on or self.count.talking))
        wait_until(lambda: not any(self.members(q) for q in QUEUES), 30, "the queues to be empty")
        self.wait(lambda: True)
        self.count.went_silently()

    def members(self, queue):
        """By the switch's own list, where those who gave up stay for a while."""
        rows = self.line.api(f"callcenter_config queue list members {queue}@default").splitlines()
        return [row for row in rows if "|" in row and row.split("|")[-2] not in
                ("state", "Abandoned")]


# ---- the test

@pytest.fixture
def switch():
    directory = tempfile.mkdtemp(prefix="ccmon-")
    one = FreeSwitch(directory)
    one.start()
    yield one
    one.end()
    wait_until(lambda: is_removed(directory))


@pytest.fixture
def watcher(request, switch):
    one = Watcher("esl", lambda d: [an_input(
        type="esl", address="%s:%d" % switch.address, source=SOURCE,
        secret_file=secret_file(d, SECRET))])
    yield one
    if getattr(request.node, "failed", True):
        print(one.logs())
    one.end()


@pytest.mark.long
def test_what_really_happened(switch, watcher):
    watcher.wait_connected(1)
    story = Story(switch, 3)
    story.callers(120)
    story.unpause()
    story.all_gone()
    must_be_right(lambda: wrongs(watcher, story.count), 60)

    # of those who are on when it dies, nobody tells; they are counted, though
    story.stand_still()
    must_be_right(lambda: wrongs(watcher, story.count), 60)
    switch.kill9()
    story.count.died()
    switch.start()
    watcher.wait_connected(2)
    story.begin()
    story.callers(80)
    story.all_gone()

    total = sum(story.count.queues.values(), Counter())
    for figure in QUEUE_COUNTS:
        assert total[figure] > 0, f"the story has no {figure}"
    must_be_right(lambda: wrongs(watcher, story.count), 60)
    assert watcher.hash(f"feed:{SOURCE}")["rejected_total"] == "0"
