# SPDX-License-Identifier: MIT
"""The figures a second time, slowly and plainly.

An independent reading of how ccmon counts (doc/counting.md), sharing nothing
with the engine: what happened is a list of occurrences, each at its second,
and every question walks that list from its beginning.  There are no running
totals to go wrong; taking something back removes it from the list.  Whole
numbers and fractions only.

    o = Oracle(config)
    o.arrive(event, now_ms)      in the order of arrival
    o.figures(now_ms)            {"queues": {name: {field: value}}, ...}

Values are text as Redis shows them; percentiles are exact numbers of
milliseconds, to be compared within one per cent.

config, lengths in ms and ratios as fractions or decimal text:
    zone, day_start (s), clock ("wall", "events"), windows, silent_after, fcr_days
    defaults  {channel: policy}
    queues    {name: {"channel": ..., "zone": ..., "match": [...], "calendar": ..., policy}}
    calendars {name: {"zone": ..., "open": [...], "exceptions": [...]}}
    feeds     {name: silent_after}
    policy    threshold target short_abandon sl_formula risk max_wait max_handle
              max_open wrapup first_response next_response resolution, X_target
"""
from fractions import Fraction

import oracle_figures
from oracle_agents import Agents
from oracle_calendar import AllTheTime, Calendar
from oracle_days import day_begin
from oracle_feeds import Feed
from oracle_history import History
from oracle_matters import Matters
from oracle_outcome import Outcomes
from oracle_work import Works

LATE = SKEW = 5000              # ms off the clock
FORGET = 300_000                # ms a contact with nothing open is remembered

POLICY = {"threshold": 0, "target": Fraction(8, 10), "short_abandon": 5000,
          "sl_formula": "short_removed", "risk": Fraction(3, 4),
          "max_wait": 0, "max_handle": 0, "max_open": 0, "wrapup": 0,
          "first_response": 0, "first_response_target": Fraction(9, 10),
          "next_response": 0, "next_response_target": Fraction(9, 10),
          "resolution": 0, "resolution_target": Fraction(9, 10)}
SHARES = ("target", "risk", "first_response_target", "next_response_target",
          "resolution_target")

# events in which an agent does something, and so must be there
DOING = ("ringing", "missed", "answered", "held", "resumed", "transferred", "escalated",
         "ended", "wrapped", "callback_done", "message")
SAYING = ("login", "logout", "state", "joined", "left")
# events that say something of an agent, who need not be there
NAMING = ("promise_kept", "resolved", "survey", "feedback", "reviewed")
LEAVES = {"abandoned": "abandoned", "flowed_out": "flowed", "callback": "callback"}
DROPPED = {"answered_again", "after_answer", "after_end"}


class Occurrence:
    """Something that counted: once, at its second, unless taken back."""

    def __init__(self, kind, ms, queue=None, agent=None, **values):
        self.kind, self.second = kind, ms // 1000
        self.queue, self.agent, self.values = queue, agent, values


class Queue:
    def __init__(self, name, config, policy):
        self.name = name
        self.channel = config["channel"]
        self.zone = config["zone"]
        self.calendar = config.get("calendar")
        self.policy = policy
        self.channel_known = True
        self.fed_by = set()


class Handling:
    """One agent's time on one visit."""

    def __init__(self, agent, begin):
        self.agent, self.begin, self.last = agent, begin, begin
        self.held_at, self.held = None, 0
        self.worked = None          # talk and hold, once it has ended

    def hold(self, at):
        self.held_at = max(at, self.last)

    def resume(self, at):
        self.held += max(0, at - self.held_at)
        self.held_at = None


class Visit:
    def __init__(self, contact, queue, name, start, inbound):
        self.contact, self.queue, self.name = contact, queue, name
        self.start, self.inbound = start, inbound
        self.state = "waiting"
        self.outcome = None
        self.handling = None
        self.sl = None              # its service level occurrence
        self.deadline = None        # (when, occurrences) a deadline closed it
        self.ringing = {}           # agent -> since
        self.left = None            # when it stopped waiting
        self.transferred = None     # when the last of its agents gave it on
        self.told_late = False

    def is_open(self):
        return self.state != "over"


class Contact:
    def __init__(self, source, name):
        self.source, self.name = self.key = source, name
        self.visits = []
        self.works = []
        self.matter = self.customer = self.touched = None
        self.is_remembered = False

    def remember(self):
        """Of the visits that are over, only the last eight."""
        over = [v for v in self.visits
                if not v.is_open() and v not in [w.visit for w in self.works]]
        for v in over[:-8]:
            self.visits.remove(v)

    def quiet(self):
        return not (self.works or self.matter or any(v.is_open() for v in self.visits))


class Oracle:
    def __init__(self, config, history=None):
        self.config = config
        self.zone = config.get("zone", "UTC")
        self.day_start = config.get("day_start", 0)
        self.windows = config.get("windows", ["15m", "60m", "today"])
        self.wall = config.get("clock", "wall") == "wall"
        self.now = None
        self.log = []               # every occurrence that stands
        self.ever = []              # and those that were taken back, too
        self.works = []             # (queue, ms) of each visit whose work is over
        self.history = History(self, history) if history else None
        self.contacts = {}
        self.open_visits = []
        self.queues, self.feeds = {}, {}
        self.agents = Agents()
        self.agent_feeds = {}
        self.breaches = []
        self.matters, self.outcomes = Matters(self), Outcomes(self)
        self.after_contact = Works(self)
        self.alias = {}
        self.calendars = {name: Calendar(given)
                          for name, given in config.get("calendars", {}).items()}
        for name, given in config.get("queues", {}).items():
            self.make_queue(name, given)
            self.alias.update((other, name) for other in given.get("match", ()))
        for name in config.get("feeds", {}):
            self.feeds[name] = Feed(name)

    def policy_of(self, channel):
        return {**POLICY, **self.config.get("defaults", {}).get(channel, {})}

    def make_queue(self, name, given):
        given = dict(given)
        given.setdefault("zone", self.zone)
        self.queues[name] = Queue(name, given, self.policy_with(given))
        return self.queues[name]

    def policy_with(self, given):
        policy = self.policy_of(given["channel"])
        policy.update((k, v) for k, v in given.items() if k in POLICY)
        for share in SHARES:
            policy[share] = Fraction(str(policy[share]))
        return policy

    # ---- the log of occurrences

    def count(self, kind, ms, queue=None, agent=None, **values):
        occurrence = Occurrence(kind, ms, queue, agent, **values)
        self.log.append(occurrence)
        self.ever.append(occurrence)
        if self.history:
            occurrence.filed = self.history.file(occurrence)
        return occurrence

    def take_back(self, occurrence):
        if occurrence is not None:
            self.log.remove(occurrence)

    # ---- time

    def deadlines(self):
        """Every (when, what) that will happen by itself."""
        if self.history:            # first: of those at one instant it is
            yield from self.history.deadlines()
        for v in self.open_visits:
            yield from self.visit_deadlines(v)
        yield from self.after_contact.deadlines()
        yield from self.matters.deadlines()
        yield from self.outcomes.deadlines()

    def visit_deadlines(self, v):
        policy = v.queue.policy
        if v.state == "waiting":
            if v.inbound and policy["threshold"] and v.sl is None:
                yield v.start + policy["threshold"], self.threshold_passed, v
            if policy["max_wait"]:
                yield v.start + policy["max_wait"], self.waited_too_long, v
        elif v.state == "between":
            if policy["max_wait"]:
                yield v.transferred + policy["max_wait"], self.nobody_took_over, v
        elif policy["max_handle"]:
            yield v.handling.begin + policy["max_handle"], self.handled_too_long, v

    def advance(self, now):
        """The clock goes to now; what was due before it happens first."""
        if self.now is None:
            self.next_day = self.day_after(self.day(now // 1000))
            self.live_to(now)
        self.now = max(now, self.now or now)
        for feed in self.feeds.values():
            if feed.heard is None:      # configured: listened for from now on
                feed.heard = self.now
        while True:
            due = [d for d in self.deadlines() if d[0] < self.now]
            due += [(self.next_day * 1000, self.day_begins, None)]
            when, happens, what = min(due, key=lambda d: d[0])
            if when >= self.now:
                self.live_to(self.now)
                return
            self.live_to(when + 1)
            happens(what, when)

    def live_to(self, ms):
        if self.history:
            self.history.goes_on(ms)

    def day_after(self, day):
        return self.day(day + 36 * 3600)

    def day_begins(self, _, when):
        """Agents long gone are forgotten."""
        day_before = self.day(self.next_day - 1)
        self.next_day = self.day_after(self.next_day)
        for name in self.agents.offline_since_before(when, day_before * 1000):
            if self.still_counts(name, when // 1000):
                continue
            self.agents.forget(name)
            self.agent_feeds.pop(name, None)
            for occurrence in self.log:
                if occurrence.agent == name:
                    occurrence.agent = None

    def still_counts(self, agent, n):
        """Has any window but today, which has just begun, something of hers?"""
        begins = [0 if w == "all" else n - oracle_figures.length(w) + 1
                  for w in self.windows + ["60m"] if w != "today"]
        return any(o.agent == agent and o.second >= min(begins) for o in self.log)

    def day(self, second, zone=None):
        return day_begin(zone or self.zone, second, self.day_start)

    def threshold_passed(self, v, when):
        self.judge(v, "late", when)

    def waited_too_long(self, v, when):
        stuck = self.become_stuck(v, when)
        v.deadline = (when, stuck)
        self.closed_by_itself(v.contact, when)

    def handled_too_long(self, v, when):
        self.give_up_handling(v, when)
        self.closed_by_itself(v.contact, when)

    def give_up_handling(self, v, when):
        stuck = self.count("stuck_handling", when, v.queue)
        v.deadline = (when, stuck, v.handling, self.agents.stop(v.handling, when))
        self.over(v, when)

    def nobody_took_over(self, v, when):
        self.over(v, when)
        self.closed_by_itself(v.contact, when)

    def closed_by_itself(self, contact, when):
        contact.touched = max(contact.touched, when)
        contact.remember()

    # ---- arrival

    def arrive(self, event, now):
        self.advance(now if self.wall else max(event["time"], self.now or 0))
        feed = self.feeds.setdefault(event["source"], Feed(event["source"]))
        feed.heard = self.now
        feed.last_event = max(event["time"], feed.last_event or 0)
        if not self.is_new(feed, event):
            feed.total["duplicate"] += 1
            return
        feed.total["events"] += 1
        at = self.effective(feed, event["time"])
        feed.began = at if feed.began is None else min(at, feed.began)
        self.feed, self.at = feed, at
        self.take(event)

    def is_new(self, feed, event):
        if "seq" not in event:
            return True
        return feed.number(event.get("boot", 0), event["seq"], self.now)

    def effective(self, feed, time):
        if time > self.now + SKEW:
            feed.total["skewed"] += 1
            return self.now
        if time < self.now - LATE:
            feed.total["late"] += 1
        return time

    def take(self, event):
        kind, agent = event["event"], event.get("agent")
        queue = self.queue_of(event) if "queue" in event else None
        if queue:
            queue.fed_by.add(self.feed)
        if agent and kind in DOING + SAYING + NAMING:
            self.agents.see(agent, self.at, kind in DOING)
            self.agent_feeds.setdefault(agent, set()).add(self.feed)
        contact = None
        if "contact" in event:
            contact = self.contact_of(event["contact"])
            contact.customer = event.get("customer", contact.customer)
        self.found = self.begun = None
        self.said = []
        handler = getattr(self, "on_" + kind, None)
        if handler:
            handler(event, queue, contact, agent)
        if contact:
            self.take_further(event, queue, contact, agent)

    def take_further(self, event, queue, contact, agent):
        """What the visits did not drop, to the outcomes and then the matter."""
        is_dropped = DROPPED & set(self.said) or (
            "queued_again" in self.said and not self.begun)
        if not is_dropped and self.outcomes.take(event, queue, contact, agent):
            self.matters.take(event, queue, contact, agent, self.begun)
        contact.touched = self.now
        contact.remember()
        if contact.visits or contact.matter:
            contact.is_remembered = True
            self.contacts[contact.key] = contact

    def calendar_of(self, queue):
        if queue is None or queue.calendar is None:
            return AllTheTime()
        return self.calendars[queue.calendar]

    def queue_of(self, event):
        queue = self.queue_named(event["queue"])
        if "channel" in event and not queue.channel_known:
            queue.channel, queue.channel_known = event["channel"], True
            queue.policy = self.policy_with({"channel": queue.channel})
        return queue

    def queue_named(self, name):
        """Of calls, until a contact of it says otherwise."""
        name = self.alias.get(name, name)
        if name not in self.queues:
            self.make_queue(name, {"channel": "call"}).channel_known = False
        return self.queues[name]

    def contact_of(self, name):
        key = (self.feed.name, name)
        contact = self.contacts.get(key)
        if contact is None or contact.quiet() and self.now > contact.touched + FORGET:
            contact = Contact(*key)
            self.contacts.pop(key, None)
        return contact

    def find(self, contact, queue, event):
        if "visit" in event:
            here = [v for v in contact.visits if v.name == event["visit"]][:1]
        else:
            here = [v for v in contact.visits if v.queue is queue]
        is_open = [v for v in here if v.is_open()]
        self.found = (is_open or here or [None])[-1]
        return self.found

    def contradicts(self, kind):
        self.said.append(kind)
        self.feed.total["inconsistent"] += 1
        self.feed.kinds[kind] = self.feed.kinds.get(kind, 0) + 1

    # ---- a visit begins and waits

    def on_queued(self, event, queue, contact, agent):
        v = self.find(contact, queue, event)
        if v and v.is_open():
            self.contradicts("queued_again")
            return
        if v and "visit" in event:
            self.contradicts("after_end")
            return
        if "visit" in event:
            here = [o for o in contact.visits if o.queue is queue and o.is_open()]
            for other in here[-1:]:
                self.contradicts("queued_again")
                self.close_as_stuck(other, self.at)
        self.begin(event, queue, contact, self.at)

    def begin(self, event, queue, contact, start):
        inbound = event.get("direction", "in") == "in"
        v = Visit(contact, queue, event.get("visit"), start, inbound)
        contact.visits.append(v)
        self.open_visits.append(v)
        if inbound:
            self.count("offered", start, queue)
            self.waits(v)
        self.found = self.begun = v
        return v

    def waits(self, v):
        v.left = None
        if self.history:
            self.history.waits(v)

    def visit_for_outcome(self, event, queue, contact):
        """The waiting visit an outcome is for, and the wait."""
        v = self.find(contact, queue, event)
        if v is None:
            v = self.begin(event, queue, contact, self.at - event.get("wait_ms", 0))
            if v.inbound:
                self.contradicts("unknown_visit")
        elif v.state == "over":
            if v.outcome != "stuck" or not v.deadline or self.at > v.deadline[0]:
                self.contradicts("after_end")
                return None, 0
            self.reopen(v)
        return v, event.get("wait_ms", max(0, self.at - v.start))

    def reopen(self, v):
        """The deadline that closed this waiting visit was wrong."""
        when, stuck = v.deadline
        self.take_back(stuck)
        v.deadline, v.outcome, v.state = None, None, "waiting"
        self.open_visits.append(v)
        if v.inbound:
            self.waits(v)

    # ---- the service level

    def judge(self, v, verdict, at):
        """The visit's one service level event; a wrong late is replaced."""
        if not v.inbound or not v.queue.policy["threshold"]:
            return
        if v.sl is None or (v.sl.kind, v.sl.second) != ("sl_" + verdict, at // 1000):
            self.take_back(v.sl)
            v.sl = self.count("sl_" + verdict, at, v.queue)
        if verdict == "late" and not v.told_late:
            v.told_late = True
            self.breaches.append(("late", v.queue.name, v.contact.name))

    def judge_outcome(self, v, kind, wait):
        policy = v.queue.policy
        if kind == "abandoned" and wait <= policy["short_abandon"]:
            kind = "short"
        if wait <= policy["threshold"] or kind == "short":
            self.judge(v, kind, self.at)
        else:
            self.judge(v, "late", min(v.start + policy["threshold"], self.at))

    # ---- outcomes

    def on_answered(self, event, queue, contact, agent):
        v = self.find(contact, queue, event)
        if v and v.state == "handling":
            self.contradicts("answered_again")
            return
        if v and v.state == "between":
            self.handle(v, agent)
            return
        v, wait = self.visit_for_outcome(event, queue, contact)
        if v is None:
            return
        v.outcome, v.left = "answered", self.at
        if v.inbound:
            self.count("answered", self.at, v.queue, agent, wait=wait)
            self.judge_outcome(v, "good", wait)
        self.nobody_rings(v, self.at)
        self.handle(v, agent)

    def handle(self, v, agent):
        v.state = "handling"
        v.handling = Handling(agent, self.at)
        self.agents.talk(v.handling, self.at, v.queue.name)
        self.after_contact.turns(agent, self.at)

    def leave(self, event, queue, contact, agent):
        v = self.find(contact, queue, event)
        if v and v.state in ("handling", "between"):
            self.contradicts("after_answer")
            return
        v, wait = self.visit_for_outcome(event, queue, contact)
        if v is None:
            return
        kind = event["event"]
        v.outcome, v.left = kind, self.at
        if v.inbound:
            short = kind == "abandoned" and wait <= v.queue.policy["short_abandon"]
            self.count(kind, self.at, v.queue, wait=wait, short=short,
                       reason=event.get("reason"))
            self.judge_outcome(v, LEAVES[kind], wait)
            if kind == "abandoned":
                self.breaches.append(("abandoned", v.queue.name, v.contact.name))
        self.over(v, self.at)

    on_abandoned = on_flowed_out = on_callback = leave

    def on_resolved(self, event, queue, contact, agent):
        """Nobody will answer it now."""
        v = self.find(contact, queue, event)
        if v and v.state == "waiting":
            self.leave(dict(event, event="flowed_out", reason="withdrawn"), queue, contact, agent)

    def become_stuck(self, v, when):
        stuck = None
        v.outcome, v.left = "stuck", when
        if v.inbound:
            stuck = self.count("stuck", when, v.queue)
            self.judge(v, "late", min(v.start + v.queue.policy["threshold"], when))
            self.breaches.append(("stuck", v.queue.name, v.contact.name))
        self.over(v, when)
        return stuck

    def over(self, v, when):
        self.nobody_rings(v, when)
        v.state = "over"
        self.open_visits.remove(v)

    def close_as_stuck(self, v, when):
        if v.state == "waiting":
            self.become_stuck(v, when)
            return
        if v.state == "handling":
            self.count("stuck_handling", when, v.queue)
            self.agents.stop(v.handling, when)
        self.over(v, when)

    # ---- handling

    def on_held(self, event, queue, contact, agent):
        v = self.find(contact, queue, event)
        if v is None or v.state != "handling" or v.handling.agent != agent:
            self.contradicts("not_handling")
        elif event["event"] == "held" and v.handling.held_at is None:
            v.handling.hold(self.at)
            self.agents.hold(v.handling, self.at)
        elif event["event"] == "resumed" and v.handling.held_at is not None:
            v.handling.resume(self.at)
            self.agents.resume(v.handling, self.at)

    on_resumed = on_held

    def on_ended(self, event, queue, contact, agent):
        v = self.find(contact, queue, event)
        if v and v.state == "over":
            v = self.reopen_handling(v)
            if v is None:
                self.contradicts("after_end")
                return
        if v is None:
            self.contradicts("unknown_visit")
            self.count("handled", self.at, queue, agent)
        elif v.state == "between":
            self.over(v, self.at)
        elif v.state == "waiting":
            self.unanswered(v, agent)
        else:
            self.finish(v, event)
            self.over(v, self.at)

    def reopen_handling(self, v):
        """An end from before the deadline that closed it as stuck."""
        if not v.deadline or len(v.deadline) != 4 or self.at > v.deadline[0]:
            return None
        when, stuck, handling, stop = v.deadline
        self.take_back(stuck)
        self.agents.take_back(stop)
        v.state, v.handling, v.deadline = "handling", handling, None
        self.open_visits.append(v)
        return v

    def unanswered(self, v, agent):
        if not v.inbound:           # dialled, and nobody was there
            self.over(v, self.at)
            return
        self.contradicts("unanswered")
        self.count("handled", self.at, v.queue, agent)
        self.become_stuck(v, self.at)

    def finish(self, v, event):
        """The handling ends: handled, its times known."""
        h = v.handling
        if h.held_at is not None:
            h.resume(self.at)
        hold = event.get("hold_ms", h.held)
        talk = event.get("talk_ms", max(0, self.at - h.begin - hold))
        self.count("handled", self.at, v.queue, h.agent, talk=talk, hold=hold)
        h.worked = talk + hold
        self.agents.stop(h, self.at)
        self.nobody_rings(v, self.at)
        self.after_contact.follows(v, event)

    def on_wrapped(self, event, queue, contact, agent):
        v = self.find(contact, queue, event)
        self.after_contact.wrapped(event, v.queue if v else queue, contact, agent)

    def on_transferred(self, event, queue, contact, agent):
        v = self.find(contact, queue, event)
        if v and v.state == "over":
            v = self.reopen_handling(v) or v
        if v and v.state == "handling":
            self.count("transferred", self.at, v.queue, v.handling.agent)
            v.transferred = max(self.at, v.handling.last)
            self.finish(v, event)
            if "to_agent" in event:
                v.state = "between"
            else:
                self.over(v, self.at)
            return
        self.count("transferred", self.at, v.queue if v else queue, agent)
        if v is None:
            self.contradicts("unknown_visit")
        elif v.state == "waiting":
            self.unanswered(v, agent)
        else:
            self.contradicts("after_end")

    # ---- what else is told of a visit

    def on_ringing(self, event, queue, contact, agent):
        v = self.find(contact, queue, event)
        if v is None:
            self.contradicts("unknown_visit")
        elif not v.is_open():
            self.contradicts("after_end")
        elif agent not in v.ringing:
            v.ringing[agent] = Handling(agent, self.at)
            self.agents.ring(v.ringing[agent], self.at)
            self.after_contact.turns(agent, self.at)

    def on_missed(self, event, queue, contact, agent):
        v = self.find(contact, queue, event)
        self.count("missed", self.at, v.queue if v else queue, agent)
        if v is None:
            self.contradicts("unknown_visit")
        elif agent in v.ringing:
            self.agents.stop(v.ringing.pop(agent), self.at)

    def nobody_rings(self, v, when):
        for ring in v.ringing.values():
            self.agents.stop(ring, when)
        v.ringing = {}

    def on_escalated(self, event, queue, contact, agent):
        v = self.find(contact, queue, event)
        self.count("escalated", self.at, v.queue if v else queue, agent)
        if v is None:
            self.contradicts("unknown_visit")

    def on_lost(self, event, queue, contact, agent):
        """As a deadline would close it; what came before it is believed."""
        v = self.find(contact, queue, event)
        if v is None:
            self.contradicts("unknown_visit")
        elif v.state == "over":
            self.contradicts("after_end")
        elif v.state == "waiting":
            v.deadline = (self.at, self.become_stuck(v, self.at))
        elif v.state == "handling":
            self.give_up_handling(v, self.at)
        else:
            self.over(v, self.at)

    # ---- agents and sources

    def on_login(self, event, queue, contact, agent):
        named = [self.queue_named(q) for q in event.get("queues", ())]
        for queue in named:
            queue.fed_by.add(self.feed)
        self.agents.login(agent, self.at, [queue.name for queue in named])
        self.after_contact.turns(agent, self.at)

    def on_logout(self, event, queue, contact, agent):
        self.agents.logout(agent, self.at)
        self.after_contact.turns(agent, self.at)

    def on_state(self, event, queue, contact, agent):
        self.agents.say(agent, self.at, event["state"], event.get("reason", ""))
        self.after_contact.turns(agent, self.at)

    def on_joined(self, event, queue, contact, agent):
        self.agents.join(agent, self.at, queue.name)

    def on_left(self, event, queue, contact, agent):
        if self.agents.leave(agent, self.at, queue.name):
            self.after_contact.turns(agent, self.at)

    def on_heartbeat(self, event, queue, contact, agent):
        self.feed.beats = True

    def on_restarted(self, event, queue, contact, agent):
        for v in [v for v in self.open_visits if v.contact.source == self.feed.name]:
            self.close_as_stuck(v, self.at)
            v.contact.touched = self.now
        self.after_contact.lost(self.feed.name, self.at)
        self.matters.lost(self.feed.name, self.at)

    # ---- the figures

    def figures(self, now):
        self.advance(now)
        return oracle_figures.all_of(self)
