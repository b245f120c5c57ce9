# SPDX-License-Identifier: MIT
"""ccmonctl doctor: each thing that is wrong is found, and what is right is not
complained of.  On a board filled by hand (test_ctl_alerts.py)."""
import json
import os
import re

import pytest

from test_ctl_alerts import EVIL, Board, hook

RULE = """
alerts: { mine: { scope = "queue:*"; when = "oldest_wait_seconds > 60"; severity = "%s"; }; };
"""


@pytest.fixture
def board(system):
    board = Board(system, "")
    # where nobody else may put a program in the place of ours
    system.directory.chmod(0o700)
    return board


def program(board, name, mode=0o755):
    path = board.system.directory / name
    path.write_text("#!/bin/sh\n")
    path.chmod(mode)
    return path


def configure(board, text):
    with open(board.system.config, "a") as f:
        f.write(text)


def findings(board, *codes):
    """What it says, by what it looked at."""
    done = board.system.ctl("--json", "doctor")
    assert done.returncode in (codes or (0, 1)) and done.stderr == "", done
    found = {}
    for line in json.loads(done.stdout):
        found.setdefault(line["check"], []).append((line["result"], line["text"]))
    return found


def test_without_rules_and_hooks(board):
    found = findings(board)
    assert found["alerts"][0][0] == "warn" and "no rule" in found["alerts"][0][1]
    assert found["paging"][0][0] == "warn"
    assert found["watchdog"][0][0] == "hint"
    assert "hook" not in found and "pages" not in found


def test_all_is_well(board):
    path = program(board, "pager")
    configure(board, f"""
        hooks: {{ pager: {{ command = ["{path}"]; }}; }};
        paging: {{ hooks = ["pager"]; }};
        watchdog: {{ hook = "pager"; every = "2m"; }};""" + RULE % "page")
    (board.system.directory / "state").chmod(0o700)
    board.put("hooks", hook("pager"), name="name")
    board.log(kind="hook", hook="pager", outcome="retry", page="9.0.1")
    board.log(kind="hook", hook="pager", outcome="delivered", page="9.0.0", alert="mine/queue:a")
    board.log(kind="hook", hook="other", outcome="delivered", page="8.0.0")
    found = findings(board)
    assert re.match(r"1 rules, and \d+ built in", found["alerts"][0][1])
    assert found["watchdog"] == [("ok", "hook pager every 120 s")]
    assert found["hook"] == [("ok", f"pager: {path}")]
    assert found["state"] == [("ok", str(board.system.directory / "state"))]
    (result, text), = found["pages"]
    assert result == "ok" and re.fullmatch(
        r"pager has delivered 7, the last \d\.\ds ago: 9\.0\.0", text)
    assert "paging" not in found and "rule" not in found


@pytest.mark.parametrize("severity, told", [("page", True), ("warn", False)])
def test_a_page_that_reaches_nobody(board, severity, told):
    configure(board, RULE % severity)
    found = findings(board)
    assert ("rule" in found) == told
    if told:
        assert found["rule"] == [("fail", "mine is a page and reaches no hook: give it hooks, "
                                          "or set paging.hooks")]


@pytest.mark.parametrize("mode, said", [
    (0o777, "others may write it"), (0o644, "cannot be executed"), (None, "No such file")])
def test_a_program_that_may_not_be_run(board, mode, said):
    path = program(board, "pager", mode or 0o755)
    if mode is None:
        path.unlink()
    configure(board, f'hooks: {{ pager: {{ command = ["{path}"]; }}; }};')
    result, text = findings(board, 1)["hook"][0]
    assert result == "fail" and text.startswith(f"pager: {path}") and said in text


def test_looks_with_the_eyes_of_the_daemon(board):
    if os.geteuid() != 0:
        pytest.skip("only root can")
    board.system.directory.chmod(0o711)
    path = program(board, "pager")
    state = board.system.directory / "state"
    for entry in (board.system.directory, path, state):
        os.chown(entry, 12345, 12345)
    configure(board, f'hooks: {{ pager: {{ command = ["{path}"]; }}; }};')
    assert findings(board)["hook"] == [("ok", f"pager: {path}")]
    os.chown(state, 0, 0)
    result, text = findings(board, 1)["hook"][0]
    assert result == "fail" and "belongs to user 12345" in text


@pytest.mark.parametrize("said, result, words", [
    (None, "warn", "does not know hook pager"),
    (dict(delivered_total=0, last_epoch_ms=None, last_outcome=None), "hint",
     "pager has never delivered one: try ccmonctl hook-test pager"),
    (dict(delivered_total=3), "ok", "pager has delivered 3"),
    (dict(waiting=4, last_outcome="retry", last_why="exit code 75"), "warn",
     "pager: its last run came to another try, 4 pages wait: exit code 75"),
    (dict(last_outcome="given_up", last_why="exit code 3"), "fail",
     "pager: its last run came to nothing, 0 pages wait: exit code 3"),
    (dict(unsafe="/x has mode 0777"), "fail", "pager is not run: /x has mode 0777")])
def test_what_got_out(board, said, result, words):
    configure(board, f'hooks: {{ pager: {{ command = ["{program(board, "pager")}"]; }}; }};')
    if said:
        board.put("hooks", hook("pager", **said), name="name")
    (seen, text), = findings(board)["pages"]
    assert seen == result and words in text


def test_what_is_said_from_outside_is_escaped(board):
    configure(board, f'hooks: {{ pager: {{ command = ["{program(board, "pager")}"]; }}; }};')
    board.put("hooks", hook("pager", last_outcome="retry", last_why=EVIL), name="name")
    shown = board.system.ctl("doctor").stdout
    assert "\\x1b" in shown and not set(shown) & set("\x1b\x07\x9b")


def set_windows(board, line):
    text, n = re.subn(r"^windows = .*$", line, board.system.config.read_text(), flags=re.M)
    assert n == 1
    board.system.config.write_text(text)


@pytest.mark.parametrize("line, missing", [
    ("", []), ('windows = ["today", "5m", "60m", "15m"];', []),
    ('windows = ["30m", "60m", "today"];', ["15m"]),
    ('windows = ["15m", "1h", "today"];', ["60m"]),
    ('windows = ["5m"];', ["15m", "60m", "today"])])
def test_windows_the_wall_board_shows(board, line, missing):
    set_windows(board, line)
    said = findings(board).get("windows", [])
    assert [result for result, _ in said] == ["warn"] * len(missing)
    for window, (_, text) in zip(missing, said):
        assert text.startswith(f"there is no {window}: ")


CALENDARS = """
calendars: {
    round:  { open = ["daily 00:00-24:00"]; holidays = ["2099-12-25"];
              exceptions = ["2099-12-24 08:00-13:00"]; };
    old:    { open = ["daily 00:00-24:00"]; holidays = ["2020-12-25", "2019-12-25"]; };
    week:   { open = ["mon-fri 09:00-17:00"]; };
    never:  { holidays = ["2099-12-25"]; };
    gone:   { exceptions = ["2020-06-01 08:00-09:00"]; };
    seldom: { open = ["mon 08:00-08:01"]; };
};
"""
QUEUES = """
    a: { channel = "email"; calendar = "round"; first_response = "4h"; resolution = "30d"; };
    b: { channel = "email"; calendar = "never"; first_response = "4h"; };
    c: { channel = "email"; calendar = "seldom"; first_response = "30m"; resolution = "5h"; };
    d: { channel = "email"; calendar = "seldom"; first_response = "1m"; resolution = "30d"; };
    e: { channel = "email"; calendar = "week"; first_response = "4h"; resolution = "10d"; };
"""


def configure_calendars(board):
    text = board.system.config.read_text()
    assert "queues: {\n" in text
    board.system.config.write_text(text.replace("queues: {\n", "queues: {" + QUEUES) + CALENDARS)


def test_calendars(board):
    configure_calendars(board)
    said = {}
    for result, text in findings(board)["calendar"]:
        said.setdefault(text.split()[0].rstrip(":"), []).append((result, text))
    assert said["round"] == [
        ("ok", "round: always open; 168h in the next 7 days; "
               "Thu 2099-12-24 has its own hours, Fri 2099-12-25 is closed")]
    assert [r for r, _ in said["old"]] == ["ok", "hint"]
    assert "was Fri 2020-12-25: add those to come" in said["old"][1][1]
    (result, text), = said["week"]
    assert result == "ok" and re.search(
        r"(open|closed) until \S+ \d{4}-\d\d-\d\d (09|17):00 \S+; \d+h in the next 7 days$", text)
    for name in ("never", "gone"):
        result, text = said[name][0]
        assert result == "warn" and "does not open within 400 days" in text


def test_promises_a_calendar_cannot_keep(board):
    """Half an hour takes thirty weeks, five hours five years, and thirty days
    are never over; of a calendar that never opens that is said already."""
    configure_calendars(board)
    said = sorted(findings(board)["promise"], key=lambda f: f[1])
    assert [r for r, _ in said] == ["warn"] * 2
    assert re.match(r"c promises resolution within 5h, which from now is due Mon \d{4}-\S+ 08:01 "
                    r"\S+: calendar seldom opens too seldom$", said[0][1])
    assert said[1][1] == ("d promises resolution within 720h, which from now is never due: "
                          "calendar seldom opens too seldom")


def test_without_calendars(board):
    found = findings(board)
    assert "calendar" not in found and "promise" not in found


def test_state_dir_that_others_may_look_into(board):
    (board.system.directory / "state").chmod(0o755)
    result, text = findings(board)["state"][0]
    assert result == "warn" and "chmod o=" in text
