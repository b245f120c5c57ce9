# SPDX-License-Identifier: MIT
"""Two daemons, one site: the second stands by and takes over when the first
dies, hangs or ends; the figures stay exact, and a page has one id whoever tells
it.

ROUNDS=n does it more often.  A machine that dies takes its hook runner and its
state_dir with it; on this one that is played by killing both and emptying it."""
import json
import os
import random
import re
import shutil
import signal

from oracle import Oracle
from paging import Recorder, rules
from stopwatch import ran
from system import Daemon, text, wait_until
from test_alerts_crash import check, pause, runner_of
from test_alerts_live import BASE, WAITS, Calls, log, now
from test_crash import Load, one_source
from test_live import LIVE, board_equals

ROUNDS = int(os.environ.get("ROUNDS", 6))
SEED = int(os.environ.get("SEED", 505))
TAKEOVER_SECONDS = 5.0  # from a death to the first event the other one committed
WAIT_MS = 1600


class Twin(Daemon):
    """A daemon with a place, a state_dir and a file of its own."""

    def __init__(self, system, name, more=""):
        super().__init__(system)
        self.name, self.more = f"ccmond-{name}", more
        self.log = system.directory / f"{self.name}.log"
        self.state_dir = system.directory / f"state-{name}"
        self.ingest = f"ipc://{system.directory}/ingest-{name}"
        self.config = system.directory / f"{name}.cfg"
        self.command[-1] = str(self.config)
        self.state_dir.mkdir()

    def configure(self, others):
        config = re.sub(r" standby = \[[^]]*\];", "", self.system.config.read_text())
        config = re.sub(r'ingest = "[^"]*";', f"ingest = {text(self.ingest)}; standby = "
                        f"[{', '.join(text(o.ingest) for o in others)}];", config)
        config = re.sub(r'state_dir = "[^"]*";', f"state_dir = {text(self.state_dir)};", config)
        self.config.write_text(config + self.more)

    def stands_by(self):
        """Says so since it was started last."""
        return self.runs() and "standing by" in self.text().rsplit(" starting: ", 1)[-1]

    def machine_dies(self):
        runner = runner_of(self)
        self.kill9()
        if runner:
            try:
                os.kill(runner, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it was faster
        shutil.rmtree(self.state_dir)
        self.state_dir.mkdir()


class Pair:
    def __init__(self, system, more=""):
        self.system = system
        self.twins = [system.add(Twin(system, name, more)) for name in "ab"]
        for twin in self.twins:
            twin.configure([t for t in self.twins if t is not twin])
        shutil.copy(self.twins[0].config, system.config)  # the collectors' and ctl's
        self.holder, self.other = self.twins
        self.holder.start().ready()
        self.start_other()

    def start_other(self):
        self.other.start()
        wait_until(self.other.stands_by, 10, "the second to stand by")

    def swap(self):
        self.holder, self.other = self.other, self.holder


def begin(system, contacts, seed=SEED):
    told = one_source(seed, contacts=contacts)
    oracle = Oracle(LIVE)
    for event in told:
        oracle.arrive(event, event["time"])
    system.configure(LIVE)
    pair = Pair(system)
    system.collector().start()
    return pair, Load(system, told), oracle


def send_and_wait(system, load, n):
    load.send(n)
    wait_until(lambda: system.seq("pbx") == load.at, 20, "what was sent")


def taken_over(system, pair, load, since):
    """Waits until the other one committed what was sent; the seconds it took."""
    load.send(50)
    wait_until(lambda: system.seq("pbx") == load.at, 20, "a commit of the other one")
    took = ran() - since
    wait_until(pair.other.is_running, 5, "it to say so")
    pair.swap()
    return took


def ends_replaced(daemon):
    """The exit of one that was stopped while another took over."""
    daemon.cont()
    assert daemon.wait(10) == 1
    assert re.search(r"error state: replaced: the ccmond on \S+, pid \d+ took the site over",
                     daemon.text())


# ---- ways to lose the holder

def hang(twin):
    twin.stop()


def end(twin):
    assert twin.terminate() == 0


LOSSES = {"kill": Twin.kill9, "machine": Twin.machine_dies, "hang": hang, "end": end}


def come_back(pair, loss):
    """The one that was lost, and has become the other."""
    if loss == "hang":
        ends_replaced(pair.other)
    pair.start_other()


def lose_under_load(system, pair, load, loss):
    """The seconds until the other one went on."""
    since = ran()
    LOSSES[loss](pair.holder)
    took = taken_over(system, pair, load, since)
    come_back(pair, loss)
    return took


def test_whichever_is_lost_the_other_goes_on(system, capsys):
    rng = random.Random(SEED)
    names = list(LOSSES)
    rounds = max(ROUNDS, len(names))
    pair, load, oracle = begin(system, contacts=100 * rounds)
    share, took = len(load.told) // (rounds + 1), {}
    for n in range(rounds):
        load.send(rng.randrange(share // 2, share - 50))
        lag = rng.randrange(share // 2)
        wait_until(lambda: system.seq("pbx") >= load.at - lag, 20, "some of it")
        loss = names[n] if n < len(names) else rng.choice(names)
        took.setdefault(loss, []).append(lose_under_load(system, pair, load, loss))
    load.send(len(load.told))
    board_equals(system, oracle, sent_again=True)
    feed = system.hash("feed:pbx")
    assert (feed["lost_total"], feed["events_total"]) == ("0", str(len(load.told)))
    with capsys.disabled():
        print(f"\n  takeovers {rounds}, events {len(load.told)}, lost 0, doubled 0, seed {SEED}; "
              "seconds at most: " +
              ", ".join(f"{k} {max(v):.2f}" for k, v in took.items()))
    assert max(max(v) for v in took.values()) <= TAKEOVER_SECONDS


def test_a_second_one_changes_nothing(system):
    pair, load, oracle = begin(system, contacts=60)
    owner = system.redis.client.hget("ccmon:v1:{test}:state:meta", "owner")
    send_and_wait(system, load, 100)
    assert pair.other.terminate() == 0
    pair.start_other()
    send_and_wait(system, load, 100)
    assert system.redis.client.hget("ccmon:v1:{test}:state:meta", "owner") == owner
    assert pair.holder.is_running()
    load.send(len(load.told))
    board_equals(system, oracle)


def test_a_killed_one_is_back_before_the_other(system):
    """It knows its own lease and waits for nobody."""
    pair, load, oracle = begin(system, contacts=60)
    send_and_wait(system, load, 100)
    pair.holder.kill9()
    since = ran()
    pair.holder.start()
    load.send(100)
    wait_until(lambda: system.seq("pbx") == load.at, 10, "a commit after the restart")
    took = ran() - since
    assert pair.holder.is_running() and took <= 2.0
    load.send(len(load.told))
    board_equals(system, oracle)


def test_redis_restarts_under_both(system):
    pair, load, oracle = begin(system, contacts=60)
    for _ in range(2):
        send_and_wait(system, load, 50)
        system.redis.kill9()
        load.send(50)
        system.redis.start()
        wait_until(lambda: system.seq("pbx") == load.at, 20, "what came meanwhile")
        assert pair.holder.is_running() and pair.other.runs()
    assert not pair.other.log_contains("ccmond: running")
    load.send(len(load.told))
    board_equals(system, oracle)


def test_redis_emptied_under_both(system):
    pair, load, oracle = begin(system, contacts=60)
    send_and_wait(system, load, 100)
    system.redis.client.flushall()
    load.send(len(load.told))
    board_equals(system, oracle)
    assert pair.holder.is_running() and pair.other.runs()


def test_one_process_a_state_dir(system):
    system.configure(LIVE)
    pair = Pair(system)
    third = system.add(Twin(system, "c"))
    third.configure([])
    third.config.write_text(third.config.read_text().replace(str(third.state_dir),
                                                             str(pair.holder.state_dir)))
    assert third.start().wait(10) == 1
    assert third.log_contains("another ccmond runs with this daemon.state_dir")
    assert pair.holder.is_running() and pair.other.runs()


def test_ctl_says_who_has_it_and_who_stands_by(system):
    system.configure(LIVE)
    pair = Pair(system)
    wait_until(lambda: f"pid {pair.other.process.pid}" in system.ctl("status").stdout, 5,
               "the second to be shown")
    assert re.search(rf"^standby +\S+, pid {pair.other.process.pid}$",
                     system.ctl("status").stdout, re.M)
    assert f"pid {pair.other.process.pid} stands by" in system.ctl("doctor").stdout
    pair.other.kill9()
    wait_until(lambda: not system.hash("standby"), 10, "it to be forgotten")
    assert re.search(r"^standby +nobody", system.ctl("status").stdout, re.M)
    assert "nobody stands by" in system.ctl("doctor").stdout


# ---- pages

def lose(pair, rng):
    """Without a word of load: the pages are what is watched."""
    loss = rng.choice(list(LOSSES))
    LOSSES[loss](pair.holder)
    wait_until(pair.other.is_running, 20, f"the other one, after {loss}")
    pair.swap()
    come_back(pair, loss)
    return loss


def one_round(system, pair, calls, pager, rng, n):
    queue = f"q{n}"
    at_begin = rng.random() < 0.5
    began = calls.queued(queue, f"c{n}")
    if at_begin:
        pause(rng, 0, 0.6)
        loss = lose(pair, rng)
    wait_until(lambda: now() - began >= WAIT_MS, 10, "the caller to wait")
    calls.left(queue, f"c{n}")
    if not at_begin:
        pause(rng, 0, 0.6)
        loss = lose(pair, rng)
    wait_until(lambda: "resolve" in pager.kinds(f"waits/queue:{queue}"), 40,
               f"the end of {queue}, {loss}")


def test_every_page_has_one_id_whoever_tells_it(system, capsys):
    pager, rng = Recorder(system), random.Random(SEED)
    system.configure(BASE)
    pair = Pair(system, rules(WAITS.format(hold="0s", clear="0s", more=""), [pager]))
    system.collector().start()
    calls = Calls(system)
    for n in range(ROUNDS):
        one_round(system, pair, calls, pager, rng, n)
    repeated = check(pager.told(), ROUNDS)
    with capsys.disabled():
        print(f"\n  takeovers {ROUNDS}, episodes {ROUNDS}, missed 0, second ids 0, "
              f"run again with their id {repeated}, seed {SEED}")


def test_a_hook_that_fails_is_run_by_the_next_machine(system):
    """Stored on a disk that is gone with its machine."""
    pager = Recorder(system, code=75)
    system.configure(BASE)
    pair = Pair(system, rules(WAITS.format(hold="0s", clear="0s", more=""), [pager]))
    system.collector().start()
    Calls(system).queued("sales", "c1")
    wait_until(lambda: pager.told(), 10, "the first try")
    wait_until(lambda: system.redis.client.hkeys("ccmon:v1:{test}:state:data"), 5)
    pager.path.write_text(pager.path.read_text().replace("${CODE:-0}", "0"))
    first = len(pager.told())
    pair.holder.machine_dies()
    wait_until(lambda: len(pager.told()) > first, 20, "another to tell it")
    assert len({t["CCMON_PAGE_ID"] for t in pager.told()}) == 1
    assert pager.told()[-1]["CCMON_ATTEMPT"] == "1"  # of the other's own outbox


def idle(system):
    """Nothing is left for the hook to be told."""
    hook = json.loads(system.hash("hooks").get("pager", "{}"))
    return hook.get("waiting") == hook.get("running") == 0


def test_an_old_begin_is_not_told_after_its_end(system):
    """It is in the outbox of one that died, stands by, and takes over again;
    another told it meanwhile, and how it ended."""
    pager = Recorder(system, code=75)
    system.configure(BASE)
    pair = Pair(system, rules(WAITS.format(hold="0s", clear="0s", more=""), [pager]))
    system.collector().start()
    calls = Calls(system)
    calls.queued("sales", "c1")
    wait_until(pager.told, 10, "the first try")
    pair.holder.kill9()
    pager.path.write_text(pager.path.read_text().replace("${CODE:-0}", "0"))
    wait_until(pair.other.is_running, 20, "the other one")
    pair.swap()
    calls.left("sales", "c1")
    wait_until(lambda: "resolve" in pager.kinds("waits/queue:sales"), 20, "its end")
    # what nobody knows to be told is told again
    wait_until(lambda: any(e["page"].endswith(".end") for e in log(system, "hook")), 10, "it in the log")
    pair.start_other()
    pair.holder.machine_dies()
    wait_until(pair.other.is_running, 20, "the first one, again")
    calls.queued("support", "c2")
    wait_until(lambda: pager.kinds("waits/queue:support"), 20, "a page of the first one")
    calls.left("support", "c2")
    wait_until(lambda: "resolve" in pager.kinds("waits/queue:support"), 20, "its end")
    wait_until(lambda: idle(system), 10, "an empty outbox")
    kinds = pager.kinds("waits/queue:sales")
    assert kinds == sorted(kinds) and kinds.count("resolve") == 1


def test_a_revived_one_pages_nothing_of_its_own(system):
    """It wakes up to a feed that said nothing for a while, and to callers who
    waited all the time; another knows better."""
    pager = Recorder(system)
    system.configure(BASE)
    pair = Pair(system, rules(WAITS.format(hold="3s", clear="0s", more=""), [pager]))
    system.collector().start()
    calls = Calls(system)
    calls.queued("sales", "c1")
    wait_until(lambda: system.hash("queue:sales").get("waiting_count") == "1", 10)
    pair.holder.stop()
    calls.left("sales", "c1")
    wait_until(lambda: system.hash("queue:sales").get("waiting_count") == "0", 20, "the other")
    assert pair.other.is_running()
    ends_replaced(pair.holder)
    kinds = pager.kinds()
    assert kinds in ([], ["fire", "resolve"])  # of the other; it may have seen it wait
    assert len({t["CCMON_EPISODE"] for t in pager.told()}) <= 1


def test_nobody_answers_for_a_standby(system):
    """A collector that knows only the place of the one that stands by keeps
    its events in the journal."""
    system.configure(LIVE)
    pair = Pair(system)
    config = pair.other.config.read_text()
    system.config.write_text(re.sub(r"standby = \[[^]]*\];", "", config))
    collector = system.collector().start()
    publisher = system.publisher()
    publisher.send(b'{"source":"pbx","boot":1,"seq":1,"time":1782820800000,"event":"heartbeat"}')
    wait_until(lambda: collector.log_contains("no answer from the daemon"), 15)
    assert system.seq("pbx") == 0
    pair.holder.kill9()
    wait_until(lambda: system.seq("pbx") == 1, 20, "the one that stood by to take it")
