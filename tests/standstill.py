#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""standstill.py [--mean S] [--least S] [--most S] [--seed N] COMMAND...

Runs it on a host that now and then runs nobody for a while, as a busy one does
to its guests: everything the command starts stands still together, by the
kernel's freezer.  A test that fails under it fails somewhere else one day.
Wants root, for a control group of its own.
"""
import argparse
import os
import pathlib
import random
import subprocess
import sys
import time

ROOT = pathlib.Path("/sys/fs/cgroup")


class Group:
    """Of version 2 where that is the host's, else of version 1's freezer."""

    def __init__(self):
        name = f"ccmon-standstill-{os.getpid()}"
        if (ROOT / "cgroup.controllers").exists():
            self.path, self.switch, self.words = ROOT / name, "cgroup.freeze", ("0", "1")
        else:
            self.path = ROOT / "freezer" / name
            self.switch, self.words = "freezer.state", ("THAWED", "FROZEN")
        self.path.mkdir()

    def enter(self):
        (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def freeze(self, frozen):
        (self.path / self.switch).write_text(self.words[frozen])

    def remove(self):
        """What the command left behind keeps it."""
        try:
            self.path.rmdir()
        except OSError:
            print(f"{self.path} is still in use", file=sys.stderr)


def wait(process, seconds):
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        pass


def run(group, options, rng):
    """The command's exit status, how often it stood still, and for how long."""
    process = subprocess.Popen(options.command, preexec_fn=group.enter)
    times, total = 0, 0.0
    wait(process, rng.expovariate(1 / options.mean))
    while process.poll() is None:
        seconds = rng.uniform(options.least, options.most)
        group.freeze(True)
        try:
            time.sleep(seconds)
        finally:
            group.freeze(False)
        times, total = times + 1, total + seconds
        wait(process, rng.expovariate(1 / options.mean))
    return process.returncode, times, total


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--mean", type=float, default=12, help="seconds it runs between")
    parser.add_argument("--least", type=float, default=0.5, help="seconds it stands still")
    parser.add_argument("--most", type=float, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if not options.command:
        parser.error("no command")
    try:
        group = Group()
    except OSError as why:
        sys.exit(f"standstill.py: no control group can be had: {why}")
    try:
        status, times, total = run(group, options, random.Random(options.seed))
    finally:
        group.remove()
    print(f"stood still {times} times, {total:.0f} seconds in all", file=sys.stderr)
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())
