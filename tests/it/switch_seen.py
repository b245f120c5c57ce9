# SPDX-License-Identifier: MIT
"""What a live line can know of a story (switch.py) when it was down at times.

What is there when it is back is taken from there: who waits, who talks.  What
is not there any more and was known is lost, for nothing says how it ended.
What came and went meanwhile was never there.  No call is counted twice, none
is invented."""
import copy
from fractions import Fraction

from switch import SECOND


class Gaps:
    """When the line was down: after a, up to and with b."""

    def __init__(self):
        self.all = []

    def add(self, a, b):
        self.all.append((a, b))

    def end(self, at):
        """The end of the gap that hides this moment, or None."""
        return next((b for a, b in self.all if at is not None and a < at <= b), None)


class Seen:
    """A visit as far as it was seen; the words of switch.Visit."""

    def __init__(self, visit):
        self.__dict__ = copy.copy(visit.__dict__)
        self.visit, self.waited = visit, None

    def wait(self):
        return self.visit.wait() if self.waited is None else self.waited

    def talk(self):
        return self.visit.talk()

    def waits_until(self, at):
        self.left, self.waited = at, Fraction(at - self.joined, SECOND)

    def talks_at(self, at):
        return self.how == "answered" and self.left <= at \
            and (self.over is None or self.over > at)


def seen_of(switch, gaps, lists_talks):
    """lists_talks: the switch says when those who talk had come and were
    answered (FreeSWITCH); else it tells that at their end (Asterisk)."""
    found = [see(Seen(v), gaps, lists_talks) for v in switch.visits]
    if not lists_talks:
        found = join(found, gaps)
    return [v for v in found if v is not None]


def join(found, gaps):
    """Who left a queue unseen, came back to it and talks now may as well have
    stayed there: Asterisk names only the channel."""
    lost = {(v.caller, v.queue, v.left): v for v in found if v and v.how == "lost"}
    for i, v in enumerate(found):
        back = v and gaps.end(v.joined)
        first = back and v.left < back and lost.get((v.caller, v.queue, back))
        if first:
            first.how, first.end, first.talk = v.how, v.end, v.talk
            found[i] = None
    return found


def see(v, gaps, lists_talks):
    came, left, over = gaps.end(v.joined), gaps.end(v.left), gaps.end(v.over)
    v.misses = [at for at in v.misses if gaps.end(at) is None]
    if came is not None and left == came:
        if not v.talks_at(came) or not lists_talks and over is not None:
            return None
    elif left is not None and not v.talks_at(left):
        v.waits_until(left)
        v.how, v.end = "lost", None
    elif left is not None and not lists_talks:
        v.waits_until(left)
    if v.how == "answered" and over is not None:
        v.end = "lost"
    return v
