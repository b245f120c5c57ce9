# SPDX-License-Identifier: MIT
"""The switch that is not there (switch.py), by itself: its queue_log, through
the dialect that was there before it, comes to what it counts."""
import json
import subprocess

import pytest

from switch import Switch
from switch_asterisk import Asterisk
from switch_freeswitch import FreeSwitch


def told_of(switch):
    """The whole story, as each of the three would have it."""
    asterisk, freeswitch = Asterisk(switch), FreeSwitch(switch)
    log, ami, esl = [], [], []
    for h in switch.run():
        log += asterisk.log(h)
        ami += asterisk.ami(h)
        esl += freeswitch.esl(h)
    return log, ami, esl


def reported(ctl, path):
    done = subprocess.run([ctl, "--json", "report", "--dialect", "queue_log", str(path)],
                          text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def wrongs(figures, seen, said="", rough=0.0):
    """A line for each figure that is not so.  seen: a board's queues; rough: by
    so many seconds a sum of lengths may differ."""
    out = []
    for queue, expected in figures.items():
        board = {k: value(v) for k, v in seen.get(queue, {}).items()}
        board["worked_seconds"] = total(board, "talk_avg_seconds", "hold_avg_seconds")
        board["held_seconds"] = total(board, "hold_avg_seconds")
        out += [f"{said} {queue} {k}: expected {v}, seen {board.get(k)}"
                for k, v in expected.items()
                if not is_right(k, board, v, rough)]
    return out


def total(board, *averages):
    """Nobody's is NaN."""
    n = board.get("handled_count")
    return n * sum(board[name] for name in averages) if n else 0.0


def is_right(figure, board, expected, rough):
    """An average has three digits, what is made of it that many times less."""
    seen = board.get(figure)
    if seen is None or expected is None:
        return expected is None and seen != seen    # NaN
    if figure == "asa_seconds" and board["answered_count"]:
        return abs(seen - expected) <= 0.00101 + rough / board["answered_count"]
    if figure in ("worked_seconds", "held_seconds"):
        return abs(seen - expected) <= 0.0011 * board.get("handled_count", 0) + 0.00101 + rough
    return seen == expected


def without_hold(figures):
    """A log does not know it; it is within the talk."""
    return only(figures, lambda name: name != "held_seconds")


def only(figures, is_wanted):
    return {q: {k: v for k, v in f.items() if is_wanted(k)} for q, f in figures.items()}


def must_be(figures, seen, said=""):
    wrong = wrongs(figures, seen, said)
    assert not wrong, "\n".join(wrong)


def value(text):
    """Redis has texts and NaN, a report has numbers and null."""
    try:
        return float("nan" if text is None else text)
    except ValueError:
        return text


@pytest.mark.parametrize("seed", range(1, 9))
def test_its_log_comes_to_what_it_counts(ctl, tmp_path, seed):
    switch = Switch(seed, hours=6)
    log, _, _ = told_of(switch)
    (tmp_path / "queue_log").write_text("".join(log))
    board = reported(ctl, tmp_path / "queue_log")
    must_be(without_hold(switch.figures()), board["queues"], f"seed {seed}")
    assert board["feed"]["inconsistent_total"] == 0


def test_its_calls_die_with_it(ctl, tmp_path):
    switch = Switch(5, calls_an_hour=200)
    asterisk, log = Asterisk(switch), []
    for moment in (45, 80, None):
        for h in switch.run(moment and switch.begin + moment * 60_000):
            log += asterisk.log(h)
        if moment:
            switch.restart()
    (tmp_path / "queue_log").write_text("".join(log))
    figures = without_hold(switch.figures())
    assert sum(f["stuck_count"] + f["stuck_handling_count"] for f in figures.values()) > 3
    must_be(figures, reported(ctl, tmp_path / "queue_log")["queues"])


def test_a_seed_is_a_story():
    assert told_of(Switch(3)) == told_of(Switch(3))
    assert told_of(Switch(3)) != told_of(Switch(4))


def test_everything_there_is_happens():
    """A day has each of the ways a call can go, or the tests that use it would
    prove less than they say."""
    switch = Switch(3, queues=3, agents=12, hours=24, calls_an_hour=60, shifts=3)
    log, ami, esl = told_of(switch)
    verbs = {line.split("|")[4] for line in log}
    assert verbs >= {"QUEUESTART", "ENTERQUEUE", "CONNECT", "COMPLETECALLER", "COMPLETEAGENT",
                     "BLINDTRANSFER", "ATTENDEDTRANSFER", "ABANDON", "EXITWITHTIMEOUT",
                     "EXITWITHKEY", "EXITEMPTY", "RINGNOANSWER", "RINGCANCELED", "ADDMEMBER",
                     "REMOVEMEMBER", "PAUSEALL", "UNPAUSEALL"}
    assert {line.split("\r\n")[0] for line in ami} >= {"Event: Hold", "Event: Unhold"}
    again = [v for v in switch.visits if any(
        o.caller is v.caller and o.queue is v.queue and o is not v for o in switch.visits)]
    assert again, "nobody came into one queue twice"
    assert all(json.loads(event)["Event-Sequence"].isdigit() for event in esl)
