# SPDX-License-Identifier: MIT
"""The oracle's feeds: which numbers of a source came, and which did not."""


class Feed:
    TOTALS = ("events", "lost", "duplicate", "late", "skewed", "rejected", "inconsistent")

    def __init__(self, name):
        self.name = name
        self.boot, self.highest, self.seen = None, None, set()
        self.lost = {}              # sequence number -> clock when missed
        self.lost_before = 0        # of boots gone by
        self.old_losses = []        # their clocks
        self.began = None
        self.heard = None           # clock of the last message
        self.last_event = None
        self.beats = False
        self.total = dict.fromkeys(self.TOTALS, 0)
        self.kinds = {}             # inconsistent, by kind

    def number(self, boot, seq):
        """True when this number is new; notes holes."""
        if self.boot is None:
            self.boot, self.highest = boot, seq
            self.seen = {seq}
            return "new", ()
        if boot < self.boot:
            return "duplicate", ()
        if boot > self.boot:
            self.lost_before += len(self.lost)
            self.old_losses += self.lost.values()
            self.boot, self.highest, self.seen, self.lost = boot, 0, set(), {}
        if seq > self.highest:
            holes = range(self.highest + 1, seq)
            self.highest = seq
            self.seen.add(seq)
            return "new", holes
        if seq in self.lost and self.highest - seq <= 4095:
            del self.lost[seq]
            self.seen.add(seq)
            return "new", ()
        return "duplicate", ()

    def lost_count(self):
        return self.lost_before + len(self.lost)

    def lose(self, holes, clock):
        self.lost.update((seq, clock) for seq in holes)

    def gap_count(self, now):
        """What was missed in the last hour and did not come since."""
        clocks = [*self.lost.values(), *self.old_losses]
        return sum(clock >= now - 3_600_000 for clock in clocks)
