# SPDX-License-Identifier: MIT
"""The forecast a second time: the textbook's way, without the engine's
recursions.

Who is in the system is a chain of births and deaths, its probabilities from
sums of logarithms.  Whether one who waits is answered in time is asked of the
chain of those before him, by uniformisation.  The number of agents is found by
trying 0, 1, 2 ...  Only for small sites: it takes milliseconds.
"""
import math
from fractions import Fraction
from functools import lru_cache

from compare import Near

OBSERVED_LEAST = 300            # s
SMALL = 40                      # e to the minus this is nothing


def chain(arrivals, leaving):
    """Probabilities of 0, 1, 2 ... being there; leaving(n) a second go."""
    logs, log = [0.0], 0.0
    while True:
        n = len(logs)
        log += math.log(arrivals / leaving(n))
        if arrivals < leaving(n) and log < max(logs) - SMALL:
            break
        logs.append(log)
    weights = [math.exp(log - max(logs)) for log in logs]
    total = math.fsum(weights)
    return [w / total for w in weights]


def answered_in_time(served, gives_up, threshold, length):
    """For 0, 1 ... length-1 before him: does he get an agent by then?"""
    beat = served + length * gives_up
    far = beat * threshold
    last = int(far + 9 * math.sqrt(far) + SMALL)
    moves = [(served + j * gives_up) / beat for j in range(length)]
    stays = [1 - (served + (j + 1) * gives_up) / beat for j in range(length)]
    now, total = [0.0] * length, [0.0] * length
    for k in range(1, last):
        weight = math.exp(k * math.log(far) - far - math.lgamma(k + 1))
        now = [m * before + s * here
               for m, s, before, here in zip(moves, stays, [1.0] + now, now)]
        total = [t + weight * n for t, n in zip(total, now)]
    return total


@lru_cache(maxsize=None)
def erlang_a(arrivals, handle, patience, threshold, agents):
    if agents == 0:
        return 0.0
    p = chain(arrivals, lambda n: (min(n, agents) / handle
                                   + max(0, n - agents) / patience))
    p += [0.0] * (agents + 1 - len(p))
    in_time = answered_in_time(agents / handle, 1 / patience, threshold, len(p) - agents)
    return math.fsum(p[:agents]) + math.fsum(
        x * g for x, g in zip(p[agents:], in_time))


@lru_cache(maxsize=None)
def erlang_c(arrivals, handle, patience, threshold, agents):
    load = arrivals * handle
    if agents <= load:
        return 0.0
    terms = [math.exp(k * math.log(load) - math.lgamma(k + 1)) for k in range(agents + 1)]
    waits = terms[agents] * agents / (agents - load)
    p_wait = waits / (math.fsum(terms[:agents]) + waits)
    return 1 - p_wait * math.exp(-(agents - load) * threshold / handle)


def required(model, numbers, target):
    """As many as make the ratio, as it is shown, the target."""
    enough = float(target - Fraction(1, 20000))
    n = 0
    while model(*numbers, n) < enough:
        n += 1
    return n


def gave_up(log):
    return sum(o.kind == "abandoned" for o in log)


def known(log):
    return [o.values for o in log if o.kind == "handled" and o.values]


def handle_time(pasts):
    """Seconds, of the past in which most was handled; None: nothing was."""
    log = max(pasts, key=lambda log: len(known(log)))
    if not known(log):
        return None
    acw = sum(o.values["acw"] for o in log if o.kind == "acw")
    talk = sum(v["talk"] + v["hold"] for v in known(log))
    return Fraction(talk + acw, 1000 * len(known(log)))


def patience_of(pasts, waiting_since, now):
    """Seconds of waiting for each who gave up, of the past in which most did;
    None: nobody did."""
    log = max(pasts, key=gave_up)
    if gave_up(log) == 0:
        return None
    waited = sum(o.values["wait"] for o in log
                 if o.kind in ("answered", "abandoned", "flowed_out", "callback"))
    waited += sum(1000 * max(0, now // 1000 - since // 1000) for since in waiting_since)
    return Fraction(max(1, waited), 1000 * gave_up(log))


def expected_wait(handle, patience, staffed, available, waiting):
    if available > 0:
        return 0
    if staffed == 0:
        return None
    gives_up = 0 if patience is None else 1 / patience
    return sum(1 / (staffed / handle + j * gives_up) for j in range(waiting + 1))


NOTHING = {"nowcast_model": "none", **dict.fromkeys((
    "nowcast_sl_ratio", "agents_required_count", "agents_gap_count", "est_wait_seconds",
    "patience_seconds", "offered_load_erlangs"), "NaN")}


def near(value, places):
    return "NaN" if value is None else Near(float(value), places)


def figures(policy, arrived, observed, handle, patience, staffed, available, waiting):
    if not arrived or observed < OBSERVED_LEAST or not handle:
        return NOTHING
    arrivals = Fraction(arrived, observed)
    model = erlang_c if patience is None else erlang_a
    numbers = (float(arrivals), float(handle), patience and float(patience),
               policy["threshold"] / 1000)
    needed = required(model, numbers, policy["target"])
    return {
        "nowcast_model": model.__name__,
        "nowcast_sl_ratio": near(model(*numbers, staffed), 4),
        "agents_required_count": str(needed),
        "agents_gap_count": str(staffed - needed),
        "est_wait_seconds": near(expected_wait(handle, patience, staffed, available,
                                               waiting), 3),
        "patience_seconds": near(patience, 3),
        "offered_load_erlangs": near(arrivals * handle, 3),
    }
