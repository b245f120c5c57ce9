# SPDX-License-Identifier: MIT
"""The oracle's after-contact work: until somebody says it is over, or planned
and over by itself or by what its agent does next."""
from oracle_agents import HOUR


class Work:
    """After-contact work of the agent whose handling has ended."""

    def __init__(self, visit, length):
        self.visit, self.contact, self.queue = visit, visit.contact, visit.queue
        self.handling, self.agent = visit.handling, visit.handling.agent
        self.begin, self.worked = visit.handling.last, visit.handling.worked
        self.planned = None if length is None else self.begin + length

    def limit(self):
        longest = self.queue.policy["max_handle"]
        return self.begin + longest if longest else None

    def is_within(self, at):
        """Not before it began, nor when it was over by itself."""
        ends = [end for end in (self.planned, self.limit()) if end is not None]
        return self.begin <= at <= min(ends)


def length_of(event, queue):
    """How much an end plans: ms, None until wrapped, 0 nothing."""
    if event.get("acw") is False:
        return 0
    if "acw_ms" in event:
        return event["acw_ms"]
    if "acw" in event:
        return None if event["event"] == "ended" else 0
    return queue.policy["wrapup"]


class Works:
    def __init__(self, oracle):
        self.oracle = oracle
        self.open = []

    def deadlines(self):
        for w in self.open:
            limit = w.limit()
            if w.planned is not None and (limit is None or w.planned <= limit):
                yield w.planned, self.over_by_plan, w
            elif limit is not None:
                yield limit, self.expired, w

    def over_by_plan(self, work, when):
        self.derive(work, when)
        self.oracle.closed_by_itself(work.contact, when)

    def expired(self, work, when):
        self.end(work, when)
        self.oracle.closed_by_itself(work.contact, when)

    def follows(self, visit, event):
        """The handling has ended; what she did since may be known."""
        length = length_of(event, visit.queue)
        if length == 0:
            self.oracle.works.append((visit.queue, visit.handling.worked))
            return
        work = Work(visit, length)
        visit.contact.works.append(work)
        self.open.append(work)
        self.oracle.agents.acw(work.handling, work.begin)
        if work.planned is not None:
            after = max(work.begin, self.oracle.now - HOUR)
            when = self.oracle.agents.next_turn(work.agent, after)
            if when is not None and work.is_within(when):
                self.derive(work, when)

    def turns(self, agent, at):
        """She does something else now."""
        for work in [w for w in self.open if w.agent == agent and w.planned is not None]:
            if work.is_within(at):
                self.derive(work, at)
                work.contact.touched = self.oracle.now
                work.contact.remember()

    def derive(self, work, when):
        self.count(work, work.queue, when, when - work.begin, derived=True)

    def count(self, work, queue, when, took, derived=False):
        self.oracle.count("acw", when, queue, work.agent, acw=took, derived=derived)
        self.end(work, when, took)

    def end(self, work, when, took=0):
        self.oracle.works.append((work.queue, work.worked + took))
        work.contact.works.remove(work)
        self.open.remove(work)
        self.oracle.agents.acw_end(work.handling, when)

    def wrapped(self, event, queue, contact, agent):
        mine = [w for w in contact.works if w.agent == agent and w.queue is queue]
        if not mine:
            self.oracle.contradicts("wrapped_unasked")
            return
        newest = max(contact.visits.index(w.visit) for w in mine)
        work = [w for w in mine if w.visit is contact.visits[newest]][-1]
        took = event.get("acw_ms", max(0, self.oracle.at - work.begin))
        self.count(work, queue, self.oracle.at, took)

    def lost(self, source, at):
        """Its source has restarted."""
        for work in [w for w in self.open if w.contact.source == source]:
            self.end(work, at)
            work.contact.touched = self.oracle.now
