# SPDX-License-Identifier: MIT
"""ccmonctl's verbs for alerts, on a board filled by hand and a daemon that is
a thread here: it reads the orders and answers as doc/alerting.md says.  So
what operators see is proven without waiting for an alert to fire."""
import json
import re
import threading
import time

import pytest

from system import PREFIX, wait_until

CONFIG = {"windows": ["15m"], "zone": "Europe/Oslo"}
HOOKS = """
hooks: { pager: { command = ["/bin/true"]; };
         mail: { command = ["/bin/true"]; timeout = "1s"; }; };
paging: { hooks = ["pager"]; ack_timeout = "45m"; };
"""
EVIL = "\x1b[2J\x07\x9b31m\n"


def now():
    return int(time.time() * 1000)


def alert(name, state="firing", severity="page", since=60_000, **more):
    """A line of P alerts."""
    return dict({
        "id": name, "rule": name.split("/")[0], "scope": name.split("/")[1], "state": state,
        "severity": severity, "flapping": False, "metric": "oldest_wait_seconds",
        "condition": "oldest_wait_seconds > 60", "value": 73.3, "threshold": 60,
        "since_epoch_ms": now() - since, "began_epoch_ms": now() - since, "ended_epoch_ms": None,
        "episode": "1234567890123456", "round": 0, "step": 1, "steps": 2,
        "next_step_epoch_ms": None, "by": None, "note": None, "until_epoch_ms": None,
        "silence": None, "inhibitor": None,
        "summary": f"{name}: oldest_wait_seconds is 73.3, limit 60"}, **more)


class Board:
    """What the daemon would have written."""

    def __init__(self, system, more=HOOKS):
        self.system, self.redis = system, system.redis.client
        system.configure(CONFIG)
        with open(system.config, "a") as f:
            f.write(more)
        self.live()

    def live(self, state="running", age=0):
        self.redis.hset(PREFIX + "meta", mapping={
            "state": state, "updated_epoch_ms": now() - age, "pid": 1, "demo": 0})
        self.redis.set(PREFIX + "snapshot", "{}", px=60_000 - age)
        self.redis.hset(PREFIX + "site", mapping={"waiting_count": 2, "oldest_wait_seconds": 61})

    def put(self, key, *lines, name="id"):
        for line in lines:
            self.redis.hset(PREFIX + key, line[name], json.dumps(line))

    def log(self, **fields):
        self.redis.xadd(PREFIX + "alerts:log", dict(fields, time_epoch_ms=now()))

    def run(self, *arguments, code=0, **how):
        done = self.system.ctl(*arguments, **how)
        assert done.returncode == code, (arguments, done)
        return done

    def json(self, *arguments, code=0):
        return json.loads(self.run("--json", *arguments, code=code).stdout)

    def rows(self, *arguments, code=0):
        return self.run(*arguments, code=code).stdout.splitlines()


class Answering(threading.Thread):
    """The daemon's side of the orders: refuses what it is told to, runs no
    hook but says how it ended."""

    def __init__(self, board, refuse=None, outcome="delivered", silent=False):
        super().__init__(daemon=True)
        self.board, self.refuse, self.outcome, self.silent = board, refuse, outcome, silent
        self.orders, self.over = [], threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()

    def run(self):
        seen = "0-0"
        while not self.over.is_set():
            for _, entries in self.board.redis.xread({PREFIX + "commands": seen}, block=20):
                for seen, order in entries:
                    self.orders.append(order)
                    if not self.silent:
                        self.answer(seen, order)

    def answer(self, number, order):
        self.board.log(kind="order", order="1-1", outcome="refused", why="another's")
        if self.refuse:
            self.board.log(kind="order", order=number, outcome="refused", why=self.refuse)
            return
        self.board.log(kind="order", order=number, outcome="done", by=order["by"])
        if order["verb"] == "hook-test":
            self.board.log(kind="hook", order=number, hook=order["hook"], page="test.1",
                           attempt=1, outcome=self.outcome,
                           code=0 if self.outcome == "delivered" else 2, took_seconds="0.250",
                           why="" if self.outcome == "delivered" else "exit code 2",
                           output="sent" + EVIL + "12\n")


@pytest.fixture
def board(system):
    return Board(system)


def clock(pattern, text):
    assert re.search(pattern, text), text


# ---- alerts

def test_no_alerts(board):
    assert board.rows("alerts") == ["no alerts"]
    assert board.json("alerts") == {"stale": False, "alerts": {}, "silences": {}}


def test_worst_and_newest_first(board):
    board.put("alerts", alert("a/queue:old", since=120_000), alert("b/queue:new", since=1_000),
              alert("c/queue:loud", "resolved"), alert("d/queue:warned", severity="warn"),
              alert("e/queue:told", "acked", by="ann", until_epoch_ms=now() + 60_000),
              alert("f/queue:soon", "pending", episode=None, value=None),
              alert("g/queue:why", "inhibited", inhibitor="feed_silent/feed:pbx"))
    rows = board.rows("alerts", code=1)
    assert [re.search(r"\w/queue:\w+", r)[0] for r in rows[1:]] == [
        "b/queue:new", "a/queue:old", "d/queue:warned", "f/queue:soon", "e/queue:told",
        "g/queue:why", "c/queue:loud"]
    assert rows[0].split() == ["SEVERITY", "STATE", "ALERT", "VALUE", "LIMIT", "SINCE", "STEP",
                               "WHO", "SUMMARY"]
    assert re.match(r"page +firing +a/queue:old +73\.3 +60 +2m0\ds +1/2 +- +a/queue:old: ", rows[2])
    assert re.search(r"pending +f/queue:soon +- +60 ", rows[4])
    assert re.search(r" ann until \d\d:\d\d ", rows[5])
    assert re.search(r" feed_silent/feed:pbx ", rows[6])


@pytest.mark.parametrize("state, code", [
    ("firing", 1), ("pending", 0), ("acked", 0), ("silenced", 0), ("inhibited", 0),
    ("unknown", 0), ("resolved", 0)])
def test_exit_code_says_whether_one_fires(board, state, code):
    board.put("alerts", alert("a/site", state, severity="info"))
    board.run("alerts", code=code)
    assert board.json("alerts", code=code)["alerts"]["a/site"]["state"] == state


def test_silences_that_hold(board):
    silence = {"id": "17-0", "match": "a/*", "by": "ann", "note": "drill",
               "since_epoch_ms": now() - 60_000, "until_epoch_ms": now() + 60_000}
    board.put("silences", silence)
    board.put("alerts", alert("a/site", "silenced", flapping=True))
    rows = board.rows("alerts")
    assert "silenced flapping" in rows[1]
    assert rows[2] == "" and re.match(r"17-0 +a/\* +ann +1m0\ds +\S*\s?\d\d:\d\d +drill", rows[4])
    assert board.json("alerts")["silences"] == {"17-0": silence}


def test_a_line_that_is_no_json_is_left_out(board):
    board.redis.hset(PREFIX + "alerts", "x/" + EVIL, "{")
    board.put("alerts", alert("a/site"))
    done = board.run("alerts", code=1)
    assert len(done.stdout.splitlines()) == 2 and "is no line of JSON" in done.stderr
    assert list(board.json("alerts", code=1)["alerts"]) == ["a/site"]
    assert "\x1b" not in done.stderr


def test_a_stale_board_is_no_peace(board):
    board.put("alerts", alert("a/site", "resolved"))
    board.live(age=30_000)
    done = board.run("alerts", code=3)
    assert re.search(r"silent for 3\ds", done.stderr) and "a/site" in done.stdout
    assert board.json("alerts", code=3)["stale"] is True


# ---- status

@pytest.mark.parametrize("severity, state, code", [
    ("page", "firing", 1), ("warn", "firing", 1), ("info", "firing", 0), ("page", "acked", 0),
    ("page", "silenced", 0), ("page", "inhibited", 0), ("page", "pending", 0),
    ("page", "resolved", 0)])
def test_status_by_alerts(board, severity, state, code):
    board.put("alerts", alert("a/site", state, severity=severity))
    out = board.run("status", code=code).stdout
    assert (f"firing: {severity} 1\n  a/site: oldest" in out) == (state == "firing")
    assert ("none fires" in out) == (state != "firing")
    shown = board.json("status", code=code)
    assert shown["fine"] is (code == 0)
    assert sum(shown["alerts"]["firing_count"].values()) == (state == "firing")


def test_status_names_the_worst(board):
    board.put("alerts", alert("a/site", severity="warn", since=1), alert("b/site", since=9_000),
              alert("c/site", severity="warn"), alert("d/site", severity="info"))
    assert re.search(r"^alerts +firing: page 1, warn 2, info 1\n  b/site: oldest",
                     board.run("status", code=1).stdout, re.M)
    assert board.json("status", code=1)["alerts"] == {
        "firing_count": {"info": 1, "warn": 2, "page": 1},
        "worst": "b/site: oldest_wait_seconds is 73.3, limit 60"}


@pytest.mark.parametrize("state, age, code", [
    ("running", 0, 0), ("running", 30_000, 3), ("stopping", 0, 3), ("starting", 0, 1)])
def test_status_of_the_daemon(board, state, age, code):
    board.live(state, age)
    assert "waiting  2, the oldest for 1m01s" in board.run("status", code=code).stdout
    assert board.json("status", code=code)["stale"] is (age > 0)


def test_without_redis(board):
    board.system.redis.kill9()
    for command in (["status"], ["alerts"], ["hooks"], ["ack", "a/site"]):
        assert "Redis at" in board.run(*command, code=3).stderr


# ---- orders

def test_ack(board):
    with Answering(board) as daemon:
        done = board.run("ack", "oldest_wait/queue:sales", "--by", "ann", "--note", "on it")
        assert re.fullmatch(r"acked oldest_wait/queue:sales until (\S+ )?\d\d:\d\d\n", done.stdout)
        board.run("--by=bob", "ack", "oldest_wait/queue:sales")
    assert daemon.orders == [
        {"verb": "ack", "alert": "oldest_wait/queue:sales", "by": "ann", "note": "on it"},
        {"verb": "ack", "alert": "oldest_wait/queue:sales", "by": "bob"}]


def test_ack_holds_as_long_as_configured(board):
    with Answering(board):
        told = board.json("ack", "a/site")
    assert told["outcome"] == "done" and told["why"] is None
    assert abs(told["until_epoch_ms"] - now() - 45 * 60_000) < 60_000


def test_times_are_those_of_the_site(board):
    with Answering(board):
        shown = board.run("silence", "*", "--for", "1ms").stdout
        told = board.json("silence", "*", "--for", "1ms")
    # the two may be a minute apart
    oslo = {time.strftime("%H:%M", time.gmtime(told["until_epoch_ms"] / 1000 + shift - back))
            for shift in (3600, 7200) for back in (0, 60)}
    assert re.search(r"until (\S+ )?(\d\d:\d\d) ", shown)[2] in oslo


def test_the_one_who_is_logged_in_gives_the_order(board, monkeypatch):
    monkeypatch.setenv("SUDO_USER", "carol")
    with Answering(board) as daemon:
        board.run("ack", "a/site")
        monkeypatch.delenv("SUDO_USER")
        board.run("ack", "a/site")
    assert daemon.orders[0]["by"] == "carol" and daemon.orders[1]["by"] not in ("", "carol")


def test_an_unknown_id_names_the_nearest(board):
    board.put("alerts", alert("oldest_wait/queue:sales"),
              alert("oldest_wait/queue:sale", "resolved"), alert("nowcast/queue:other", "acked"))
    with Answering(board, refuse="no such alert"):
        done = board.run("ack", "oldest_wait/queue:salse", code=1)
        told = board.json("ack", "nowcst/queue:other", code=1)
        known = board.run("ack", "oldest_wait/queue:sales", code=1)
        far = board.run("ack", "x/site", code=1)
    assert done.stderr == ("ccmonctl: refused: no such alert; "
                           "did you mean oldest_wait/queue:sales?\n")
    assert done.stdout == ""
    assert (told["outcome"], told["did_you_mean"]) == ("refused", "nowcast/queue:other")
    assert known.stderr == far.stderr == "ccmonctl: refused: no such alert\n"


def test_silence_and_unsilence(board):
    board.put("alerts", alert("a/queue:x"), alert("a/queue:y", "resolved"), alert("b/site"))
    with Answering(board) as daemon:
        begin = now()
        done = board.run("silence", "a/*", "--for", "1h30m", "--by", "ann", "--note", "drill")
        number = board.redis.xrevrange(PREFIX + "commands", count=1)[0][0]
        assert re.fullmatch(r"silenced a/\* until (\S+ )?\d\d:\d\d \(1 alert matches now\); "
                            f"to end it: ccmonctl unsilence {number}\n", done.stdout)
        assert board.run("unsilence", number, "--by", "ann").stdout == f"ended the silence {number}\n"
        assert board.json("unsilence", number)["until_epoch_ms"] is None
    first = daemon.orders[0]
    assert begin + 5_400_000 <= int(first.pop("until_epoch_ms")) <= now() + 5_400_000
    assert first == {"verb": "silence", "match": "a/*", "by": "ann", "note": "drill"}
    assert daemon.orders[1] == {"verb": "unsilence", "silence": number, "by": "ann"}


def test_a_daemon_that_does_not_answer(board):
    with Answering(board, silent=True) as daemon:
        done = board.run("ack", "a/site", code=3)
        assert done.stderr == ("ccmonctl: the daemon did not answer within 5 s; "
                               "it may still take the order (after a start it waits up to "
                               "15 s for its collectors)\n")
    assert len(daemon.orders) == 1


@pytest.mark.parametrize("state, age", [("running", 30_000), ("stopping", 0)])
@pytest.mark.parametrize("order", [
    ["ack", "a/site"], ["silence", "*", "--for", "1h"], ["unsilence", "1-1"],
    ["hook-test", "pager"]])
def test_nothing_is_sent_to_nobody(board, order, state, age):
    board.live(state, age)
    assert "nothing was sent" in board.run(*order, code=3).stderr
    assert board.redis.exists(PREFIX + "commands") == 0


def test_the_stream_of_orders_stays_short(board):
    for _ in range(1500):
        board.redis.xadd(PREFIX + "commands", {"verb": "none"})
    with Answering(board, silent=True):
        board.run("ack", "a/site", code=3)
    assert board.redis.xlen(PREFIX + "commands") < 1200


@pytest.mark.parametrize("words, said", [
    (["silence", "*"], "needs --for"),
    (["silence", "*", "--for", "2"], "no length of time"),
    (["silence", "*", "--for", "0s"], "no length of time"),
    (["silence", "*", "--for", "400d"], "no length of time"),
    (["ack", "a/site", "--for", "2h"], "ack takes no --for"),
    (["status", "--by", "ann"], "status takes no --by"),
    (["unsilence", "1-1", "--note", "x"], "unsilence takes no --note"),
    (["ack", "a/site", "--note", "x" * 256], "--note is plain text"),
    (["ack", "a/site", "--by", "a\nb"], "--by is plain text"),
    (["ack", ""], "an alert's id is plain text"),
    (["ack"], "usage: ccmonctl ack ID"),
    (["hook-test", "pagr"], "did you mean pager?"),
    (["hook-test", "nobody" + EVIL], "has no hook"),
    (["alert"], "did you mean alerts?")])
def test_wrong_usage(board, words, said):
    done = board.run(*words, code=2)
    assert said in done.stderr and "\x1b" not in done.stderr
    assert board.redis.exists(PREFIX + "commands") == 0


# ---- hooks

def hook(name, **more):
    return dict({"name": name, "waiting": 0, "running": 0, "oldest_epoch_ms": None,
                 "delivered_total": 7, "given_up_total": 0, "attempts_total": 7,
                 "last_epoch_ms": now() - 120_000, "last_outcome": "delivered", "last_why": "",
                 "unsafe": ""}, **more)


def test_hooks(board):
    board.put("hooks", hook("pager"), hook("mail", waiting=2, oldest_epoch_ms=now() - 65_000,
              last_outcome="retry", last_why="exit code 1"),
              hook("sms", unsafe="/tmp is writable by all"), name="name")
    for n in range(12):
        board.log(kind="firing", alert="a/site")
        board.log(kind="hook", hook="pager", alert="a/site", page=f"12345678901234.0.{n}",
                  attempt=1, outcome="delivered", code=0, took_seconds="0.250", output="12")
    rows = board.rows("hooks")
    assert re.match(r"mail +2 +1m0\ds +0 +7 +0 +2m0\ds +retry +exit code 1$", rows[1])
    assert re.match(r"pager +0 +- +0 +7 +0 +2m0\ds +delivered +-$", rows[2])
    assert rows[3].endswith("/tmp is writable by all")
    assert [r.rsplit(".", 1)[1] for r in rows[7:]] == [str(n) for n in range(11, 1, -1)]
    assert re.match(r"\d\.\ds +pager +a/site +1 +delivered +0\.\ds +0 +-", rows[7])
    shown = board.json("hooks")
    assert shown["hooks"]["mail"]["last_why"] == "exit code 1" and len(shown["runs"]) == 10
    assert shown["runs"][0]["output"] == "12" and shown["runs"][0]["code"] == 0


def test_no_hooks(board):
    assert board.rows("hooks") == ["no hooks"]
    assert board.json("hooks") == {"stale": False, "hooks": {}, "runs": []}


@pytest.mark.parametrize("outcome, code", [("delivered", 0), ("given_up", 1), ("retry", 1)])
def test_hook_test(board, outcome, code):
    with Answering(board, outcome=outcome) as daemon:
        rows = board.rows("hook-test", "pager", "--by", "ann", code=code)
        told = board.json("hook-test", "pager", code=code)
    assert daemon.orders[0] == {"verb": "hook-test", "hook": "pager", "by": "ann"}
    number = "0" if code == 0 else "2"
    assert rows[0].startswith(f"pager: {outcome}, exit code {number}, took 0.2s") or \
        rows[0].startswith(f"pager: {outcome}, exit code {number}, took 0.3s")
    assert rows[1].startswith("  sent\\x1b[2J") and rows[2] == "  12"
    assert (told["outcome"], told["code"], told["took_seconds"]) == (outcome, int(number), 0.25)


def test_hook_test_that_does_not_end(board):
    with Answering(board) as daemon:
        daemon.answer = lambda number, order: board.log(kind="order", order=number, outcome="done")
        assert "has not ended within 6.0s" in board.run("hook-test", "mail", code=1).stderr


def test_hook_test_refused(board):
    with Answering(board, refuse="no such hook"):
        assert "refused: no such hook" in board.run("hook-test", "mail", code=1).stderr


# ---- names from outside

def test_control_characters_never_reach_a_terminal(board):
    evil = "a/queue:" + EVIL
    board.put("alerts", alert(evil, by=EVIL, inhibitor=EVIL, summary=EVIL, state="firing"),
              alert("b/site", state=EVIL, severity=EVIL))
    board.put("silences", {"id": EVIL, "match": EVIL, "by": EVIL, "note": EVIL,
                           "since_epoch_ms": 1, "until_epoch_ms": now()})
    board.put("hooks", hook(EVIL, last_outcome=EVIL, last_why=EVIL), name="name")
    board.log(kind="hook", hook=EVIL, alert=EVIL, outcome=EVIL, why=EVIL)
    board.redis.hset(PREFIX + "meta", "state", EVIL)
    board.redis.hset(PREFIX + "site", "waiting_count", EVIL)
    outputs = [board.run("alerts", code=1), board.run("status", code=1), board.run("hooks")]
    with Answering(board, refuse=EVIL):
        outputs.append(board.run("ack", "a/queue:" + "x", code=1))
        outputs.append(board.run("hook-test", "pager", code=1))
    for done in outputs:
        shown = done.stdout + done.stderr
        assert "\\x1b" in shown
        assert not set(shown) & set("\x1b\x07\x9b"), shown
    for command in ("alerts", "status", "hooks"):
        done = board.system.ctl("--json", command)
        assert not set(done.stdout) & set("\x1b\x07") and json.loads(done.stdout)
    json.loads(board.system.ctl("--json", "alerts").stdout)["alerts"][evil]


# ---- and with the daemon itself

def test_orders_reach_the_daemon(system):
    """Hook, silence and refusals, from ccmonctl through the daemon and back."""
    system.configure(CONFIG)
    with open(system.config, "a") as f:
        f.write(HOOKS)
    system.daemon().start().ready()
    system.collector().start()      # without one, orders wait for it

    def run(*words, code=0):
        done = system.ctl(*words)
        assert done.returncode == code, done
        return done
    wait_until(lambda: system.ctl("hook-test", "pager").returncode == 0, what="a test page")
    assert run("hook-test", "pager").stdout.startswith("pager: delivered, exit code 0, took ")
    run("silence", "oldest_wait/*", "--for", "1h", "--by", "ann", "--note", "drill")
    silences = json.loads(wait_until(
        lambda: '"drill"' in (out := system.ctl("--json", "alerts").stdout) and out,
        what="the silence on the board"))["silences"]
    (number, silence), = silences.items()
    assert (silence["match"], silence["by"]) == ("oldest_wait/*", "ann")
    run("unsilence", number)
    assert "refused: " in run("unsilence", number, code=1).stderr
    assert "refused: " in run("ack", "nobody/queue:x", code=1).stderr
    wait_until(lambda: "delivered" in system.ctl("hooks").stdout, what="the hook on the board")
    answers = [entry["order"] for _, entry in system.redis.client.xrange(PREFIX + "alerts:log")
               if entry["kind"] == "order"]
    assert len(answers) == len(set(answers)), "each order is answered once"
