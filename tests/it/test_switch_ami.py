# SPDX-License-Identifier: MIT
"""A switch's manager, live: the whole programs against a fake Asterisk
(fake_ami.py) whose line is cut, falls silent and lies.  The figures are those
of the switch's own story, as far as the line could tell it."""
import random

import pytest

import switch_stories
from fake_ami import FakeAmi
from switch import Switch
from switch_asterisk import block
from switch_house import House, line_input
from test_switch_model import only


@pytest.fixture
def phone(system):
    """A house with a line to a switch."""
    servers = []

    def build(switch, server=None, waits=True, **more):
        servers.append(server or FakeAmi(switch))
        line = line_input("ami", servers[-1], system.directory, **more)
        return House(system, switch, [line], servers[-1], waits=waits)
    yield build
    for server in servers:
        server.close()


@pytest.mark.parametrize("seed", (11, 12))
def test_a_story_told_whole(phone, seed):
    switch_stories.is_told_whole(phone(Switch(seed, hours=6, calls_an_hour=120)))


def test_a_user_that_may_not_filter(phone):
    """Nor sees VarSet: who was sent away looks like one who gave up."""
    switch = Switch(13)
    house = phone(switch, FakeAmi(switch, may_filter=False))
    house.tell()
    house.must_come_to(only(switch.figures(), lambda name: "abandoned" not in name
                            and not name.startswith(("flowed", "sl_"))))
    assert house.inconsistent() == {}


def test_who_waits_already_is_counted(phone):
    switch_stories.is_busy_already(Switch(21, calls_an_hour=200, agents=6), phone)


@pytest.mark.parametrize("seed", (31, 32))
def test_a_line_that_is_cut(phone, seed):
    switch_stories.is_cut(phone(Switch(seed, calls_an_hour=120)), random.Random(seed), 5)


def test_a_collector_that_is_killed(phone):
    switch_stories.is_killed(phone(Switch(41, calls_an_hour=120)), random.Random(41), 3)


def test_a_switch_that_starts_again(phone):
    switch_stories.starts_again(phone(Switch(51, calls_an_hour=200)))


def test_a_line_that_falls_silent(phone):
    switch_stories.falls_silent(phone(Switch(71, hours=1, calls_an_hour=120)))


def test_a_wrong_secret_is_said_once(phone):
    house = phone(Switch(1), waits=False, secret="not sesame")
    switch_stories.is_told_once(house, "secret")


def test_a_line_that_breaks_at_once(phone):
    switch = Switch(1)
    server = FakeAmi(switch)
    switch_stories.is_left_alone(server, lambda: phone(switch, server, waits=False))


# each is another, how ever alike: another miss, another end of another talk
ONCE = ("AgentRingNoAnswer", "AgentComplete", "BlindTransfer", "AttendedTransfer")


def test_what_may_be_said_twice(phone):
    """A member's state comes once a queue, a hold from either side."""
    house = phone(Switch(61))
    blocks = house.server.asterisk.ami

    def twice(happening):
        return [b for b in blocks(happening) for _ in range(1 if is_once(b) else 2)]
    house.server.asterisk.ami = twice
    switch_stories.is_told_whole(house)


def is_once(block):
    return block.split("\r\n")[0].removeprefix("Event: ") in ONCE


NONSENSE = (b"\0\xff\r\n\r\n", b"Event\r\n\r\n", b"Event: \r\n\r\n", 3000 * b"x" + b"\r\n\r\n",
            b"Event: QueueCallerLeave\r\nQueue: sales\r\n\r\n", b"\r\n\r\n\r\n",
            b"Response: Error\r\nMessage: Missing action in request\r\n\r\n",
            b"Event: QueueStatusComplete\r\n\r\n", b"Event: CoreShowChannelsComplete\r\n\r\n",
            b"Event: VarSet\r\nVariable: QUEUESTATUS\r\nValue: TIMEOUT\r\nUniqueid: 1.1\r\n\r\n")
# what does not say itself that there was a call
OF_CALLS = ("QueueCallerLeave", "AgentRingNoAnswer", "Hangup", "Hold", "Unhold")


def test_a_line_that_lies(phone):
    """What makes no sense, and what is said of calls that never came."""
    house, n = phone(Switch(62)), 0
    for minutes in (20, 30, 40, None):
        house.tell(minutes)
        with house.server.lock:
            for words in NONSENSE:
                house.server.say(words)
            for kind in OF_CALLS:
                n += 1
                house.server.say(stranger(house, kind, n))
    house.must_come_to(only(house.switch.figures(), lambda name: name in COUNTED))


COUNTED = ("offered_count", "answered_count", "abandoned_count", "flowed_out_count",
           "stuck_count", "stuck_handling_count")


def stranger(house, kind, n):
    caller = {"Uniqueid": f"77.{n}", "Linkedid": f"77.{n}", "Channel": f"PJSIP/nobody-{n:08x}"}
    return block(kind, house.switch.now, caller, {
        "Queue": "sales", "MemberName": "nobody", "Interface": "PJSIP/nobody", "Position": 1,
        "HoldTime": 3, "TalkTime": 9, "RingTime": 9, "Reason": "agent"})
