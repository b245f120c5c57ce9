# SPDX-License-Identifier: MIT
"""Names from outside are any UTF-8 without control characters.  Here they are
as bad as that allows, through the real programs: into keys of Redis, onto
terminals, into logs and pages; what is worse than that is refused."""
import json
import os
import re
import subprocess
import unicodedata

import pytest

from pages import now_ms
from system import PREFIX, wait_until
from test_live import body

NAMES = [
    "*", "?", "[a-z]", "{x}", "}{", "a b", " lead", "trail ", "'", '"', "\\", "\\n", "`id`", "$(id)",
    "%n%s", "../../etc/passwd", "<img src=x onerror=alert(1)>", "-rf", "--help", "a:b", "queue:sales",
    "snapshot", "meta", "site", "__proto__", "constructor", '","x":"', "null", "NaN", "0", "|", ";",
    "a\u202eb", "\u2066a\u2069", "a\u200bb", "\ufeffa", "\u00ad", "\u2028", "\U000e0041", "שלום",
    "é", "e\u0301", "日本", "📞", "x" * 64, "__other__", "__other__:call",
]
REFUSED = ["\x1b[2J", "a\nb", "a\rb", "\x00", "\x7f", "\x9b31m", "\x85", "x" * 65, ""]
KEPT = [name for name in NAMES if not name.startswith("__other__")]
OBJECTS = {"queue", "agent", "feed", "waiting"}
HOOK = """#!/bin/sh
tr '\\0' '\\001' </proc/self/environ >"$1/$$.env"
cat >"$1/$$.new"
mv "$1/$$.new" "$1/$$.json"
"""


def configure(system):
    told = system.directory / "told"
    told.mkdir()
    hook = system.directory / "hook"
    hook.write_text(HOOK)
    hook.chmod(0o755)
    system.configure({"windows": ["15m"]})
    with open(system.config, "a", encoding="utf-8") as config:
        config.write('alerts: { waits: { scope = "queue:*"; when = "waiting_count > 0"; clear_for = "0s"; '
                     'severity = "page"; hooks = ["tell"]; }; };\n'
                     f'hooks: {{ tell: {{ command = ["{hook}", "{told}"]; }}; }};\n'
                     f'paging: {{ storm = {4 * len(NAMES)}; }};\n')
    return told


def events():
    for i, name in enumerate(NAMES + REFUSED):
        known = dict(source=name, time=now_ms(), channel="call", queue=name, contact=name, visit=name)
        yield dict(known, event="queued")
        yield dict(known, event="feedback", kind="complaint", tag=name, agent=name)
        yield dict(source=name, time=now_ms(), event="login", agent=name, queues=[name])
        yield dict(source=name, time=now_ms(), event="state", state="paused", agent=name, reason=name or "\n")


@pytest.fixture
def board(system):
    """A system that has heard them all."""
    system.told = configure(system)
    system.daemon().start().ready()
    system.collector().start()
    publisher = system.publisher()
    for event in events():
        publisher.send(body(event))
    redis = system.redis.client
    wait_until(lambda: redis.xlen(PREFIX + "rejects") == 4 * len(REFUSED), 20, "the refused")
    wait_until(lambda: redis.smembers(PREFIX + "feeds") >= set(NAMES), 20, "the feeds")
    wait_until(lambda: redis.hget(PREFIX + "queue:__other__:call", "waiting_count") == "2", 20, "the last")
    return system


def test_keys(board):
    """No key but those ccmon-redis(7) names, of those that were told."""
    redis = board.redis.client
    seen = {scope: set() for scope in OBJECTS}
    for key in redis.scan_iter(count=1000):
        assert key.startswith("ccmon:v1:{"), key
        kind, _, name = key[len(PREFIX):].partition(":")
        if kind in OBJECTS:
            seen[kind].add(name)
    queues = set(KEPT) | {"__other__:call"}
    assert seen["queue"] == queues == redis.smembers(PREFIX + "queues")
    assert seen["agent"] == set(KEPT) | {"__other__"} == redis.smembers(PREFIX + "agents")
    assert seen["feed"] >= set(NAMES) and not seen["feed"] & set(REFUSED)
    assert seen["waiting"] <= queues
    for name in KEPT:
        assert redis.hget(PREFIX + "queue:" + name, "waiting_count") == "1"
        assert redis.hget(PREFIX + "agent:" + name, "state_reason") == name
    snapshot = json.loads(redis.get(PREFIX + "snapshot"))
    assert set(snapshot["queues"]) == queues
    for _, fields in redis.xrange(PREFIX + "rejects"):
        assert all(" " <= c <= "~" for c in fields["sample"])


def harmful(text):
    return {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")} - {"\n"}


@pytest.mark.parametrize("verb", [["status"], ["queues"], ["agents"], ["feeds"], ["alerts"], ["doctor"]])
def test_terminal(board, verb):
    ran = board.ctl(*verb)
    assert ran.returncode in (0, 1), ran.stderr
    assert not harmful(ran.stdout + ran.stderr)
    if verb[0] in ("queues", "agents", "feeds"):
        lines = ran.stdout.splitlines()
        assert sum("\\xe2\\x80\\xae" in line for line in lines) == 1
        assert sum(line.lstrip().startswith("日本") for line in lines) == 1


def test_report(board):
    recording = board.directory / "recording"
    recording.write_bytes(b"".join(body(event) + b"\n" for event in events()))
    ran = board.ctl("report", str(recording))
    assert not harmful(ran.stdout + ran.stderr)
    assert "\\xe2\\x80\\xae" in ran.stdout


def test_logs(board):
    for process in board.processes[1:]:     # all but redis-server
        for line in process.text().splitlines():
            assert not harmful(line), line
            assert re.match(r"[a-z-]+: (debug|info|warn|error) \S+: ", line), line


def test_pages(board):
    """One page a queue, each variable on one line, and JSON that says the name."""
    told = board.told
    queues = {"queue:" + name for name in KEPT} | {"queue:__other__:call"}

    def scopes():
        pages = [json.loads(path.read_text()) for path in told.glob("*.json")]
        return {alert["labels"]["scope"] for page in pages for alert in page["alerts"]}
    wait_until(lambda: scopes() >= queues, 60, "a page for each")
    for path in told.glob("*.env"):
        environment = path.read_bytes().decode().split("\x01")
        assert not harmful("".join(v for v in environment if v.startswith("CCMON_SUMMARY=")))
        for variable in environment:
            assert "\n" not in variable and "\x00" not in variable, variable
            assert re.match(r"[A-Z_]+=", variable) or variable == "", variable
    assert not os.path.exists(told / "id")
    assert subprocess.run(["ls", told], check=True, capture_output=True).stdout.count(b".json") >= len(queues)
