# SPDX-License-Identifier: MIT
"""The oracle's agents: a list of changes, folded anew for every question.

Changes are kept as they came, with their time; what an agent was in, when,
and to which queues she belongs is worked out from the sorted list each time.
"""
import math

HOUR = 3_600_000        # ms a change may come late
STATES = ("on_contact", "on_hold", "acw", "ringing", "offline", "paused", "available")


TURNS = ("ring", "talk", "available", "paused", "login", "logout")


class Change:
    def __init__(self, at, order, what, key=None, queues=(), reason="", back=False):
        self.at = at
        self.is_turn = what in TURNS and not back   # to something else
        self.order, self.what = order, what
        self.key, self.queues, self.reason = key, queues, reason


class Folded:
    """What the changes up to an instant make of an agent."""

    def __init__(self):
        self.logged_in = self.paused = self.said_login = False
        self.came = 0               # when she last came from offline
        self.reason = ""
        self.doing = {}             # key -> talk, hold, acw, ring
        self.joined, self.left = {}, {}     # queue -> (when, order)

    def state(self):
        doing = set(self.doing.values())
        for what, state in (("talk", "on_contact"), ("hold", "on_hold"),
                            ("acw", "acw"), ("ring", "ringing")):
            if what in doing:
                return state
        if not self.logged_in:
            return "offline"
        return "paused" if self.paused else "available"

    def contacts(self):
        """How many she is on at once."""
        return sum(what != "ring" for what in self.doing.values())

    def member(self, came):
        """The queues she belongs to: joined since she came, not left since."""
        return {queue for queue, joined in self.joined.items()
                if joined[0] >= came and joined > self.left.get(queue, (-1, 0))}

    def is_there(self, change):
        if not self.logged_in:
            self.logged_in, self.paused, self.came = True, False, change.at

    def gone(self):
        self.logged_in = self.paused = self.said_login = False

    def join(self, change):
        for queue in change.queues:
            self.joined[queue] = (change.at, change.order)

    def apply(self, change):
        getattr(self, "on_" + change.what)(change)

    def on_seen(self, change):
        self.is_there(change)
        self.join(change)

    on_joined = on_seen

    def on_login(self, change):
        self.on_seen(change)
        self.said_login = True

    def on_logout(self, change):
        self.gone()

    def on_available(self, change):
        self.is_there(change)
        self.paused, self.reason = False, ""

    def on_paused(self, change):
        self.is_there(change)
        self.paused, self.reason = True, change.reason

    def on_left(self, change):
        for queue in change.queues:
            self.left[queue] = (change.at, change.order)

    def busy(self, change):
        self.on_seen(change)
        self.doing[change.key] = change.what

    on_ring = on_talk = on_hold = on_acw = busy

    def on_stop(self, change):
        self.doing.pop(change.key, None)


class Agent:
    def __init__(self, name, first):
        self.name, self.first = name, first
        self.changes = []

    def add(self, at, order, what, **more):
        change = Change(at, order, what, **more)
        # that she left is not what she is in
        newest = max((c.at for c in self.changes if c.what != "left"), default=at)
        change.at = max(at, newest - HOUR)
        self.changes.append(change)
        return change

    def is_unknown(self, now=math.inf):
        """Nothing was heard of her until now but that she left a queue."""
        return all(c.what == "left" or c.at > now for c in self.changes)

    def member(self, now):
        """The queues she belongs to, by all that is known of them."""
        *_, (_, _, _, at_now) = self.stretches(now)
        if not any(c.at <= now and c.what != "left" for c in self.changes):
            return set()
        *_, (_, _, _, at_last) = self.stretches(max(c.at for c in self.changes))
        return at_last.member(at_now.came)

    def stretches(self, now):
        """(state, from, to, folded) one after another, up to now."""
        folded, since = Folded(), None
        for c in sorted(self.changes, key=lambda c: (c.at, c.order)):
            if c.at > now:
                break
            if since is None and c.what == "left":
                folded.apply(c)         # says nothing of what she was in
                continue
            if since is not None and c.at > since:
                yield folded.state(), since, c.at, folded
            folded.apply(c)
            since = c.at
        if since is None:
            since = min(self.first, now)
        yield folded.state(), since, now, folded

    def now(self, now):
        """State, since when, and the fold."""
        last, began = None, None
        for state, start, end, folded in self.stretches(now):
            if start == end < now:
                continue            # a state that lasted no time was none
            if state != last:
                last, began = state, start
        return last, began, folded

    def seconds(self, begin, now):
        """ms in each state from begin to now; on each contact by itself, and
        on any."""
        total = dict.fromkeys(STATES + ("each_contact", "any_contact"), 0)
        for state, start, end, folded in self.stretches(now):
            if end > begin:
                took = end - max(start, begin)
                total[state] += took
                total["each_contact"] += took * folded.contacts()
                total["any_contact"] += took * (folded.contacts() > 0)
        return total


class Agents:
    def __init__(self):
        self.by_name = {}
        self.order = 0

    def see(self, name, at, does_something=False):
        if name not in self.by_name:
            self.by_name[name] = Agent(name, at)
        if does_something and self.by_name[name].is_unknown():
            self.add(name, at, "seen")

    def forget(self, name):
        del self.by_name[name]

    def offline_since_before(self, now, limit):
        gone = []
        for agent in self.by_name.values():
            state, since, folded = agent.now(now)
            if state == "offline" and since < limit:
                gone.append(agent.name)
        return gone

    def add(self, name, at, what, **more):
        self.see(name, at)
        self.order += 1
        return self.by_name[name].add(at, self.order, what, **more)

    # what she does on one contact never goes back in time: each remembers
    # when its last change was

    def doing(self, job, at, what, **more):
        at = max(at, job.last)
        job.last = at
        return self.add(job.agent, at, what, key=job, **more)

    def ring(self, job, at):
        self.doing(job, at, "ring")

    def talk(self, job, at, queue):
        self.doing(job, at, "talk", queues=(queue,))

    def hold(self, job, at):
        self.doing(job, at, "hold")

    def resume(self, job, at):
        self.doing(job, at, "talk", back=True)

    def acw(self, job, at):
        self.doing(job, at, "acw")

    def stop(self, job, at):
        job.before = job.last
        return self.doing(job, at, "stop")

    acw_end = stop

    def take_back(self, change):
        agent = self.by_name[change.key.agent]
        agent.changes.remove(change)
        change.key.last = change.key.before

    def login(self, name, at, queues):
        self.add(name, at, "login", queues=tuple(queues))

    def logout(self, name, at):
        self.add(name, at, "logout")

    def say(self, name, at, state, reason):
        self.add(name, at, state, reason=reason)

    def join(self, name, at, queue):
        self.add(name, at, "joined", queues=(queue,))

    def leave(self, name, at, queue):
        """Who never said login and has left her last queue is gone, by what
        is known of her when that is told."""
        self.add(name, at, "left", queues=(queue,))
        *_, (_, _, _, last) = self.by_name[name].stretches(10 ** 15)
        if last.logged_in and not last.said_login and not last.member(last.came):
            self.logout(name, at)
            return True
        return False

    def next_turn(self, name, after):
        """When she first turned to something else after that, or None."""
        return min((c.at for c in self.by_name[name].changes if c.is_turn and c.at > after),
                   default=None)
