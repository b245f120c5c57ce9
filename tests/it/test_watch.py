# SPDX-License-Identifier: MIT
"""ccmonctl watch: a line of figures a second, on a board whose figures are
fixed."""
import json
import re
import signal
import subprocess

import pytest

from conftest import build
from test_top import QUEUES, Shown

HEAD = "TIME WAIT LONGEST SERVICE N /HOUR AHT READY ALERTS STATUS".split()
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"


@pytest.fixture
def board(system):
    return Shown(system)


def lines(board, *words):
    done = board.system.ctl("watch", *words)
    assert done.returncode == 0 and done.stderr == "", done
    return done.stdout.splitlines()


class Watching:
    """Runs, and is read line by line."""

    def __init__(self, board, *words):
        self.process = subprocess.Popen(
            [build() / "ccmonctl", "-c", board.system.config, "watch", *words], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def until(self, pattern):
        for line in self.process.stdout:
            if re.search(pattern, line):
                return line
        raise AssertionError(f"{pattern} never came: {self.process.stderr.read()}")


def test_site(board):
    head, one, two = lines(board, "-n", "2")
    assert head.split() == HEAD
    for line in (one, two):
        assert re.fullmatch(TIME + r" +8 +1:1[3-9] +78/80% +102 +84 +4:05 +3/12 +1  LATE", line)


def test_one_queue(board):
    assert re.fullmatch(TIME + r" +2 +0:3[0-6] +75/80% +16 +84 +4:05 +3/12 +0  WATCH",
                        lines(board, "billing", "-n", "1")[1])
    assert re.fullmatch(TIME + r" +0 +0:00 +96% fr +25 +84 +- +3/12 +0  OK",
                        lines(board, "mail", "-n", "1")[1])


def test_json(board):
    told = [json.loads(line) for line in lines(board, "sales", "-n", "2", "--json")]
    assert len(told) == 2 and 900 < told[1]["time_epoch_ms"] - told[0]["time_epoch_ms"]
    assert 73 <= told[0]["figures"].pop("oldest_wait_seconds") < 80
    del told[0]["time_epoch_ms"]
    assert told[0] == {
        "queue": "sales", "window": "15m", "stale": False, "status": "LATE",
        "alerts_firing_count": 1,
        "figures": {"waiting_count": 5, "sl_ratio": 0.62, "sl_target_ratio": 0.8, "sl_n": 24,
                    "offered_per_hour": 84, "aht_seconds": 245.5, "agents_available_count": 3,
                    "agents_staffed_count": 12}}
    mail = json.loads(lines(board, "mail", "-n", "1", "--json")[0])
    assert mail["figures"]["first_response_ratio"] == 0.96
    assert mail["figures"]["first_response_n"] == 25
    assert "sl_n" not in mail["figures"] and mail["figures"]["aht_seconds"] is None
    assert json.loads(lines(board, "-n", "1", "--json")[0])["queue"] is None


def test_a_head_every_twenty_lines(board):
    """The one test that takes as long as it takes: 20 seconds."""
    heads = [i for i, line in enumerate(lines(board, "-n", "21")) if line.startswith("TIME")]
    assert heads == [0, 21]


def test_stale_and_alive_again(board):
    """What is old is shown, and said to be; it does not tick."""
    board.put(age=5000)
    with Watching(board) as watching:
        watching.until(r" 1:(18|19|2\d) .*  LATE$")
        board.put(age=19_500)
        watching.until(r" 1:13 .*  NO NEW DATA for 0:[2-5]\d$")
        board.put(state="stopping")
        watching.until(r" 1:13 .*  DAEMON STOPPED, figures are 0:00 old$")
        board.put()
        watching.until(r"  LATE$")


def test_redis_goes_and_comes_back(board):
    with Watching(board) as watching:
        watching.until("  LATE$")
        board.system.redis.kill9()
        watching.until(TIME + r"( +-){8}  REDIS GONE for 0:0\d, trying again: ")
        board.system.redis.start()
        watching.until("  LATE$")


def test_json_without_redis(board):
    with Watching(board, "--json") as watching:
        watching.until("LATE")
        board.system.redis.kill9()
        told = json.loads(watching.until("REDIS GONE"))
    assert told["stale"] is True and told["figures"] is None and told["alerts_firing_count"] is None


def test_a_queue_that_goes(board):
    with Watching(board, "sales") as watching:
        watching.until("  LATE$")
        board.put({"support": QUEUES["support"]})
        watching.until(r"( +-){8}  NO SUCH QUEUE$")


def test_nothing_on_the_board(board):
    board.redis.flushall()
    assert lines(board, "sales", "-n", "1")[1].endswith(
        "NO DAEMON ever wrote here: is ccmond running?")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ended_by_a_signal(board, number):
    with Watching(board) as watching:
        watching.until("LATE")
        watching.process.send_signal(number)
        assert watching.process.wait(10) == 0
        assert watching.process.stderr.read() == ""


def test_nobody_reads_any_more(board):
    with Watching(board) as watching:
        watching.until("LATE")
        watching.process.stdout.close()
        assert watching.process.wait(10) == 0
        assert watching.process.stderr.read() == ""


def test_names_do_no_harm(board):
    name = "a\x1b[2J"
    board.put({name: QUEUES["sales"]}, {})
    done = board.system.ctl("watch", "b\x1b[2J")
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == ("ccmonctl: there is no queue b\\x1b[2J; "
                           "did you mean a\\x1b[2J?\n")
    assert json.loads(lines(board, name, "-n", "1", "--json")[0])["queue"] == name


@pytest.mark.parametrize("words, said", [
    (["sals"], "there is no queue sals; did you mean sales?"),
    (["sales", "billing"], "usage: ccmonctl watch [QUEUE]"),
    (["-n", "0"], "--count 0: a number of lines, 1 or more"),
    (["-n", "1x"], "--count 1x: a number of lines"),
    (["-n", "99999999999999999999"], "a number of lines"),
    (["--by", "ann"], "watch takes no --by")])
def test_wrong_usage(board, words, said):
    done = board.system.ctl("watch", *words)
    assert done.returncode == 2 and said in done.stderr and done.stdout == "", done


def test_without_redis_at_all(board):
    board.system.redis.terminate()
    done = board.system.ctl("watch")
    assert done.returncode == 3 and "Redis at" in done.stderr

