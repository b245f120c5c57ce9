# SPDX-License-Identifier: MIT
"""When a day begins, by Python's own time zones."""
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo


def offset(zone, second):
    at = datetime.fromtimestamp(second, timezone.utc)
    return int(at.astimezone(ZoneInfo(zone)).utcoffset().total_seconds())


def instant(zone, date, day_start):
    """The first instant at which the zone's clock shows day_start or, where
    that is skipped, the first one after the gap."""
    wall = datetime(date.year, date.month, date.day, tzinfo=timezone.utc)
    wall = int((wall + timedelta(seconds=day_start)).timestamp())
    shown = [t for t in {wall - offset(zone, wall + d) for d in (-86400, 86400)}
             if t + offset(zone, t) == wall]
    if shown:
        return min(shown)
    low, high = wall - 2 * 86400, wall + 2 * 86400
    while high - low > 1:       # the clock jumps over wall once in here
        middle = (low + high) // 2
        if middle + offset(zone, middle) < wall:
            low = middle
        else:
            high = middle
    return high


@lru_cache(maxsize=65536)
def day_begin(zone, second, day_start):
    """The last beginning of a day at or before second."""
    today = datetime.fromtimestamp(second + offset(zone, second), timezone.utc).date()
    begins = [instant(zone, today + timedelta(days=d), day_start) for d in (-2, -1, 0, 1)]
    return max(b for b in begins if b <= second)
