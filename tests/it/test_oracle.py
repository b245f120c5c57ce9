# SPDX-License-Identifier: MIT
"""The engine against the oracle: random streams, and at many instants every
figure of every object must be the same, to the last digit (percentiles within
one per cent).  On the way the engine is crashed and resumed, told the time
more often than it needs, and its state kept at odd moments; none of that may
be seen in a figure.  Who is in the set of those who wait, and every breach, are
compared as well.

SEED=n repeats one stream, ROUNDS=n plays more of them.
"""
import json
import os
import random
import subprocess

import pytest

import oracle_owed
import stream
import stream_switch
import stream_weeks
from compare import WORDS, differences, must_equal
from oracle import Oracle
from oracle_matters import KINDS
from stream import CONFIG, driver_conf

SEEDS = ([int(os.environ["SEED"])] if "SEED" in os.environ
         else range(1, 1 + int(os.environ.get("ROUNDS", 3))))
FIRST_AND_MORE = [s if s == SEEDS[0] else pytest.param(s, marks=pytest.mark.long) for s in SEEDS]


# s; the shortest intervals of the history that are followed: in weeks there are many
SHORTEST = {stream: 60, stream_switch: 60, stream_weeks: 900}


class Engine:
    """tests/it/engine_driver.c at the other end of a pipe."""

    def __init__(self, program, config):
        self.process = subprocess.Popen([program], text=True, bufsize=1 << 20,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for line in driver_conf(config):
            self.say(line)

    def say(self, line):
        self.process.stdin.write(line + "\n")

    def ask(self, line):
        self.say(line)
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"the engine ended with {self.process.wait()} at {line}"
        return json.loads(answer)

    def event(self, now, event):
        self.say(f"E {now} {json.dumps(event)}")

    def figures(self, now):
        self.say(f"T {now}")
        self.say("C")
        figures = plain(self.ask("F"))
        figures["site"] = next(iter(figures["site"].values()))
        return figures

    def close(self):
        self.process.stdin.close()
        assert self.process.wait() == 0


def plain(figures):
    """The window "all" has no suffix outside of the engine."""
    if not isinstance(figures, dict):
        return figures
    return {k.removesuffix("_all"): plain(v) for k, v in figures.items()}


@pytest.fixture
def engine(driver):
    engines = []

    def start(config):
        engines.append(Engine(driver, config))
        return engines[-1]
    yield start
    for e in engines:
        e.process.kill()
        e.process.wait()


def compare(oracle, engine, now, said):
    said = f"{said}, now {now}:"
    must_equal(oracle.figures(now), engine.figures(now), said)
    waiting = {name: sorted([who, -1 if due is None else due]
                            for who, due in oracle_owed.waiting(oracle, queue))
               for name, queue in oracle.queues.items()}
    assert {name: sorted(who) for name, who in engine.ask("Q").items()} == waiting, said


def compare_history(oracle, engine, said):
    """The intervals the engine closed, where the oracle looked; how many."""
    expected, seen = {}, {}
    for name, queue, start, fields in engine.ask("H"):
        length = {"1m": 60, "15m": 900, "1d": 86400}[name]
        if length < oracle.history.shortest or start + length in oracle.history.left_out:
            continue
        closed = oracle.history.closed[name, queue, start]
        here = f"{name} of {queue} at {start}"
        expected[here] = {k: v for k, v in closed.items() if v is not None}
        seen[here] = fields
    must_equal(expected, seen, said)
    return len(seen)


def breaches(oracle, engine):
    """Of clocks to the word and the millisecond; of visits by kind."""
    expected = [[kind, *what] for kind, *what in oracle.breaches]
    return [sorted(b if len(b) == 5 and b[0] in KINDS else b[:3] for b in told)
            for told in (expected, engine.ask("B"))]


def play(engine, seed, disturb=None, every=40, world=stream, **size):
    """One stream through both, in the site it belongs to."""
    rng = random.Random(seed + 1_000_003)
    oracle, before = Oracle(world.CONFIG, SHORTEST[world]), None
    for at, (now, event) in enumerate(world.stream(seed, **size)):
        if disturb and before is not None:
            disturb(rng, engine, before, now)
        oracle.arrive(event, now)
        engine.event(now, event)
        if rng.randrange(every) == 0:
            compare(oracle, engine, now, f"SEED={seed}, after {at + 1} events")
        before = now
    for later in (0, 7, 1000, 59_000, 899_000, 3_600_000, 86_400_000, 3 * 86_400_000):
        compare(oracle, engine, before + later, f"SEED={seed}, after all")
    assert compare_history(oracle, engine, f"SEED={seed}, the history") > 100
    expected, seen = breaches(oracle, engine)
    assert seen == expected, f"SEED={seed}"
    engine.close()


def crashes_and_ticks(rng, engine, before, now):
    fate = rng.random()
    if fate < 0.03:
        engine.say("S")
    elif fate < 0.15:
        engine.say("K")
    elif fate < 0.3 and now > before:
        engine.say(f"T {rng.randrange(before, now)}")


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_figures_equal(engine, seed):
    play(engine(CONFIG), seed)


@pytest.mark.parametrize("seed", FIRST_AND_MORE)
def test_figures_equal_through_crashes(engine, seed):
    play(engine(CONFIG), seed, crashes_and_ticks)


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_days_equal(engine, seed):
    play(engine(stream_weeks.CONFIG), seed, world=stream_weeks)


@pytest.mark.parametrize("seed", FIRST_AND_MORE)
def test_days_equal_through_crashes(engine, seed):
    play(engine(stream_weeks.CONFIG), seed, crashes_and_ticks, world=stream_weeks)


@pytest.mark.parametrize("seed", FIRST_AND_MORE)
def test_two_inputs_of_a_switch_equal_through_crashes(engine, seed):
    play(engine(stream_switch.CONFIG), seed, crashes_and_ticks, world=stream_switch)


@pytest.mark.long
def test_one_large_stream(engine):
    play(engine(CONFIG), 77, crashes_and_ticks, every=400, contacts=700, minutes=240)


def test_a_difference_is_seen(engine):
    """The comparison can fail: an event only one of them is told shows."""
    oracle, e = Oracle(CONFIG), engine(CONFIG)
    told = stream.stream(3)[:400]
    for now, event in told:
        oracle.arrive(event, now)
    for now, event in told[:-200] + told[-199:]:
        e.event(now, event)
    assert list(differences(oracle.figures(now), e.figures(now)))


def test_every_figure_is_recomputed(engine):
    """A figure the oracle does not know would go unproven."""
    oracle, e = Oracle(CONFIG), engine(CONFIG)
    for now, event in stream.stream(4, contacts=20):
        oracle.arrive(event, now)
        e.event(now, event)
    expected, seen = oracle.figures(now), e.figures(now)
    for scope in ("queues", "channels", "agents", "feeds"):
        name = next(iter(expected[scope]))
        assert set(seen[scope][name]) - set(expected[scope][name]) <= WORDS, scope
    assert set(seen["site"]) - set(expected["site"]) <= WORDS
