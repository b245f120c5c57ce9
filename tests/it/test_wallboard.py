# SPDX-License-Identifier: MIT
"""The wall-board's server: what is where, who may see it, what leaves it, and
what a reader may cost."""
import http.client
import json
import os
import re
import signal
import socket
import subprocess

import pytest

from conftest import build
from stopwatch import ran
from system import PREFIX, Daemon, wait_until
from wallboard import PORT, Events, Wallboard, board, configure, now_ms, publish

JSON, TEXT, HTML = "application/json", "text/plain; charset=utf-8", "text/html; charset=utf-8"
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
          "img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'none'")
HISTORY = "/api/v1/history?interval=1m&fields=offered_count"
MINUTE = 60000

PLACES = [
    ("/", 200, HTML),
    ("/?queues=a&theme=dark", 200, HTML),
    ("/agents", 200, HTML),
    ("/queue/sales", 200, HTML),
    ("/queue/%3Cimg%20src=x%3E", 200, HTML),
    ("/page/index.html", 200, HTML),
    ("/page/main.js", 200, "text/javascript; charset=utf-8"),
    ("/page/words/en.js", 200, "text/javascript; charset=utf-8"),
    ("/page/board.css", 200, "text/css; charset=utf-8"),
    ("/api/v1/snapshot", 200, JSON),
    ("/api/v1/agents", 200, JSON),
    (HISTORY, 200, JSON),
    ("/metrics", 200, PROMETHEUS),
    ("/healthz", 200, TEXT),
    ("/readyz", 200, TEXT),
    ("/queue/", 404, TEXT),
    ("/favicon.ico", 404, TEXT),
    ("/api/v1/breaches", 404, TEXT),
    ("/page/", 404, TEXT),
    ("/page/nothing.js", 404, TEXT),
    ("/page/words", 404, TEXT),
    ("/api/v1/history", 400, JSON),
    ("/api/v1/history?interval=1h&fields=offered_count", 400, JSON),
    ("/api/v1/history?interval=1m&fields=waiting", 400, JSON),
    ("/api/v1/history?interval=1m&fields=", 400, JSON),
    ("/api/v1/history?interval=1m&fields=offered_count,", 200, JSON),
    (HISTORY + "&from=yesterday", 400, JSON),
    (HISTORY + "&queue=" + 65 * "x", 400, JSON),
]


@pytest.fixture
def shown(system):
    b = board(system)
    publish(system)
    wait_until(lambda: b.ask("/readyz")[0] == 200, what="Redis")
    return b


def check_headers(headers):
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] in ("no-store", "no-cache")
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("path,status,kind", PLACES)
def test_place(shown, path, status, kind):
    said, headers, body = shown.ask(path)
    assert (said, headers["Content-Type"]) == (status, kind)
    check_headers(headers)
    assert (headers["Cache-Control"] == "no-cache") == (kind != JSON and "ETag" in headers)
    if kind == JSON:
        assert ("error" in json.loads(body)) == (status != 200)
    as_head, head_headers, head = shown.ask(path, "HEAD")
    assert (as_head, head) == (status, b"")
    assert head_headers["Content-Length"] == str(len(body))
    assert head_headers["Content-Type"] == kind


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_nothing_but_read(shown, method):
    status, headers, _ = shown.ask("/", method)
    assert (status, headers["Allow"]) == (405, "GET, HEAD")
    assert shown.ask("/api/v1/snapshot", method)[1]["Content-Type"] == JSON


def test_files_are_known_again(shown):
    _, headers, body = shown.ask("/page/main.js")
    status, again, nothing = shown.ask("/page/main.js", If_None_Match=headers["ETag"])
    assert (status, nothing, again["ETag"]) == (304, b"", headers["ETag"])
    assert shown.ask("/page/main.js", If_None_Match='"0"')[2] == body


@pytest.mark.parametrize("path", [
    "/page/../../etc/passwd", "/page/%2e%2e/%2e%2e/etc/passwd", "/page/..%2f..%2fetc/passwd", "/page//etc/passwd",
    "/page/.", "/page/..", "/page/words/../main.js", "/page/main.js%00.css", "/page/main.js/", "/../etc/passwd",
    "/page/" + 3000 * "a", "//evil.example/page/main.js", "/page/\\..\\x", "/PAGE/main.js"])
@pytest.mark.parametrize("directory", [False, True])
def test_hostile_paths(system, path, directory):
    b = board(system, "", *(["-w", str(system.directory)] if directory else []))
    answer = b.raw(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert re.match(rb"HTTP/1.1 (400|404|421) ", answer), answer[:200]
    assert b"root:" not in answer
    assert b.ask("/healthz")[0] == 200


def test_a_directory_comes_first(system):
    page = system.directory / "theme"
    page.mkdir()
    (page / "board.css").write_text("body{}")
    (page / "extra.svg").write_text("<svg/>")
    (page / "folder.js").mkdir()
    b = board(system, "", "-w", str(page))
    assert b.ask("/page/board.css")[2] == b"body{}"
    assert b.ask("/page/extra.svg")[1]["Content-Type"] == "image/svg+xml"
    assert b.ask("/page/main.js")[0] == 200
    assert b.ask("/page/folder.js")[0] == 404
    first = b.ask("/page/board.css")[1]["ETag"]
    (page / "board.css").write_text("body{color:red}")
    assert b.ask("/page/board.css", If_None_Match=first)[2] == b"body{color:red}"


# ---- who may

HOSTS = [("localhost", True), ("localhost:8787", True), ("127.0.0.1", True), ("[::1]:8787", True),
         ("board.example.org", True), ("BOARD.example.org.:80", True), ("evil.example.org", False),
         ("10.0.0.1", False), ("localhost.evil.org", False), ("", False)]


def test_host(system):
    b = board(system, 'hosts = ["board.example.org"];')
    for host, is_ours in HOSTS:
        status, headers, _ = b.ask("/healthz", Host=host)
        assert status == (200 if is_ours else 421), host
        check_headers(headers)
    assert b"421" in b.raw(b"GET http://evil.example.org/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")[:20]
    assert b" 200 " in b.raw(b"GET /healthz HTTP/1.0\r\n\r\n")[:20]


def test_token(system):
    file = system.directory / "token"
    file.touch(mode=0o600)
    file.write_text("s3cret\n")
    b = board(system, f'token_file = "{file}";')
    publish(system)
    wait_until(lambda: b.ask("/readyz")[0] == 200, what="Redis")
    for path, status, kind in PLACES:
        is_open = re.match("/page/.|/healthz|/readyz", path)
        if is_open:
            assert b.ask(path)[0] == status, path
            continue
        for wrong in ("", "token=", "token=s3cre", "token=s3cret2", "tokens=s3cret"):
            said, headers, body = b.ask(path + ("&" if "?" in path else "?") + wrong)
            assert (said, headers["WWW-Authenticate"]) == (401, "Bearer"), (path, wrong)
            assert b"s3cret" not in body
        for wrong in ("s3cret", "Bearer s3cre", "Bearer  s3cret", "Basic s3cret"):
            assert b.ask(path, Authorization=wrong)[0] == 401
        assert b.ask(path, Authorization="bearer s3cret")[0] == status
        assert b.ask(path + ("&" if "?" in path else "?") + "token=s3cret")[0] == status
    assert b.ask("/events")[0] == 401
    Events(b, "/events?token=s3cret").next("snapshot")
    assert not b.log_contains("s3cret")


def test_it_says_when_all_may_read(system):
    port = 10000 + os.getpid() % 10000      # at every address: one nobody else takes
    configure(system)
    system.config.write_text(system.config.read_text().replace(f"{system.host}:{PORT}", f"0.0.0.0:{port}"))
    b = system.add(Wallboard(system)).start()
    wait_until(lambda: b.log_contains("whoever reaches 0.0.0.0"), what="the warning")


# ---- what leaves

HOSTILE = ["<img src=x onerror=alert(1)>", "__proto__", "\u202eevil", 'a"b\\c', "\U0001f600 \u00e9", "a\nb", "</script>"]


def alert(rule, scope, **more):
    return {f"{rule}/{scope}": {"id": f"{rule}/{scope}", "rule": rule, "scope": scope, "state": "firing",
                                "severity": "warn", "value": 0.5, "inhibitor": None, "by": None, "note": None,
                                "episode": "e1", "summary": f"{scope} is in trouble", **more}}


ALERTS = {**alert("late", "queue:sales", inhibitor="idle/agent:anna"), **alert("idle", "agent:anna", by="boss",
          note="anna knows"), **alert("idle", "agent:bob"), **alert("redis_down", "site")}


def test_hostile_names(system):
    b = board(system, 'title = "Tea & \\"cakes\\" <b>";')
    version = publish(system, queues=HOSTILE)
    wait_until(lambda: b.ask("/readyz")[0] == 200, what="Redis")
    shown = b.json("/api/v1/snapshot")
    assert list(shown["queues"]) == HOSTILE
    assert shown["title"] == 'Tea & "cakes" <b>'
    assert shown["stale_after_seconds"] == 15
    data, event = Events(b).next("snapshot")
    assert data == shown
    assert event["id"] == str(version)


def test_what_is_unknown_does_not_leave(system):
    b = board(system)
    publish(system, customers={"x": {"number": "+4712345678"}}, breaches=["secret-contact"], alerts=ALERTS)
    wait_until(lambda: b.ask("/readyz")[0] == 200, what="Redis")
    shown = b.json("/api/v1/snapshot")
    assert set(shown) == {"schema_version", "site", "time", "version", "demo", "queues", "channels", "totals",
                          "alerts", "feeds", "title", "stale_after_seconds", "timezone", "day_start_seconds"}
    assert shown["alerts"] == ALERTS


def add_agents(system, **states):
    for name, state in states.items():
        system.redis.client.sadd(PREFIX + "agents", name)
        system.redis.client.hset(PREFIX + f"agent:{name}", mapping={
            "state": state, "queues": "a b", "state_since_epoch_ms": 5, "aht_seconds_today": "NaN",
            "occupancy_ratio_60m": "0.5000", "contact": "secret-contact"})


def test_agents_by_name(system):
    b = board(system)
    add_agents(system, anna="on_contact", bob="acw", __other__="available")
    system.redis.client.sadd(PREFIX + "agents", "gone")
    publish(system)
    wait_until(lambda: b.ask("/readyz")[0] == 200, what="Redis")
    shown = b.json("/api/v1/agents")
    assert shown["mode"] == "names" and abs(shown["time"] - now_ms()) < 60000
    assert [a["name"] for a in shown["agents"]] == ["anna", "bob"]
    assert shown["agents"][0] == {"name": "anna", "state": "on_contact", "state_reason": None, "queues": "a b",
                                  "state_since_epoch_ms": 5, "contacts_now_count": None,
                                  "handled_count_today": None, "aht_seconds_today": None,
                                  "occupancy_ratio_60m": 0.5}


def test_many_agents(shown, system):
    """More than are asked for at a time; and Redis may go in the middle."""
    names = [f"agent {i:04}" for i in range(1500)]
    pipe = system.redis.client.pipeline()
    for name in names:
        pipe.hset(PREFIX + f"agent:{name}", "state", "available")
        pipe.sadd(PREFIX + "agents", name)
    pipe.execute()
    assert [a["name"] for a in shown.json("/api/v1/agents")["agents"]] == names
    for _ in range(5):
        wait_until(lambda: shown.ask("/readyz")[0] == 200, what="Redis")
        system.redis.client.client_kill_filter(_type="normal", skipme=True)
        assert shown.ask("/api/v1/agents")[0] in (200, 503)
        publish(system)
    wait_until(lambda: shown.ask("/api/v1/agents")[0] == 200, what="the agents")


@pytest.mark.parametrize("mode", ["teams", "off"])
def test_agents_without_names(system, mode):
    b = board(system, f'agents = "{mode}"; teams: {{ north: {{ agents = ["an*"]; }};'
                      ' south: { agents = ["anna", "carl"]; }; };')
    add_agents(system, anna="on_contact", antje="acw", bob="paused", carl="offline")
    publish(system, alerts=ALERTS)
    wait_until(lambda: b.ask("/readyz")[0] == 200, what="Redis")
    nobody = dict.fromkeys(["offline", "available", "ringing", "on_contact", "on_hold", "acw", "paused"], 0)
    shown = b.json("/api/v1/agents")
    assert shown.pop("time")
    if mode == "off":
        assert shown == {"mode": "off"}
    else:
        assert shown == {"mode": "teams", "teams": [
            {**nobody, "name": "north", "on_contact": 1, "acw": 1}, {**nobody, "name": "south", "offline": 1},
            {**nobody, "name": "", "paused": 1}]}
    alerts = b.json("/api/v1/snapshot")["alerts"]
    assert set(alerts) == {"late/queue:sales", "idle/agent:", "idle/agent:2", "redis_down/site"}
    assert alerts["redis_down/site"] == ALERTS["redis_down/site"]
    assert alerts["late/queue:sales"] == {**ALERTS["late/queue:sales"], "inhibitor": None}
    assert alerts["idle/agent:"] == {"id": "idle/agent:", "rule": "idle", "scope": "agent:", "state": "firing",
                                     "severity": "warn", "value": 0.5, "summary": None}
    data, _ = Events(b).next("snapshot")
    everything = json.dumps([data, alerts, shown]) + b.ask("/metrics")[2].decode()
    for name in ("anna", "antje", "bob", "carl", "boss"):
        assert name not in everything


# ---- history

def add_history(system, key, minutes, **figures):
    """Entries of the last so many minutes; returns the time of the oldest."""
    first = now_ms() // MINUTE * MINUTE - minutes * MINUTE
    for i in range(minutes):
        system.redis.client.xadd(PREFIX + f"history:{key}", {"schema_version": 1, **{
            name: values(i) for name, values in figures.items()}}, id=f"{first + i * MINUTE}-0")
    return first


def test_history(shown, system):
    first = add_history(system, "queue:a b:1m", 200, offered_count=lambda i: i, sl_ratio=lambda i: "NaN")
    h = shown.json("/api/v1/history?interval=1m&queue=a%20b&fields=offered_count,sl_ratio,aht_seconds")
    assert (h["interval"], h["seconds"], h["queue"]) == ("1m", 60, "a b")
    assert h["fields"]["offered_count"] in (list(range(80, 200)), list(range(81, 200)))   # two hours
    n = len(h["time"])
    assert h["time"] == [first + i * MINUTE for i in range(200 - n, 200)]
    assert h["fields"]["sl_ratio"] == h["fields"]["aht_seconds"] == n * [None]
    h = shown.json(f"/api/v1/history?interval=1m&queue=a%20b&fields=offered_count&from={first + 1}"
                   f"&to={first + 3 * MINUTE + 1}")
    assert h["fields"] == {"offered_count": [1, 2, 3]}
    assert shown.json(HISTORY) == {"interval": "1m", "seconds": 60, "queue": None, "time": [],
                                   "fields": {"offered_count": []}}


def test_history_keeps_the_newest(shown, system):
    first = add_history(system, "site:1m", 2010, offered_count=lambda i: i)
    h = shown.json(HISTORY + f"&from={first}")
    assert h["fields"]["offered_count"] == list(range(10, 2010))


def calls(system, command):
    return system.redis.client.info("commandstats").get(f"cmdstat_{command}", {"calls": 0})["calls"]


def test_many_boards_one_read(shown, system):
    before = calls(system, "xrevrange")
    for _ in range(50):
        assert shown.ask(HISTORY)[0] == 200
    assert calls(system, "xrevrange") - before <= 3     # the minute may change, the 5 s pass
    streams = [Events(shown) for _ in range(30)]
    for s in streams:
        s.next("snapshot")
    first = streams[0].next("monitor")[0]["time"]
    before = calls(system, "get")
    last = streams[0].next("monitor", lambda data, _: data["time"] > first + 2500)[0]["time"]
    assert calls(system, "get") - before <= (last - first) / 1000 + 2
    for s in streams:
        s.close()
    wait_until(lambda: idle_seconds(system) >= 3, what="the wall-board to ask nothing for nobody")


def idle_seconds(system):
    return max((int(c["idle"]) for c in system.redis.client.client_list() if c["name"] == "ccmon-wallboard"),
               default=0)


# ---- the stream

def test_ids_are_versions(shown, system):
    events = Events(shown)
    assert events.answer.headers["Content-Type"] == "text/event-stream"
    assert events.answer.headers["X-Accel-Buffering"] == "no"
    check_headers(events.answer.headers)
    assert events.block() == {"retry": "1000"}
    data, event = events.next("snapshot")
    assert event["id"] == str(data["version"])
    for _ in range(2):
        version = publish(system)
        begin = ran()
        data, event = events.next("snapshot")
        assert (event["id"], data["version"]) == (str(version), version)
        assert ran() - begin < 3
    # nothing new: only the monitor, with the same facts
    first, _ = events.next("monitor")
    assert set(first) == {"time", "redis", "state", "updated_epoch_ms", "started", "stale_after_seconds"}
    for _ in range(3):
        event = events.block()
        assert event["event"] == "monitor"
        assert json.loads(event["data"])["redis"] is True
    again = Events(shown, Last_Event_ID=str(version))
    assert again.block() == {"retry": "1000"}
    assert [again.block()["event"] for _ in range(3)] == 3 * ["monitor"]
    assert publish(system) > version
    again.next("snapshot")
    behind = Events(shown, Last_Event_ID="7; DROP")
    assert behind.next("snapshot")[0]["version"] > version


def test_http_1_0_stream(shown):
    with socket.create_connection((shown.host, PORT), timeout=30) as s:
        s.sendall(b"GET /events HTTP/1.0\r\n\r\n")
        answer = b""
        while b"event: snapshot\ndata: {" not in answer:
            answer += s.recv(65536)
    assert b"chunked" not in answer


def test_redis_away_and_back(shown, system):
    events = Events(shown)
    events.next("monitor", lambda data, _: data["redis"] and data["state"] == "running")
    system.redis.stop()         # it does not answer
    events.next("monitor", lambda data, _: not data["redis"] and data["state"] == "none"
                and data["updated_epoch_ms"] is None)
    wait_until(lambda: b"Redis does not answer" in shown.ask("/readyz")[2], what="not ready")
    assert shown.ask("/api/v1/snapshot")[0] == 503
    assert shown.ask("/api/v1/agents")[0] == 503
    assert shown.ask(HISTORY)[0] == 503
    assert b"ccmon_up_redis 0" in shown.ask("/metrics")[2]
    assert shown.ask("/healthz")[0] == 200
    system.redis.cont()
    events.next("monitor", lambda data, _: data["redis"])
    system.redis.kill9()        # it is gone
    events.next("monitor", lambda data, _: not data["redis"])
    system.redis.start()
    version = publish(system)
    events.next("snapshot", lambda data, _: data["version"] == version)
    assert shown.ask("/readyz")[0] == 200
    assert b"ccmon_up_redis 1" in shown.ask("/metrics")[2]


def test_daemon_dies(system):
    b = board(system, 'stale_after = "3s";')
    events = Events(b)
    data, _ = events.next("monitor", lambda data, _: data["redis"])
    assert data["state"] == "none" and data["updated_epoch_ms"] is None
    assert b"ccmond was never here" in b.ask("/readyz")[2]
    daemon = system.add(Daemon(system)).start().ready()
    events.next("snapshot")
    data, _ = events.next("monitor", lambda data, _: data["state"] == "running")
    assert data["started"] and data["stale_after_seconds"] == 3
    wait_until(lambda: b.ask("/readyz")[::2] == (200, b"ok\n"), what="ready")
    daemon.kill9()
    data, _ = events.next("monitor", lambda data, _: data["updated_epoch_ms"] and
                          data["time"] - data["updated_epoch_ms"] > 3000)
    assert data["redis"]
    assert b.ask("/readyz")[0] == 503
    assert b"the figures are old" in b.ask("/readyz")[2]
    daemon.start().ready()
    events.next("monitor", lambda data, _: data["time"] - data["updated_epoch_ms"] < 2000)
    wait_until(lambda: b.ask("/readyz")[0] == 200, what="ready again")
    daemon.terminate()
    events.next("monitor", lambda data, _: data["state"] != "running")


def test_what_is_no_snapshot_is_not_sent(shown, system):
    events = Events(shown)
    version = events.next("snapshot")[0]["version"]
    for bad in ("", "[]", "{", '{"version":1', '{"version":"x"}', '{"version":2,"queues":{"a\n\nevent: x":1}}',
                '{"version":3,"queues":[}]}', '{"queues":{}}', "\x00", '{"version":4} {}', 70 * "[" + "{}"):
        system.redis.client.set(PREFIX + "snapshot", bad)
        wait_until(lambda: shown.ask("/api/v1/snapshot")[0] == 503, what=f"{bad!r} to be refused")
    system.redis.client.delete(PREFIX + "snapshot")
    system.redis.client.hset(PREFIX + "snapshot", "a", "b")
    wait_until(lambda: shown.ask("/readyz")[0] == 503, what="a hash to be refused")
    system.redis.client.delete(PREFIX + "snapshot")
    after = publish(system)
    data, _ = events.next("snapshot")
    assert version < after == data["version"]


# ---- what a reader may cost

def stuck_reader(b):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.connect((b.host, PORT))
    s.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return s


def test_who_does_not_read_is_let_go(shown, system):
    queues = [f"queue {i:05}" for i in range(4000)]
    reader, slow = Events(shown), [stuck_reader(shown) for _ in range(5)]
    served = 0
    end = ran() + 60
    while not shown.log_contains("was let go"):
        version = publish(system, queues=queues)
        reader.next("snapshot", lambda data, _: data["version"] == version)
        served += 1
        assert ran() < end
    assert served >= 2
    version = publish(system, queues=queues)
    reader.next("snapshot", lambda data, _: data["version"] == version)
    shown.signal(signal.SIGHUP)         # there is nothing to read again
    shown.signal(signal.SIGUSR1)
    wait_until(lambda: re.search("streams=[1-6] opened=6 let_go=[1-5] redis=connected", shown.text()), what="counters")
    for s in slow:
        s.close()


def test_as_many_as_may(system):
    b = board(system, "max_clients = 5;")
    publish(system)
    streams = [Events(b) for _ in range(5)]
    for s in streams:
        s.next("snapshot")
    status, _, why = b.ask("/healthz")
    assert (status, why) == (503, b"there are too many connections\n")
    streams.pop().close()
    wait_until(lambda: b.ask("/healthz")[0] == 200, what="room")
    for s in streams:
        s.next("monitor")


FLOOD = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)), b"GET\r\n\r\n", b"\r\n" * 500,
    b"GET / HTTP/1.1\r\n" + b"A: " + b"x" * 9000 + b"\r\n\r\n", b"GET /" + b"x" * 20000 + b" HTTP/1.1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n" + b"x" * 30000,
    b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nxxx",
    b"GET /?" + b"a=%zz&" * 800 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /api/v1/history?interval=1m&fields=" + b"offered_count," * 300 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET * HTTP/1.1\r\nHost: localhost\r\n\r\n", b"CONNECT x:1 HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50, b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\nxxxx",
    b"GET /queue/" + bytes(range(1, 32)) + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", b"",
]


def test_flood(system, monkeypatch):
    """What AddressSanitizer keeps of freed memory is not ours."""
    monkeypatch.setenv("ASAN_OPTIONS", "quarantine_size_mb=4")
    shown = board(system)
    publish(system)

    def attack(request):
        try:
            with socket.create_connection((shown.host, PORT), timeout=5) as s:
                s.settimeout(0.5)
                s.sendall(request)
                s.shutdown(socket.SHUT_WR)
                s.recv(65536)
        except OSError:
            pass                # it may well be cut off

    for request in FLOOD:
        attack(request)
    before = shown.rss()
    for _ in range(60):
        for request in FLOOD:
            if not request.startswith(b"GET /events"):
                attack(request)
    assert shown.runs()
    wait_until(lambda: shown.ask("/readyz")[0] == 200, what="an answer")
    assert shown.rss() - before < 24 << 20


def test_who_dribbles_is_sent_away(shown):
    with socket.create_connection((shown.host, PORT), timeout=30) as s:
        s.sendall(b"GET / HTTP/1.1\r\n")
        assert b" 408 " in s.recv(4096)


def test_kept_alive(shown):
    connection = http.client.HTTPConnection(shown.host, PORT, timeout=30)
    ports = set()
    for path in ("/healthz", "/api/v1/snapshot", "/", "/page/main.js", "/nothing", HISTORY):
        connection.request("GET", path)
        ports.add(connection.sock.getsockname()[1])
        connection.getresponse().read()
    assert len(ports) == 1


# ---- starting and stopping

def run(system, *arguments):
    return subprocess.run([str(build() / "ccmon-wallboard"), *map(str, arguments)], capture_output=True, text=True,
                          timeout=30)


def test_command_line(system):
    configure(system)
    assert run(system, "-c", system.config, "-t").returncode == 0
    assert run(system, "-V").stdout.startswith("ccmon-wallboard ")
    assert run(system, "-h").stdout.startswith("usage: ccmon-wallboard")
    assert run(system, "-x").returncode == run(system, "one").returncode == 64
    assert run(system, "-c", "/nowhere").returncode == 78
    answer = run(system, "-c", system.config, "-w", "/nowhere")
    assert (answer.returncode, "cannot use /nowhere" in answer.stderr) == (78, True)


def test_cannot_start(system):
    b = board(system)
    answer = run(system, "-c", system.config)
    assert (answer.returncode, "Address already in use" in answer.stderr) == (1, True)
    b.terminate()
    configure(system, f'token_file = "{system.directory}/none";')
    answer = run(system, "-c", system.config)
    assert (answer.returncode, "cannot use" in answer.stderr) == (78, True)


def test_stops_with_streams_open(shown):
    streams = [Events(shown) for _ in range(20)]
    for s in streams:
        s.next("snapshot")
    begin = ran()
    assert shown.terminate() == 0
    assert ran() - begin < 3
    for s in streams:
        while s.block() is not None:
            pass
