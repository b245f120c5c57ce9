# SPDX-License-Identifier: MIT
"""What a queue counted since the state began: every occurrence there ever was,
also those that were taken back since; and each visit's work once it is over.
"""
from oracle_numbers import seconds

WAITS = "1 2 5 10 15 20 30 45 60 90 120 180 300 600 1800 3600 14400".split()
HANDLES = "15 30 60 120 180 240 300 420 600 900 1200 1800 3600 7200 14400".split()
COUNTED = {"offered": ("offered",), "answered": ("answered",), "handled": ("handled",),
           "abandoned": ("abandoned",), "flowed_out": ("flowed_out",),
           "callback": ("callback",), "stuck": ("stuck",), "missed": ("missed",),
           "in_target": ("sl_good",),
           "decided": ("sl_good", "sl_short", "sl_abandoned", "sl_late", "sl_flowed",
                       "sl_callback")}


def edge_of(ms):
    return f"{ms / 1000:.3f}".rstrip("0").rstrip(".")


def buckets(edges, lengths):
    counts = [f"{edge}:{sum(ms <= float(edge) * 1000 for ms in lengths)}"
              for edge in sorted(edges, key=float)]
    return " ".join(counts + [f"inf:{len(lengths)}"])


def figures(oracle, q):
    log = [o for o in oracle.ever if o.queue is q]
    f = {name + "_total": str(sum(o.kind in kinds for o in log))
         for name, kinds in COUNTED.items()}
    f["short_abandoned_total"] = str(sum(o.kind == "abandoned" and o.values["short"]
                                         for o in log))
    waits = [o.values["wait"] for o in log if o.kind in ("answered", "abandoned")]
    works = [ms for queue, ms in oracle.works if queue is q]
    promised = {edge_of(q.policy["threshold"])} if q.policy["threshold"] else set()
    f["wait_seconds_total"], f["handle_seconds_total"] = map(seconds, (sum(waits), sum(works)))
    f["wait_buckets"] = buckets({*WAITS, *promised}, waits)
    f["handle_buckets"] = buckets(HANDLES, works)
    return f
