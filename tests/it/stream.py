# SPDX-License-Identifier: MIT
"""Random streams of events, as bad as the world: several sources with their
own delays, repeats, holes, restarts, clocks that are off, and messages that
contradict each other in every way of doc/counting.md.

    for now_ms, event in stream(seed, contacts=300): ...

The same seed gives the same stream.  CONFIG is the site it plays in; the
oracle takes it as it is, driver_conf() says it to tests/it/engine_driver.c.
Ninety minutes of calls; stream_weeks.py has what takes days.
"""
import random
from fractions import Fraction

from oracle import POLICY, SHARES

MINUTE = 60_000
CONFIG = {
    "zone": "Europe/Oslo",
    "day_start": 0,
    "clock": "wall",
    "windows": ["15m", "60m", "today", "all"],
    "silent_after": 15_000,
    "fcr_days": 1,
    "defaults": {
        "call": {"threshold": 20_000, "target": "0.8", "short_abandon": 5000,
                 "sl_formula": "short_removed", "risk": "0.75",
                 "max_wait": 10 * MINUTE, "max_handle": 25 * MINUTE, "wrapup": 40_000,
                 "first_response": 25_000, "max_open": 70 * MINUTE},
        "chat": {"threshold": 30_000, "target": "0.9", "short_abandon": 4000,
                 "sl_formula": "positive", "risk": "0.5",
                 "max_wait": 15 * MINUTE, "max_handle": 40 * MINUTE,
                 "first_response": 45_000, "next_response": 50_000, "resolution": 9 * MINUTE,
                 "max_open": 51 * MINUTE},
        "email": {"threshold": 0, "target": "0.8", "short_abandon": 5000,
                  "sl_formula": "short_removed", "risk": "0.75",
                  "max_wait": 0, "max_handle": 0,
                  "first_response": 11 * MINUTE, "next_response": 7 * MINUTE,
                  "resolution": 31 * MINUTE, "max_open": 0},
    },
    "queues": {
        "sales": {"channel": "call", "match": ["1001", "q-sales"]},
        "vip": {"channel": "call", "threshold": 10_000, "target": "0.95",
                "sl_formula": "flowouts", "zone": "America/New_York", "calendar": "york",
                "wrapup": 3 * MINUTE},
        "billing": {"channel": "call", "target": "1", "sl_formula": "connect",
                    "max_wait": 3 * MINUTE, "max_handle": 8 * MINUTE, "wrapup": 0,
                    "zone": "Asia/Kathmandu", "first_response": 0},
        "desk": {"channel": "chat", "calendar": "night"},
        "mail": {"channel": "email", "calendar": "night"},
    },
    # they open and close where the streams play, see STARTS
    "calendars": {
        "night": {"zone": "Europe/Oslo",
                  "open": ["daily 23:35-00:20", "sun 01:30-02:10", "sun 02:30-03:30",
                           "fri-sun 08:20-09:00", "tue 14:10-15:00"],
                  "exceptions": ["2026-06-29", "2026-06-30 14:05-14:25",
                                 "2026-06-30 14:20-14:40"]},
        "york": {"zone": "America/New_York",
                 "open": ["mon-fri 08:30-17:00", "sun 02:30-03:20", "sun 17:40-00:15",
                          "sat 18:00-21:15"]},
    },
    "feeds": {"gate": 60_000},
}
CHANNEL = {"sales": "call", "1001": "call", "vip": "call", "billing": "call",
           "walk-in": "call", "desk": "chat", "mail": "email"}
SOURCES = ("pbx1", "pbx2", "chat1", "gate")
AGENTS = tuple(f"agent{i}" for i in range(9))
REASONS = ("timeout", "overflow", "key", "closed", "full", "no_agent", "withdrawn")
TALES = ("queued", "ringing", "missed", "answered", "held", "resumed", "transferred",
         "escalated", "abandoned", "flowed_out", "callback", "callback_done",
         "ended", "wrapped", "message", "message", "status", "resolved", "reopened",
         "promised", "promise_kept", "survey", "feedback", "reviewed", "lost")
FEEDBACK = ("complaint", "compliment", "comment")
SCORES = {"csat": (1, 5), "nps": (0, 10), "ces": (1, 7)}
STARTS = (1782682200000,    # 2026-06-28 21:30 UTC: midnight in Oslo is near
          1774745400000,    # 2026-03-29 00:50 UTC: Oslo's clocks go forward
          1792888200000,    # 2026-10-25 00:30 UTC: and back
          1772953500000,    # 2026-03-08 07:05 UTC: New York was an hour short
          1782820800000)    # an ordinary noon


def driver_conf(config):
    """The lines that tell the engine's driver of a config."""
    yield f"conf zone {config.get('zone', 'UTC')}"
    for key in ("day_start", "clock", "silent_after", "fcr_days"):
        if key in config:
            yield f"conf {key} {config[key]}"
    yield "conf windows " + " ".join(config.get("windows", ["15m", "60m", "today"]))
    for channel, policy in config.get("defaults", {}).items():
        yield f"conf default {channel} {words({**POLICY, **policy})}"
    for name, calendar in config.get("calendars", {}).items():
        yield f"conf calendar {name} {calendar['zone']}"
        for hours in calendar["open"]:
            yield f"conf open {name} {hours}"
        for day in calendar.get("exceptions", ()):
            yield f"conf exception {name} {day}"
    for name, queue in config.get("queues", {}).items():
        yield f"conf queue {name} {queue['channel']} {words(queue)}"
    for name, after in config.get("feeds", {}).items():
        yield f"conf feed {name} {after}"


def words(given):
    out = []
    for key, value in given.items():
        if key == "match":
            out += [f"match={name}" for name in value]
        elif key in SHARES:
            out.append(f"{key}={int(Fraction(str(value)) * 10000)}")
        elif key != "channel":
            out.append(f"{key}={value}")
    return " ".join(out)


class Source:
    """Tells events in order, numbered; keeps its own delay."""

    DELAYS = (50, 300, 2000, 8000, 90_000, 20 * MINUTE)
    WRONG_BY = (-400_000, -60_000, -3000, -1, 900, 4900, 5100, 60_000)

    def __init__(self, rng, name, begin):
        self.rng, self.name = rng, name
        self.numbered = name != "gate"
        self.boot, self.seq = 7, 0 if name != "chat1" else 9000
        self.delay, self.last = rng.randrange(400), begin
        self.sent = []

    def arrives(self, time):
        """When what happened at time is heard: late at times, in order."""
        if self.rng.random() < 0.01:
            self.delay = self.rng.choice(self.DELAYS)
        elif self.rng.random() < 0.1:
            self.delay = self.rng.randrange(500)
        self.last = max(self.last, time + self.delay)
        return self.last

    def tell(self, event):
        rng, time = self.rng, event["time"]
        event["source"] = self.name
        if rng.random() < 0.02:
            event["time"] += rng.choice(self.WRONG_BY)
        now = self.arrives(time)
        if self.numbered:
            self.seq += 1 if rng.random() > 0.01 else rng.randrange(2, 6)
            event.update(boot=self.boot, seq=self.seq)
            self.sent.append(event)
        yield now, event
        if self.numbered and rng.random() < 0.02:
            yield from self.again(now)

    def again(self, now):
        """A repeat, or one of those that were jumped over."""
        event = dict(self.rng.choice(self.sent[-50:]))
        if self.rng.random() < 0.3:
            event["seq"] = max(1, self.seq - self.rng.randrange(30))
        yield now + self.rng.randrange(3000), event

    def restart(self, time):
        if self.rng.random() < 0.5:
            self.boot, self.seq, self.sent = self.boot + 1, self.rng.randrange(2), []
        yield from self.tell({"time": time, "event": "restarted"})


class Tale:
    """One contact's life, more or less as it should be."""

    def __init__(self, rng, number, time, channels=CHANNEL, agents=AGENTS):
        self.rng, self.time = rng, time
        self.channels, self.agents = channels, agents
        self.queue = rng.choice(list(channels))
        self.base = {"contact": f"c{number}"}
        if rng.random() < 0.5:
            self.base["customer"] = f"k{number // 3}"
        if rng.random() < 0.1:
            self.base["direction"] = "out"
        self.named = rng.random() < 0.5
        self.visits = 0
        self.agent = rng.choice(agents)

    def after(self, longest):
        """Mostly short, sometimes long: every threshold is met at times."""
        self.time += self.rng.randrange(1, longest) if self.rng.random() < 0.8 \
            else self.rng.choice((0, 1000, 5000, 10_000, 20_000, 30_000, longest * 3))

    def event(self, kind, **more):
        queue = self.queue
        if queue == "sales" and self.rng.random() < 0.2:
            queue = "q-sales"
        e = dict(self.base, time=self.time, event=kind, queue=queue,
                 channel=self.channels[self.queue], **more)
        if self.named:
            e["visit"] = f"v{self.visits}"
        return e

    def own_figure(self, what, longest):
        if self.rng.random() < 0.3:
            return {what: self.rng.randrange(0, longest)}
        return {}

    def tell(self):
        self.visits += 1
        yield self.event("queued")
        yield from self.wait()

    def wait(self):
        rng = self.rng
        while rng.random() < 0.3:
            self.after(15_000)
            yield self.event("ringing", agent=rng.choice(self.agents))
            if rng.random() < 0.7:
                self.after(10_000)
                yield self.event("missed", agent=rng.choice(self.agents))
        self.after(60_000)
        fate = rng.random()
        wait = self.own_figure("wait_ms", 60_000)
        if fate < 0.65:
            yield self.event("answered", agent=self.agent, **wait)
            yield from self.talk()
        elif fate < 0.80:
            yield self.event("abandoned", **wait)
        elif fate < 0.90:
            yield self.event("flowed_out", reason=rng.choice(REASONS), **wait)
            self.queue = rng.choice(list(self.channels))
            yield from self.tell()
        elif fate < 0.96:
            yield self.event("callback", **wait, **self.promise(6 * MINUTE))
            self.after(5 * MINUTE)
            yield self.event("callback_done", agent=self.agent,
                             **rng.choice(({}, {"reached": True}, {"reached": False})))
        elif fate < 0.98:
            yield self.event("lost")

    def promise(self, longest):
        """Until when, mostly; a time that is over, sometimes."""
        if self.rng.random() < 0.2:
            return {}
        return {"due": self.time + self.rng.randrange(-longest // 9, longest)}

    def talk(self):
        rng = self.rng
        while rng.random() < 0.3:
            self.after(60_000)
            yield self.event("held", agent=self.agent)
            self.after(40_000)
            if rng.random() < 0.8:
                yield self.event("resumed", agent=self.agent)
        if rng.random() < 0.1:
            yield self.event("escalated", agent=self.agent, to="boss")
        if self.channels[self.queue] != "call" or rng.random() < 0.1:
            yield from self.write()
        self.after(5 * MINUTE)
        fate = rng.random()
        if fate < 0.1:
            yield self.event("transferred", agent=self.agent, to_agent="somebody",
                             **self.work())
            self.after(5000)
            self.agent = rng.choice(self.agents)
            yield self.event("answered", agent=self.agent)
            yield from self.talk()
        elif fate < 0.2:
            there = rng.choice(list(self.channels))
            yield self.event("transferred", agent=self.agent, to_queue=there, **self.work())
            self.queue = there
            if rng.random() < 0.9:
                yield from self.tell()
        elif fate < 0.95:
            yield from self.end()
        elif fate < 0.98:
            yield self.event("lost")

    def work(self):
        """What an end says of the work after it."""
        rng = self.rng
        said = rng.choice(({}, {}, {}, {"acw": True}, {"acw": True}, {"acw": False}))
        if rng.random() < 0.3:
            said = {**said, "acw_ms": rng.choice((0, rng.randrange(90_000), 10 * MINUTE))}
        return said

    def end(self):
        rng = self.rng
        work = self.work()
        e = self.event("ended", by="customer", **work, **self.own_figure("talk_ms", 300_000),
                       **self.own_figure("hold_ms", 60_000))
        if rng.random() < 0.7:
            e["agent"] = self.agent
        yield e
        if rng.random() < (0.9 if work.get("acw") else 0.2):
            self.after(2 * MINUTE)
            yield self.event("wrapped", agent=self.agent, **self.own_figure("acw_ms", 90_000))
        yield from self.afterwards()
        if rng.random() < 0.1:
            self.after(10 * MINUTE)
            yield from self.tell()

    # ---- what is owed, and said afterwards

    LETTERS = 2 * MINUTE            # mostly an answer takes less
    WRITES_ON = 0.7

    def write(self):
        """To and fro, with all that is written besides."""
        rng = self.rng
        while rng.random() < self.WRITES_ON:
            self.after(self.LETTERS)
            yield self.event("message", **self.letter())
            if rng.random() < 0.15:
                yield self.event("status", status=rng.choice(("open", "pending", "pending",
                                                              "on_hold")))
            if rng.random() < 0.15:
                yield self.event("promised", due=self.promise(4 * self.LETTERS).get(
                    "due", self.time))
            if rng.random() < 0.1:
                self.after(self.LETTERS)
                yield self.event("promise_kept", agent=self.agent)

    def letter(self):
        return self.rng.choice((
            {"from": "customer"}, {"from": "customer"}, {"from": "bot"}, {"from": "auto"},
            {"from": "agent", "agent": self.agent}, {"from": "agent", "agent": self.agent},
            {"from": "agent", "agent": self.agent, "public": False}, {"from": "agent"}))

    def afterwards(self):
        rng = self.rng
        if rng.random() < 0.5:
            self.after(self.LETTERS)
            yield self.event("resolved", **rng.choice(({}, {"agent": self.agent})))
        while rng.random() < 0.3:
            self.after(2 * self.LETTERS)
            e = self.event(rng.choice(("survey", "feedback", "reviewed")))
            complete(rng, e)
            yield e
        if rng.random() < 0.2:
            self.after(5 * self.LETTERS)
            yield self.event("reopened")
            yield from self.write()
            if rng.random() < 0.7:
                self.after(2 * self.LETTERS)
                yield self.event("resolved", agent=rng.choice(self.agents))


def spoiled(rng, events, channels=CHANNEL, agents=AGENTS):
    """A tale as it is told by a source with faults."""
    held = None
    for e in events:
        fate = rng.random()
        if fate < 0.04:
            continue                            # never told
        if fate < 0.06:
            e = dict(e, event=rng.choice(TALES), agent=rng.choice(agents))
            complete(rng, e)
        elif fate < 0.08:
            e["visit"] = f"v{rng.randrange(4)}"
        elif fate < 0.09:
            e["agent"] = rng.choice(agents)
        elif fate < 0.10:
            e["queue"] = rng.choice([q for q in channels if channels[q] == e["channel"]])
        elif fate < 0.12 and held is None:
            held = e                            # told after the next one
            continue
        yield e
        if held is not None:
            yield dict(held, time=rng.choice((held["time"], e["time"])))
            held = None
        if fate > 0.97:
            yield dict(e, time=e["time"] + rng.randrange(2000))


def complete(rng, e):
    """The members its new kind needs."""
    kind = e["event"]
    for member in ("score", "sent", "kind"):
        e.pop(member, None)
    if kind == "flowed_out":
        e["reason"] = rng.choice(REASONS)
    elif kind == "transferred" and rng.random() < 0.5:
        e["to_agent"] = "somebody"
    elif kind == "transferred":
        e["to_external"] = "+47"
    elif kind == "message":
        e["from"] = rng.choice(("customer", "agent"))
    elif kind == "status":
        e["status"] = rng.choice(("open", "pending", "on_hold"))
    elif kind == "promised":
        e["due"] = e["time"] + rng.randrange(5 * MINUTE)
    elif kind == "survey":
        e["kind"] = rng.choice(list(SCORES))
        e.update({"sent": True} if rng.random() < 0.5
                 else {"score": rng.randint(*SCORES[e["kind"]])})
    elif kind == "feedback":
        e["kind"] = rng.choice(FEEDBACK)
    elif kind == "reviewed":
        e.update(agent=rng.choice(AGENTS), score=rng.randrange(101))
    if kind in ("survey", "feedback") and rng.random() < 0.7:
        e["agent"] = rng.choice(AGENTS)


def agent_days(rng, begin, end):
    """What agents say of themselves."""
    for agent in AGENTS:
        time = begin + rng.randrange(10 * MINUTE)
        while time < end:
            yield agent_says(rng, agent, time)
            time += rng.randrange(1, 20 * MINUTE)


def agent_says(rng, agent, time, queues=tuple(CONFIG["queues"])):
    e = {"time": time, "agent": agent}
    kind = rng.choice(("login", "login", "logout", "state", "state", "joined", "left"))
    e["event"] = kind
    if kind == "state":
        e["state"] = rng.choice(("available", "paused"))
        if rng.random() < 0.7:
            e["reason"] = rng.choice(("lunch", "training", ""))
    elif kind in ("joined", "left"):
        e["queue"] = rng.choice(queues)
    elif kind == "login" and rng.random() < 0.7:
        e["queues"] = rng.sample([*queues, "1001"], rng.randrange(3))
    return e


def plan(rng, begin, length, contacts):
    """(time, source, what is told) of a whole site."""
    for number in range(contacts):
        tale = Tale(rng, number % (contacts * 9 // 10 + 1),
                    begin + rng.randrange(length))
        source = rng.choice(SOURCES)
        for order, e in enumerate(spoiled(rng, tale.tell())):
            yield e["time"], order, source, e
    for e in agent_days(rng, begin, begin + length):
        yield e["time"], 0, rng.choice(SOURCES), e
    for source in SOURCES[:3]:
        time = begin
        while time < begin + length:
            yield time, 0, source, {"time": time, "event": "heartbeat"}
            time += rng.choice((5000, 5000, 5000, 30_000)) * 6
        if rng.random() < 0.5:
            yield begin + rng.randrange(length), 0, source, None


def stream(seed, contacts=200, minutes=90):
    """(arrival ms, event), in order of arrival."""
    rng = random.Random(seed)
    begin = rng.choice(STARTS) + rng.randrange(1000)
    sources = {name: Source(rng, name, begin) for name in SOURCES}
    return heard(sources, sorted(plan(rng, begin, minutes * MINUTE, contacts), key=lambda p: p[:3]))


def heard(sources, told):
    """What each source tells, in order of arrival."""
    arrivals = []
    for time, _, name, event in told:
        source = sources[name]
        arrivals += source.restart(time) if event is None else source.tell(event)
    order = sorted(range(len(arrivals)), key=lambda i: (arrivals[i][0], i))
    return [arrivals[i] for i in order]
