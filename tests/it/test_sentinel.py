# SPDX-License-Identifier: MIT
"""A master, its replica and three sentinels: the daemon finds the new master
after a failover, and writes again what that never got."""
import pytest

from many_redis import Watched
from system import wait_until
from test_cluster import begin, send_half, talks_to
from test_live import LIVE, board_equals


@pytest.fixture
def watched(system):
    system.redis.kill9()
    system.redis = Watched(system)
    return system.redis


@pytest.mark.parametrize("end", ["kill9", "stop"])
def test_the_master_goes_under_load(system, watched, end):
    daemon, load, oracle = begin(system)
    send_half(system, load)
    getattr(watched.master, end)()
    load.send(100)
    wait_until(lambda: system.seq("pbx") == load.at, 40, "a commit after the failover")
    assert watched.owner is watched.replica
    if end == "stop":  # it comes back, is told that it is a replica, and nobody minds
        watched.master.cont()
        wait_until(lambda: not watched.master.is_master(), 40, "the old master to be told")
    load.send(len(load.told))
    board_equals(system, oracle)
    assert talks_to(daemon) == watched.replica.address


def test_writes_lost_in_the_failover(system, watched):
    daemon, load, oracle = begin(system)
    load.send(200)
    wait_until(lambda: system.seq("pbx") == load.at, 20, "the first of it")
    watched.cut_off(watched.master, watched.replica)
    send_half(system, load)
    watched.master.kill9()
    watched.replica.cont()
    wait_until(lambda: daemon.log_contains("lost or rolled back in Redis"), 40, "the loss")
    load.send(len(load.told))
    board_equals(system, oracle)


def test_the_daemon_dies_with_the_writes(system, watched):
    """Nobody remembers what was lost but the journal."""
    daemon, load, oracle = begin(system)
    load.send(200)
    wait_until(lambda: system.seq("pbx") == load.at, 20, "the first of it")
    watched.cut_off(watched.master, watched.replica)
    send_half(system, load)
    daemon.kill9()
    watched.master.kill9()
    watched.replica.cont()
    daemon.start()
    load.send(len(load.told))
    board_equals(system, oracle, timeout=60)


def test_sentinels_die_one_by_one(system, watched):
    """One is enough to find the master."""
    for sentinel in watched.sentinels[:2]:
        sentinel.kill9()
    watched.sentinels = watched.sentinels[2:]
    daemon, load, oracle = begin(system, contacts=50)
    load.send(len(load.told))
    board_equals(system, oracle)
    doctor = system.ctl("doctor").stdout
    assert f'answers at {watched.master.address}, which is the master "main"' in doctor


def test_a_name_the_sentinels_do_not_know(system, watched):
    watched.settings = watched.settings.replace('"main"', '"other"')
    system.configure(LIVE)
    daemon = system.daemon().start()
    wait_until(lambda: daemon.log_contains('this sentinel knows no master "other"'), 20)
    answer = system.ctl("status")
    assert 'knows no master "other"' in answer.stderr
