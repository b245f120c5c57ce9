# SPDX-License-Identifier: MIT
"""A real Asterisk, and three ccmons that watch it: one reads its queue_log,
one listens to its manager, one does both.  Callers give up, press a key, are
put through and sent on, agents do not answer, pause and come back; the switch
is restarted in the middle, and killed near the end.  All three must come to
what a plain count of the queue_log says.

CCMON_ASTERISK is where Asterisk is installed (doc/connect.md has the few
modules that are needed); without it, nothing is tested here."""
import random
import tempfile
from collections import Counter, defaultdict

import pytest

import asterisk
from asterisk import AGENTS, QUEUES, SECRET, Asterisk
from conftest import is_removed
from system import wait_until
from watchers import (SHORT, SOURCE, THRESHOLD, Watcher, an_input, differences,
                      mean_differences, must_be_right, secret_file)

pytestmark = pytest.mark.skipif(not asterisk.prefix(),
                                reason="no Asterisk (CCMON_ASTERISK names none)")

LINES = 16                                  # callers at the same time


# ---- the plain count

FLOWED = {"EXITWITHTIMEOUT": "timeout", "EXITWITHKEY": "key", "EXITEMPTY": "no_agent",
          "WITHDRAW": "withdrawn"}
ENDS = ("COMPLETECALLER", "COMPLETEAGENT", "BLINDTRANSFER", "ATTENDEDTRANSFER")


def count(log, is_over=True):
    """What the lines of a queue_log come to: {queue: Counter}, {agent: Counter}."""
    queues, agents = defaultdict(Counter), defaultdict(Counter)
    waiting, talking = {}, {}               # (call, queue): waiting / agent
    for line in log.splitlines():
        _, call, queue, agent, verb, *args = line.split("|")
        q, visit = queues[queue], (call, queue)
        if verb == "ENTERQUEUE":
            q["offered"] += 1
            waiting[visit] = True
        elif verb == "RINGNOANSWER":
            q["missed"] += 1
            agents[agent]["missed"] += 1
        elif verb == "CONNECT":
            q["answered"] += 1
            q["sl_good"] += int(args[0]) <= THRESHOLD
            q["waited"] += int(args[0])
            agents[agent]["answered"] += 1
            del waiting[visit]
            talking[visit] = agent
        elif verb == "ABANDON":
            q["abandoned"] += 1
            q["short_abandoned"] += int(args[2]) <= SHORT
            del waiting[visit]
        elif verb in FLOWED:
            q["flowed_out"] += 1
            q[f"flowed_out_{FLOWED[verb]}"] += 1
            del waiting[visit]
        elif verb in ENDS:
            q["handled"] += 1
            q["transferred"] += "TRANSFER" in verb
            q["talked"] += int(args[{"BLINDTRANSFER": 3, "ATTENDEDTRANSFER": -2}.get(verb, 1)])
            agents[agent]["handled"] += 1
            agents[agent]["transferred"] += "TRANSFER" in verb
            del talking[visit]
        elif verb == "QUEUESTART":
            for _, queue in waiting:
                queues[queue]["stuck"] += 1
            for _, queue in talking:
                queues[queue]["stuck_handling"] += 1
            waiting, talking = {}, {}
    assert not is_over or not (waiting or talking), "the story is not over"
    return {name: queues[name] for name in QUEUES}, agents


QUEUE_COUNTS = ("offered", "answered", "abandoned", "flowed_out", "flowed_out_timeout",
                "flowed_out_key", "flowed_out_no_agent", "flowed_out_withdrawn", "handled",
                "missed", "transferred", "stuck", "stuck_handling")
WAIT_COUNTS = ("sl_good", "short_abandoned")
AGENT_COUNTS = ("answered", "handled", "missed", "transferred")


def wrongs(watcher, log, is_over=True):
    """A line for each figure that is not as the log has it.

    The manager tells of things a moment before or after the log's line, so what
    hangs on its whole seconds may be off by one: counts by the length of a
    wait, and the means."""
    queues, agents = count(log, is_over)
    is_exact = watcher.name != "ami"
    names = QUEUE_COUNTS + WAIT_COUNTS if is_exact else QUEUE_COUNTS
    out = []
    for name, expected in queues.items():
        seen = watcher.hash(f"queue:{name}")
        out += differences(name, names, expected, seen)
        out += mean_differences(name, "asa_seconds", expected["waited"], expected["answered"], seen,
                                0.001 if is_exact else 1)
    for name in AGENTS:
        out += differences(name, AGENT_COUNTS, agents[name], watcher.hash(f"agent:{name}"))
    return [f"{watcher.name}: {line}" for line in out]


# ---- those who watch

def file_input(switch, **more):
    return an_input(type="file", path=switch.queue_log, dialect="queue_log", source=SOURCE,
                    start="all", **more)


def ami_input(switch, directory, **more):
    return an_input(type="ami", address="%s:%d" % switch.address, username="ccmon",
                    secret_file=secret_file(directory, SECRET), source=SOURCE, **more)


@pytest.fixture
def switch():
    directory = tempfile.mkdtemp(prefix="ccmon-")
    one = Asterisk(directory)
    one.start()
    yield one
    one.end()
    wait_until(lambda: is_removed(directory))


@pytest.fixture
def watchers(request, switch):
    all_of_them = [
        Watcher("file", lambda d: [file_input(switch)]),
        Watcher("ami", lambda d: [ami_input(switch, d)]),
        Watcher("both", lambda d: [file_input(switch, gives="calls"),
                                   ami_input(switch, d, gives="agents")])]
    yield all_of_them
    for w in all_of_them:
        if getattr(request.node, "failed", True):
            print(w.name, w.logs())
        w.end()


def wait_connected(watchers, times):
    for w in watchers:
        if w.name != "file":
            w.wait_connected(times)


# ---- the story

class Story:
    """Callers, as many at once as LINES, each with a plan; and what is done to
    agents while they call.  It goes on by what the switch tells."""

    PLANS = (("talks", 40), ("leaves", 16), ("times out", 10), ("presses", 8), ("blind", 8),
             ("attended", 6), ("overflows", 5), ("hangs up", 7))

    def __init__(self, switch, seed):
        self.switch, self.rng = switch, random.Random(seed)
        self.paused = None
        self.begin()

    def begin(self):
        """With a new line to the switch, which has nobody on it."""
        self.line, self.read = self.switch.manager(), 0
        self.asked = self.gone = 0          # callers
        self.on, self.talking, self.transfers = set(), set(), {}

    def callers(self, number):
        for i in range(number):
            self.wait(lambda: self.asked - self.gone < LINES)
            self.call()
            if i % 10 == 5:
                self.pause()
            elif i % 10 == 9:
                self.unpause()

    def call(self):
        plan = self.rng.choices([p for p, _ in self.PLANS], [n for _, n in self.PLANS])[0]
        queue = self.rng.choices(list(QUEUES), (4, 4, 1))[0]
        caller, wishes = self.wishes(plan)
        variables = {"Q_WAIT": 20, "LEAVES": self.rng.randint(1, 3), "__MISSES": 15,
                     "__TALKS": self.rng.randint(1, 2), **wishes}
        self.line.call(caller, queue, plan, **variables)
        self.asked += 1

    def wishes(self, plan):
        return {
            "talks": ("patient", {}),
            "leaves": ("leaves", {"__DOES": "ignores"}),
            "times out": ("patient", {"__DOES": "ignores", "Q_WAIT": self.rng.randint(1, 3)}),
            "presses": ("presses", {"__DOES": "ignores"}),
            "blind": ("patient", {"__TALKS": 4}),
            "attended": ("patient", {"__DOES": "speaks", "__TALKS": 3}),
            "overflows": ("patient", {"__DOES": "ignores", "Q_WAIT": 2,
                                      "OVERFLOW": self.rng.choice(list(QUEUES))}),
            "hangs up": ("leaves", {"__TALKS": 30, "LEAVES": self.rng.randint(2, 4)}),
        }[plan]

    def stand_still(self):
        """Some talk, some wait, and it stays so."""
        for queue in ("sales", "support", "support", "night"):
            self.line.call("patient", queue, "talks", __TALKS=100, __MISSES=0, Q_WAIT=100)
        self.wait(lambda: len(self.talking) == 4)
        for agent in AGENTS:
            self.line.ask("QueuePause", Interface=f"Local/{agent}@agents/n", Paused="true")
        for queue in list(QUEUES) * 2:
            self.line.call("patient", queue, "talks", Q_WAIT=100)
        self.wait(lambda: len(self.on) == 4 + 2 * len(QUEUES))

    # ---- agents

    def pause(self):
        self.paused = self.rng.choice(AGENTS)
        self.line.ask("QueuePause", Interface=f"Local/{self.paused}@agents/n", Paused="true",
                      Reason=self.rng.choice(("lunch", "")))

    def unpause(self):
        if self.paused:
            self.line.ask("QueuePause", Interface=f"Local/{self.paused}@agents/n", Paused="false")
            self.paused = None

    def guest(self, order, **more):
        """An agent of the night helps in sales, or helps no more."""
        self.line.ask(order, Queue="sales", Interface=f"Local/{AGENTS[-1]}@agents/n", **more)

    # ---- what the switch tells

    def wait(self, condition, timeout=60):
        with self.line.arrived:
            while True:
                self.take_all()
                if condition():
                    return
                assert self.line.arrived.wait(timeout) and not self.line.closed, \
                    f"the switch is silent; {self.asked - self.gone} callers are on"

    def take_all(self):
        for event in self.line.seen[self.read:]:
            self.read += 1
            take = getattr(self, "take_" + event.get("Event", ""), None)
            if take:
                take(event)

    def take_OriginateResponse(self, event):
        if event["Response"] == "Failure":
            self.gone += 1

    def take_QueueCallerJoin(self, event):
        self.on.add(event["Uniqueid"])

    def take_Hangup(self, event):
        if event["Uniqueid"] in self.on:
            self.on.remove(event["Uniqueid"])
            self.talking.discard(event["Uniqueid"])
            self.gone += 1

    def take_AgentConnect(self, event):
        self.talking.add(event["Uniqueid"])
        if event["CallerIDName"] in ("blind", "attended"):
            self.transfers[event["Uniqueid"]] = event

    def take_BridgeEnter(self, event):
        """The caller comes last: now they talk."""
        asked = self.transfers.pop(event["Uniqueid"], None)
        if asked:
            order = {"blind": "BlindTransfer", "attended": "Atxfer"}[asked["CallerIDName"]]
            self.line.send(order, Channel=asked["DestChannel"], Context="elsewhere", Exten="600")

    def all_gone(self):
        self.wait(lambda: self.asked == self.gone)


def state(watcher, agent):
    return watcher.hash(f"agent:{agent}").get("state")


@pytest.mark.long
def test_what_really_happened(switch, watchers):
    wait_connected(watchers, 1)
    story = Story(switch, 7)
    story.callers(60)
    story.guest("QueueAdd", MemberName=AGENTS[-1])
    story.callers(60)
    story.guest("QueueRemove")
    story.unpause()

    # they are hung up on, and all is told before it goes
    story.line.send("Command", Command="core restart now")
    wait_until(lambda: story.line.closed, 30, "the switch to go")
    switch.ready()
    wait_connected(watchers, 2)
    story.begin()
    story.callers(70)

    # of those who are on when it dies, nobody tells; they are counted, though
    story.all_gone()
    story.stand_still()
    must_be_right(lambda: [line for w in watchers for line in wrongs(
        w, switch.queue_log.read_text(), is_over=False)])
    switch.kill9()
    switch.start()
    wait_connected(watchers, 3)
    story.begin()
    story.callers(40)
    story.all_gone()
    story.pause()

    log = switch.queue_log.read_text()
    total = sum((q for q in count(log)[0].values()), Counter())
    for figure in QUEUE_COUNTS:
        if figure not in ("flowed_out_no_agent", "flowed_out_withdrawn"):
            assert total[figure] > 0, f"the story has no {figure}"
    must_be_right(lambda: [line for w in watchers for line in wrongs(w, log)])
    for w in watchers:
        wait_until(lambda: state(w, story.paused) == "paused")
        if w.name != "file":            # the log does not tell that the switch forgot
            wait_until(lambda: all(state(w, a) == "available" for a in AGENTS
                                   if a != story.paused))
        assert w.hash(f"feed:{SOURCE}")["rejected_total"] == "0"
