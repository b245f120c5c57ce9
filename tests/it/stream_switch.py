# SPDX-License-Identifier: MIT
"""Random streams of one switch that is heard by two inputs: what its calls do
comes from one, what its agents do from the other, each with delays of its own.
So the end of a call is often told after what its agent did next, and hers
before the end of the call: the agents hardly rest.  The faults are those of
stream.py.
"""
import random

from stream import MINUTE, Source, Tale, agent_says, heard, spoiled

CONFIG = {
    "zone": "Europe/Oslo",
    "clock": "wall",
    "windows": ["15m", "60m", "today", "all"],
    "defaults": {"call": {"threshold": 20_000, "max_wait": 2 * MINUTE,
                          "max_handle": 4 * MINUTE, "wrapup": 30_000}},
    "queues": {
        "sales": {"channel": "call", "match": ["1001", "q-sales"]},
        "short": {"channel": "call", "max_handle": 45_000, "wrapup": MINUTE},
        "ends": {"channel": "call", "max_handle": MINUTE, "wrapup": MINUTE},
        "none": {"channel": "call", "wrapup": 0, "max_handle": 0},
    },
}
CHANNEL = {"sales": "call", "1001": "call", "short": "call", "ends": "call", "none": "call"}
AGENTS = ("ann", "bob", "cat")
BEGIN = 1_782_820_800_000       # an ordinary noon
OF_AGENTS = ("ringing", "held", "resumed", "login", "logout", "state", "joined", "left")


class Input(Source):
    """It never lies about the time; it is often slow."""

    DELAYS = (0, 0, 300, 2000, 8000, 30_000, 100_000)
    WRONG_BY = (0,)

    def arrives(self, time):
        if self.rng.random() < 0.1:
            self.delay = self.rng.choice(self.DELAYS)
        self.last = max(self.last, time + self.delay)
        return self.last


class Call(Tale):
    """Half of its times are whole seconds, as in a log."""

    def after(self, longest):
        super().after(min(longest, MINUTE))
        if self.rng.random() < 0.5:
            self.time -= self.time % 1000


def shift(rng, agent, end):
    """She says something of herself again and again."""
    time = BEGIN
    while time < end:
        yield agent_says(rng, agent, time - time % rng.choice((1, 1000)), tuple(CONFIG["queues"]))
        time += rng.randrange(1, MINUTE)


def plan(rng, end, contacts):
    for number in range(contacts):
        tale = Call(rng, number, rng.randrange(BEGIN, end), CHANNEL, AGENTS)
        for order, e in enumerate(spoiled(rng, tale.tell(), CHANNEL, AGENTS)):
            yield e["time"], order, "agents" if e["event"] in OF_AGENTS else "calls", e
    for agent in AGENTS:
        for e in shift(rng, agent, end):
            yield e["time"], 0, "agents", e


def stream(seed, contacts=250, minutes=60):
    """(arrival ms, event), in order of arrival."""
    rng = random.Random(seed)
    inputs = {name: Input(rng, "gate", BEGIN) for name in ("calls", "agents")}
    told = plan(rng, BEGIN + minutes * MINUTE, contacts)
    return heard(inputs, sorted(told, key=lambda p: p[:3]))
