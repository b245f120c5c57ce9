# SPDX-License-Identifier: MIT
"""A small telephone switch that is not there: queues, agents with shifts and
pauses, callers who wait, give up, press a key, talk, are put on hold and sent
elsewhere.

It only says what happens, in order of time: switch_asterisk.py and
switch_freeswitch.py say it in the words of a queue_log, of AMI and of
mod_callcenter.  So the sources all tell one story, and figures() knows, by
going through the visits with a pencil, what any of them must come to.

Pure: a seed is a story.  Its clock is the story's own, in ms.  What is true
now (who waits, who talks, who is there) is in the lists of a Switch, for those
who are asked in the middle of it.

Moments are ragged to the ms; waits and talks are what a switch says, the
difference of two clocks that show whole seconds.  Only the wait of who leaves
by a timeout, a key or an empty queue is whole by itself, for not every source
says how long that was.
"""
import heapq
import random
from fractions import Fraction

# midnight in Oslo, of the day on which the clocks go back: its 25 hours are room
# for a day of calls, and for the last of them to end
BEGIN, ZONE = 1_792_879_200_000, "Europe/Oslo"
SECOND = 1000
MINUTE, HOUR = 60 * SECOND, 3600 * SECOND

THRESHOLD, SHORT = 20, 5        # s, of every queue's service level
RING = 15 * SECOND              # until an agent is taken for absent


def seconds_between(a, b):
    """As a switch has it, whose clock shows whole seconds."""
    return b // SECOND - a // SECOND


class Queue:
    def __init__(self, name, timeout, wrapup):
        self.name, self.timeout, self.wrapup = name, timeout, wrapup    # ms
        self.waiting = []               # visits
        self.members = []               # agents on duty


class Agent:
    def __init__(self, name, queues):
        self.name, self.queues = name, queues
        self.is_on_duty = self.wants_to_go = self.is_resting = False
        self.paused = None              # why
        self.visit = None               # rings or talks
        self.free_since = self.last_call = self.since = 0
        self.taken = 0

    def is_free(self):
        return self.is_on_duty and self.paused is None and self.visit is None \
            and not self.is_resting


class Caller:
    """A channel: it may enter several queues."""

    def __init__(self, number, at):
        self.number, self.began = number, at
        self.is_up = True


class Visit:
    def __init__(self, number, caller, queue, at, place):
        self.number, self.caller, self.queue = number, caller, queue
        self.joined, self.place = at, place     # its first position
        self.rings = None               # the agent it rings at
        self.agent = None
        self.leg = 0                    # the number of the agent's channel
        self.rang = self.answered = self.left = self.over = None
        self.held = None                # since when
        self.held_for = 0               # ms
        self.misses = []                # when
        self.how = None                 # answered abandoned timeout key empty lost
        self.end = None                 # agent caller blind attended lost

    def wait(self):
        return seconds_between(self.joined, self.left)

    def talk(self):
        """With its holds, as a switch counts."""
        return seconds_between(self.answered, self.over)


class Happening:
    """One thing that happened.  what: start join ring missed canceled answer
    hold unhold end leave hangup login logout pause unpause"""

    def __init__(self, at, what, visit=None, agent=None, **more):
        self.at, self.what, self.visit, self.agent = at, what, visit, agent
        self.leg, self.how, self.position = 0, None, 0
        self.__dict__.update(more)


class Switch:
    def __init__(self, seed=1, queues=3, agents=9, calls_an_hour=60, hours=2, talk=150,
                 shifts=1, begin=BEGIN):
        self.random = random.Random(seed)
        self.begin = self.now = self.started = begin
        self.end = begin + hours * HOUR
        self.talk, self.gap = talk, HOUR / calls_an_hour
        self.queues = [Queue(name, self.random.randrange(60, 150, 10) * SECOND, wrapup * SECOND)
                       for name, wrapup in list(NAMES.items())[:queues]]
        self.agents = [Agent(f"agent{n:02}", self.some_queues(n)) for n in range(agents)]
        self.callers, self.visits, self.talking = [], [], []
        self.legs, self.ticks, self.calendar, self.told = 0, 0, [], []
        self.tell("start")
        for n, agent in enumerate(self.agents):
            self.plan_shift(agent, n % shifts, shifts)
        self.after(self.gap / 2, self.call)

    def some_queues(self, n):
        """One as his own, and often another."""
        mine = {n % len(self.queues)}
        if self.random.random() < 0.6:
            mine.add(self.random.randrange(len(self.queues)))
        return [self.queues[i] for i in sorted(mine)]

    # ---- time

    def after(self, ms, what, *arguments):
        self.ticks += 1
        heapq.heappush(self.calendar, (int(self.now + ms), self.ticks, what, arguments))

    def tell(self, what, visit=None, agent=None, **more):
        self.told.append(Happening(self.now, what, visit, agent, **more))

    def steps(self, until=None):
        """The happenings up to that moment, or all, in lists of what happens at
        once; after each what is true now is as these left it.  The story ends
        with the last of them."""
        last = self.now
        while True:
            if self.told:
                told, self.told, last = self.told, [], self.now
                yield told
            if not self.calendar or until is not None and self.calendar[0][0] > until:
                break
            self.now, _, what, arguments = heapq.heappop(self.calendar)
            what(*arguments)
        self.now = last if until is None else until

    def run(self, until=None):
        for step in self.steps(until):
            yield from step

    def draw(self, mean):
        """Most are short, some very long; at least a second."""
        return max(SECOND, self.random.lognormvariate(0, 0.8) * mean / 1.38)

    # ---- agents

    def plan_shift(self, agent, n, of):
        length = (self.end - self.begin) / of
        late = self.random.uniform(0, min(length / 20, 10 * MINUTE))
        self.after(n * length + late, self.login, agent)
        self.after((n + 1) * length + late / 2, self.go, agent)

    def login(self, agent):
        agent.is_on_duty, agent.free_since, agent.since = True, self.now, self.now
        for queue in agent.queues:
            queue.members.append(agent)
        self.tell("login", agent=agent)
        self.after(self.draw(45 * MINUTE), self.pause, agent)
        self.dispatch()

    def go(self, agent):
        """After the call, if there is one; the last to go stays while somebody
        waits, half of the time."""
        if agent.visit is not None:
            agent.wants_to_go = True
            return
        agent.is_on_duty = agent.wants_to_go = False
        agent.paused = None
        for queue in agent.queues:
            queue.members.remove(agent)
        self.tell("logout", agent=agent)
        for queue in agent.queues:
            if not queue.members:
                for visit in list(queue.waiting):
                    wait = self.whole(visit)
                    self.after(wait, self.leave, visit, "empty")

    def whole(self, visit):
        """ms until its wait is a number of whole seconds."""
        return -(self.now - visit.joined) % SECOND

    def pause(self, agent):
        if not agent.is_on_duty:
            return
        if agent.visit is None and agent.paused is None:
            agent.paused = self.random.choice(("lunch", "meeting", "break"))
            self.tell("pause", agent=agent)
            self.after(self.draw(8 * MINUTE), self.unpause, agent, agent.since)
        self.after(self.draw(60 * MINUTE), self.pause, agent)

    def unpause(self, agent, since):
        if agent.since != since or agent.paused is None:
            return
        agent.paused, agent.free_since = None, self.now
        self.tell("unpause", agent=agent)
        self.dispatch()

    def rested(self, agent):
        agent.is_resting, agent.free_since = False, self.now
        self.dispatch()

    # ---- callers

    def call(self):
        """Some hours are busier than others; nobody calls after the end."""
        busy = 1.6 if self.now // HOUR % 3 == 1 else 0.8
        if self.now < self.end:
            self.after(self.random.expovariate(busy / self.gap), self.call)
            self.callers.append(Caller(len(self.callers) + 1, self.now))
            self.join(self.callers[-1], self.random.choice(self.queues))

    def join(self, caller, queue):
        """An empty queue takes nobody."""
        if not queue.members:
            self.hang_up(caller)
            return
        visit = Visit(len(self.visits) + 1, caller, queue, self.now, len(queue.waiting) + 1)
        self.visits.append(visit)
        queue.waiting.append(visit)
        self.tell("join", visit, position=visit.place)
        self.after(queue.timeout, self.leave, visit, "timeout")
        patience = self.draw(75 * SECOND)
        if self.random.random() < 0.05:
            patience -= patience % SECOND
            self.after(patience, self.leave, visit, "key")
        else:
            self.after(patience, self.leave, visit, "abandoned")
        self.dispatch()

    def leave(self, visit, how):
        if visit.left is not None:
            return
        position = visit.queue.waiting.index(visit) + 1
        if visit.rings:
            self.stop_ringing(visit, "canceled")
        self.take_out(visit, how)
        self.tell("leave", visit, how=how, position=position)
        visit.over = self.now
        if how == "abandoned":
            self.hang_up(visit.caller)
        else:
            self.after(self.draw(4 * SECOND), self.go_on, visit.caller)
        self.dispatch()

    def take_out(self, visit, how):
        visit.queue.waiting.remove(visit)
        visit.left, visit.how = self.now, how

    def go_on(self, caller):
        """Into another queue, or home."""
        if caller.is_up and self.random.random() < 0.4:
            self.join(caller, self.random.choice(self.queues))
        else:
            self.hang_up(caller)

    def hang_up(self, caller):
        if caller.is_up:
            caller.is_up = False
            self.tell("hangup", caller=caller)

    # ---- calls

    def dispatch(self):
        """Who waits longest to who rests longest, one agent at a time."""
        waiting = sorted((v for q in self.queues for v in q.waiting if not v.rings),
                         key=lambda v: v.number)
        for visit in waiting:
            free = [a for a in visit.queue.members if a.is_free()]
            if free:
                self.ring(visit, min(free, key=lambda a: (a.free_since, a.name)))

    def ring(self, visit, agent):
        self.legs += 1
        visit.rings, visit.leg, visit.rang, agent.visit = agent, self.legs, self.now, visit
        self.tell("ring", visit, agent, leg=visit.leg)
        if self.random.random() < 0.9:
            self.after(self.random.uniform(2, 9) * SECOND, self.answer, visit, visit.leg)
        else:
            self.after(RING, self.miss, visit, visit.leg)

    def stop_ringing(self, visit, what):
        agent = visit.rings
        visit.rings, agent.visit, agent.free_since = None, None, self.now
        self.tell(what, visit, agent, leg=visit.leg, rang=self.now - visit.rang)
        if agent.wants_to_go:
            self.go(agent)

    def miss(self, visit, leg):
        if visit.rings and visit.leg == leg:
            visit.misses.append(self.now)
            self.stop_ringing(visit, "missed")
            self.dispatch()

    def answer(self, visit, leg):
        if not visit.rings or visit.leg != leg:
            return
        visit.agent, visit.rings, visit.answered = visit.rings, None, self.now
        self.take_out(visit, "answered")
        self.talking.append(visit)
        self.tell("answer", visit, visit.agent, leg=leg, rang=self.now - visit.rang)
        talk = self.draw(self.talk * SECOND)
        if self.random.random() < 0.25:
            self.after(talk * 0.3, self.hold, visit, talk * self.random.uniform(0.1, 0.4))
        self.after(talk, self.finish, visit)

    def hold(self, visit, ms):
        if visit.over is None:
            visit.held = self.now
            self.tell("hold", visit, visit.agent, leg=visit.leg)
            self.after(ms, self.unhold, visit)

    def unhold(self, visit):
        if visit.over is None and visit.held is not None:
            visit.held_for += self.now - visit.held
            visit.held = None
            self.tell("unhold", visit, visit.agent, leg=visit.leg)

    def finish(self, visit):
        if visit.over is not None:
            return
        self.unhold(visit)
        how = self.random.choices(("caller", "agent", "blind", "attended"), (50, 35, 10, 5))[0]
        self.end_talk(visit, how)
        self.tell("end", visit, visit.agent, leg=visit.leg, how=how)
        if how in ("caller", "agent"):
            self.hang_up(visit.caller)
        else:
            self.after(self.draw(30 * SECOND), self.go_on, visit.caller)
        self.rest(visit.agent, visit.queue.wrapup)

    def end_talk(self, visit, how):
        self.talking.remove(visit)
        visit.over, visit.end = self.now, how
        visit.agent.visit, visit.agent.last_call = None, self.now
        visit.agent.taken += 1

    def rest(self, agent, ms):
        agent.is_resting = True
        if agent.wants_to_go:
            self.go(agent)
        self.after(ms, self.rested, agent)

    # ---- its end

    def restart(self):
        """The switch dies and is there again: every call is gone, its agents
        are not.  To be told by the next of the steps."""
        for visit in [v for q in self.queues for v in q.waiting]:
            if visit.rings:
                visit.rings.visit, visit.rings.free_since = None, self.now
                visit.rings = None
            self.take_out(visit, "lost")
            visit.over = self.now
        for visit in list(self.talking):
            self.end_talk(visit, "lost")
        for caller in self.callers:
            caller.is_up = False
        self.started = self.now
        self.tell("start")
        self.dispatch()

    def figures(self, visits=None):
        """What must be counted, a queue; visits: of these only."""
        return {q.name: count([v for v in (self.visits if visits is None else visits)
                               if v.queue is q]) for q in self.queues}


# its wrap-up in seconds
NAMES = {"sales": 10, "service": 20, "billing": 5, "orders": 0, "night desk": 30}


def mean(sums, n):
    return round(float(Fraction(sums, n)), 3) if n else None


def count(visits):
    """The figures of one queue, by the names they have on the board; None
    where there is nothing to divide by."""
    how = {name: [v for v in visits if v.how == name]
           for name in ("answered", "abandoned", "timeout", "key", "empty", "lost")}
    flowed = how["timeout"] + how["key"] + how["empty"]
    handled = [v for v in how["answered"] if v.end not in (None, "lost")]
    good = [v for v in how["answered"] if v.wait() <= THRESHOLD]
    short = [v for v in how["abandoned"] if v.wait() <= SHORT]
    patient = [v for v in how["abandoned"] if SHORT < v.wait() <= THRESHOLD]
    early = [v for v in flowed if v.wait() <= THRESHOLD]
    decided = len(good) + len(short) + len(patient) + len(early)
    late = len([v for v in visits if v.left is not None]) - decided
    worked = sum(v.talk() for v in handled)
    return {
        "offered_count": len(visits),
        "answered_count": len(how["answered"]),
        "abandoned_count": len(how["abandoned"]),
        "short_abandoned_count": len(short),
        "flowed_out_count": len(flowed),
        "flowed_out_timeout_count": len(how["timeout"]),
        "flowed_out_key_count": len(how["key"]),
        "flowed_out_no_agent_count": len(how["empty"]),
        "handled_count": len(handled),
        "transferred_count": len([v for v in handled if v.end in ("blind", "attended")]),
        "missed_count": sum(len(v.misses) for v in visits),
        "stuck_count": len(how["lost"]),
        "stuck_handling_count": len([v for v in how["answered"] if v.end == "lost"]),
        "sl_good_count": len(good),
        "sl_short_count": len(short),
        "sl_abandoned_count": len(patient),
        "sl_flowed_count": len(early),
        "sl_late_count": late,
        "asa_seconds": mean(sum(v.wait() for v in how["answered"]), len(how["answered"])),
        "worked_seconds": worked,       # talk and hold; split only where hold is told
        "held_seconds": sum(v.held_for for v in handled) / SECOND,
    }
