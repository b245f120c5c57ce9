# SPDX-License-Identifier: MIT
"""The machine's clock is set, an hour forth or back, or across a change of
summer time, while the programs run (libfaketime)."""
import pathlib
import subprocess
import time

from conftest import build
from paging import Recorder
from rows import Skip, Wrong, row
from system import System, wait_until
from test_alerts_live import configure
from test_live import body

LIBRARIES = ("/usr/lib/*/faketime/libfaketime.so.1", "/usr/lib/faketime/libfaketime.so.1")
HOUR = 3600
SPRING = "2026-03-29 00:59:50"      # UTC: ten seconds before Oslo's clocks go forth
AUTUMN = "2026-10-25 00:59:50"


class Clock:
    """What the daemon and its collectors take for the time.  The monotonic
    clock is left alone, as a machine's is."""

    def __init__(self, site):
        found = [p for pattern in LIBRARIES for p in pathlib.Path("/").glob(pattern[1:])]
        if not found:
            raise Skip("package faketime is not there")
        self.file, self.off = site.directory / "clock", 0
        self.set("+0")
        for program in (site.heart, *site.collectors):
            program.command = ["env", f"LD_PRELOAD={found[0]}", "FAKETIME_NO_CACHE=1",
                               f"FAKETIME_TIMESTAMP_FILE={self.file}",
                               "FAKETIME_DONT_FAKE_MONOTONIC=1", *program.command]

    def set(self, words):
        whole = self.file.with_suffix(".new")
        whole.write_text(words + "\n")
        whole.rename(self.file)

    def jump(self, seconds):
        self.off += seconds
        self.set(f"{self.off:+d}")


def off_to(moment):
    """Seconds from now to that moment."""
    done = subprocess.run(["date", "-u", "-d", moment, "+%s"], capture_output=True, text=True,
                          check=True)
    now = subprocess.run(["date", "+%s"], capture_output=True, text=True, check=True)
    return int(done.stdout) - int(now.stdout)


@row("clock", 20, "the clock jumps an hour, or to a change of summer time", rounds=20, short=3,
     site={"gear": Clock})
def jump(site, rng):
    clock = site.gear
    kind = rng.choice(("hour", "hour", "change"))
    if kind == "hour":
        clock.jump(rng.choice((HOUR, -HOUR)))
    else:
        clock.off = off_to(rng.choice((SPRING, AUTUMN)))
        clock.jump(0)
    site.load.send_for(rng.uniform(0.1, 0.5), 60)
    return site.back()


@row("clock-killed", 20, "the clock jumps while the daemon is dead", rounds=20, short=2,
     site={"gear": Clock})
def jump_while_dead(site, rng):
    site.heart.kill9()
    site.gear.jump(rng.choice((HOUR, -HOUR)))
    site.goes_on(rng)
    took = site.back(site.heart.start)
    started = int(site.hash("meta")["started"]) / 1000
    if abs(started - time.time() - site.gear.off) > 60:
        raise Wrong("the clock of the daemon did not jump")
    return took


# ---- alarms by the wall

FOR = 'waits: { scope = "queue:*"; when = "waiting_count > 0"; for = "2s"; clear_for = "0s"; ' \
      'severity = "page"; hooks = ["pager"]; };'


def one_caller(system, calls, pager, clock, rng, n):
    """Waits; the clock is set; leaves.  Events carry the clock's time, as a
    source's on that machine do."""
    queue = f"q{n}"
    calls.say_at(clock, "queued", queue, n)
    if rng.random() < 0.5:
        wait_until(lambda: "fire" in pager.kinds(f"waits/queue:{queue}"), 60, "the page")
    clock.jump(rng.choice((HOUR, -HOUR)))
    wait_until(lambda: "fire" in pager.kinds(f"waits/queue:{queue}"), 60, "the page after a jump")
    calls.say_at(clock, "abandoned", queue, n)
    wait_until(lambda: "resolve" in pager.kinds(f"waits/queue:{queue}"), 60, "the end")


class Caller:
    def __init__(self, system):
        self.publisher, self.seq = system.publisher(), 0

    def say_at(self, clock, event, queue, n):
        self.seq += 1
        self.publisher.send(body({
            "source": "pbx", "boot": 1, "seq": self.seq, "event": event, "channel": "call",
            "time": int((time.time() + clock.off) * 1000), "queue": queue, "contact": f"c{n}"}))


@row("clock-alarms", 20, "somebody waits by the wall while the clock jumps", rounds=4, short=1,
     alone=True)
def alarms_by_the_wall(directory, rng, rounds, tally):
    system = System(directory, build())
    try:
        system.redis.start()
        pager = Recorder(system)
        configure(system, FOR, [pager])
        system.heart, system.collectors = system.daemon(), [system.collector()]
        clock, calls = Clock(system), Caller(system)
        system.heart.start().ready()
        system.collectors[0].start()
        for n in range(rounds):
            one_caller(system, calls, pager, clock, rng, n)
            tally.rounds += 1
        tally.events, tally.pages = calls.seq, rounds
        told = [(t["CCMON_ALERT"], t["CCMON_KIND"]) for t in pager.told()]
        tally.pages_doubled = len(told) - len(set(told))
        tally.pages_missed = 2 * rounds - len(set(told))
    finally:
        system.end()
