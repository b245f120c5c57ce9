# SPDX-License-Identifier: MIT
"""The oracle's matters: what is owed to each contact, and the clocks of it.

Each row of the table in doc/counting.md is a function on_X, called after the
visits had the event and only when they did not drop it.  A clock keeps the
stretches in which it ran; its own time is the opening time in them, measured
anew each time it is asked for.
"""
PAUSABLE = ("first_response", "next_response", "resolution")
RESPONSES = ("first_response", "next_response")
KINDS = PAUSABLE + ("promise", "callback")
OWN_MOST = 2 ** 32 - 1          # ms; more counts as that


class Clock:
    def __init__(self, kind, calendar, start, target=None, due=None):
        self.kind, self.calendar, self.start = kind, calendar, start
        self.target, self.promised = target, due
        self.ran = []               # (from, to) of the stretches that are over
        self.since = start          # None: it stands still
        self.missed = None          # that occurrence, once it was missed
        self.told = False
        self.due = due if target is None else calendar.due(start, target)

    def own(self, now):
        stretches = self.ran + ([] if self.since is None else [(self.since, now)])
        return sum(self.calendar.elapsed(begin, end) for begin, end in stretches)

    def runs_out(self):
        return self.since is not None and self.due is not None and not self.missed

    def last_change(self):
        if self.since is not None:
            return self.since
        return self.ran[-1][1] if self.ran else self.start

    def stand_still(self, at):
        if self.since is not None:
            self.ran.append((self.since, at))
            self.since = None
            if not self.missed:
                self.due = None

    def go_on(self, at):
        if self.since is None:
            self.since = at
            if not self.missed:
                self.due = self.calendar.due(at, self.target - self.own(at))


class Matter:
    def __init__(self, contact, queue, opened):
        self.contact, self.queue, self.opened = contact, queue, opened
        self.clocks = {}            # of those that run, by kind
        self.pending = self.responded = self.resolution_began = False
        self.ended = False          # its conversation
        self.queued_by = None       # until then a queued may follow a transfer


class Matters:
    def __init__(self, oracle):
        self.oracle = oracle
        self.open = []

    # ---- its life

    def begin(self, contact, queue, at):
        contact.matter = Matter(contact, queue, at)
        self.open.append(contact.matter)
        return contact.matter

    def end_if_over(self, m):
        if m.ended and not m.clocks:
            self.end(m, None)

    def end(self, m, at):
        """It is over, and nothing of it is owed any more."""
        for clock in list(m.clocks.values()):
            self.call_off(m, at, clock.kind)
        m.contact.matter = None
        self.open.remove(m)

    def start(self, m, kind, at, **more):
        """By the promise of the queue that holds it; nothing promised, no clock."""
        target = m.queue.policy[kind]
        if target:
            m.clocks[kind] = Clock(kind, self.oracle.calendar_of(m.queue), at, target)
            if m.pending:
                m.clocks[kind].stand_still(at)

    def start_until(self, m, kind, at, due):
        m.clocks[kind] = Clock(kind, self.oracle.calendar_of(None), at, due=due)

    def reached(self, m, clock, at):
        """When an event at that time acts on it.  What was missed only as the
        event was late, was not; and what it is too late for, was missed."""
        at = max(at, clock.last_change())
        if clock.missed and at <= clock.due:
            self.oracle.take_back(clock.missed)
            clock.missed = None
        elif clock.runs_out() and at > clock.due:
            self.missed((m, clock), clock.due)
        return at

    def stop(self, m, kind, at, agent=None):
        clock = m.clocks.pop(kind, None)
        if clock is None:
            return False
        at = self.reached(m, clock, at)
        own = min(clock.own(at), OWN_MOST)
        if not clock.missed:
            self.oracle.count(kind + "_met", at, m.queue, agent)
        self.oracle.count(kind + "_stopped", at, m.queue, agent, own=own)
        return True

    def call_off(self, m, at, *kinds):
        for kind in kinds:
            clock = m.clocks.pop(kind, None)
            if clock and at is not None:
                self.reached(m, clock, at)

    # ---- what happens by itself

    def deadlines(self):
        for m in self.open:
            for clock in m.clocks.values():
                if clock.runs_out():
                    yield clock.due, self.missed, (m, clock)
            if m.queued_by is not None:
                yield m.queued_by, self.nothing_followed, m
            if m.queue.policy["max_open"]:
                yield m.opened + m.queue.policy["max_open"], self.expired, m

    def missed(self, what, when):
        m, clock = what
        when = max(when, clock.start)
        handling = [v for v in m.contact.visits
                    if v.state == "handling" and v.handling.begin <= when]
        agent = handling[-1].handling.agent if handling else None
        clock.missed = self.oracle.count(clock.kind + "_missed", when, m.queue, agent)
        if not clock.told:
            clock.told = True
            self.oracle.breaches.append((clock.kind, m.queue.name, m.contact.name,
                                         agent or "", clock.own(when)))

    def nothing_followed(self, m, when):
        m.queued_by = None
        if not any(v.is_open() for v in m.contact.visits):
            self.conversation_ended(m, when, RESPONSES)
        self.oracle.closed_by_itself(m.contact, when)

    def expired(self, m, when):
        self.oracle.count("backlog_expired", when, m.queue)
        self.end(m, when)
        self.oracle.closed_by_itself(m.contact, when)

    def conversation_ended(self, m, at, kinds):
        self.call_off(m, at, *kinds)
        m.ended, m.queued_by = True, None
        self.end_if_over(m)

    # ---- events

    def take(self, event, queue, contact, agent, begun):
        if begun and begun.inbound:
            self.queued(contact, begun.queue, begun.start)
        happens = getattr(self, "on_" + event["event"], None)
        if happens:
            happens(event, queue, contact, agent)

    def queued(self, contact, queue, at):
        m = contact.matter
        if m is None:
            if queue.channel == "call" and not (queue.policy["first_response"]
                                                or queue.policy["resolution"]):
                return
            m = self.begin(contact, queue, at)
        m.queue, m.ended, m.queued_by = queue, False, None
        self.owe(m, at)

    def owe(self, m, at):
        if not m.responded and "first_response" not in m.clocks:
            self.start(m, "first_response", at)
        if not m.resolution_began:
            self.start(m, "resolution", at)
            m.resolution_began = "resolution" in m.clocks

    def on_message(self, event, queue, contact, agent):
        m = contact.matter
        if not contact.is_remembered:
            self.oracle.contradicts("unknown_visit")
        elif m and event["from"] == "customer":
            self.go_on(m)
            if not set(RESPONSES) & set(m.clocks):
                self.start(m, "next_response", self.oracle.at)
        elif m and event["from"] == "agent" and event.get("public", True):
            m.responded = True
            for kind in RESPONSES + ("promise",):
                if kind in m.clocks and m.clocks[kind].start < self.oracle.at:
                    self.stop(m, kind, self.oracle.at, agent)
            self.end_if_over(m)

    def on_answered(self, event, queue, contact, agent):
        m, v = contact.matter, self.oracle.found
        if m and v.inbound and v.queue.channel == "call":
            self.stop(m, "first_response", self.oracle.at, agent)
            m.responded = True
            self.end_if_over(m)

    def on_status(self, event, queue, contact, agent):
        m = contact.matter
        if m is None:
            return
        if event["status"] != "pending":
            self.go_on(m)
            return
        m.pending = True
        for clock in self.pausable(m):
            if clock.since is not None:
                clock.stand_still(self.reached(m, clock, self.oracle.at))

    def go_on(self, m):
        m.pending = False
        for clock in self.pausable(m):
            clock.go_on(max(self.oracle.at, clock.last_change()))

    def pausable(self, m):
        return [clock for kind, clock in m.clocks.items() if kind in PAUSABLE]

    def opened(self, contact, queue):
        """The contact's matter, or one that begins with its conversation over."""
        m = contact.matter
        if m is None:
            m = self.begin(contact, queue, self.oracle.at)
            m.ended = not any(v.is_open() for v in contact.visits)
        return m

    def on_promised(self, event, queue, contact, agent):
        m = self.opened(contact, queue)
        self.stop(m, "promise", self.oracle.at)
        self.start_until(m, "promise", self.oracle.at, event["due"])

    def on_promise_kept(self, event, queue, contact, agent):
        self.settle(contact.matter, "promise", agent)

    def settle(self, m, kind, agent):
        if m is None or not self.stop(m, kind, self.oracle.at, agent):
            self.oracle.contradicts("unknown_visit")
            return False
        self.end_if_over(m)
        return True

    def on_callback(self, event, queue, contact, agent):
        v = self.oracle.found
        if not v.inbound:
            return
        m = self.opened(contact, v.queue)
        self.call_off(m, self.oracle.at, *PAUSABLE, "callback")
        self.start_until(m, "callback", self.oracle.at, event.get("due"))
        m.ended, m.queued_by = True, None

    def on_callback_done(self, event, queue, contact, agent):
        holds = contact.matter and contact.matter.queue
        if self.settle(contact.matter, "callback", agent) and "reached" in event:
            self.oracle.count("reached" if event["reached"] else "unreached",
                              self.oracle.at, holds, agent)

    def on_abandoned(self, event, queue, contact, agent):
        if contact.matter:
            self.conversation_ended(contact.matter, self.oracle.at, PAUSABLE)

    on_flowed_out = on_abandoned

    def on_ended(self, event, queue, contact, agent):
        v = self.oracle.found
        if contact.matter and (v.queue if v else queue).channel != "email":
            self.conversation_ended(contact.matter, self.oracle.at, RESPONSES)

    def on_transferred(self, event, queue, contact, agent):
        m, v = contact.matter, self.oracle.found
        if m and "to_external" in event:
            self.conversation_ended(m, self.oracle.at, RESPONSES)
        elif m and "to_queue" in event and (v.queue if v else queue).channel != "email":
            limit = m.queue.policy["max_wait"]
            m.queued_by = self.oracle.at + limit if limit else None

    def lost(self, source, at):
        """Its source has restarted."""
        for m in [m for m in self.open if m.contact.source == source
                  and m.queue.channel != "email"]:
            self.conversation_ended(m, at, PAUSABLE)
            m.contact.touched = self.oracle.now

    def on_lost(self, event, queue, contact, agent):
        m = contact.matter
        if m and self.oracle.found and m.queue.channel != "email":
            self.conversation_ended(m, self.oracle.at, PAUSABLE)

    def on_resolved(self, event, queue, contact, agent):
        m = contact.matter
        if m:
            self.stop(m, "resolution", self.oracle.at, agent)
            self.end(m, self.oracle.at)

    def on_reopened(self, event, queue, contact, agent):
        self.owe(self.begin(contact, queue, self.oracle.at), self.oracle.at)
