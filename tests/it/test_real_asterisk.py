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
from conftest import build, is_removed
from system import System, wait_until

pytestmark = pytest.mark.skipif(not asterisk.prefix(),
                                reason="no Asterisk (CCMON_ASTERISK names none)")

SOURCE = "pbx"
THRESHOLD, SHORT = 2, 1                     # seconds
LINES = 16                                  # callers at the same time
CONFIG = {"windows": ["60m"], "zone": "UTC", "defaults": {"call": {
    "threshold": THRESHOLD * 1000, "short_abandon": SHORT * 1000}}}


# ---- the plain count

FLOWED = {"EXITWITHTIMEOUT": "timeout", "EXITWITHKEY": "key", "EXITEMPTY": "no_agent",
          "WITHDRAW": "withdrawn"}
ENDS = ("COMPLETECALLER", "COMPLETEAGENT", "BLINDTRANSFER", "ATTENDEDTRANSFER")


def count(log):
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
    assert not waiting and not talking, "the story is not over"
    return {name: queues[name] for name in QUEUES}, agents


QUEUE_COUNTS = ("offered", "answered", "abandoned", "flowed_out", "flowed_out_timeout",
                "flowed_out_key", "flowed_out_no_agent", "flowed_out_withdrawn", "handled",
                "missed", "transferred", "stuck", "stuck_handling")
WAIT_COUNTS = ("sl_good", "short_abandoned")
AGENT_COUNTS = ("answered", "handled", "missed", "transferred")


def wrongs(system, log, is_exact):
    """A line for each figure that is not as the log has it.

    The manager's own whole seconds are taken a moment before or after the
    log's, so what hangs on a second may be one off for each call (is_exact is
    false): counts by the length of a wait, and the means."""
    queues, agents = count(log)
    names = QUEUE_COUNTS + WAIT_COUNTS if is_exact else QUEUE_COUNTS
    out = []
    for name, expected in queues.items():
        seen = system.hash(f"queue:{name}")
        out += differences(name, names, expected, seen)
        out += mean_differences(name, expected, seen, 0.001 if is_exact else 1)
    for name in AGENTS:
        out += differences(name, AGENT_COUNTS, agents[name], system.hash(f"agent:{name}"))
    return out


def differences(name, figures, expected, seen):
    return [f"{name} {f}: the log says {expected[f]}, seen {seen.get(f + '_count_60m')}"
            for f in figures if seen.get(f"{f}_count_60m") != str(expected[f])]


def mean_differences(name, expected, seen, tolerance):
    means = (("asa_seconds_60m", "waited", "answered"),)
    return [f"{name} {f}: the log says {expected[total] / expected[n]}, seen {seen.get(f)}"
            for f, total, n in means
            if expected[n] and not abs(float(seen.get(f, "nan")) - expected[total] / expected[n])
            <= tolerance]


# ---- those who watch

def file_input(switch, **more):
    return members(type="file", path=switch.queue_log, dialect="queue_log", source=SOURCE,
                   start="all", **more)


def ami_input(switch, directory, **more):
    secret = directory / "ami.secret"
    secret.write_text(SECRET + "\n")
    secret.chmod(0o600)
    return members(type="ami", address=f"127.0.0.1:{switch.port}", username="ccmon",
                   secret_file=secret, source=SOURCE, **more)


def members(**all_of_them):
    return "{ " + " ".join(f'{k} = "{v}";' for k, v in all_of_them.items()) + " }"


class Watcher(System):
    """A ccmon of its own, with the inputs that inputs(directory) gives."""

    def __init__(self, name, inputs, is_exact):
        super().__init__(tempfile.mkdtemp(prefix="ccmon-"), build())
        self.name, self.is_exact = name, is_exact
        self.redis.start()
        self.configure(CONFIG)
        text = self.config.read_text()
        begin = text.index("inputs = (")
        end = text.index("); };", begin)
        self.config.write_text(text[:begin] + f"inputs = ({', '.join(inputs(self.directory))}"
                               + text[end:])
        self.daemon().start().ready()
        self.call = self.collector().start()

    def lines(self, words):
        return self.call.text().count(words)


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
        Watcher("file", lambda d: [file_input(switch)], True),
        Watcher("ami", lambda d: [ami_input(switch, d)], False),
        Watcher("both", lambda d: [file_input(switch, gives="calls"),
                                   ami_input(switch, d, gives="agents")], True)]
    yield all_of_them
    for w in all_of_them:
        w.end()
        if getattr(request.node, "failed", True):
            print(w.name, w.logs())
        wait_until(lambda: is_removed(w.directory))


def wait_listed(watchers, times):
    """Each line to the manager is up, and all was listed."""
    for w in watchers:
        if w.name != "file":
            wait_until(lambda: w.lines("connected to") + w.lines("is there again") >= times,
                       30, f"{w.name} to be connected {times} times")


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
        self.on, self.transfers = set(), {}

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
            self.gone += 1

    def take_AgentConnect(self, event):
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


def must_agree(watchers, switch, timeout=30):
    def wrong():
        log = switch.queue_log.read_text()
        return [f"{w.name}: {line}" for w in watchers for line in wrongs(w, log, w.is_exact)]
    try:
        wait_until(lambda: not wrong(), timeout)
    except AssertionError:
        raise AssertionError("\n".join(wrong())) from None


@pytest.mark.long
def test_what_really_happened(switch, watchers):
    wait_listed(watchers, 1)
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
    wait_listed(watchers, 2)
    story.begin()
    story.callers(70)

    # nobody tells of those who were on
    story.wait(lambda: len(story.on) > LINES / 2)
    switch.kill9()
    switch.start()
    wait_listed(watchers, 3)
    story.begin()
    story.callers(40)
    story.all_gone()
    story.pause()

    log = switch.queue_log.read_text()
    total = sum((q for q in count(log)[0].values()), Counter())
    for figure in QUEUE_COUNTS:
        if figure not in ("flowed_out_no_agent", "flowed_out_withdrawn"):
            assert total[figure] > 0, f"the story has no {figure}"
    must_agree(watchers, switch)
    for w in watchers:
        wait_until(lambda: w.hash(f"agent:{story.paused}").get("state") == "paused")
        assert w.hash(f"feed:{SOURCE}")["rejected_total"] == "0"
