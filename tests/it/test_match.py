# SPDX-License-Identifier: MIT
"""A queue is given another name (`match`) that was a queue of its own so far:
by a restart or by SIGHUP they become one, with all that both had counted, and
it stays so, restart after restart."""
import signal

import pytest

from system import PREFIX, wait_until
from test_live import LIVE, body

START = 1_790_000_000_000
APART = dict(LIVE, queues={"help": {"channel": "call"}, "sales": {"channel": "call"}})
JOINED = dict(LIVE, queues={"help": {"channel": "call"},
                            "sales": {"channel": "call", "match": ["1001"]}})


class Calls:
    def __init__(self, publisher):
        self.publisher, self.seq, self.now = publisher, 0, START

    def send(self, kind, queue, contact):
        self.seq += 1
        self.publisher.send(body({
            "v": 1, "source": "pbx", "seq": self.seq, "boot": 1, "time": self.now, "event": kind,
            "channel": "call", "queue": queue, "contact": contact, "agent": "ann"}))

    def answered(self, queue, n):
        for _ in range(n):
            contact = f"c{self.seq}"
            self.send("queued", queue, contact)
            self.now += 1000
            self.send("answered", queue, contact)
            self.send("ended", queue, contact)


def shows(system, calls, **expected):
    def as_expected():
        sales = system.hash("queue:sales")
        return system.seq("pbx") == calls.seq and \
            all(sales.get(figure) == str(n) for figure, n in expected.items())
    wait_until(as_expected, what=f"{expected} of {system.hash('queue:sales')}")


def counts(n):
    return {"offered_count_today": n, "offered_count_60m": n, "offered_total": n,
            "answered_total": n}


def kept(system):
    return {key for key in system.redis.client.hkeys(PREFIX + "state:data")
            if key.startswith("q:")}


def by_restart(system, daemon):
    daemon.terminate()
    return system.daemon().start().ready()


def by_kill(system, daemon):
    daemon.kill9()
    return system.daemon().start().ready()


def by_reload(system, daemon):
    daemon.signal(signal.SIGHUP)
    wait_until(lambda: daemon.log_contains("reload: done"), what="the reload")
    return daemon


@pytest.mark.parametrize("first", [3, 0])
@pytest.mark.parametrize("how", [by_restart, by_kill, by_reload])
def test_two_queues_become_one(system, how, first):
    system.configure(APART)
    daemon = system.daemon().start().ready()
    system.collector().start()
    calls = Calls(system.publisher())
    calls.answered("sales", first)
    calls.answered("1001", 10)
    shows(system, calls, **counts(first))
    wait_until(lambda: "q:1001" in kept(system), what="the state to be kept")
    system.configure(JOINED)
    daemon = how(system, daemon)
    shows(system, calls, **counts(first + 10))
    calls.answered("1001", 5)
    shows(system, calls, **counts(first + 15))
    wait_until(lambda: kept(system) == {"q:help", "q:sales"}, what="one field for both")
    daemon = by_kill(system, daemon)
    calls.answered("sales", 1)
    shows(system, calls, **counts(first + 16))
    by_restart(system, daemon)
    shows(system, calls, **counts(first + 16))
    assert "1001" not in system.names("queues")
