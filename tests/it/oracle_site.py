# SPDX-License-Identifier: MIT
"""A small site for cases worked out by hand: an oracle, and a source that
tells it things.  Times are seconds after T0."""
from oracle import Oracle

T0 = 1_782_820_800_000          # 2026-06-30 12:00 UTC, a Tuesday, a whole second


class Site:
    """An oracle and a source that tells it things."""

    def __init__(self, **config):
        call = {"threshold": 20_000, "target": "0.8", "max_wait": 7_200_000,
                "max_handle": 28_800_000}
        call.update(config.pop("call", {}))
        self.oracle = Oracle({"zone": "UTC", "windows": ["15m", "60m", "today"],
                              "defaults": {"call": call, "email": {}}, **config})

    def tell(self, at, event, contact=None, hears=None, **more):
        e = {"source": "pbx", "event": event, "time": ms(at), **more}
        if contact:
            e = {"channel": "call", "queue": "sales", "contact": contact, **e}
        self.oracle.arrive(e, ms(at if hears is None else hears))

    def call(self, start, wait, talk, contact, agent="ann"):
        self.tell(start, "queued", contact)
        self.tell(start + wait, "answered", contact, agent=agent)
        self.tell(start + wait + talk, "ended", contact, agent=agent)

    def queue(self, at, name="sales"):
        return self.oracle.figures(ms(at))["queues"][name]

    def agent(self, at, name="ann"):
        return self.oracle.figures(ms(at))["agents"][name]

    def feed(self, at, name="pbx"):
        return self.oracle.figures(ms(at))["feeds"][name]

    def site(self, at):
        return self.oracle.figures(ms(at))["site"]


def ms(at):
    return T0 + round(at * 1000)


def check(figures, **expected):
    assert {k: figures[k] for k in expected} == {k: str(v) for k, v in expected.items()}
