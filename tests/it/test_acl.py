# SPDX-License-Identifier: MIT
"""etc/redis.acl against a real Redis: each program works as its own user, and
may do nothing else.  The list is made as an operator makes it, by
scripts/redis-acl.sh; the site is "test", so its name is put in, too."""
import subprocess
import time

import pytest
import redis

import wallboard
from conftest import ROOT
from loopback import own_host
from system import PREFIX, Process, wait_until

CONFIG = {"windows": ["15m", "60m", "today"], "defaults": {}, "queues": {}}
USERS = {"ccmon-daemon": "redis-password", "ccmon-operator": "operator-password",
         "ccmon-board": "board-password"}


@pytest.fixture
def closed(system):
    """A system whose Redis knows the three users and nobody else."""
    made = subprocess.run(["sh", ROOT / "scripts" / "redis-acl.sh", "test", system.directory],
                          check=True, capture_output=True, text=True)
    acl = system.directory / "ccmon.acl"
    acl.write_text(made.stdout)
    system.redis.terminate()
    system.redis.command += ["--aclfile", str(acl)]
    system.redis.client = user(system, "ccmon-board")
    system.redis.start()
    return system


def password(system, name):
    return (system.directory / USERS[name]).read_text().strip()


def user(system, name):
    return redis.Redis(unix_socket_path=str(system.redis.socket), username=name,
                       password=password(system, name), decode_responses=True)


def configure(system, more=""):
    system.configure(CONFIG)
    text = system.config.read_text()
    system.config.write_text(text.replace("redis: { ", f"redis: {{ {more} "))


def as_daemon(system):
    d = system.directory
    return (f'username = "ccmon-daemon"; password_file = "{d}/redis-password"; '
            f'operator_username = "ccmon-operator"; '
            f'operator_password_file = "{d}/operator-password";')


def refused(call):
    with pytest.raises(redis.exceptions.ResponseError) as why:
        call()
    return str(why.value)


# ---- what each may

def test_a_system_lives(closed):
    """The daemon, as its user: figures, streams, state, and a second life;
    ccmonctl as the operator: looks, and gives an order that is answered."""
    configure(closed, as_daemon(closed))
    daemon = closed.daemon().start().ready()
    closed.collector().start()
    publisher = closed.publisher()
    for n in range(20):
        publisher.send(b'{"v":1,"event":"queued","time":%d,"source":"s","seq":%d,"contact":"c%d",'
                       b'"queue":"sales","channel":"call"}' % (now_ms(), n + 1, n), n + 1)
    wait_until(lambda: closed.hash("queue:sales").get("waiting_count") == "20",
               what="twenty who wait")
    board = closed.redis.client
    assert len(board.zrange(PREFIX + "waiting:sales", 0, -1)) == 20
    for words in (("status",), ("doctor",), ("alerts",), ("hooks",), ("watch", "-n", "1")):
        done = closed.ctl(*words)
        assert "NOPERM" not in done.stdout + done.stderr, done
    done = closed.ctl("silence", "site", "--for", "1m")
    assert done.returncode == 0, done
    wait_until(lambda: board.hgetall(PREFIX + "silences"), what="the silence on the board")
    assert daemon.terminate() == 0
    again = closed.daemon().start().ready()
    assert closed.hash("queue:sales")["waiting_count"] == "20"
    assert "NOPERM" not in daemon.text() + again.text()


def test_the_board_reads(closed):
    """ccmon-wallboard as its user: all it serves, and not one refusal."""
    configure(closed, as_daemon(closed) + f'board_username = "ccmon-board"; '
              f'board_password_file = "{closed.directory}/board-password";')
    closed.host = own_host()
    with closed.config.open("a") as config:
        config.write(f'wallboard: {{ listen = "{closed.host}:{wallboard.PORT}"; }};\n')
    closed.daemon().start().ready()
    board = closed.add(wallboard.Wallboard(closed)).start()
    wait_until(lambda: board.ask("/readyz")[0] == 200, what="the board to be ready")
    for path in ("/api/v1/snapshot", "/api/v1/agents", "/metrics",
                 "/api/v1/history?interval=15m&queue=sales&fields=sl_ratio"):
        assert board.ask(path)[0] == 200, path
    assert b"ccmon_up_redis 1" in board.ask("/metrics")[2]
    assert "NOPERM" not in board.text()


def now_ms():
    return int(time.time() * 1000)


# ---- what none may

FOREIGN = "other:key"
# by the list, by the list inside a script, and DEBUG by the configuration before that
REFUSALS = ("permissions", "can't access", "can't run this command", "ACL failure",
            "DEBUG command not allowed")
EVERYBODY = [("FLUSHALL",), ("FLUSHDB",), ("CONFIG", "GET", "*"), ("CONFIG", "SET", "save", ""),
             ("SHUTDOWN",), ("DEBUG", "SLEEP", "0"), ("KEYS", "*"), ("SCAN", "0"),
             ("ACL", "LIST"), ("ACL", "SETUSER", "x"), ("CLIENT", "LIST"),
             ("CLIENT", "KILL", "TYPE", "normal"), ("MONITOR",), ("SCRIPT", "FLUSH"),
             ("FUNCTION", "FLUSH"), ("MODULE", "LIST"), ("REPLICAOF", "NO", "ONE"),
             ("RESTORE", PREFIX + "x", "0", "x"), ("DUMP", PREFIX + "meta"),
             ("MIGRATE", "h", "1", PREFIX + "meta", "0", "1"), ("SWAPDB", "0", "1"),
             ("RENAME", PREFIX + "meta", PREFIX + "x"), ("HGETALL", FOREIGN), ("GET", FOREIGN),
             ("PUBLISH", "other", "x"), ("SUBSCRIBE", "other"), ("SAVE",), ("BGREWRITEAOF",)]
BY_USER = {
    "ccmon-daemon": [
        ("HSET", FOREIGN, "a", "1"), ("DEL", FOREIGN), ("XADD", FOREIGN, "*", "a", "1"),
        ("HSET", "ccmon:v1:{other}:meta", "a", "1"),
        ("EVAL", f"return redis.call('DEL', '{FOREIGN}')", "0"),
        ("EVAL", "return redis.call('FLUSHALL')", "0"),
        ("EVALSHA", "0" * 40, "0"), ("SUBSCRIBE", PREFIX + "tick"), ("INFO",)],
    "ccmon-operator": [
        ("HSET", PREFIX + "meta", "a", "1"), ("DEL", PREFIX + "commands"),
        ("XADD", PREFIX + "alerts:log", "*", "a", "1"), ("XADD", PREFIX + "x", "*", "a", "1"),
        ("XTRIM", PREFIX + "commands", "MAXLEN", "0"), ("XREAD", "STREAMS", FOREIGN, "0"),
        ("HGETALL", PREFIX + "state:meta"), ("HGETALL", PREFIX + "state:data"),
        ("EVAL", "return 1", "0"), ("PUBLISH", PREFIX + "tick", "1")],
    "ccmon-board": [
        ("HSET", PREFIX + "meta", "a", "1"), ("SET", PREFIX + "snapshot", "x"),
        ("DEL", PREFIX + "meta"), ("PEXPIRE", PREFIX + "meta", "1"),
        ("XADD", PREFIX + "commands", "*", "a", "1"), ("PUBLISH", PREFIX + "tick", "1"),
        ("HGETALL", PREFIX + "state:meta"), ("HGETALL", PREFIX + "state:data"),
        ("XRANGE", PREFIX + "commands", "-", "+"), ("XRANGE", PREFIX + "rejects", "-", "+"),
        ("EVAL", "return 1", "0"), ("EVAL_RO", "return 1", "0"), ("INFO",)],
}


@pytest.mark.parametrize("name", USERS)
def test_everything_else_is_refused(closed, name):
    one = user(closed, name)
    for words in EVERYBODY + BY_USER[name]:
        why = refused(lambda w=words: one.execute_command(*w))
        assert any(word in why for word in REFUSALS), (words, why)
    assert one.ping()


ALLOWED = {
    "ccmon-operator": [("XADD", PREFIX + "commands", "MAXLEN", "~", "1000", "*", "a", "1"),
                       ("GET", PREFIX + "snapshot"),
                       ("XREVRANGE", PREFIX + "rejects", "+", "-"), ("INFO",), ("TIME",)],
    "ccmon-board": [("GET", PREFIX + "snapshot"), ("HGETALL", PREFIX + "site"),
                    ("XREVRANGE", PREFIX + "history:queue:sales:15m", "+", "-"),
                    ("XREVRANGE", PREFIX + "alerts:log", "+", "-"), ("TIME",),
                    ("SMEMBERS", PREFIX + "queues"), ("SUBSCRIBE", PREFIX + "tick")],
}


@pytest.mark.parametrize("name", ALLOWED)
def test_what_it_is_for_is_allowed(closed, name):
    one = user(closed, name)
    for words in ALLOWED[name]:
        one.execute_command(*words)


# ---- who is nobody

def is_shut_out(system, **who):
    one = redis.Redis(unix_socket_path=str(system.redis.socket), **who)
    with pytest.raises(redis.exceptions.RedisError) as why:
        one.ping()
    return any(word in str(why.value) for word in ("Authentication required", "WRONGPASS"))


def test_nobody_gets_in_without_a_password(closed):
    assert is_shut_out(closed)
    for name in (*USERS, "default"):
        assert is_shut_out(closed, username=name, password="")
    assert is_shut_out(closed, username="ccmon-daemon", password=password(closed, "ccmon-board"))
    assert user(closed, "ccmon-daemon").ping()


def test_the_shipped_list_lets_nobody_in(system):
    """As it is in the tree, before anybody made passwords."""
    system.redis.terminate()
    system.redis.command += ["--aclfile", str(ROOT / "etc" / "redis.acl")]
    Process.start(system.redis)
    wait_until(lambda: system.redis.log_contains("The server is now ready to accept connections at")
               and system.redis.socket.exists(), what="redis-server")
    assert is_shut_out(system)
    for name in (*USERS, "default"):
        for word in ("", "x", "main"):
            assert is_shut_out(system, username=name, password=word)


@pytest.mark.parametrize("wrong", ["password", "nobody"])
def test_a_daemon_that_may_not(closed, wrong):
    """One clear line, not one a retry; and it goes on when it may."""
    secret = closed.directory / "redis-password"
    right = secret.read_text()
    if wrong == "password":
        secret.write_text("guessed\n")
        configure(closed, as_daemon(closed))
    else:
        configure(closed)
    daemon = closed.daemon().start()
    wait_until(lambda: "WRONGPASS" in daemon.text() or "NOAUTH" in daemon.text(),
               what="the refusal in the log")
    secret.write_text(right)
    operator = user(closed, "ccmon-operator")
    seen = operator.info()["total_connections_received"]
    wait_until(lambda: operator.info()["total_connections_received"] >= seen + 2,
               timeout=30, what="two more tries")
    lines = [line for line in daemon.text().splitlines() if "redis" in line]
    assert len([x for x in lines if "WRONGPASS" in x or "NOAUTH" in x]) == 1, lines
    assert daemon.runs()
