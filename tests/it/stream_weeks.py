# SPDX-License-Identifier: MIT
"""Random streams of days: letters, chats and calls of sites round the world,
over a change of the clocks in one of their zones.  Between two events hours
pass; the tales and the faults are those of stream.py.
"""
import random
from datetime import datetime, timezone

from stream import AGENTS, MINUTE, SOURCES, Source, Tale, agent_says, heard, spoiled

HOUR, DAY = 60 * MINUTE, 1440 * MINUTE
CONFIG = {
    "zone": "Europe/Oslo",
    "clock": "wall",
    "windows": ["15m", "24h", "today", "all"],
    "silent_after": 15_000,
    "fcr_days": 2,
    "defaults": {
        "call": {"threshold": 20_000, "max_wait": 2 * HOUR, "max_handle": 8 * HOUR,
                 "max_open": 7 * DAY},
        "chat": {"threshold": 30_000, "target": "0.9", "sl_formula": "positive",
                 "max_wait": 3 * HOUR, "max_handle": 13 * HOUR, "max_open": DAY, "wrapup": HOUR,
                 "first_response": 60_000, "next_response": 120_000},
        "email": {"max_open": 5 * DAY, "first_response": 4 * HOUR, "resolution": 16 * HOUR},
    },
    "queues": {
        "sales": {"channel": "call", "match": ["1001", "q-sales"], "first_response": 30_000,
                  "wrapup": 9 * HOUR},
        "repairs": {"channel": "call", "resolution": 2 * HOUR, "calendar": "kolkata"},
        "desk": {"channel": "chat", "calendar": "kolkata", "next_response": 20 * MINUTE},
        "night": {"channel": "chat", "calendar": "night", "resolution": 3 * HOUR,
                  "max_wait": 20 * HOUR, "max_open": 0, "threshold": 0},
        "mail": {"channel": "email", "calendar": "oslo", "next_response": 3 * HOUR},
        "york": {"channel": "email", "calendar": "york", "zone": "America/New_York",
                 "next_response": HOUR, "max_open": 30 * DAY},
        "howe": {"channel": "email", "calendar": "howe", "zone": "Australia/Lord_Howe",
                 "next_response": 26 * HOUR, "first_response": 90 * MINUTE, "threshold": HOUR},
        "chatham": {"channel": "email", "calendar": "chatham", "zone": "Pacific/Chatham",
                    "first_response": 31 * MINUTE, "resolution": 2 * HOUR, "max_open": 0},
        "free": {"channel": "email", "first_response": 0, "resolution": 0, "max_open": 2 * DAY},
        "never": {"channel": "email", "calendar": "never", "next_response": HOUR},
    },
    "calendars": {
        "oslo": {"zone": "Europe/Oslo", "open": ["mon-fri 08:00-16:00", "sun 01:30-03:30"],
                 "exceptions": ["2026-03-30", "2026-10-26 02:00-04:00",
                                "2026-10-26 12:00-24:00"]},
        "night": {"zone": "Europe/Oslo",
                  "open": ["daily 22:00-06:00", "sat 02:30-12:00", "sat 23:00-02:30"],
                  "exceptions": ["2026-03-28 23:00-02:30", "2026-10-25 02:15-02:45"]},
        "york": {"zone": "America/New_York",
                 "open": ["mon-fri 08:30-17:00", "sat-sun 01:00-02:30"]},
        "howe": {"zone": "Australia/Lord_Howe", "open": ["daily 00:00-24:00"],
                 "exceptions": ["2026-04-04", "2026-10-04 01:45-02:15", "2026-04-05 01:40-01:50"]},
        "kolkata": {"zone": "Asia/Kolkata", "open": ["mon-sat 09:15-18:45", "sun 22:00-03:00"]},
        "chatham": {"zone": "Pacific/Chatham", "open": ["daily 02:00-04:00", "mon-fri 09:00-12:00"],
                    "exceptions": ["2026-04-05 02:50-03:40", "2026-09-27 02:50-03:40"]},
        "never": {"zone": "UTC", "open": [], "exceptions": ["2026-03-29 00:00-00:01"]},
    },
    "feeds": {"gate": 60_000},
}
CHANNEL = {name: queue["channel"] for name, queue in CONFIG["queues"].items()} | {
    "1001": "call", "walk-in": "call", "web": "chat", "info": "email"}
CHANGES = ("2026-03-08", "2026-03-29", "2026-04-04", "2026-09-26", "2026-10-03", "2026-10-25",
           "2026-11-01")


class SlowSource(Source):
    """Hours late, at times."""

    DELAYS = Source.DELAYS + (HOUR, 7 * HOUR)
    WRONG_BY = Source.WRONG_BY + (-20 * MINUTE, -HOUR, -3 * HOUR, -9 * HOUR)


class LongTale(Tale):
    """Seconds, minutes, hours or days from one thing to the next."""

    WRITES_ON = 0.87

    def after(self, longest):
        scale = self.rng.random()
        if scale < 0.55:
            super().after(longest)
        else:
            self.time += self.rng.randrange(
                10 * MINUTE if scale < 0.7 else 5 * HOUR if scale < 0.95 else 2 * DAY)


def working_days(rng, begin, end):
    for agent in AGENTS:
        time = begin + rng.randrange(6 * HOUR)
        while time < end:
            yield agent_says(rng, agent, time, tuple(CONFIG["queues"]))
            time += rng.randrange(1, 14 * HOUR)


def plan(rng, begin, end, contacts):
    for number in range(contacts):
        tale = LongTale(rng, number % (contacts * 9 // 10 + 1), rng.randrange(begin, end), CHANNEL)
        source = rng.choice(SOURCES)
        for order, e in enumerate(spoiled(rng, tale.tell(), CHANNEL)):
            yield e["time"], order, source, e
    for e in working_days(rng, begin, end):
        yield e["time"], 0, rng.choice(SOURCES), e
    for source in SOURCES[:3]:
        for time in range(begin, end, 7 * HOUR):
            yield time, 0, source, {"time": time, "event": "heartbeat"}
        if rng.random() < 0.5:
            yield rng.randrange(begin, end), 0, source, None


def stream(seed, contacts=70, days=6):
    """(arrival ms, event), in order of arrival."""
    rng = random.Random(seed)
    change = datetime.fromisoformat(rng.choice(CHANGES)).replace(tzinfo=timezone.utc)
    begin = int(change.timestamp() * 1000) - rng.randrange(DAY, 4 * DAY)
    sources = {name: SlowSource(rng, name, begin) for name in SOURCES}
    told = plan(rng, begin, begin + days * DAY, contacts)
    return heard(sources, sorted(told, key=lambda p: p[:3]))
