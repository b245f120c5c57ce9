# SPDX-License-Identifier: MIT
"""Opening hours, by Python's own time zones: of each instant, and of each date
near it, are these hours open?  And how much of them is in a length of time:
each date's hours become instants, and what was counted is not counted again."""
import itertools
import re
from datetime import date, datetime, timedelta, timezone

from oracle_days import instant, offset

FAR = timedelta(days=400)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def minutes(text):
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def hours_of(text):
    begin, end = map(minutes, text.split("-"))
    return begin, end if end > begin else end + 24 * 60


def days_of(text):
    if text == "daily":
        return set(range(7))
    first, last = (DAYS.index(d) for d in (text.split("-") * 2)[:2])
    return {d % 7 for d in range(first, last + 1 if last >= first else last + 8)}


def last_instant(zone, day, minute):
    """The last instant at which the zone's clock shows that time of the day or,
    where it is skipped, the first one after the gap."""
    wall = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
    wall = int((wall + timedelta(minutes=minute)).timestamp())
    shown = [t for t in {wall - offset(zone, wall + d) for d in (-86400, 86400)}
             if t + offset(zone, t) == wall]
    return max(shown) if shown else instant(zone, day, minute * 60)


class AllTheTime:
    """Where no calendar is named: the wall's time."""

    def elapsed(self, begin, end):
        return max(0, end - begin)

    def due(self, start, length):
        return start + max(0, length)


class Calendar:
    def __init__(self, given):
        self.zone = given["zone"]
        self.known = {}             # date -> when it opens and closes, ms
        self.week = [[] for _ in DAYS]
        self.dates = {}
        for text in given["open"]:
            days, hours = text.split()
            for day in days_of(days):
                self.week[day].append(hours_of(hours))
        for text in given.get("exceptions", ()):
            day, hours = re.fullmatch(r"(\S+) ?(.*)", text).groups()
            self.dates.setdefault(date.fromisoformat(day), []).extend(
                [hours_of(hours)] if hours else [])

    def hours(self, day):
        return self.dates.get(day, self.week[day.weekday()])

    def is_open(self, second):
        today = datetime.fromtimestamp(second + offset(self.zone, second), timezone.utc).date()
        return any(
            instant(self.zone, day, begin * 60) <= second < last_instant(self.zone, day, end)
            for day in (today + timedelta(days=d) for d in (-2, -1, 0, 1))
            for begin, end in self.hours(day))

    def stretches(self, day):
        """Of the hours that begin on that date: opens and closes, in ms."""
        if day not in self.known:
            self.known[day] = sorted(
                (1000 * instant(self.zone, day, begin * 60),
                 1000 * last_instant(self.zone, day, end))
                for begin, end in self.hours(day))
        return self.known[day]

    def open_from(self, start):
        """(from, to) one after another and apart, what is open from start on;
        ends when there is nothing for FAR days."""
        first = datetime.fromtimestamp(start // 1000, timezone.utc).date()
        cursor, last_seen = start, first
        for day in (first + timedelta(days=d) for d in itertools.count(-3)):
            for opens, closes in self.stretches(day):
                if closes > max(opens, cursor):
                    yield max(opens, cursor), closes
                    cursor, last_seen = closes, day
            if day > last_seen + FAR:
                return

    def elapsed(self, begin, end):
        """ms open from begin to end."""
        total = 0
        for opens, closes in self.open_from(begin):
            if opens >= end:
                break
            total += min(closes, end) - opens
        return total

    def due(self, start, length):
        """The first instant at which length ms were open since start; None: it
        does not come."""
        if length <= 0:
            return start
        for opens, closes in self.open_from(start):
            if closes - opens >= length:
                return opens + length
            length -= closes - opens
        return None
