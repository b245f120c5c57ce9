# SPDX-License-Identifier: MIT
"""The rows of the table: what each is called, what happens in it, and how
often.  A file of faults adds its own with @row.

    @row("redis-hung", 10, "stopped for 1 to 5 s", rounds=20, short=2)
    def hang(site, rng): ...

A fault is given a site under load.  It does what it does, makes good what is
not ours to make good (a Redis that is dead is started again), and returns the
seconds to the first commit that was right, or None where there is nothing to
measure; what must be so, it asserts.
"""
import dataclasses
import shutil
import subprocess
import typing

ROWS = {}


class Skip(Exception):
    """It cannot be done here; says why."""


class Wrong(Exception):
    """What must be so is not."""


def needs_mounts():
    """Disks of a namespace of its own: not everybody may, nor in every root."""
    if not shutil.which("unshare") or subprocess.run(
            ["unshare", "-m", "true"], capture_output=True, check=False).returncode != 0:
        raise Skip("a disk of its own takes root, and unshare")


@dataclasses.dataclass
class Row:
    name: str
    number: int                         # in the matrix of faults
    what: str
    fault: typing.Callable
    rounds: int                         # by itself
    short: int                          # in the short version
    site: dict = dataclasses.field(default_factory=dict)    # how it is set up
    alone: bool = False                 # a story of its own: not under the common load


@dataclasses.dataclass
class Tally:
    """What came of a row."""
    rounds: int = 0
    events: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0                      # figures that differ from the oracle's
    pages: int = 0
    pages_missed: int = 0
    pages_doubled: int = 0
    took: list = dataclasses.field(default_factory=list)
    said: list = dataclasses.field(default_factory=list)    # what was wrong, and memory
    failed: bool = False
    skipped: bool = False

    def add(self, other):
        for field in dataclasses.fields(self):
            mine, theirs = getattr(self, field.name), getattr(other, field.name)
            setattr(self, field.name, mine or theirs if isinstance(mine, bool) else mine + theirs)

    def blame(self, words):
        self.failed = True
        self.said.append(words)

    def skip(self, why):
        self.skipped = True
        self.said.append(str(why))

    def is_good(self):
        return not (self.failed or self.lost or self.doubled or self.wrong
                    or self.pages_missed or self.pages_doubled)


def row(name, number, what, rounds, short, **more):
    def register(fault):
        ROWS[name] = Row(name, number, what, fault, rounds, short, **more)
        return fault
    return register
