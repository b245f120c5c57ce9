# SPDX-License-Identifier: MIT
"""A cluster of three masters: the daemon finds the node with the site's keys
and follows it, and counts as if nothing had happened."""
import json

import pytest

from many_redis import Cluster
from oracle import Oracle
from system import wait_until
from test_crash import Load, one_source
from test_live import LIVE, board_equals

SEED = 501


def begin(system, contacts=150):
    """The daemon and a collector at work, and a load to send."""
    told = one_source(SEED, contacts)
    oracle = Oracle(LIVE)
    for event in told:
        oracle.arrive(event, event["time"])
    system.configure(LIVE)
    daemon = system.daemon().start().ready()
    system.collector().start()
    return daemon, Load(system, told), oracle


def send_half(system, load):
    load.send(len(load.told) // 2)
    wait_until(lambda: system.seq("pbx") == load.at, 20, "half of it")


def other_than(cluster, owner):
    return next(n for n in cluster.nodes[:3] if n is not owner)


def talks_to(daemon):
    """The address it was last connected to."""
    return daemon.text().rpartition("connected; at=")[2].partition("\n")[0]


@pytest.fixture
def cluster(system):
    system.redis.kill9()
    system.redis = Cluster(system)
    return system.redis


@pytest.fixture
def replicated(system):
    system.redis.kill9()
    system.redis = Cluster(system, replica=True)
    return system.redis


def test_the_slot_moves_under_load(system, cluster):
    daemon, load, oracle = begin(system)
    for _ in range(3):
        share = len(load.told) // 8
        load.send(share)
        wait_until(lambda: system.seq("pbx") > 0, 20, "some of it")
        to = other_than(cluster, cluster.owner)
        cluster.move_slot(to, between=lambda: load.send(20))
        wait_until(lambda: talks_to(daemon) == to.address, 20, "the daemon to follow")
    load.send(len(load.told))
    board_equals(system, oracle)
    # sent on, not searched for, and never round and round
    assert daemon.text().count("connected; at=") <= 5
    assert "MOVED" in daemon.text()


def test_each_node_leads_to_ours(system, cluster):
    """Whichever of the settings' nodes is asked first, and alone."""
    system.configure(LIVE)
    daemon = system.daemon().start().ready()
    assert talks_to(daemon) == cluster.owner.address
    for node in cluster.nodes:
        cluster.settings = f'nodes = ["{node.address}"];'
        system.configure(LIVE)
        status = system.ctl("--json", "status")
        assert status.returncode == 0, status.stderr
        doctor = system.ctl("doctor").stdout
        assert f"answers at {cluster.owner.address}, the node of the cluster" in doctor


def test_the_owner_dies_and_its_replica_takes_over(system, replicated):
    daemon, load, oracle = begin(system)
    send_half(system, load)
    owner = replicated.owner
    owner.kill9()
    load.send(100)
    wait_until(lambda: system.seq("pbx") == load.at, 30, "a commit after the failover")
    assert replicated.owner is replicated.replica
    load.send(len(load.told))
    board_equals(system, oracle)


def test_the_owner_dies_with_what_its_replica_never_got(system, replicated):
    daemon, load, oracle = begin(system)
    load.send(200)
    wait_until(lambda: system.seq("pbx") == load.at, 20, "the first of it")
    owner, replica = replicated.owner, replicated.replica
    wait_until(lambda: replica.client.info("replication")["slave_repl_offset"]
               >= owner.client.info("replication")["master_repl_offset"] - 1000,
               20, "the replica to have most of it")
    replicated.cut_off(owner, replica)
    send_half(system, load)
    owner.kill9()
    replica.cont()
    wait_until(lambda: daemon.log_contains("lost or rolled back in Redis"), 30, "the loss")
    load.send(len(load.told))
    board_equals(system, oracle)


def test_no_node_answers_at_first(system, cluster):
    """The daemon goes round until one is there, and says so now and then."""
    for node in cluster.nodes:
        node.kill9()
    system.configure(LIVE)
    daemon = system.daemon().start()
    for node in cluster.nodes:
        wait_until(lambda: daemon.log_contains(f"gone: {node.address}: Connection refused"),
                   20, "each to be tried")
    for node in cluster.nodes:
        node.start()
    daemon.ready(20)
    assert json.loads(system.ctl("--json", "status").stdout)
