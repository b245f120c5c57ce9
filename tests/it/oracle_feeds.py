# SPDX-License-Identifier: MIT
"""The oracle's feeds: which numbers of a source came, and which did not.
Sets of numbers, one a boot; nothing is ever forgotten here but what the text
says is forgotten: the oldest of more than four numberings."""


class Numbering:
    def __init__(self, missed_from):
        self.missed_from = missed_from  # what is below was before our time
        self.seen = set()
        self.missed = {}                # number -> the clock when it was missed

    def take(self, seq, clock):
        if seq in self.seen:
            return False
        highest = max(self.seen, default=self.missed_from - 1)
        for number in range(highest + 1, seq):
            self.missed[number] = clock
        self.seen.add(seq)
        self.missed.pop(seq, None)
        return True


class Feed:
    TOTALS = ("events", "lost", "duplicate", "late", "skewed", "rejected", "inconsistent")
    NUMBERINGS = 4

    def __init__(self, name):
        self.name = name
        self.boots = {}             # boot -> Numbering
        self.given_up = 0           # missing of those forgotten
        self.began = None
        self.heard = None           # clock of the last message
        self.last_event = None
        self.beats = False
        self.total = dict.fromkeys(self.TOTALS, 0)
        self.kinds = {}             # inconsistent, by kind

    def number(self, boot, seq, clock):
        """True when this number is new; notes what it jumps over."""
        if boot not in self.boots and not self.begin(boot, seq):
            return False
        return self.boots[boot].take(seq, clock)

    def begin(self, boot, seq):
        is_oldest = all(boot < other for other in self.boots)
        if len(self.boots) == self.NUMBERINGS:
            if is_oldest:
                return False
            self.given_up += len(self.boots.pop(min(self.boots)).missed)
        self.boots[boot] = Numbering(seq if is_oldest else 1)
        return True

    def current(self):
        """The newest boot, and its highest number."""
        if not self.boots:
            return 0, 0
        boot = max(self.boots)
        return boot, max(self.boots[boot].seen)

    def lost_count(self):
        return self.given_up + sum(len(n.missed) for n in self.boots.values())

    def gap_count(self, now):
        """What was missed in the last hour and did not come since."""
        return sum(clock >= now - 3_600_000
                   for n in self.boots.values() for clock in n.missed.values())
