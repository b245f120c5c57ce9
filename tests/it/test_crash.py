# SPDX-License-Identifier: MIT
"""Killed at any moment, under load: the figures at the end are those of a
run in which nothing ever happened.

ROUNDS=n kills more often.  The publisher sends at least once: what it sent
after the last number that Redis knows of, it sends again when the collector
it spoke to died; the sequence numbers make that harmless.
"""
import os
import random

import pytest

from oracle import Oracle
from stopwatch import ran
from stream import stream
from system import wait_until
from test_live import LIVE, board_equals, body

ROUNDS = int(os.environ.get("ROUNDS", 6))
SEED = int(os.environ.get("SEED", 401))
BACK_SECONDS = 2.0      # from a restart to the first commit that is right


def one_source(seed, contacts):
    """A stream renumbered as one source's: 1, 2, 3 ... without holes, so that
    a hole at the end is our loss."""
    told = []
    for _, event in stream(seed, contacts=contacts):
        if event["event"] != "restarted":
            told.append(dict(event, source="pbx", boot=1, seq=len(told) + 1))
    return told


class Load:
    """A publisher that goes on while things die."""

    def __init__(self, system, told):
        self.system, self.told = system, told
        self.publisher = system.publisher()
        self.at = 0

    def send(self, n):
        for event in self.told[self.at:self.at + n]:
            self.publisher.send(body(event), event["seq"])
        self.at = min(len(self.told), self.at + n)

    def again(self):
        self.publisher.again_after(self.system.seq("pbx"))


def kill_daemon(system, parts, load, rng):
    parts["daemon"].kill9()
    load.send(rng.randrange(100))
    known = system.seq("pbx")
    begun = ran()
    parts["daemon"].start()
    wait_until(lambda: system.seq("pbx") > known or system.seq("pbx") == load.at, 20,
               "a commit after the restart")
    return ran() - begun


def kill_collector(system, parts, load, rng, start_more=None):
    parts["collector"].kill9()
    load.send(rng.randrange(100))
    # before it is back: what is on the old line would be taken first, and stand
    # beyond the hole that died with it
    load.again()
    begun = ran()
    parts["collector"].start()
    if start_more:
        start_more()
    wait_until(lambda: system.seq("pbx") == load.at, 20, "all of it")
    return ran() - begun


def kill_redis(system, parts, load, rng):
    system.redis.kill9()
    load.send(rng.randrange(100))
    system.redis.start()
    begun = ran()
    wait_until(lambda: system.seq("pbx") == load.at, 20, "all of it")
    return ran() - begun


def kill_both(system, parts, load, rng):
    parts["daemon"].kill9()
    return kill_collector(system, parts, load, rng, parts["daemon"].start)


KILLS = {"daemon": kill_daemon, "collector": kill_collector, "redis": kill_redis,
         "daemon and collector": kill_both}


@pytest.mark.parametrize("victim", KILLS)
def test_killed_under_load(system, victim, capsys):
    rng = random.Random(f"{SEED} {victim}")
    told = one_source(SEED, contacts=150 * max(ROUNDS, 4))
    oracle = Oracle(LIVE)
    for event in told:
        oracle.arrive(event, event["time"])
    system.configure(LIVE)
    parts = {"daemon": system.daemon().start().ready(),
             "collector": system.collector().start()}
    load, took = Load(system, told), []
    share = len(told) // (ROUNDS + 1)
    for _ in range(ROUNDS):
        load.send(rng.randrange(share // 2, share))
        lag = rng.randrange(share // 2)
        wait_until(lambda: system.seq("pbx") >= load.at - lag, 20, "some of it")
        took.append(KILLS[victim](system, parts, load, rng))
    load.send(len(told))
    board_equals(system, oracle, sent_again=True)
    feed = system.hash("feed:pbx")
    assert (feed["lost_total"], feed["events_total"]) == ("0", str(len(told)))
    with capsys.disabled():
        print(f"\n  {victim}: {ROUNDS} kills, first right commit after "
              f"{max(took):.2f} s at most")
    assert max(took) <= BACK_SECONDS


def test_redis_emptied(system):
    """The daemon has it all in memory and writes it again."""
    told = one_source(SEED + 1, contacts=100)
    oracle = Oracle(LIVE)
    for event in told:
        oracle.arrive(event, event["time"])
    system.configure(LIVE)
    system.daemon().start().ready()
    system.collector().start()
    load = Load(system, told)
    load.send(len(told) // 2)
    wait_until(lambda: system.seq("pbx") == load.at, what="half of it")
    system.redis.client.flushall()
    load.send(len(told))
    board_equals(system, oracle)


def test_a_stopped_daemon_catches_up(system):
    told = one_source(SEED + 2, contacts=100)
    oracle = Oracle(LIVE)
    for event in told:
        oracle.arrive(event, event["time"])
    system.configure(LIVE)
    daemon = system.daemon().start().ready()
    system.collector().start()
    load = Load(system, told)
    load.send(10)
    wait_until(lambda: system.seq("pbx") == 10, what="the first ten")
    daemon.stop()
    load.send(len(told))
    daemon.cont()
    board_equals(system, oracle)
