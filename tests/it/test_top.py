# SPDX-License-Identifier: MIT
"""ccmonctl top in a terminal, key by key, on a board whose figures are fixed:
what it shows is compared with the screens in data/top (UPDATE=1 makes them
anew: look at them before they are committed)."""
import json
import os
import re
import shutil
import signal

import pytest

from conftest import build
from paging import Recorder
from system import PREFIX, wait_until
from terminal import Terminal
from test_alerts_live import WAITS, alert, start
from test_ctl_alerts import Answering

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

NOW = 1767268800000     # 2026-01-01 12:00 UTC
LONG = 3_600_000        # ms; what expires so late was written just now, for an hour
EVIL = ["\x1b[2J\x07gone", "<img onerror=x>", "a" * 60, "漢字客服センター", "e\u0301te\u0301 zürich",
        "שירות", "tab\there", "\u202eturned", "👩 team", "__proto__"]

COLOUR = re.compile(r"\x1b\[(?:[\d;]*;)?(?:3[0-8]|9[0-7])m")
REVERSED = re.compile(r"\x1b\[(?:[\d;]*;)?7m")


def queue(status="ok", waiting=0, oldest=0, sl=0.9, n=20, **more):
    """Of a snapshot."""
    return dict({
        "channel": "call", "status": status, "status_reason": f"it is {status}",
        "waiting_count": waiting, "oldest_wait_seconds": oldest, "waiting_over_target_count": 0,
        "at_risk_count": 0, "in_progress_count": 4, "offered_per_hour": 84.0,
        "handled_per_hour": 80.5, "sl_target_ratio": 0.8, "sl_threshold_seconds": 20.0,
        "sl_recover_count": 0, "agents_staffed_count": 12, "agents_available_count": 3,
        "agents_on_contact_count": 7, "agents_acw_count": 2, "agents_paused_count": 1,
        "nowcast_sl_ratio": 0.71, "agents_required_count": 14, "agents_gap_count": -2,
        "est_wait_seconds": 80.5, "sl_ratio_15m": sl, "sl_n_15m": n, "aht_seconds_15m": 245.5,
        "talk_avg_seconds_15m": 200.0, "offered_count_15m": 21, "answered_count_15m": 18,
        "abandoned_count_15m": 3, "abandon_ratio_15m": 0.1429, "asa_seconds_15m": 14.2,
        "occupancy_ratio_15m": 0.85, "sl_ratio_60m": 0.555, "sl_n_60m": 77,
        "aht_seconds_60m": 301.0, "offered_count_60m": 84, "first_response_running_count": 0},
        **more)


MAIL = queue(sl_threshold_seconds=None, sl=None, n=0, first_response_ratio_15m=0.96, first_response_n_15m=25,
             sl_target_ratio=None, aht_seconds_15m=None, backlog_count=31,
             first_response_running_count=9, first_response_overdue_count=2)
QUEUES = {
    "sales": queue("crit", 5, 73, 0.62, 24), "support": queue("ok", 1, 12.5, 0.95, 40),
    "billing": queue("warn", 2, 30, 0.75, 16), "vip": queue("unknown", 0, 0, 1.0, 2),
    "night": queue("closed", 0, 0, None, 0), "mail": MAIL}


def told(rule, scope, state, severity, age, **more):
    """An alert of a snapshot."""
    return dict({"rule": rule, "scope": scope, "state": state, "severity": severity,
                 "began_epoch_ms": NOW - 1000 * age, "by": None,
                 "summary": f"{scope.split(':')[-1]}: {rule} is too high"}, **more)


ALERTS = {"wait/queue:sales": told("wait", "queue:sales", "firing", "page", 75),
          "sl/queue:billing": told("sl", "queue:billing", "acked", "warn", 375, by="anna"),
          "early/queue:vip": told("early", "queue:vip", "pending", "page", 1)}


class Shown:
    """A board with fixed figures, and a terminal to look at it."""

    def __init__(self, system):
        self.system, self.redis, self.terminal = system, system.redis.client, None
        system.configure({"windows": ["15m", "60m"]})
        with open(system.config, "a") as f:
            f.write('wallboard: { stale_after = "20s"; };\n')
        self.put()

    def put(self, queues=None, alerts=None, age=None, state="running"):
        """age: of the figures, which then grow older; none: they stay new."""
        snapshot = {"schema_version": 1, "site": "main", "time": NOW, "version": 1, "demo": True,
                    "queues": QUEUES if queues is None else queues, "channels": {},
                    "totals": queue("crit", 8, 73, 0.78, 102), "feeds": {},
                    "alerts": ALERTS if alerts is None else alerts}
        self.redis.hset(PREFIX + "meta", mapping={"state": state, "updated_epoch_ms": NOW})
        self.redis.set(PREFIX + "snapshot", json.dumps(snapshot),
                       px=LONG if age is None else 60_000 - age)

    def log(self, **fields):
        self.redis.xadd(PREFIX + "alerts:log", dict(fields, time_epoch_ms=NOW))

    def top(self, *options, size=(80, 24), env=None):
        self.terminal = Terminal(self.system.directory, [
            build() / "ccmonctl", "-c", self.system.config, "top", *options], size, env)
        return self.terminal

    def end(self):
        if self.terminal:
            self.terminal.end()


@pytest.fixture
def board(system):
    one = Shown(system)
    yield one
    one.end()


# ---- what is shown

def test_the_board(board):
    board.top().golden("board", "LIVE", "sales")


@pytest.mark.parametrize("size", [(20, 5), (40, 12), (132, 40)])
def test_resized(board, size):
    top = board.top()
    top.shows("LIVE", "sales")
    top.size(*size).golden("board-%dx%d" % size, "main")


def test_ascii(board):
    board.put(dict(QUEUES, **{"zürich": queue()}))
    top = board.top(env={"LC_ALL": "C"})
    top.golden("ascii", "LIVE")
    assert top.screen().isascii()


def test_hostile_names(board):
    board.put({name: queue("warn", i, i) for i, name in enumerate(EVIL)},
              {f"wait/queue:{name}": told("wait", f"queue:{name}", "firing", "page", 60)
               for name in EVIL[:2]})
    top = board.top()
    top.golden("hostile", "LIVE")
    top.type("Enter").golden("hostile-queue", "NOW")


def test_forty_queues(board):
    board.put({f"queue{i:02}": queue("ok", i, i) for i in range(40)})
    top = board.top()
    top.golden("forty", "queue00")
    top.type("G").golden("forty-end", "queue39")
    top.type("PPage", "k").shows(">queue")
    top.type("g").golden("forty", ">queue00")


def test_no_queues(board):
    board.put({}, {})
    board.top().golden("empty", "LIVE")


@pytest.mark.parametrize("env, coloured", [({}, True), ({"NO_COLOR": "1"}, False),
                                           ({"NO_COLOR": ""}, True)])
def test_colours(board, env, coloured):
    top = board.top(env=env)
    top.shows("LATE")
    shown = top.screen("-e")
    assert bool(COLOUR.search(shown)) == coloured
    assert "LATE" in shown and REVERSED.search(shown)


# ---- keys

def test_sort_and_select(board):
    top = board.top()
    top.shows(">billing")
    top.type("j", "j", "j").shows(">sales")
    top.type("s").golden("by-waiting", "WAIT↓")
    board.put(dict(QUEUES, sales=queue("ok", 0, 0), vip=queue("crit", 50, 100)))
    top.golden("by-waiting-later", "50")
    top.type("s", "s", "s", "r").golden("by-status-reversed", "STATUS↑")


def test_filter(board):
    top = board.top()
    top.shows("LIVE")
    top.type("/", "I", "L").golden("filter", "/IL_")
    top.type("Enter").shows("/IL  s name↓")
    top.type("Escape").shows("support")


def test_one_queue(board):
    board.redis.zadd(PREFIX + "waiting:sales", {
        "visit-1": NOW - 53_000, "visit-2": NOW - 20_000, "visit-3": NOW + 9_000, "v4": "inf"})
    top = board.top()
    top.shows("LIVE")
    top.type("j", "j", "j", "Enter").golden("queue", "WAITING LONGEST", "1:13")
    assert "visit-" not in top.screen()
    top.type("w").golden("queue-60m", "window 60m", "56%")
    top.type("w", "Down", "Down").golden("queue-scrolled", "window 15m")
    top.type("Escape").shows(">sales")
    board.redis.zadd(PREFIX + "waiting:mail", {"a": NOW - 60_000, "b": NOW + 65_500})
    top.type("k", "k", "Enter").golden("queue-mail", "DUE FIRST")
    board.put({"sales": QUEUES["sales"]})
    top.shows("mail is no longer on the board")


def test_help(board):
    top = board.top()
    top.shows("LIVE")
    top.type("?").golden("help", "acknowledge")
    top.type("G").golden("help-end", "READY")
    top.type("?").shows("QUEUE")


# ---- how old it is

def test_stale(board):
    """Grey, standing still and saying so; alive again with the next figures."""
    board.put(age=5000)
    top = board.top()
    top.shows("LIVE", "1:2")        # 73 seconds, and ticking
    board.put(age=19_500)
    first = top.shows("NO NEW DATA for 0:", "1:13").splitlines()[0]
    grey = top.screen("-e")
    assert "\x1b[90m" in grey and "LATE" in grey
    wait_until(lambda: top.screen().splitlines()[0] != first, what="its age to grow")
    top.shows("NO NEW DATA for 0:", "1:13")
    board.put()
    top.shows("LIVE", "1:13")


@pytest.mark.parametrize("state, words", [
    ("stopping", "DAEMON STOPPED"), ("starting", "STARTING: figures may be behind")])
def test_state_of_the_daemon(board, state, words):
    board.put(state=state)
    board.top().shows(words, "sales")


def test_nobody_ever_wrote(board):
    board.redis.flushall()
    top = board.top()
    top.golden("never", "NO DAEMON ever wrote here")
    board.put()
    top.shows("LIVE", "sales")


def test_a_snapshot_nobody_can_read(board):
    """The one before stays, and is not taken for new."""
    top = board.top()
    top.shows("LIVE", "sales")
    board.redis.set(PREFIX + "snapshot", '{"queues":', px=LONG)
    top.shows("NO NEW DATA", "sales")
    board.put()
    top.shows("LIVE", "sales")


def test_redis_goes_and_comes_back(board):
    top = board.top()
    top.shows("LIVE", "sales")
    board.system.redis.kill9()
    top.shows("REDIS GONE for 0:0", "sales")
    top.type("j").shows(">mail")
    board.system.redis.start()
    top.shows("LIVE", timeout=20)


def test_redis_hangs(board):
    """Keys are answered all the same."""
    top = board.top()
    top.shows("LIVE", "sales")
    board.system.redis.stop()
    top.shows("REDIS GONE")
    top.type("j").shows(">mail")
    top.type("s").shows("WAIT↓")
    top.type("q")
    assert "ended 0" in top.ended()


# ---- orders

def test_acknowledge(system):
    """A real daemon's alert."""
    pager = Recorder(system)
    _, calls = start(system, WAITS.format(hold="0s", clear="1s", more=""), [pager])
    calls.queued("sales", "c1")
    wait_until(lambda: alert(system, "waits/queue:sales").get("state") == "firing",
               what="the alert")
    board = Terminal(system.directory, [build() / "ccmonctl", "-c", system.config, "top", "--by",
                                        "carol"])
    try:
        board.shows("page firing")
        board.type("a").shows("which alert?")
        board.type("Tab", "a").shows("acknowledge waits/queue:sales? y or n")
        board.type("n").shows("nothing was sent")
        board.type("a").shows("y or n")
        board.type("y").shows("acked waits/queue:sales until")
        board.shows("page acked", "by carol")
        assert alert(system, "waits/queue:sales")["by"] == "carol"
        board.type("a").shows("it is acked already")
    finally:
        board.end()


def test_refused(board):
    with Answering(board, refuse="no such alert"):
        top = board.top()
        top.shows("page firing")
        top.type("Tab", "a").shows("y or n")
        top.type("y").shows("refused: no such alert")


def test_no_answer(board):
    """The board lives while the daemon thinks."""
    with Answering(board, silent=True) as daemon:
        top = board.top()
        top.shows("page firing")
        top.type("Tab", "a").shows("y or n")
        top.type("y").shows("sent; waiting for the daemon")
        top.type("s").shows("WAIT↓")
        top.shows("may still take the order")
    assert [o["alert"] for o in daemon.orders] == ["wait/queue:sales"]


def test_nothing_is_sent_to_nobody(board):
    board.put(state="stopping")
    top = board.top()
    top.shows("DAEMON STOPPED")
    top.type("Tab", "a").shows("y or n")
    top.type("y").shows("nothing was sent: DAEMON STOPPED")
    assert not board.redis.exists(PREFIX + "commands")


# ---- the terminal

@pytest.mark.parametrize("keys", [("q",), ("C-c",), ("/", "C-c"), ("Enter", "q")])
def test_quit(board, keys):
    top = board.top()
    top.shows("LIVE")
    top.type(*keys)
    assert top.ended().startswith("ended 0\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
def test_ended_by_a_signal(board, number):
    top = board.top()
    top.shows("LIVE")
    os.kill(top.pid(), number)
    assert f"ended {128 + number}" in top.ended()


def test_crashed(board):
    if "asan" in str(build()):
        pytest.skip("the sanitizer has this signal")
    top = board.top()
    top.shows("LIVE")
    os.kill(top.pid(), signal.SIGSEGV)
    assert f"ended {128 + signal.SIGSEGV}" in top.ended()


def test_stopped_and_continued(board):
    """By Ctrl-Z and fg, in a shell with jobs."""
    top = board.terminal = Terminal(board.system.directory, ["sh", "-i"], env={"PS1": "ready> "})
    top.shows("ready>")
    top.type(f"{build()}/ccmonctl -c {board.system.config} top; echo over", "Enter")
    top.shows("LIVE", "sales")
    top.type("C-z").shows("Stopped")
    assert top.flag("alternate_on") == "0" and top.flag("cursor_flag") == "1"
    top.type("fg", "Enter").shows("LIVE", "sales")
    top.type("j").shows(">mail")
    top.type("q").shows("over")


def test_ended_while_stopped(board):
    top = board.terminal = Terminal(board.system.directory, ["sh", "-i"], env={"PS1": "ready> "})
    top.type(f"{build()}/ccmonctl -c {board.system.config} top", "Enter")
    top.shows("LIVE", "sales")
    top.type("C-z").shows("Stopped")
    top.type("kill %1; wait; echo go''ne", "Enter").shows("gone")
    assert top.flag("alternate_on") == "0"


def test_stopped_by_force(board):
    """What cannot be caught leaves the terminal as it is; then it goes on."""
    top = board.top()
    top.shows("LIVE")
    os.kill(top.pid(), signal.SIGSTOP)
    top.tmux("clear-history", "-t", "top")
    os.kill(top.pid(), signal.SIGCONT)
    top.type("j").shows(">mail")
    top.type("q")
    assert "ended 0" in top.ended()


def test_needs_a_terminal(board):
    done = board.system.ctl("top")
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == ("ccmonctl: top: it needs a terminal; "
                           "for logs and pipes there is ccmonctl watch\n")


def test_dumb_terminal(board):
    assert "ccmonctl watch" in board.top(env={"TERM": "dumb"}).ended()
