# SPDX-License-Identifier: MIT
"""Figures of what is owed and how it ended: the clocks of matters, the
backlog, resolutions, surveys, feedback and reviews, from the same log of
occurrences as all the others (oracle_figures.py).
"""
from collections import Counter

from oracle_matters import KINDS, PAUSABLE, RESPONSES
from oracle_numbers import mean, nearest_rank, ratio, seconds
from oracle_outcome import DAY

HOUR = 3_600_000                # ms
FEEDBACK = ("complaint", "compliment", "comment")
SURVEYS = ("csat", "nps", "ces")
BACKLOG_DAYS = (1, 3, 7)


# ---- now

def now_figures(oracle, queues):
    here = [m for m in oracle.matters.open if m.queue in queues]
    f = backlog([max(0, oracle.now - m.opened) for m in here])
    f["backlog_pending_count"] = str(sum(m.pending for m in here))
    for kind in KINDS:
        clocks = [(m.queue, m.clocks[kind]) for m in here if kind in m.clocks]
        f.update((f"{kind}_{name}", value)
                 for name, value in running(clocks, oracle.now).items())
    return f


def promised(policy):
    """Of a queue: what each clock is to do, where anything is."""
    f = {}
    for kind in PAUSABLE:
        target, share = policy[kind], policy[kind + "_target"]
        f[kind + "_target_seconds"] = seconds(target if target else None)
        f[kind + "_target_ratio"] = ratio(share, 1) if target else "NaN"
    return f


def backlog(ages):
    return {
        "backlog_count": str(len(ages)),
        "backlog_oldest_seconds": seconds(max(ages, default=0)),
        **{f"backlog_over_{days}d_count": str(sum(age > days * DAY for age in ages))
           for days in BACKLOG_DAYS},
    }


def running(clocks, now):
    moving = [c for _, c in clocks if c.since is not None and c.due is not None]
    return {
        "running_count": str(len(clocks)),
        "overdue_count": str(sum(c.missed is not None for _, c in clocks)),
        "due_1h_count": str(sum(now <= c.due <= now + HOUR for c in moving)),
        "due_15m_count": str(sum(now <= c.due <= now + HOUR // 4 for c in moving)),
        "next_due_seconds": seconds(min((c.due - now for c in moving if c.due >= now),
                                        default=None)),
        "oldest_seconds": seconds(max(
            (oldest([c for q, c in clocks if q is queue], now)
             for queue in {q for q, _ in clocks}), default=0)),
    }


def oldest(clocks, now):
    """Own time of the one that started first."""
    first = min(c.start for c in clocks)
    return min(c.own(now) for c in clocks if c.start == first)


def waiting(oracle, queue):
    """(whose, due) of the sorted set; due is None where there is none."""
    here = [v for v in oracle.open_visits
            if v.queue is queue and v.state == "waiting" and v.inbound]
    for v in here:
        target = queue.policy["threshold"]
        yield v.name or v.contact.name, earliest(
            [v.start + target] * bool(target) + dues(v.contact.matter, queue))
    for m in oracle.matters.open:
        if m.queue is queue and dues(m, queue) and m.contact not in [v.contact for v in here]:
            yield m.contact.name, earliest(dues(m, queue))


def earliest(dues):
    return min(dues, default=None)


def dues(m, queue):
    if m is None or m.queue is not queue:
        return []
    return [c.due for c in m.clocks.values() if c.since is not None and c.due is not None]


# ---- in a window

def numbers(log):
    return Counter(o.kind for o in log)


def clock_figures(log):
    number, f = numbers(log), {}
    for kind in KINDS:
        met, missed = number[kind + "_met"], number[kind + "_missed"]
        own = sorted(o.values["own"] for o in log if o.kind == kind + "_stopped")
        f[kind + "_met_count"], f[kind + "_missed_count"] = str(met), str(missed)
        f[kind + "_ratio"], f[kind + "_n"] = ratio(met, met + missed), str(met + missed)
        f[kind + "_avg_seconds"] = mean(sum(own), len(own))
    times = [o.values["own"] for o in log
             if o.kind in [kind + "_stopped" for kind in RESPONSES]]
    f["response_avg_seconds"] = mean(sum(times), len(times))
    return f


def scope_figures(log):
    """What agents do not have."""
    f = {}
    for kind in KINDS:
        own = sorted(o.values["own"] for o in log if o.kind == kind + "_stopped")
        f[kind + "_p90_seconds"] = nearest_rank(own, 90) if own else "NaN"
    f["backlog_expired_count"] = str(numbers(log)["backlog_expired"])
    return f


def outcome_figures(oracle, log):
    number = numbers(log)
    reached, unreached = number["reached"], number["unreached"]
    resolved, reopened = number["resolved"], number["reopened"]
    return {
        "callback_reached_count": str(reached),
        "callback_unreached_count": str(unreached),
        "callback_reached_ratio": ratio(reached, reached + unreached),
        "resolved_count": str(resolved),
        "reopened_count": str(reopened),
        "reopened_ratio": ratio(reopened, resolved),
        **first_contact(oracle, log),
        **survey_figures(log),
        **{f"{kind}_count": str(number[kind]) for kind in FEEDBACK},
        **review_figures(log),
    }


def first_contact(oracle, log):
    days = oracle.outcomes.remembered_for
    if not days:
        return dict.fromkeys(("fcr_ratio", "fcr_provisional", "fcr_final_ratio",
                              "fcr_final_n"), "NaN")
    resolved = [o for o in log if o.kind == "resolved"]
    back = numbers(log)["came_back"]
    final = [numbers(log)["final_" + which] for which in ("first", "again")]
    young = any(oracle.now <= o.values["time"] + days for o in resolved)
    return {
        "fcr_ratio": ratio(len(resolved) - back, len(resolved)),
        "fcr_provisional": "1" if young else "0",
        "fcr_final_ratio": ratio(final[0], sum(final)),
        "fcr_final_n": str(sum(final)),
    }


def survey_figures(log):
    f, score, number = {}, {}, numbers(log)
    for kind in SURVEYS:
        score[kind] = [o.values["score"] for o in log if o.kind == kind]
        n, sent = len(score[kind]), number[kind + "_sent"]
        f[kind + "_n"], f[kind + "_sent_count"] = str(n), str(sent)
        f[kind + "_response_ratio"] = ratio(min(n, sent), sent)
    f["csat_ratio"] = ratio(sum(s >= 4 for s in score["csat"]), len(score["csat"]))
    f["nps_score"] = points(100 * sum((s >= 9) - (s <= 6) for s in score["nps"]),
                            len(score["nps"]))
    f["ces_score"] = points(sum(score["ces"]), len(score["ces"]))
    return f


def review_figures(log):
    scores = [o.values["score"] for o in log if o.kind == "review"]
    return {"review_avg": points(sum(scores), len(scores)), "review_n": str(len(scores))}


def points(total, n):
    """A mean of scores, to a ten-thousandth."""
    return ratio(total, n)
