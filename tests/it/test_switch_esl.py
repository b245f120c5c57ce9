# SPDX-License-Identifier: MIT
"""FreeSWITCH's event socket, live: the whole programs against a fake one
(fake_esl.py) whose line is cut, falls silent and lies.  The figures are those
of the switch's own story, as far as the line could tell it."""
import random

import pytest

import switch_stories
from fake_esl import FakeEsl, framed
from switch import Switch
from switch_house import House, line_input
from test_switch_model import only


@pytest.fixture
def phone(system):
    """A house with a line to a switch."""
    servers = []

    def build(switch, server=None, waits=True, **more):
        servers.append(server or FakeEsl(switch))
        line = line_input("esl", servers[-1], system.directory, **more)
        return House(system, switch, [line], servers[-1], waits=waits)
    yield build
    for server in servers:
        server.close()


@pytest.mark.parametrize("seed", (11, 12))
def test_a_story_told_whole(phone, seed):
    switch_stories.is_told_whole(phone(Switch(seed, hours=6, calls_an_hour=120)))


def test_who_is_there_already_is_counted(phone):
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
    server = FakeEsl(switch)
    switch_stories.is_left_alone(server, lambda: phone(switch, server, waits=False))


def test_everything_said_twice(phone):
    """Event-Sequence knows a repeat."""
    house = phone(Switch(61))
    events = house.server.freeswitch.esl
    house.server.tell = lambda happening: house.server.tell_events(
        [event for event in events(happening) for _ in range(2)])
    switch_stories.is_told_whole(house)


NONSENSE = ("", "{", "[]", "{}", '{"Event-Name":"CUSTOM"}', "\u0000",
            '{"Event-Name":"CUSTOM","Event-Subclass":"callcenter::info","CC-Action":"dance"}')
OF_CALLS = ("member-queue-end", "bridge-agent-end", "bridge-agent-fail", "members-count")


def test_a_line_that_lies(phone):
    """What makes no sense, and what is said of calls that never came."""
    house, n = phone(Switch(62)), 0
    for minutes in (20, 30, 40, None):
        house.tell(minutes)
        with house.server.lock:
            for words in NONSENSE:
                house.server.say(framed("text/event-json", words))
            for action in OF_CALLS:
                n += 1
                house.server.tell_events([stranger(house, action, n)])
    house.must_come_to(only(house.switch.figures(), lambda name: name in COUNTED))


COUNTED = ("offered_count", "answered_count", "abandoned_count", "flowed_out_count",
           "stuck_count", "stuck_handling_count")


def stranger(house, action, n):
    """Without the time it joined: with that the switch would say that it had."""
    at = house.switch.now
    return house.server.freeswitch.callcenter(action, at, {
        "CC-Queue": "sales", "CC-Agent": "nobody", "CC-Member-UUID": f"nobody-{n}",
        "CC-Member-Session-UUID": f"no-call-{n}", "CC-Cause": "Cancel", "CC-Count": 3,
        "CC-Cancel-Reason": "BREAK_OUT", "CC-Hangup-Cause": "NO_ANSWER",
        "CC-Member-Leaving-Time": at // 1000})


@pytest.mark.parametrize("length", ("-1", "99999999999999999999", "12x", "0x10", ""))
def test_a_length_that_is_none(phone, length):
    """The line cannot be trusted any more: it is left, and begun anew."""
    house = phone(Switch(63, hours=1, calls_an_hour=120))
    house.tell(20)
    house.miss(1, lambda: house.server.say(
        f"Content-Length: {length}\nContent-Type: text/event-json\n\n{{}}"))
    house.tell()
    house.must_come_to(house.seen())
