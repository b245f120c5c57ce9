# SPDX-License-Identifier: MIT
"""The daemon, the hook runner or Redis killed at any moment round the begin
and the end of episodes: every one is told, begin before end, and nothing is
told under a second id.

ROUNDS=n kills more often.  Each queue has one caller who waits, so each alert
has one episode; a killed hook may be run again, but with the id it had."""
import os
import pathlib
import random
import signal
import time

from paging import Recorder
from system import wait_until
from test_alerts_live import WAITS, Calls, alert, now, start

ROUNDS = int(os.environ.get("ROUNDS", 6))
SEED = int(os.environ.get("SEED", 77))
WAIT_MS = 1600      # ms; a replay looks at every second


def runner_of(daemon):
    """The hook runner's process: the daemon's only child, or None."""
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue  # it has ended meanwhile
        if fields[0] != "Z" and int(fields[1]) == daemon.process.pid:
            return int(stat.parent.name)
    return None


def kill_daemon(system, daemon):
    daemon.kill9()
    daemon.start()


def kill_runner(system, daemon):
    runner = wait_until(lambda: runner_of(daemon), 20, "a hook runner")
    os.kill(runner, signal.SIGKILL)


def kill_redis(system, daemon):
    system.redis.kill9()
    system.redis.start()


VICTIMS = [kill_daemon, kill_runner, kill_redis]


def pause(rng, least, most):
    until = time.monotonic() + rng.uniform(least, most)
    wait_until(lambda: time.monotonic() >= until, most + 1, "the moment")


def one_round(system, daemon, calls, pager, rng, n):
    queue = f"q{n}"
    victim = VICTIMS[n % len(VICTIMS)]
    at_begin = rng.random() < 0.5
    began = calls.queued(queue, f"c{n}")
    if at_begin:
        pause(rng, 0, 0.6)
        victim(system, daemon)
    wait_until(lambda: now() - began >= WAIT_MS, 10, "the caller to wait")
    calls.left(queue, f"c{n}")
    if not at_begin:
        pause(rng, 0, 0.6)
        victim(system, daemon)
    wait_until(lambda: "resolve" in pager.kinds(f"waits/queue:{queue}"), 40,
               f"the end of {queue}, {victim.__name__}")


def check(told, rounds):
    doubled = 0
    for n in range(rounds):
        story = [(t["AT"], t["CCMON_PAGE_ID"], t["CCMON_ATTEMPT"]) for t in told
                 if t["CCMON_ALERT"] == f"waits/queue:q{n}"]
        mine = [t for t in told if t["CCMON_ALERT"] == f"waits/queue:q{n}"]
        assert {t["CCMON_EPISODE"] for t in mine} == {mine[0]["CCMON_EPISODE"]}, \
            f"q{n} was told as two episodes: {story}"
        kinds = [t["CCMON_KIND"] for t in mine]
        ids = {t["CCMON_KIND"]: t["CCMON_PAGE_ID"] for t in mine}
        assert all(t["CCMON_PAGE_ID"] == ids[t["CCMON_KIND"]] for t in mine), \
            f"q{n}: a step with two ids: {story}"
        assert kinds == sorted(kinds), f"q{n}: {kinds}"  # fire before resolve
        doubled += len(mine) - len(set(kinds))
    return doubled


def test_every_episode_is_told_whatever_dies(system):
    pager, rng = Recorder(system), random.Random(SEED)
    daemon, calls = start(system, WAITS.format(hold="0s", clear="0s", more=""), [pager])
    for n in range(ROUNDS):
        one_round(system, daemon, calls, pager, rng, n)
    repeated = check(pager.told(), ROUNDS)
    print(f"rounds {ROUNDS}, episodes {ROUNDS}, missed 0, second ids 0, "
          f"run again with their id {repeated}, seed {SEED}")
    wait_until(lambda: alert(system, f"waits/queue:q{ROUNDS - 1}").get("state") == "resolved", 15)


def test_who_waited_through_a_restart_is_told_of(system):
    """Queued before it, gone with the first live record after it: nobody looked
    at the rules in the moment between."""
    pager = Recorder(system)
    daemon, calls = start(system, WAITS.format(hold="0s", clear="0s", more=""), [pager])
    for n in range(ROUNDS):
        daemon.terminate()
        began = calls.queued(f"r{n}", f"r{n}")
        wait_until(lambda: now() - began >= 2 * WAIT_MS, 10, "the caller to wait")
        seen = daemon.text().count("collector: connected")
        daemon.start()
        wait_until(lambda: daemon.text().count("collector: connected") > seen, 20, "the collector")
        calls.left(f"r{n}", f"r{n}")
        wait_until(lambda: "resolve" in pager.kinds(f"waits/queue:r{n}"), 20, f"the page of r{n}")


def test_an_outbox_is_told_without_redis(system):
    """Nobody can have the site while Redis is away; what the outbox has is ours
    to tell."""
    pager = Recorder(system, code=75)
    daemon, calls = start(system, WAITS.format(hold="0s", clear="0s", more=""), [pager])
    calls.queued("sales", "c1")
    wait_until(pager.told, 10, "the first try")
    system.redis.kill9()
    daemon.kill9()
    pager.path.write_text(pager.path.read_text().replace("${CODE:-0}", "0"))
    tried = len(pager.told())
    daemon.start()
    wait_until(lambda: len(pager.told()) > tried, 20, "the page")
    wait_until(lambda: daemon.log_contains("delivered: hook=\"pager\""), 10, "its hook's end")
    assert len({t["CCMON_PAGE_ID"] for t in pager.told()}) == 1
    system.redis.start()
