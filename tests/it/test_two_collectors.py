# SPDX-License-Identifier: MIT
"""Two collectors subscribed to one publisher: the daemon counts each event
once.  Either may die, and the daemon too, as long as one of the two was there
for each event; and one that was cut off for long brings what is still missing.

ROUNDS=n kills more often.
"""
import os
import random
import signal

import pytest

from oracle import Oracle
from publisher import Numbered
from system import wait_until
from test_crash import one_source
from test_live import LIVE, board_equals, body

ROUNDS = int(os.environ.get("ROUNDS", 8))
SEED = int(os.environ.get("SEED", 501))
BOTH = ("left", "right")


class House:
    def __init__(self, system, publisher):
        self.system, self.publisher = system, publisher
        system.configure(LIVE, BOTH)
        text = system.config.read_text()
        for name in BOTH:
            text = text.replace(f'type = "zmq-pull"; bind = ["{system.endpoint(name)}"];',
                                f'type = "zmq-sub"; connect = ["{publisher.endpoint}"];')
        assert "zmq-pull" not in text
        # a customer is the same one, whoever heard her
        key = system.directory / "customer.key"
        key.write_text(32 * "5" + "\n")
        key.chmod(0o600)
        system.config.write_text(text + f'customer_key_file = "{key}";\n')
        self.daemon = system.daemon().start().ready()
        self.collectors = {name: system.collector(name).start() for name in BOTH}
        self.heard_by(2)

    def heard_by(self, n):
        wait_until(lambda: self.publisher.heard_by(n), 20, f"{n} subscribers")

    def feed(self):
        return self.system.hash("feed:pbx1")

    def has(self, **figures):
        wait_until(lambda: all(self.feed().get(k) == str(v) for k, v in figures.items()),
                   60, f"{figures}; it is {self.feed()}")


@pytest.fixture
def house(system):
    publisher = Numbered(system.directory)
    yield House(system, publisher)
    publisher.close()


def kill(house, rng, send):
    """One collector, or the daemon, or the two of them; the other collector
    has it all.  Who died comes back to a daemon that is up to date: whether a
    late event counts as one in time is another test's question."""
    who = rng.choice(BOTH)
    victims = rng.choice([[house.collectors[who]], [house.daemon],
                          [house.collectors[who], house.daemon]])
    for victim in victims:
        victim.kill9()
    # the publisher knows, too: it would take the dead one for who comes back
    house.heard_by(2 - sum(victim is not house.daemon for victim in victims))
    at = send(rng.randrange(200))
    if house.daemon in victims:
        house.daemon.start()
    wait_until(lambda: house.system.seq("pbx") == at, 30, "what the other one has")
    if victims[0] is not house.daemon:
        victims[0].start()
    house.heard_by(2)


def test_each_is_killed_under_load(house):
    rng = random.Random(SEED)
    told = one_source(SEED, contacts=100 * ROUNDS)
    oracle = Oracle(LIVE)
    for event in told:
        oracle.arrive(event, event["time"])
    sent = 0

    def send(n):
        nonlocal sent
        for event in told[sent:sent + n]:
            house.publisher.socket.send(body(event))
        sent = min(len(told), sent + n)
        return sent

    share = len(told) // (ROUNDS + 1)
    for _ in range(ROUNDS):
        send(rng.randrange(share // 2, share))
        kill(house, rng, send)
    send(len(told))
    board_equals(house.system, oracle, sent_again=True)
    feed = house.system.hash("feed:pbx")
    assert (feed["lost_total"], feed["events_total"]) == ("0", str(len(told)))
    assert int(feed["duplicate_total"]) > 0


def received(collector, n):
    collector.signal(signal.SIGUSR1)
    return f"received={n} " in collector.text()


def test_one_that_was_cut_off_for_long(house):
    left, right = (house.collectors[name] for name in BOTH)
    house.publisher.publish(100)
    house.has(seq=100, events_total=100)
    # from here on only one of them hears, and cannot tell the daemon
    house.daemon.kill9()
    left.kill9()
    house.heard_by(1)
    house.publisher.publish(9000)
    wait_until(lambda: received(right, 9100), 30, "all to be received")
    right.terminate()
    house.heard_by(0)
    # and then only the other one; the publisher starts anew as well
    house.daemon.start()
    left.start()
    house.heard_by(1)
    house.publisher.publish()
    house.has(seq=9101, lost_total=9000, events_total=101)
    house.publisher.restart(8)
    house.publisher.publish(50)
    house.has(boot=8, seq=50, lost_total=9000, events_total=151, status="gap")
    house.daemon.kill9()
    house.daemon.start()
    right.start()
    house.has(boot=8, seq=50, lost_total=0, given_up_total=0, events_total=9151, status="ok")
    # both hear again, and each event counts once
    house.heard_by(2)
    before = int(house.feed()["duplicate_total"])
    house.publisher.publish(200)
    house.has(seq=250, events_total=9351, lost_total=0, duplicate_total=before + 200)
