# SPDX-License-Identifier: MIT
"""How long something took, as far as the machine ran.

"Within two seconds" is a promise of the programs, not of a host that runs
nobody for three: a thread looks at the time every ten milliseconds, and what it
sleeps longer than fifty does not count.  Bounds from below need a real clock.
"""
import os
import threading
import time

STEP, STEP_MAX = 0.01, 0.05     # s


class Meter(threading.Thread):
    def __init__(self):
        super().__init__(name="stopwatch", daemon=True)
        self.ran = 0.0
        self.start()

    def run(self):
        before = time.monotonic()
        while True:
            time.sleep(STEP)
            now = time.monotonic()
            self.ran += min(now - before, STEP_MAX)
            before = now


_meter = Meter()


def begin_again():
    """A process that forked has none of its parent's threads."""
    global _meter
    _meter = Meter()


os.register_at_fork(after_in_child=begin_again)


def ran():
    """Seconds the machine ran since this process began; may be a step late."""
    return _meter.ran
