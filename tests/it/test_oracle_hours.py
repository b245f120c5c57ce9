# SPDX-License-Identifier: MIT
"""The oracle's business time, against cases worked out by hand and against a
count of minutes.  Instants are written as the clock on the wall shows them."""
import random
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from oracle_calendar import Calendar

pytestmark = pytest.mark.scripts  # no program of ours runs in it
HOUR = 3_600_000
OFFICE = ["mon-fri 09:00-17:00"]
LATE_DAY = ["mon-fri 08:00-17:00"]


def calendar(*hours, zone="Europe/Oslo", exceptions=()):
    return Calendar({"zone": zone, "open": hours, "exceptions": exceptions})


def at(text, zone="Europe/Oslo", fold=0):
    wall = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return int(wall.timestamp() * 1000)


@pytest.mark.parametrize("hours, start, target, due", [
    (OFFICE, "2026-01-30 16:30", 1, "2026-02-02 09:30"),    # a Friday, to Monday
    (LATE_DAY, "2026-01-30 16:00", 4, "2026-02-02 11:00"),
    (OFFICE, "2026-01-29 16:00", 4, "2026-01-30 12:00"),
    (OFFICE, "2026-01-30 16:00", 4, "2026-02-02 12:00"),
    (OFFICE, "2026-01-29 15:00", 4, "2026-01-30 11:00"),
    (["mon-fri 08:00-16:00"], "2026-03-27 15:00", 4, "2026-03-30 11:00"),   # over the change
    (["mon-fri 08:00-16:00"], "2026-10-23 15:00", 4, "2026-10-26 11:00"),
    (OFFICE, "2026-01-30 09:00", 8, "2026-01-30 17:00"),    # the closing, not Monday's opening
    (OFFICE, "2026-01-31 12:00", 1, "2026-02-02 10:00"),    # begun while closed
    (OFFICE, "2026-01-30 18:00", 0, "2026-01-30 18:00"),
    (["daily 00:00-24:00"], "2026-03-28 12:00", 24, "2026-03-29 13:00"),
    (["daily 00:00-24:00"], "2026-10-24 12:00", 24, "2026-10-25 11:00"),
    (["fri 22:00-06:00"], "2026-01-30 23:00", 8, "2026-02-06 23:00"),
    (["fri 22:00-06:00"], "2026-01-30 12:00", 8, "2026-01-31 06:00"),
])
def test_due(hours, start, target, due):
    assert calendar(*hours).due(at(start), target * HOUR) == at(due)


@pytest.mark.parametrize("zone, hours, begin, end, seconds", [
    ("UTC", OFFICE, "2022-03-20 00:00", "2022-03-26 23:59", 144_000),   # as Chatwoot counts
    ("Europe/Oslo", ["daily 00:00-24:00"], "2026-03-29 00:00", "2026-03-30 00:00", 23 * 3600),
    ("Europe/Oslo", ["daily 00:00-24:00"], "2026-10-25 00:00", "2026-10-26 00:00", 25 * 3600),
    ("Europe/Oslo", ["daily 22:00-06:00"], "2026-03-28 12:00", "2026-03-29 12:00", 7 * 3600),
    ("Europe/Oslo", ["daily 22:00-06:00"], "2026-10-24 12:00", "2026-10-25 12:00", 9 * 3600),
    ("Europe/Oslo", ["sun 02:10-02:50"], "2026-03-28 00:00", "2026-03-30 00:00", 0),
    ("Europe/Oslo", ["sun 02:10-02:50"], "2026-10-24 00:00", "2026-10-26 00:00", 100 * 60),
    ("Europe/Oslo", ["sun 01:30-02:30"], "2026-03-28 00:00", "2026-03-30 00:00", 30 * 60),
    ("Australia/Lord_Howe", ["daily 00:00-24:00"], "2026-04-05 00:00", "2026-04-06 00:00",
     88_200),                                           # 24 h and a half
    ("Australia/Lord_Howe", ["daily 01:00-03:00"], "2026-10-04 00:00", "2026-10-05 00:00", 5400),
    ("America/New_York", ["sun 01:15-01:45"], "2026-11-01 00:00", "2026-11-02 00:00", 5400),
    ("UTC", ["mon 09:00-12:00", "mon 11:00-13:00"], "2026-02-02 00:00", "2026-02-03 00:00",
     4 * 3600),                                         # what overlaps is one
    ("UTC", ["mon 22:00-06:00", "tue 05:00-07:00"], "2026-02-02 00:00", "2026-02-04 00:00",
     9 * 3600),
    ("UTC", OFFICE, "2026-02-02 10:00", "2026-02-02 09:00", 0),
    ("UTC", OFFICE, "2026-02-02 16:59:59", "2026-02-02 17:00:01", 1),
])
def test_elapsed(zone, hours, begin, end, seconds):
    assert calendar(*hours, zone=zone).elapsed(at(begin, zone), at(end, zone)) == seconds * 1000


def test_a_holiday_has_no_hours_but_those_of_the_night_before():
    c = calendar("daily 22:00-06:00", exceptions=["2026-12-25"])
    assert c.elapsed(at("2026-12-24 12:00"), at("2026-12-25 12:00")) == 8 * HOUR
    assert c.elapsed(at("2026-12-25 12:00"), at("2026-12-26 12:00")) == 0


def test_a_date_of_its_own_hours_has_no_others():
    c = calendar(*OFFICE, exceptions=["2026-12-24 08:00-10:00", "2026-12-24 12:00-13:00"])
    assert c.elapsed(at("2026-12-24 00:00"), at("2026-12-25 00:00")) == 3 * HOUR
    assert c.due(at("2026-12-24 09:00"), 2 * HOUR) == at("2026-12-24 13:00")


def test_a_calendar_that_never_opens():
    assert calendar("mon 09:00-10:00", exceptions=[]).due(at("2026-01-01 00:00"), HOUR)
    closed = calendar()
    assert closed.due(at("2026-01-01 00:00"), 1) is None
    assert closed.due(at("2026-01-01 00:00"), 0) == at("2026-01-01 00:00")
    assert closed.elapsed(at("2026-01-01 00:00"), at("2026-02-01 00:00")) == 0


ZONES = ("Europe/Oslo", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata",
         "Pacific/Chatham", "America/Sao_Paulo", "Africa/Casablanca", "Pacific/Apia")


def any_hours(rng):
    day = rng.choice(("daily", "mon-fri", "sat-sun", "fri-mon", "sun", "wed"))
    begin = rng.randrange(0, 1440, 5)
    end = rng.randrange(5, 1441, 5)
    return f"{day} {begin // 60:02}:{begin % 60:02}-{end // 60:02}:{end % 60:02}"


@pytest.mark.parametrize("seed", range(24))
def test_equals_a_count_of_minutes(seed):
    """Days around a change of the clocks, or any days, minute by minute."""
    rng = random.Random(seed)
    zone = ZONES[seed % len(ZONES)]
    c = calendar(*(any_hours(rng) for _ in range(rng.randrange(1, 5))), zone=zone)
    first = datetime(rng.randrange(2010, 2037), rng.choice((3, 4, 9, 10, 11, 12)), 1,
                     tzinfo=timezone.utc) + timedelta(minutes=rng.randrange(30 * 1440))
    begin = int(first.timestamp())
    open_until, dues = 0, {}
    for minute in range(begin, begin + 5 * 86400, 60):
        dues.setdefault(open_until, minute)
        open_until += 60 * c.is_open(minute)
        if rng.random() < 0.03:
            assert c.elapsed(begin * 1000, (minute + 60) * 1000) == open_until * 1000
    for length in rng.sample(sorted(dues), min(20, len(dues))):
        assert c.due(begin * 1000, length * 1000) == (dues[length] if length else begin) * 1000
