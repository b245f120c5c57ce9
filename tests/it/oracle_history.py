# SPDX-License-Identifier: MIT
"""What of a closed interval is no sum: who waited and who was there at its end,
how many it would have taken, and how long was waited in it.

An interval closes 15 s after its end, and is of what is known by then; what
comes later than that counts in the one that is open.  Asked for by
Oracle(config, history=s): intervals of at least that length are followed.
"""
import oracle_figures
from oracle_numbers import nearest_rank, seconds

GRACE = 15                  # s
QUARTER = 900
QUIET = 7200                # s without an occurrence: then only days are looked at


class History:
    def __init__(self, oracle, shortest):
        self.oracle, self.shortest = oracle, shortest
        self.clock = None       # s; how far time was lived through
        self.ends = None        # s; the end that closes next
        self.stays = []         # visits that wait, or left not long ago
        self.newest = 0         # second of the newest occurrence, or of the beginning
        self.closed = {}        # (interval, queue or None, start) -> fields
        self.left_out = set()   # ends at which nobody looked

    def deadlines(self):
        if self.ends is not None:
            yield (self.ends + GRACE) * 1000 - 1, self.close, self.ends

    def goes_on(self, ms):
        """The clock; the first time it is told, nothing has ended yet."""
        if self.clock is None:
            began = ms // 1000 - GRACE
            self.ends = (began // self.shortest + 1) * self.shortest
            self.newest = began
        self.clock = max(ms // 1000, self.clock or 0)

    def file(self, occurrence):
        """The second it counts at in the history."""
        self.newest = max(self.newest, occurrence.second, self.clock)
        return max(occurrence.second, self.clock - GRACE)

    def waits(self, visit):
        if visit not in self.stays:
            self.stays.append(visit)

    def close(self, end, when):
        self.stays = [v for v in self.stays if v.left is None
                      or max(v.left, v.start) // 1000 >= end]
        self.ends += self.shortest
        queues = (*self.oracle.queues.values(), None)
        if end > self.newest + QUIET and not any(self.ends_day(q, end) for q in queues):
            self.left_out.add(end)
            return
        now, self.oracle.now = self.oracle.now, when + 1
        staffed = self.staffed(end * 1000 - 1)
        site = 0
        for queue in queues:
            waiting = self.waiting(queue, end) if queue else site
            site += waiting
            there = sum(queue is None or queue.name in member for member in staffed)
            level = {"waiting_count": str(waiting), "agents_staffed_count": str(there),
                     "agents_required_count": self.required(queue, end)}
            for name, start in self.over_at(queue, end):
                self.closed[name, queue and queue.name, start] = {
                    **level, **self.waited(queue, start, end, name)}
        self.oracle.now = now

    def ends_day(self, queue, end):
        return self.oracle.day(end, queue.zone if queue else self.oracle.zone) == end

    def over_at(self, queue, end):
        if self.shortest == 60:
            yield "1m", end - 60
        if end % QUARTER == 0:
            yield "15m", end - QUARTER
        if self.ends_day(queue, end):
            yield "1d", self.oracle.day(end - 1, queue.zone if queue else self.oracle.zone)

    def waiting(self, queue, end):
        """Came by then, less left by then: by their times some left first."""
        here = [v for v in self.stays if v.queue is queue]
        came = sum(v.start // 1000 < end for v in here)
        return max(0, came - sum(v.left is not None and v.left // 1000 < end for v in here))

    def staffed(self, at):
        """The queues of each who is there."""
        return [a.member(at) for a in self.oracle.agents.by_name.values()
                if a.now(at)[0] in oracle_figures.STAFFED]

    def required(self, queue, end):
        """None: not worked out, it takes long; of every fifth minute it is."""
        if queue is None:
            return "NaN"
        if end % 300:
            return None
        nobody = {"agents_staffed_count": "0", "agents_available_count": "0"}
        return oracle_figures.forecast(self.oracle, queue, nobody)["agents_required_count"]

    def waited(self, queue, start, end, name):
        waits = sorted(o.values["wait"] for o in self.oracle.log
                       if o.kind in ("answered", "abandoned") and start <= o.filed < end
                       and queue in (None, o.queue))
        f = {"wait_max_seconds": seconds(waits[-1] if waits else None),
             "wait_p90_seconds": nearest_rank(waits, 90) if waits else "NaN"}
        if name == "1d":
            f["wait_p90_seconds"] = f["agents_staffed_count"] = "NaN"
            f["agents_required_count"] = "NaN"
        return f
