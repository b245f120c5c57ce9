# SPDX-License-Identifier: MIT
"""Ended at each point at which the world could notice: before and after each
call of a program that writes, sends or syncs (crashat.c)."""
import math
import re
import time

from conftest import build
from place import PATIENCE
from rows import Skip, row
from stopwatch import ran
from system import wait_until

FIRST = 120                         # points of the start, as likely as all that follow
FAR = 3000                          # the last one
LIFE = 2                            # s it has to come to its point
MOST = 60                           # events it is told meanwhile


class Points:
    def __init__(self, site):
        self.shim = build() / "tests" / "crashat.so"
        if not self.shim.exists():
            raise Skip(f"{self.shim} is not built; make torture builds it")

    @staticmethod
    def next(rng):
        if rng.random() < 0.5:
            return 1 + rng.randrange(FIRST)
        return round(math.exp(rng.uniform(math.log(FIRST), math.log(FAR))))

    def arm(self, program, n):
        """Started once, to die at its n-th point."""
        whole = program.command
        program.command = ["env", f"LD_PRELOAD={self.shim}", f"CRASH_AT={n}", *whole]
        program.start()
        program.command = whole


def until_it_dies(site, program):
    """Or has lived for long enough: then it is killed."""
    deadline = ran() + LIFE
    for _ in range(MOST):
        site.load.send(program.runs() and site.load.left() > MOST)
        time.sleep(0.005)
    while program.runs() and ran() < deadline:
        time.sleep(0.005)
    program.kill9()


@row("daemon-points", 2, "daemon ends before or after any call that writes or sends",
     rounds=100, short=6, site={"gear": Points})
def daemon_points(site, rng):
    site.heart.kill9()
    site.goes_on(rng)
    site.gear.arm(site.heart, site.gear.next(rng))
    until_it_dies(site, site.heart)
    return site.back(site.heart.start)


def hear_of_it(site, seen):
    """What it has on disk, if it lives to say so."""
    def said():
        return re.search(r"records=\d+\.\.(\d+)", site.ear.text()[seen:]) or not site.ear.runs()
    found = wait_until(said, PATIENCE, "the collector's journal")
    if found is not True:
        site.load.again(int(found.group(1)))


@row("collector-points", 2, "collector ends before or after any call that writes or sends",
     rounds=100, short=6, site={"gear": Points})
def collector_points(site, rng):
    site.kill_collector()
    site.goes_on(rng)
    seen = len(site.ear.text())
    site.gear.arm(site.ear, site.gear.next(rng))
    hear_of_it(site, seen)
    until_it_dies(site, site.ear)
    if site.load.socket:
        site.load.hang_up()
    return site.back(site.restart_collector)
