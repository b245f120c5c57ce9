# SPDX-License-Identifier: MIT
"""More than anybody planned for: a source that floods, and names without end.
Memory stays within the limit each row names, and the others are served."""
import os
import socket

from conftest import build
from input_faults import memory
from load import body
from rows import Wrong, row
from system import System, wait_until
from test_live import CALL, LIVE

FLOOD = 30_000                      # events in one burst: far above any site's
FLOOD_LIMIT = 192 << 20             # bytes: hwm messages and what is under way
NAMES_LIMIT = 256 << 20             # bytes: limits.agents of them, and the same
AGENTS = 5000                       # limits.agents
NAMES = 200_000                     # new names a round; five rounds are a million
KNOWN = 10


def hold_against(notes, programs, limit):
    """Peak memory of each."""
    for program in programs:
        peak = memory(program, "VmHWM")
        notes[program.name] = f"{program.name}: at most {peak >> 20} MiB of {limit >> 20}"
        if peak > limit:
            raise Wrong(notes[program.name])


@row("flood", 24, "a source sends 30,000 events at once", rounds=10, short=2)
def flood(site, rng):
    site.strangers.add("flood")
    for _ in range(FLOOD):
        site.load.extra({"source": "flood", "event": "heartbeat", "time": site.load.latest})
    site.goes_on(rng)
    took = site.back()
    hold_against(site.notes, (site.heart, site.ear), FLOOD_LIMIT)
    return took


# ---- who does not speak ZeroMQ, or begins and goes silent

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00NULL" + bytes(48)
CALLERS = 150


def call(path, rng):
    one = socket.socket(socket.AF_UNIX)
    one.settimeout(5)
    try:
        one.connect(path)
        one.sendall(rng.choice((GREETING[:rng.randrange(64)], os.urandom(rng.randrange(3000)),
                                GREETING + os.urandom(200), GREETING, b"")))
    except OSError:
        pass    # it has hung up: that is its right
    return one


@row("garbage", 23, "150 callers who talk rubbish, or nothing, at each socket", rounds=20, short=2)
def garbage(site, rng):
    """While they are there and after.  What of it looks like a message is
    refused, in the collector's name."""
    site.strangers.add("call")
    callers = [call(f"{site.directory}/{name}", rng)
               for name in ("call.in", "ingest") for _ in range(CALLERS)]
    site.goes_on(rng)
    took = site.back()
    for one in callers:
        one.close()
    site.goes_on(rng)
    site.until_right()
    hold_against(site.notes, (site.heart, site.ear), FLOOD_LIMIT)
    return took


# ---- names without end


class Names:
    """One source that makes up agents, beside one that is in order."""

    def __init__(self, system):
        self.system, self.publisher = system, system.publisher()
        self.seq = dict.fromkeys(("good", "bad"), 0)
        self.time = CALL["time"]

    def say(self, source, event, **more):
        self.seq[source] += 1
        self.time += 1
        self.publisher.socket.send(body(dict(more, source=source, boot=1, seq=self.seq[source],
                                             time=self.time, event=event)))

    def good(self, n):
        self.say("good", "login", agent=f"known{n % KNOWN}")
        self.say("good", "queued", channel="call", queue="sales", contact=f"c{n}")
        self.say("good", "abandoned", channel="call", queue="sales", contact=f"c{n}")

    def counted(self):
        """Each event, known or not, is accounted for."""
        return all(self.system.hash(f"feed:{s}").get("seq") == str(n)
                   for s, n in self.seq.items())


def check_names(system, offered):
    if int(system.hash("queue:sales")["offered_total"]) != offered:
        raise Wrong(f"sales has {system.hash('queue:sales')['offered_total']} of {offered}")
    for n in range(KNOWN):
        wait_until(lambda: system.hash(f"agent:known{n}").get("state") == "available", 10,
                   f"known{n} to be available")
    if len(system.names("agents")) > AGENTS + 1:
        raise Wrong(f"{len(system.names('agents'))} agents, limit {AGENTS}")


@row("names", 25, "a million names of agents", rounds=5, short=1, alone=True)
def names(directory, rng, rounds, tally):
    system = System(directory, build())
    try:
        system.redis.start()
        system.configure(LIVE, flush="250ms")
        with open(system.config, "a", encoding="utf-8") as f:
            f.write(f"limits: {{ agents = {AGENTS}; }};\n")
        daemon, collector = system.daemon().start().ready(), system.collector().start()
        told = Names(system)
        for n in range(KNOWN):
            told.good(n)
        for n in range(rounds * NAMES):
            told.say("bad", "login", agent=f"made-up-{rng.getrandbits(40):x}")
            if n % 1000 == 0:
                told.good(n)
        tally.rounds, tally.events = rounds, sum(told.seq.values())
        wait_until(told.counted, 240, "all names to arrive")
        wait_until(lambda: system.hash("queue:sales").get("offered_total")
                   == str(told.seq["good"] // 3), 10, "the good source's calls")
        check_names(system, told.seq["good"] // 3)
        notes = {}
        hold_against(notes, (daemon, collector), NAMES_LIMIT)
        tally.said += notes.values()
    finally:
        system.end()
