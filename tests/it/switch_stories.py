# SPDX-License-Identifier: MIT
"""What happens to any line to a switch, whatever is spoken on it; each story
ends with the figures it must come to."""
import time

from system import wait_until
from test_switch_model import without_hold


def is_told_whole(house):
    house.tell()
    house.must_come_to(house.switch.figures())
    assert house.inconsistent() == {}
    assert house.feed()["rejected_total"] == "0"


def is_busy_already(switch, gaps_of):
    """The first look at a switch where people wait and talk."""
    for _ in switch.run(switch.begin + 50 * 60_000):
        pass
    assert any(q.waiting for q in switch.queues), "this story has nobody waiting then"
    assert switch.talking, "nor talking"
    house = gaps_of(switch)
    house.gaps.add(0, switch.now)
    house.tell()
    house.must_come_to(house.seen())


def is_cut(house, rng, times):
    """Again and again, with half a word on the line."""
    for _ in range(times):
        house.tell(rng.uniform(2, 12))
        half = house.server.half()
        house.miss(rng.uniform(0, 4), lambda: house.cut(half[:rng.randrange(len(half))]))
    house.tell()
    house.must_come_to(house.seen())
    if house.server.lists_talks:    # else the end of a talk nobody knew of may come
        assert house.inconsistent() == {}, house.inconsistent()


def is_killed(house, rng, times):
    """The collector: what it had is counted once, who was open is not forgotten."""
    for _ in range(times):
        house.tell(15)
        house.must_come_to(house.so_far())
        house.miss(rng.uniform(0.5, 3), house.collector.kill9, house.collector.start)
    house.tell()
    house.must_come_to(house.seen())


def starts_again(house):
    """The switch: every call is gone, and said to be."""
    house.tell(50)

    def restart():
        house.server.shut()
        house.server.wait_ended()
        house.switch.restart()
    house.miss(0.001, restart, house.server.open)
    house.gaps.all.clear()
    house.tell()
    figures = without_hold(house.switch.figures())
    assert sum(f["stuck_count"] + f["stuck_handling_count"] for f in figures.values()) > 2
    house.must_come_to(figures)


def falls_silent(house):
    """Nothing says that the line is dead but that nothing is said."""
    house.tell(20)
    house.must_come_to(house.so_far())
    dead = house.server.heard()

    def silence():
        house.server.is_silent = True

    def voice():
        wait_until(lambda: not any(s.is_open for s in dead), 60, "the dead line to be left")
        house.server.is_silent = False
    house.miss(2, silence, voice)
    house.tell()
    house.must_come_to(house.seen())


def is_told_once(house, words):
    """A wrong secret: one message, and one try."""
    wait_until(lambda: words in house.collector.text(), 10, "the message")
    said = [line for line in house.collector.text().splitlines() if words in line]
    assert len(said) == 1, said
    assert house.server.tries == 1


def is_left_alone(server, build):
    """A line that breaks at once, each time: longer and longer waits."""
    came = []

    def rude(session):
        came.append(time.monotonic())
        session.cut()
    server.greet = rude
    build()
    wait_until(lambda: len(came) >= 4, 40, "four tries")
    waits = [b - a for a, b in zip(came, came[1:])]
    assert waits[2] > waits[0], waits
