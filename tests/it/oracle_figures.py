# SPDX-License-Identifier: MIT
"""What the oracle's occurrences amount to at an instant: every figure of the
contract's section 3, as text.  Each question walks the whole log.
"""
import math
from fractions import Fraction

import oracle_ever
import oracle_forecast
import oracle_owed
from oracle_numbers import mean, nearest_rank, rate, ratio, seconds

CHANNELS = ("call", "chat", "email")
REASONS = ("timeout", "overflow", "key", "closed", "full", "no_agent", "withdrawn")
STATES = ("available", "ringing", "on_contact", "on_hold", "acw", "paused", "offline")
AT_ONCE = ("each_contact", "any_contact")
STAFFED = ("available", "ringing", "on_contact", "on_hold", "acw")
BUSY = ("on_contact", "on_hold", "acw")

# numerator and denominator of each service level formula
FORMULAS = {
    "short_removed": ("good", "good abandoned late"),
    "negative": ("good", "good short abandoned late"),
    "ignore": ("good", "good late"),
    "positive": ("good short abandoned", "good short abandoned late"),
    "short_credit": ("good short", "good short abandoned late"),
    "flowouts": ("good", "good abandoned late flowed"),
    "connect": ("good short abandoned callback",
                "good short abandoned callback flowed late"),
    "answered_only": ("good", "answered"),
}

CONTRADICTIONS = ("queued_again", "answered_again", "after_answer", "after_end",
                  "unanswered", "unknown_visit", "not_handling", "wrapped_unasked")
OUTCOMES = ("answered", "abandoned", "flowed_out", "callback", "stuck")


def length(window):
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    return int(window[:-1]) * units[window[-1]]


class Scope:
    """The occurrences of one object: a queue, a channel, the site, an agent."""

    def __init__(self, oracle, zone, mine):
        self.oracle, self.zone = oracle, zone
        self.log = [o for o in oracle.log if mine(o) and o.second <= oracle.now // 1000]

    def within(self, window):
        begin = begin_of(self.oracle, window, self.zone)
        return [o for o in self.log if o.second >= begin]


def begin_of(oracle, window, zone):
    """The first second of a window."""
    n = oracle.now // 1000
    if window == "all":
        return 0
    if window == "today":
        return oracle.day(n, zone)
    return n - length(window) + 1


def suffix(window):
    return "" if window == "all" else "_" + window


def all_of(oracle):
    agents = {name: agent_facts(oracle, a) for name, a in oracle.agents.by_name.items()}
    site = set(oracle.queues.values())
    return {
        "queues": {q.name: queue_figures(oracle, q, agents)
                   for q in oracle.queues.values()},
        "channels": {c: many_figures(oracle, {q for q in site if q.channel == c},
                                     c, agents) for c in CHANNELS},
        "site": many_figures(oracle, site, "call", agents, agents.values()),
        "agents": {name: agent_figures(oracle, name, facts)
                   for name, facts in agents.items()},
        "feeds": {f.name: feed_figures(oracle, f) for f in oracle.feeds.values()
                  if f.heard is not None},
    }


# ---- queues, channels, the site

def scope_figures(oracle, queues, zone, formula, agents, members=None):
    f = now_figures(oracle, queues)
    f.update(oracle_owed.now_figures(oracle, queues))
    scope = Scope(oracle, zone, lambda o: o.queue in queues)
    fed_by = set().union(*(q.fed_by for q in queues))
    f.update(health(oracle, fed_by))
    per_hour(oracle, f, scope, fed_by, ("offered", "handled"))
    if members is None:
        names = {q.name for q in queues}
        members = [a for a in agents.values() if a["member"] & names]
    f.update(agents_of(members))
    f["sl_formula"] = formula
    for window in oracle.windows:
        log = scope.within(window)
        w = visit_figures(log)
        w.update(sl_figures(log, formula))
        w.update(oracle_owed.clock_figures(log))
        w.update(oracle_owed.scope_figures(log))
        w.update(oracle_owed.outcome_figures(oracle, log))
        w.update(rate_figures(log, together([a["shared"][window] for a in members])))
        f.update((name + suffix(window), value) for name, value in w.items())
    return f


def many_figures(oracle, queues, channel, agents, members=None):
    """A channel's, or the site's."""
    formula = oracle.policy_of(channel)["sl_formula"]
    f = scope_figures(oracle, queues, oracle.zone, formula, agents, members)
    f["status"] = worst(status(oracle, q) for q in queues)
    return f


def worst(statuses):
    return max(statuses, key=("closed", "ok", "unknown", "warn", "crit").index, default="ok")


def queue_figures(oracle, q, agents):
    f = scope_figures(oracle, {q}, q.zone, q.policy["sl_formula"], agents)
    f["sl_recover_count"] = recover(*service(oracle, q, "60m"), q.policy["target"])
    promised = q.policy["threshold"] > 0
    f["sl_target_ratio"] = ratio(q.policy["target"], 1) if promised else "NaN"
    f["sl_threshold_seconds"] = seconds(q.policy["threshold"] if promised else None)
    f.update(oracle_owed.promised(q.policy))
    f["channel"] = q.channel
    f["other_names_count"] = "0"        # it is no __other__
    f["open"] = "1" if is_open(oracle, q) else "0"
    f["status"] = status(oracle, q)
    f.update(forecast(oracle, q, f))
    f.update(oracle_ever.figures(oracle, q))
    return f


def forecast(oracle, q, f):
    """Of the queue's own figures f, and what was seen until now."""
    if q.channel == "email" or not q.policy["threshold"]:
        return oracle_forecast.NOTHING
    scope = Scope(oracle, q.zone, lambda o: o.queue is q)
    pasts = [scope.within("60m")]           # the first of equals counts
    if "today" in oracle.windows:
        pasts.append(scope.within("today"))
    since = [v.start for v in oracle.open_visits
             if v.queue is q and v.state == "waiting" and v.inbound]
    return oracle_forecast.figures(
        q.policy,
        arrived=sum(o.kind == "offered" for o in scope.within("30m")),
        observed=min(1800, observed(oracle, q.fed_by) or 0),
        handle=oracle_forecast.handle_time(pasts),
        patience=oracle_forecast.patience_of(pasts, since, oracle.now),
        staffed=int(f["agents_staffed_count"]),
        available=int(f["agents_available_count"]),
        waiting=len(since))


def service(oracle, q, window):
    """Numerator and denominator of a queue's service level."""
    log = Scope(oracle, q.zone, lambda o: o.queue is q).within(window)
    return by_formula(sl_counts(log), q.policy["sl_formula"])


def recover(g, n, p):
    if n == 0 or g >= p * n:
        return "0"
    return "NaN" if p >= 1 else str(math.ceil((p * n - g) / (1 - p)))


def is_open(oracle, q):
    return q.calendar is None or oracle.calendars[q.calendar].is_open(oracle.now // 1000)


def status(oracle, q):
    if not is_open(oracle, q):
        return "closed"
    if any(feed_status(oracle, feed) == "silent" for feed in q.fed_by):
        return "unknown"
    g, n = service(oracle, q, "15m")
    if n < 5 or g >= q.policy["target"] * n:
        return "ok"
    return "warn" if g >= (q.policy["target"] - Fraction(1, 10)) * n else "crit"


def now_figures(oracle, queues):
    here = [v for v in oracle.open_visits if v.queue in queues]
    waiting = [v for v in here if v.state == "waiting" and v.inbound]
    ages = [(max(0, oracle.now - v.start), v.queue.policy) for v in waiting]
    bound = [(age, p["threshold"], p["risk"]) for age, p in ages if p["threshold"]]
    return {
        "waiting_count": str(len(waiting)),
        "oldest_wait_seconds": seconds(max([age for age, _ in ages], default=0)),
        "waiting_over_target_count": str(sum(age > t for age, t, _ in bound)),
        "at_risk_count": str(sum(risk * t < age <= t for age, t, risk in bound)),
        "in_progress_count": str(sum(v.state == "handling" for v in here)),
    }


def visit_figures(log):
    n = {kind: [o.values for o in log if o.kind == kind]
         for kind in OUTCOMES + ("offered", "handled", "stuck_handling", "missed",
                                 "transferred", "escalated")}
    f = {kind + "_count": str(len(found)) for kind, found in n.items()}
    for reason in REASONS:
        f[f"flowed_out_{reason}_count"] = str(sum(v["reason"] == reason
                                                  for v in n["flowed_out"]))
    short = sum(v["short"] for v in n["abandoned"])
    left = len(n["abandoned"]) - short
    f["short_abandoned_count"] = str(short)
    f["abandon_ratio"] = ratio(left, len(n["answered"]) + left)
    f.update(work_figures(log))
    waits = sorted(v["wait"] for v in n["answered"] + n["abandoned"])
    for percent in (50, 90, 95):
        f[f"wait_p{percent}_seconds"] = nearest_rank(waits, percent) if waits else "NaN"
    f["wait_max_seconds"] = seconds(waits[-1] if waits else None)
    return f


def work_figures(log):
    """What agents have too: answers, handle time and the shares of handled."""
    answered = [o.values["wait"] for o in log if o.kind == "answered"]
    handled = [o.values for o in log if o.kind == "handled"]
    known = [v for v in handled if v]
    talk, hold = (sum(v[what] for v in known) for what in ("talk", "hold"))
    acw = sum(o.values["acw"] for o in log if o.kind == "acw")
    count = {kind: sum(o.kind == kind for o in log)
             for kind in ("missed", "transferred", "escalated")}
    return {
        "answered_count": str(len(answered)),
        "handled_count": str(len(handled)),
        **{kind + "_count": str(c) for kind, c in count.items()},
        "transfer_ratio": ratio(count["transferred"], len(handled)),
        "escalation_ratio": ratio(count["escalated"], len(handled)),
        "asa_seconds": mean(sum(answered), len(answered)),
        "aht_seconds": mean(*handle_time(log)),
        "talk_avg_seconds": mean(talk, len(known)),
        "hold_avg_seconds": mean(hold, len(known)),
        "acw_avg_seconds": mean(acw, len(known)),
        "acw_derived_count": str(sum(o.kind == "acw" and o.values["derived"] for o in log)),
    }


def handle_time(log):
    """ms, and for how many."""
    known = [o.values for o in log if o.kind == "handled" and o.values]
    acw = sum(o.values["acw"] for o in log if o.kind == "acw")
    return sum(v["talk"] + v["hold"] for v in known) + acw, len(known)


def sl_counts(log):
    n = {kind: sum(o.kind == "sl_" + kind for o in log)
         for kind in ("good", "short", "abandoned", "late", "flowed", "callback")}
    n["answered"] = sum(o.kind == "answered" and o.queue.policy["threshold"] > 0
                        for o in log)
    return n


def by_formula(n, formula):
    return [sum(n[kind] for kind in part.split()) for part in FORMULAS[formula]]


def sl_figures(log, formula):
    n = sl_counts(log)
    f = {f"sl_{kind}_count": str(n[kind]) for kind in n if kind != "answered"}
    g, d = by_formula(n, formula)
    f["sl_ratio"], f["sl_n"] = ratio(g, d), str(d)
    for name in FORMULAS:
        f["sl_ratio_" + name] = ratio(*by_formula(n, name))
    return f


def observed(oracle, fed_by):
    """Seconds since the earliest of these sources was first heard."""
    began = [feed.began for feed in fed_by]
    return oracle.now // 1000 - min(began) // 1000 + 1 if began else None


def per_hour(oracle, f, scope, fed_by, kinds):
    seen = observed(oracle, fed_by)
    last_hour = scope.within("60m")
    for kind in kinds:
        n = sum(o.kind == kind for o in last_hour)
        f[kind + "_per_hour"] = "NaN" if seen is None else rate(
            n * 3600, min(3600, max(60, seen)))


def health(oracle, fed_by):
    seen = observed(oracle, fed_by) or 0
    ill = any(feed_status(oracle, feed) != "ok" for feed in fed_by)
    return {"window_coverage_ratio": ratio(min(3600, max(0, seen)), 3600),
            "degraded": "1" if ill else "0"}


# ---- agents

def agent_facts(oracle, agent):
    state, since, folded = agent.now(oracle.now)
    spent = {w: agent.seconds(begin_of(oracle, w, oracle.zone) * 1000, oracle.now)
             for w in oracle.windows}
    full = oracle.now // 1000 * 1000        # scopes count to the last full second
    shared = {w: agent.seconds(begin_of(oracle, w, oracle.zone) * 1000, full)
              for w in oracle.windows}
    if agent.is_unknown(oracle.now):
        since = "NaN"
    return {"state": state, "since": str(since), "reason": folded.reason,
            "member": agent.member(oracle.now), "seconds": spent, "shared": shared}


def agents_of(members):
    states = [a["state"] for a in members]
    f = {f"agents_{s}_count": str(states.count(s))
         for s in STAFFED + ("offline", "paused")}
    f["agents_staffed_count"] = str(sum(s in STAFFED for s in states))
    return f


def together(spent):
    """The sums of several agents' times, by what they did."""
    return {what: sum(s[what] for s in spent) for what in STATES + AT_ONCE}


def rate_figures(log, spent):
    """What was done in the time that was spent, ms by state."""
    handled = sum(o.kind == "handled" for o in log)
    staffed = sum(spent[s] for s in STAFFED)
    f = {"occupancy_ratio": ratio(sum(spent[s] for s in BUSY), staffed)}
    for what, ms in (("login", staffed + spent["paused"]), ("staffed", staffed)):
        f[f"handled_per_{what}_hour"] = (rate(handled * 3_600_000, ms)
                                         if ms >= 1000 else "NaN")
    each, any_of_them = (spent[what] for what in AT_ONCE)
    f["concurrency_ratio"] = ratio(each, any_of_them)
    work, n = handle_time(log)
    f["effective_aht_seconds"] = mean(work * any_of_them, n * each)
    return f


def agent_figures(oracle, name, facts):
    fed_by = oracle.agent_feeds[name]
    scope = Scope(oracle, oracle.zone, lambda o: o.agent == name)
    f = health(oracle, fed_by)
    per_hour(oracle, f, scope, fed_by, ("handled",))
    f["other_names_count"] = "0"
    f["state"], f["state_since_epoch_ms"] = facts["state"], facts["since"]
    silent = any(feed_status(oracle, feed) == "silent" for feed in fed_by)
    f["status"] = "unknown" if silent else "ok"
    f["state_reason"] = facts["reason"] if facts["state"] == "paused" else ""
    f["queues"] = " ".join(sorted(facts["member"]))
    f["contacts_now_count"] = str(
        sum(v.state == "handling" and v.handling.agent == name for v in oracle.open_visits)
        + sum(a.agent == name for a in oracle.after_contact.open))
    for window in oracle.windows:
        w = agent_window(oracle, scope.within(window), facts["seconds"][window])
        f.update((key + suffix(window), value) for key, value in w.items())
    return f


def agent_window(oracle, log, spent):
    f = {**work_figures(log), **rate_figures(log, spent)}
    f.update(oracle_owed.clock_figures(log))
    f.update(oracle_owed.outcome_figures(oracle, log))
    staffed = sum(spent[s] for s in STAFFED)
    f["staffed_seconds"] = seconds(staffed)
    f["login_seconds"] = seconds(staffed + spent["paused"])
    for state in STAFFED + ("paused",):
        f[state + "_seconds"] = seconds(spent[state])
    return f


# ---- feeds

def feed_status(oracle, feed):
    after = oracle.config.get("feeds", {}).get(
        feed.name, oracle.config.get("silent_after", 15000) if feed.beats else 0)
    if feed.heard is not None and after and oracle.now > feed.heard + after:
        return "silent"
    return "gap" if feed.gap_count(oracle.now) else "ok"


def feed_figures(oracle, feed):
    f = {name + "_total": str(n) for name, n in feed.total.items()}
    f["lost_total"] = str(feed.lost_count())
    f["gap_count"] = str(feed.gap_count(oracle.now))
    f["silent"] = str(int(feed_status(oracle, feed) == "silent"))
    f["given_up_total"] = str(feed.given_up)
    f["boot"], f["seq"] = map(str, feed.current())
    f["last_event_epoch_ms"] = "NaN" if feed.last_event is None else str(feed.last_event)
    f["status"] = feed_status(oracle, feed)
    for kind in CONTRADICTIONS:
        f[f"inconsistent_{kind}_total"] = str(feed.kinds.get(kind, 0))
    return f
