# SPDX-License-Identifier: MIT
"""etc/hooks/check_ccmon against a Redis of its own with a board filled by hand."""
import json
import re
import signal
import subprocess
import time

import pytest
from pages import ENVIRONMENT, HOOKS, HOSTILE, OWNED, alert, now_ms
from system import Redis

pytestmark = pytest.mark.scripts  # no program of ours runs in it

OK, WARNING, CRITICAL, UNKNOWN = range(4)
# 'label'=value[UOM];[warn];[crit];[min];[max], as the plugins' guidelines have it.
PERFDATA = r"('[^'=]+'|[^'= ]+)=(U|-?[0-9.]+)(s|%)?(;[^; ]*){0,4}"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    one = Redis(tmp_path_factory.mktemp("check")).start()
    yield one
    one.end()


class Board:
    def __init__(self, server, site="main"):
        self.server, self.redis, self.prefix = server, server.client, "ccmon:v1:{%s}:" % site
        self.redis.flushall()
        self.meta()

    def meta(self, age=0, state="running"):
        self.redis.hset(self.prefix + "meta", mapping={
            "updated_epoch_ms": now_ms() - age * 1000, "state": state})

    def put(self, name, age=0, **figures):
        self.redis.hset(self.prefix + name, mapping={"updated_epoch_ms": now_ms() - age * 1000, **figures})

    def alert(self, *arguments, state="firing", **more):
        one = {**alert(*arguments, **more), "state": state}
        self.redis.hset(self.prefix + "alerts", one["id"], json.dumps(one, ensure_ascii=False))

    def check(self, *options, env=ENVIRONMENT):
        """Exit status and the line, which is checked for its form."""
        done = subprocess.run([HOOKS / "check_ccmon", "-s", self.server.socket, *options], env=env,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
        said = done.stdout.decode("utf-8")
        assert said.endswith("\n") and said.count("\n") == 1, said
        words = ("OK", "WARNING", "CRITICAL", "UNKNOWN")[done.returncode]
        text, _, perfdata = said[:-1].partition(" | ")
        assert text.startswith(f"CCMON {words} - ")
        assert re.fullmatch(f"({PERFDATA}( {PERFDATA})*)?", perfdata), perfdata
        return done.returncode, text.partition(" - ")[2], perfdata


@pytest.fixture
def board(server):
    return Board(server)


# ---- what fires ----


def test_nothing_fires(board):
    assert board.check()[:2] == (OK, "nothing fires")


@pytest.mark.parametrize("severity, status", [("page", CRITICAL), ("warn", WARNING), ("info", OK)])
def test_one_fires(severity, status, board):
    board.alert(severity=severity)
    assert board.check()[:2] == (status, "sales: oldest_wait_seconds is 73.3, limit 60")


def test_the_worst_and_the_oldest_of_them(board):
    board.alert("a", severity="warn", began=1000)
    board.alert("b", began=3000)
    board.alert("c", began=2000)
    assert board.check()[:2] == (CRITICAL, "c: oldest_wait_seconds is 73.3, limit 60 and 2 more")


@pytest.mark.parametrize("state", ["pending", "acked", "silenced", "inhibited", "unknown", "resolved"])
def test_only_what_fires(state, board):
    board.alert(state=state)
    status, text, perfdata = board.check()
    assert (status, text) == (OK, "nothing fires")
    counted = dict(re.findall(r"(\w+)=(\d+);", perfdata))
    assert counted.pop("firing") == "0"
    assert [k for k, v in counted.items() if v == "1"] == ([state] if state != "resolved" else [])


def test_age_is_told(board):
    start = time.monotonic()
    board.meta(age=5)
    said = re.search(r" age=(\d+)s;;;0$", board.check()[2])
    assert 5 <= int(said[1]) <= 6 + time.monotonic() - start


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(name, board):
    board.alert(name)
    status, text, _ = board.check()
    assert status == CRITICAL and "|" not in text and not OWNED.exists()


# ---- what is not known ----


def test_stale(board):
    board.alert()
    board.meta(age=60)
    status, text, _ = board.check()
    assert status == UNKNOWN and re.fullmatch(r"the daemon was last written 6\d s ago", text)
    assert board.check("-a", "100")[0] == CRITICAL


def test_clock_ahead_is_not_stale(board):
    board.meta(age=-30)
    assert board.check()[0] == OK


def test_never_written(board):
    assert board.check("-S", "other")[:2] == (UNKNOWN, "the daemon is not on the board of site other")


def test_nothing_came_yet(board):
    board.redis.hset(board.prefix + "meta", "updated_epoch_ms", "NaN")
    assert board.check()[:2] == (UNKNOWN, "the daemon has no figures yet")


def test_stopping(board):
    board.meta(state="stopping")
    assert board.check()[:2] == (UNKNOWN, "the daemon is stopping")


def test_other_site(server):
    Board(server, "oslo").alert()
    assert Board(server, "oslo").check("-S", "oslo")[0] == OK


def test_alerts_that_are_not_json(board):
    board.redis.hset(board.prefix + "alerts", "a", '{"id":')
    status, text, _ = board.check()
    assert status == UNKNOWN and text.startswith("the alerts cannot be read: parse error")


def test_redis_refuses(board):
    board.redis.set(board.prefix + "alerts", "no hash")
    status, text, _ = board.check()
    assert status == UNKNOWN and "WRONGTYPE" in text


def test_redis_is_gone(board, tmp_path):
    assert board.check("-s", str(tmp_path / "none"))[0] == UNKNOWN


def test_redis_does_not_answer(board):
    board.server.signal(signal.SIGSTOP)
    try:
        assert board.check("-t", "1")[:2] == (UNKNOWN, "no answer from Redis within 1 s")
    finally:
        board.server.cont()


def test_who_does_not_end_is_killed_without_a_word(board, tmp_path):
    stubborn = tmp_path / "redis-cli"
    stubborn.write_text("#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 1; done\n")
    stubborn.chmod(0o755)
    env = dict(ENVIRONMENT, PATH=f"{tmp_path}:{ENVIRONMENT['PATH']}")
    assert board.check("-t", "1", env=env)[:2] == (UNKNOWN, "no answer from Redis within 1 s")


def test_password(board, tmp_path):
    secret = tmp_path / "password"
    secret.write_text("hush\n")
    board.redis.acl_setuser("guest", enabled=True, passwords=["+hush"], keys=["*"], commands=["+@all"])
    try:
        assert board.check("-u", "guest", "-P", str(secret))[0] == OK
        secret.write_text("loud\n")
        assert board.check("-u", "guest", "-P", str(secret))[0] == UNKNOWN
        assert board.check("-P", str(tmp_path / "none"))[0] == UNKNOWN
    finally:
        board.redis.acl_deluser("guest")


# ---- a figure ----


@pytest.mark.parametrize("range, alerts", [     # for the value 15
    ("10", True), ("15", False), ("20", False), ("16:", True), ("15:", False), ("~:10", True), ("~:15", False),
    ("10:20", False), ("16:20", True), ("@10:20", True), ("@16:20", False), ("@15", True), ("@~:14", False),
    (":14", True), ("-5:14.9", True), ("0:15.0", False), ("@15:", True)])
def test_ranges(range, alerts, board):
    board.put("queue:sales", oldest_wait_seconds="15")
    metric = ("-q", "sales", "-m", "oldest_wait_seconds")
    text = "sales oldest_wait_seconds is 15"
    label = "'sales_oldest_wait_seconds'=15s"
    assert board.check(*metric, "-w", range) == (WARNING if alerts else OK, text, f"{label};{range};")
    assert board.check(*metric, "-c", range) == (CRITICAL if alerts else OK, text, f"{label};;{range}")
    assert board.check(*metric, "-w", "0", "-c", range)[0] == (CRITICAL if alerts else WARNING)


def test_figure_of_the_site(board):
    board.put("site", sl_ratio_15m="0.812")
    assert board.check("-m", "sl_ratio_15m", "-w", "0.8:", "-c", "0.6:") == (
        OK, "site sl_ratio_15m is 0.812", "'site_sl_ratio_15m'=0.812;0.8:;0.6:")


def test_no_sample(board):
    board.put("queue:sales", sl_ratio_15m="NaN")
    assert board.check("-q", "sales", "-m", "sl_ratio_15m", "-c", "0.6:") == (
        OK, "sales sl_ratio_15m has no sample", "'sales_sl_ratio_15m'=U;;0.6:")


def test_figure_that_is_old_or_none(board):
    board.put("queue:sales", age=30, waiting_count="1", status="ok")
    status, text, _ = board.check("-q", "sales", "-m", "waiting_count")
    assert status == UNKNOWN and re.fullmatch(r"sales was last written 3\d s ago", text)
    board.put("queue:sales")
    assert board.check("-q", "sales", "-m", "waiting_count")[0] == OK
    assert board.check("-q", "sales", "-m", "nonsense")[:2] == (UNKNOWN, "sales has no nonsense")
    assert board.check("-q", "sales", "-m", "status")[:2] == (UNKNOWN, "sales status is no number")
    assert board.check("-q", "other", "-m", "waiting_count")[:2] == (
        UNKNOWN, "other is not on the board of site main")


@pytest.mark.parametrize("name", [n for n in HOSTILE if "\n" not in n])
def test_figure_of_hostile_names(name, board):
    board.put(f"queue:{name}", waiting_count="4")
    assert board.check("-q", name, "-m", "waiting_count", "-c", "3")[0] == CRITICAL
    assert not OWNED.exists()


@pytest.mark.parametrize("options", [
    ["-x"], ["-w", "10"], ["-q", "sales"], ["-m", "A b"], ["-m", "x", "-w", "ten"], ["-m", "x", "-c", "1:2:3"],
    ["-a", "soon"], ["-t", ""], ["-p", "x"], ["word"]])
def test_wrong_usage(options, board):
    done = subprocess.run([HOOKS / "check_ccmon", "-s", board.server.socket, *options], env=ENVIRONMENT,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30)
    assert done.returncode == UNKNOWN and done.stdout.startswith(b"CCMON UNKNOWN - ")


def test_help():
    done = subprocess.run([HOOKS / "check_ccmon", "-h"], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)
    assert done.returncode == UNKNOWN and "[-q QUEUE]" in done.stdout and "set -eu" not in done.stdout
