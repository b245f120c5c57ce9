# SPDX-License-Identifier: MIT
"""A ccmon that follows a switch that is not there: a daemon, and a collector
that lives in the story's time (story_clock.c), with a log to read or a line to
call at.  Hours of the story pass as fast as they can be told."""
import os
import signal
import struct
import time
from contextlib import nullcontext

import pytest

from conftest import build
from stopwatch import ran
from switch import SHORT, THRESHOLD, ZONE
from switch_asterisk import Asterisk
from switch_seen import Gaps, seen_of
from system import wait_until
from test_switch_model import only, without_hold, wrongs

SOURCE = "pbx"
CONFIG = {"clock": "events", "windows": ["today"], "zone": ZONE, "defaults": {"call": {
    "threshold": THRESHOLD * 1000, "short_abandon": SHORT * 1000, "max_wait": 7_200_000,
    "max_handle": 28_800_000}}}


class StoryClock:
    def __init__(self, directory, at):
        self.library = build() / "tests" / "story_clock.so"
        if not self.library.exists():
            pytest.fail(f"{self.library} is not built; make check-it builds it")
        self.path = directory / "clock"
        self.file = open(self.path, "wb", buffering=0)
        self.set(at)

    def set(self, at):
        """One write of eight bytes: nobody sees half of it."""
        os.pwrite(self.file.fileno(), struct.pack("=q", at), 0)

    def of(self, command):
        options = "verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", "")
        return ["env", f"LD_PRELOAD={self.library}", f"STORY_CLOCK={self.path}",
                f"ASAN_OPTIONS={options}", *command]


def file_input(path, **more):
    return setting(type="file", path=path, dialect="queue_log", source=SOURCE, start="all",
                   **more)


def line_input(kind, server, directory, secret=None, **more):
    path = directory / f"{kind}.secret"
    path.write_text((secret or server.secret) + "\n")
    path.chmod(0o600)
    if kind == "ami":
        more["username"] = "ccmon"
    return setting(type=kind, address=server.address, source=SOURCE, secret_file=path, **more)


def setting(**members):
    return "{ " + " ".join(f'{k} = "{v}";' for k, v in members.items()) + " }"


class House:
    def __init__(self, system, switch, inputs, server=None, log=None, waits=True):
        self.system, self.switch, self.server = system, switch, server
        self.gaps, self.hurried = Gaps(), 0
        self.log = open(log, "a", buffering=1) if log else None
        self.asterisk = Asterisk(switch)
        self.clock = StoryClock(system.directory, switch.now)
        system.configure(CONFIG)
        text = system.config.read_text()
        begin = text.index("inputs = (")
        end = text.index("); };", begin)
        system.config.write_text(f"{text[:begin]}inputs = ({', '.join(inputs)}{text[end:]}")
        self.daemon = system.daemon().start().ready()
        self.collector = system.collector()
        self.collector.command = self.clock.of(self.collector.command)
        self.collector.start()
        if server and waits:
            server.wait_synced()

    # ---- the story

    def tell(self, minutes=None, is_heard=True):
        """The story goes on, so many minutes or to its end.  While it is heard,
        the clock is that of what was told last: so it is right for who reads it."""
        until = None if minutes is None else int(self.switch.now + minutes * 60_000)
        steps = self.switch.steps(until)
        while True:
            with self.lock():
                step = next(steps, None)
                if step is not None or not is_heard:
                    self.clock.set(self.switch.now)
                for happening in step or ():
                    self.tell_one(happening, is_heard)
            if step is None:
                break

    def lock(self):
        return self.server.lock if self.server else nullcontext()

    def tell_one(self, happening, is_heard):
        if self.log:
            self.log.writelines(self.asterisk.log(happening))
        if self.server and is_heard:
            self.server.tell(happening)

    def miss(self, minutes, down, up=None):
        """down() ends the line, which is there again so much later, and all
        that was asked of the switch was answered."""
        before, came = self.switch.now, len(self.server.sessions)
        process = self.collector.process
        down()
        self.tell(minutes, is_heard=False)
        if up:
            up()
        wait_until(lambda: self.server.synced(came) or self.hurry(process), 60,
                   "the line to be back")
        self.gaps.add(before, self.switch.now)

    def cut(self, half=b""):
        self.server.cut(half)
        self.server.wait_ended()

    def hurry(self, process):
        """A line that broke often is tried again late; a reload does it now.  Not
        for a collector that begins: it has no ears yet."""
        now = time.monotonic()
        if now > self.hurried + 0.2 and self.collector.process is process:
            self.hurried = now
            self.collector.signal(signal.SIGHUP)
        return False

    # ---- what became of it

    def seen(self):
        """What must be counted by who was told all but what was missed; of a
        hold that went on meanwhile only a part."""
        visits = seen_of(self.switch, self.gaps, self.server.lists_talks)
        return without_hold(self.switch.figures(visits))

    def so_far(self):
        """In the middle, when who waits too long is late before she is out."""
        return only(self.seen(), lambda name: name != "sl_late_count")

    def feed(self):
        return self.system.hash(f"feed:{SOURCE}")

    def queues(self):
        """The board's, their day's figures by their names."""
        return {name: {k.removesuffix("_today"): v for k, v in
                       self.system.hash(f"queue:{name}").items() if k.endswith("_today")}
                for name in self.system.names("queues")}

    def must_come_to(self, figures, said="", timeout=20):
        deadline = ran() + timeout
        while wrong := wrongs(figures, self.queues(), said, self.rough()):
            assert ran() < deadline, "\n".join([*wrong, str(self.inconsistent())])
            time.sleep(0.02)

    def rough(self):
        """Who came or was answered unseen is known to the second, as lists are;
        hardly more than two of a queue each time."""
        return 2.0 * len(self.gaps.all)

    def inconsistent(self):
        return {k: int(v) for k, v in self.feed().items()
                if k.startswith("inconsistent_") and v != "0"}

    def lines(self, words):
        """How often the collector said so."""
        return self.collector.text().count(words)

    def wait_line(self, words, n=1, timeout=20):
        wait_until(lambda: self.lines(words) >= n, timeout, f"{words!r} {n} times")
