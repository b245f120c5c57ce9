# SPDX-License-Identifier: MIT
"""ccmonctl explain-due: instants worked out by hand or by Python's own zones,
the steps to them, and what it says when it cannot answer.  There is neither a
daemon nor a Redis here."""
import json
import os
import pty
import subprocess
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

CONFIG = """
site = "test"; timezone = "Europe/Oslo";
redis: { unix = "/nowhere/redis.sock"; };
collectors: { call: { journal = "/nowhere"; inputs =
    ({ type = "zmq-sub"; connect = ["ipc:///nowhere"]; }); }; };
calendars: {
    nine:   { open = ["mon-fri 09:00-17:00"]; };
    eight:  { open = ["mon-fri 08:00-17:00"]; };
    office: { open = ["mon-fri 08:00-16:00"]; holidays = ["2026-12-25"];
              exceptions = ["2026-12-24 08:00-13:00"]; };
    round:  { open = ["daily 00:00-24:00"]; };
    night:  { timezone = "America/New_York"; open = ["daily 22:00-06:00"]; };
    small:  { open = ["daily 02:10-02:50"]; };
    over:   { open = ["fri 20:00-06:00", "sat 02:00-04:00", "sat 10:00-12:00"]; };
    never:  { };
    once:   { exceptions = ["2026-06-01 08:00-09:00"]; };
    seldom: { open = ["mon 08:00-08:01"]; };
};
queues: {
    nine:   { channel = "email"; calendar = "nine"; };
    eight:  { channel = "email"; calendar = "eight"; };
    office: { channel = "email"; calendar = "office"; match = ["desk-1"];
              first_response = "4h"; resolution = "2d"; };
    round:  { channel = "email"; calendar = "round"; };
    night:  { channel = "chat"; calendar = "night"; };
    small:  { channel = "email"; calendar = "small"; };
    over:   { channel = "email"; calendar = "over"; };
    never:  { channel = "email"; calendar = "never"; };
    once:   { channel = "email"; calendar = "once"; };
    seldom: { channel = "email"; calendar = "seldom"; };
    sales:  { channel = "call"; };
};
"""


@pytest.fixture
def due(ctl, tmp_path):
    """Runs it; finished process out."""
    config = tmp_path / "ccmon.cfg"
    config.write_text(CONFIG)

    def run(*arguments):
        return subprocess.run([ctl, "-c", config, "explain-due", *arguments],
                              text=True, capture_output=True, timeout=60)
    return run


@pytest.fixture
def answer(due):
    def run(*arguments, code=0):
        done = due("--json", *arguments)
        assert (done.returncode, done.stderr) == (code, ""), done
        return json.loads(done.stdout)
    return run


def at(text, zone="Europe/Oslo"):
    """Epoch ms of ISO 8601; a text without an offset is in the zone."""
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        when = when.replace(tzinfo=ZoneInfo(zone))
    return round(when.timestamp() * 1000)


@pytest.mark.parametrize("queue, start, target, wanted", [
    ("nine", "2026-01-30T16:30", "1h", "2026-02-02T09:30"),
    ("eight", "2026-01-30T16:00", "4h", "2026-02-02T11:00"),    # not Tuesday, as a manual has it
    ("nine", "2026-01-28T16:00", "4h", "2026-01-29T12:00"),     # not 11:00, as another has it
    ("nine", "2026-01-30T16:00", "4h", "2026-02-02T12:00"),
    ("nine", "2026-01-29T15:00", "4h", "2026-01-30T11:00"),
    ("round", "2026-03-29", "23h", "2026-03-30"),
    ("round", "2026-10-25", "25h", "2026-10-26"),
    ("office", "2026-03-27T15:00", "4h", "2026-03-30T11:00+02:00"),
    ("nine", "2026-01-30T16:00", "1h", "2026-01-30T17:00"),
    ("nine", "2026-01-30T16:00", "60m1ms", "2026-02-02T09:00:00.001"),
    ("office", "2026-12-24T12:00", "first_response", "2026-12-28T11:00"),
    ("office", "2026-06-01T08:00", "resolution", "2026-06-08T16:00"),
    ("desk-1", "2026-06-01T08:00", "4h", "2026-06-01T12:00"),
    ("small", "2026-03-28T02:30", "30m", "2026-03-30T02:20"),
    ("small", "2026-10-25T02:10", "100m", "2026-10-25T02:50+01:00"),
    ("sales", "2026-03-28T12:00", "24h", "2026-03-29T13:00"),
    ("over", "2026-01-30T23:00", "8h", "2026-01-31T11:00"),
])
def test_due(answer, queue, start, target, wanted):
    """And the steps are the way there: in order, apart, and as long as wanted."""
    said = answer(queue, start, target)
    assert said["start_epoch_ms"] == at(start)
    assert said["due_epoch_ms"] == at(wanted)
    taken = [s for s in said["steps"] if s["open"]]
    if said["calendar"]:
        assert sum(s["seconds"] for s in taken) == pytest.approx(said["target_seconds"], abs=1e-6)
        assert taken[-1]["to_epoch_ms"] == said["due_epoch_ms"]
    for s in taken:
        assert s["to_epoch_ms"] - s["from_epoch_ms"] == round(s["seconds"] * 1000) > 0
    for a, b in zip(taken, taken[1:]):
        assert a["to_epoch_ms"] <= b["from_epoch_ms"]


def test_over_the_weekend_in_json(answer):
    said = answer("office", "2026-03-27T15:00+01:00", "4h")
    steps = said.pop("steps")
    assert said == {
        "queue": "office", "calendar": "office", "timezone": "Europe/Oslo", "target": "4h",
        "target_seconds": 14400, "start_epoch_ms": 1774620000000, "note": None,
        "start_local": "Fri 2026-03-27 15:00 +01:00", "due_epoch_ms": 1774861200000,
        "due_local": "Mon 2026-03-30 11:00 +02:00"}
    assert [(s["date"], s["open"], s["kind"], s["days"], s["seconds"]) for s in steps] == [
        ("2026-03-27", "08:00-16:00", "open", 1, 3600),
        ("2026-03-28", None, "closed", 2, 0),
        ("2026-03-30", "08:00-16:00", "open", 1, 10800)]
    assert steps[1]["from_epoch_ms"] is None and steps[1]["to_epoch_ms"] is None


@pytest.mark.parametrize("queue, start, target, kinds", [
    ("office", "2026-12-24T12:00", "2h", ["open", "holiday", "closed", "open"]),
    ("office", "2026-06-01T16:00", "1h", ["over", "open"]),
    ("small", "2026-03-29", "1m", ["leapt_over", "open"]),
    ("over", "2026-01-24T01:00", "6h", ["open", "open"]),
    ("over", "2026-01-31T05:30", "30m", ["open"]),
])
def test_why_nothing_was_taken(answer, queue, start, target, kinds):
    assert [s["kind"] for s in answer(queue, start, target)["steps"]] == kinds


def test_exception(answer):
    eve, christmas, *_ = answer("office", "2026-12-24T12:00", "2h")["steps"]
    assert (eve["open"], eve["exception"], eve["seconds"]) == ("08:00-13:00", True, 3600)
    assert (christmas["date"], christmas["exception"]) == ("2026-12-25", True)


NOON = at("2026-06-01T12:00")


@pytest.mark.parametrize("text, ms, note", [
    ("2026-06-01T12:00+02:00", NOON, None),
    ("2026-06-01T10:00Z", NOON, None),
    ("2026-06-01T10:00:00Z", NOON, None),
    ("2026-06-01T10:00:00.250Z", NOON + 250, None),
    ("2026-06-01T10:00:00.2509Z", NOON + 250, None),
    ("2026-06-01T05:00-0500", NOON, None),
    ("2026-06-01T15:30+05:30", NOON, None),
    ("2026-06-01T12:00+02", NOON, None),
    (str(NOON), NOON, None),
    ("0", 0, None),
    ("2026-06-01 12:00", NOON, "is in Europe/Oslo"),
    ("2026-06-01T12:00", NOON, "is in Europe/Oslo"),
    ("2026-06-01", NOON - 12 * 3600_000, "is in Europe/Oslo"),
    ("2026-05-31T24:00", NOON - 12 * 3600_000, "is in Europe/Oslo"),
    ("2026-10-25T02:30", at("2026-10-25T02:30+02:00"), "comes twice"),
    ("2026-10-25T02:30+01:00", at("2026-10-25T02:30+01:00"), None),
    ("2026-03-29T02:30", at("2026-03-29T03:00+02:00"), "leaps over that time"),
])
def test_time(answer, text, ms, note):
    said = answer("round", text, "1h")
    assert said["start_epoch_ms"] == ms
    assert said["note"] is None if note is None else note in said["note"]


def test_time_without_a_zone_is_the_calendars(answer):
    said = answer("night", "2026-03-08T01:00", "2h")
    assert said["timezone"] == "America/New_York"
    assert said["start_epoch_ms"] == at("2026-03-08T01:00-05:00")
    assert said["due_epoch_ms"] == at("2026-03-08T04:00-04:00")
    assert said["steps"][0]["date"] == "2026-03-07"


@pytest.mark.parametrize("arguments, words", [
    (("ofice", "0", "4h"), ["no queue", "did you mean office?"]),
    (("\x1b[2J", "0", "4h"), ["no queue", "\\x1b"]),
    (("nine", "tomorrow", "4h"), ["tomorrow", "2026-03-27T15:00+01:00"]),
    (("nine", "2026-02-30", "4h"), ["no instant"]),
    (("nine", "2026-13-01", "4h"), ["no instant"]),
    (("nine", "2026-06-01T25:00", "4h"), ["no instant"]),
    (("nine", "2026-06-01T24:01", "4h"), ["no instant"]),
    (("nine", "2026-06-01T12", "4h"), ["no instant"]),
    (("nine", "2026-06-01T12:00+2", "4h"), ["no instant"]),
    (("nine", "2026-06-01T12:00Z+1", "4h"), ["no instant"]),
    (("nine", "", "4h"), ["no instant"]),
    (("", "0", "4h"), ["no queue"]),
    (("nine", "0", ""), ["no target"]),
    (("nine", "2100-06-01", "4h"), ["1970 to 2099"]),
    (("nine", "9" * 30, "4h"), ["1970 to 2099"]),
    (("nine", "0", "4"), ["no target", "4h"]),
    (("nine", "0", "367d"), ["no target", "366d"]),
    (("nine", "0", "first_reponse"), ["did you mean first_response?"]),
    (("sales", "0", "resolution"), ["sales promises no resolution"]),
    (("nine", "0"), ["usage", "QUEUE TIME TARGET"]),
    (("nine", "0", "4h", "5h"), ["usage"]),
    (("nine", "0", "4h", "--by", "me"), ["takes no --by"]),
])
def test_wrong_usage(due, arguments, words):
    done = due(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert all(w in done.stderr for w in words), done.stderr
    assert "\x1b" not in done.stderr


def test_no_configuration(ctl):
    done = subprocess.run([ctl, "-c", "/nowhere.cfg", "explain-due", "a", "0", "1h"],
                          text=True, capture_output=True, timeout=60)
    assert done.returncode == 2 and "/nowhere.cfg" in done.stderr


@pytest.mark.parametrize("queue, target, words", [
    ("never", "1h", "never: calendar never does not open within 400 days"),
    ("once", "2h", "never: calendar once gives 1h until Mon 2026-06-01 09:00 +02:00, "
                   "and then does not open within 400 days"),
    ("seldom", "300d", "and then 3660 days are over"),
])
def test_never(due, answer, queue, target, words):
    done = due(queue, "2026-01-01", target)
    assert (done.returncode, done.stderr) == (1, "")
    assert words in done.stdout
    said = answer(queue, "2026-01-01", target, code=1)
    assert said["due_epoch_ms"] is None and said["due_local"] is None


def lines(done):
    assert (done.returncode, done.stderr) == (0, "")
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


def test_for_people(due):
    assert lines(due("office", "2026-03-27T15:00+01:00", "first_response")) == [
        "queue office",
        "calendar office, in Europe/Oslo",
        "start Fri 2026-03-27 15:00 +01:00 2026-03-27T14:00:00.000Z 1774620000000",
        "target first_response, 4h",
        "",
        "DATE HOURS TAKEN TIME TOTAL",
        "Fri 2026-03-27 08:00-16:00 15:00-16:00 +01:00 1h 1h",
        "Sat 2026-03-28 closed, 2 days - - -",
        "Sun 2026-03-29 the clock 02:00 +01:00 becomes 03:00 +02:00 - -",
        "Mon 2026-03-30 08:00-16:00 08:00-11:00 +02:00 3h 4h",
        "",
        "due Mon 2026-03-30 11:00 +02:00 2026-03-30T09:00:00.000Z 1774861200000"]


def test_christmas_for_people(due):
    assert lines(due("office", "2026-12-24T12:30", "1h"))[6:10] == [
        "DATE HOURS TAKEN TIME TOTAL",
        "Thu 2026-12-24 08:00-13:00, exception 12:30-13:00 +01:00 30m 30m",
        "Fri 2026-12-25 holiday - - -",
        "Sat 2026-12-26 closed, 2 days - - -"]


def test_the_night_the_clock_goes_back(due):
    said = lines(due("round", "2026-10-25T01:00", "4h"))
    assert "Sun 2026-10-25 00:00-24:00 01:00 +02:00-04:00 +01:00 4h 4h" in said
    assert "Sun 2026-10-25 the clock 03:00 +02:00 becomes 02:00 +01:00 - -" in said


def test_always_open(due):
    said = lines(due("sales", "2026-06-01T12:00", "90m"))
    assert "calendar none: always open; times are of Europe/Oslo" in said
    assert said[-1].startswith("due Mon 2026-06-01 13:30 +02:00")


@pytest.mark.parametrize("no_color", ["", "1"])
def test_on_a_terminal(ctl, tmp_path, no_color):
    """Nothing here has a colour, on a terminal or not."""
    (tmp_path / "ccmon.cfg").write_text(CONFIG)
    master, slave = pty.openpty()
    subprocess.run([ctl, "-c", tmp_path / "ccmon.cfg", "explain-due", "office", "0", "4h"],
                   stdout=slave, check=True, timeout=60,
                   env={**os.environ, "TERM": "xterm", "NO_COLOR": no_color})
    os.close(slave)
    shown = os.read(master, 1 << 16)
    os.close(master)
    assert b"due" in shown and b"\x1b" not in shown
