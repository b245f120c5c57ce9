# SPDX-License-Identifier: MIT
"""How the oracle's numbers are rounded and shown."""
import math
from fractions import Fraction


def rounded(numerator, denominator, one):
    """Half up, in 1/one; None when there is nothing to divide by."""
    if denominator <= 0:
        return None
    return math.floor(Fraction(numerator, denominator) * one + Fraction(1, 2))


def decimal(value, places):
    if value is None:
        return "NaN"
    sign, value = ("-", -value) if value < 0 else ("", value)
    one = 10 ** places
    return f"{sign}{value // one}.{value % one:0{places}d}"


def seconds(ms):
    return decimal(ms, 3)


def mean(total, n):
    return seconds(rounded(total, n, 1))


def ratio(numerator, denominator):
    return decimal(rounded(numerator, denominator, 10000), 4)


def rate(numerator, denominator):
    return decimal(rounded(numerator, denominator, 1000), 3)


def nearest_rank(sorted_values, percent):
    n = len(sorted_values)
    return sorted_values[-(-percent * n // 100) - 1]
