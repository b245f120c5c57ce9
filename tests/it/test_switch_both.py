# SPDX-License-Identifier: MIT
"""One Asterisk by its log and by its manager at once, and each alone for a
day: what two sources tell of one story comes to the same."""
import pathlib
import shutil
import tempfile

import pytest

from conftest import build
from fake_ami import FakeAmi
from switch import Switch
from switch_house import House, file_input, line_input
from system import System, wait_until
from test_switch_model import without_hold

FLAT = 1.10     # what a collector may have grown since the first quarter of a day,
SLACK = 512     # and kB of the allocator's own on top


@pytest.fixture
def second(request):
    """A system beside the other one."""
    directory = tempfile.mkdtemp(prefix="ccmon-")
    one = System(directory, build())
    one.redis.start()
    yield one
    one.end()
    if getattr(request.node, "failed", True):
        print(one.logs())
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def servers():
    started = []
    yield started
    for server in started:
        server.close()


def both_of(system, switch, servers):
    """Calls from the log, agents from the manager."""
    servers.append(FakeAmi(switch))
    path = pathlib.Path(system.directory) / "queue_log"
    path.touch()
    return House(system, switch, [
        file_input(path, gives="calls"),
        line_input("ami", servers[-1], system.directory, gives="agents")],
        servers[-1], log=path)


def test_calls_from_the_log_agents_from_the_line(system, servers):
    """Told no faster than it is heard, neither gets ahead of the other, and
    nothing they say contradicts."""
    house = both_of(system, Switch(81, queues=2, agents=5, calls_an_hour=120, hours=0.15), servers)
    for number, step in enumerate(house.switch.steps()):
        with house.server.lock:
            tell_in_turn(house, step)
        if number % 20 == 0:
            states = states_of(house.switch)
            wait_until(lambda: board_states(house, states) == states, 20,
                       f"{states}; it is {board_states(house, states)}")
    house.must_come_to(without_hold(house.switch.figures()))
    assert house.inconsistent() == {}


def tell_in_turn(house, step):
    house.clock.set(house.switch.now)
    lines = [line for h in step for line in house.asterisk.log(h)]
    if lines:
        house.log.writelines(lines)
        house.must_come_to({q: f for q, f in house.so_far().items() if f["offered_count"]})
    for happening in step:
        house.server.tell(happening)
    wait_until(lambda: is_read(house.server), 20, "the line to be read")


def is_read(server):
    """Nothing waits for the collector in the kernel."""
    ends = {f"0100007F:{s.line.getpeername()[1]:04X}" for s in server.heard()}
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, _, _, queues, *_ = line.split()
        if local in ends and not queues.endswith(":00000000"):
            return False
    return True


def test_the_line_is_cut_and_the_log_is_not(system, servers):
    """No call is missed: what the line did not see is in the log."""
    house = both_of(system, Switch(82, calls_an_hour=120), servers)
    for minutes in (12, 25, 7):
        house.tell(minutes)
        house.miss(3, house.cut)
    house.tell()
    house.must_come_to(without_hold(house.switch.figures()))


def states_of(switch):
    """Who was seen on duty, and does what."""
    return {a.name: state_of(a) for a in switch.agents if a.since}


def state_of(agent):
    visit = agent.visit
    if not agent.is_on_duty:
        return "offline"
    if visit is None:
        return "available" if agent.paused is None else "paused"
    if visit.agent is not agent:
        return "ringing"
    return "on_contact" if visit.held is None else "on_hold"


def board_states(house, names):
    seen = {name: house.system.hash(f"agent:{name}").get("state") for name in names}
    return {name: "available" if state == "acw" else state for name, state in seen.items()}


def resident(process):
    """kB a program has for itself in the machine's memory; the pages of its
    journal are the file's."""
    for line in open(f"/proc/{process.process.pid}/status"):
        if line.startswith("RssAnon:"):
            return int(line.split()[1])
    raise AssertionError("no RssAnon")


@pytest.mark.long
def test_a_day_of_a_busy_switch(system, second, servers):
    """A hundred calls an hour and fifty agents, by the manager here and by the
    log there; nothing grows with the day."""
    switch = Switch(91, queues=5, agents=50, calls_an_hour=100, hours=24, talk=300, shifts=3)
    path = pathlib.Path(second.directory) / "queue_log"
    path.touch()
    servers.append(FakeAmi(switch))
    log = House(second, switch, [file_input(path)])
    line = House(system, switch, [line_input("ami", servers[0], system.directory)],
                 servers[0], log=path)
    houses, early = (log, line), []
    for hours in (6, 18):
        line.tell(hours * 60)
        for house in houses:
            house.must_come_to(line.so_far(), timeout=30)
        early = early or [resident(house.collector) for house in houses]
    line.tell()
    figures = without_hold(switch.figures())
    assert sum(f["offered_count"] for f in figures.values()) > 2000
    for house in houses:
        house.must_come_to(figures)
    for house, before in zip(houses, early):
        now = resident(house.collector)
        assert now <= before * FLAT + SLACK, f"{before} kB grew to {now} kB"
    assert [house.inconsistent() for house in houses] == [{}, {}]
