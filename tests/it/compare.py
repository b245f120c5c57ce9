# SPDX-License-Identifier: MIT
"""Two boards of figures, and where they differ."""


class Near:
    """A number a model gives: the same within one unit of its last digit."""

    def __init__(self, value, places):
        self.value, self.unit = value, 10 ** -places

    def __repr__(self):
        return f"about {self.value}"

    def is_near(self, seen):
        return seen != "NaN" and abs(float(seen) - self.value) <= self.unit


WORDS = {"name", "status_reason", "degraded_reason"}    # for people, not figures


def differences(expected, seen, path=""):
    """A line for each figure or object that is not the same in both.  What
    is seen may have more fields (never more objects) than expected."""
    for key in sorted(set(expected) | set(seen)):
        here = f"{path}/{key}"
        if key not in seen:
            yield f"{here}: not there"
        elif key not in expected:
            if isinstance(seen[key], dict):
                yield f"{here}: not expected"
        elif isinstance(expected[key], dict):
            yield from differences(expected[key], seen[key], here)
        elif key == "queues":               # an agent's, in any order
            if set(expected[key].split()) != set(seen[key].split()):
                yield f"{here}: expected {expected[key]}, seen {seen[key]}"
        elif not same(expected[key], seen[key]):
            yield f"{here}: expected {expected[key]}, seen {seen[key]}"


def same(expected, seen):
    """Text is equal to the last digit; what a model gives is near; a percentile (a number of ms) is
    within one per cent, and the half millisecond of its last digit."""
    if isinstance(expected, str):
        return expected == seen
    if isinstance(expected, Near):
        return expected.is_near(seen)
    return seen != "NaN" and abs(float(seen) * 1000 - expected) <= expected * 0.01 + 0.5


def must_equal(expected, seen, said):
    lines = list(differences(expected, seen))
    assert not lines, "\n".join([said, *lines[:40], f"{len(lines)} differences"])
