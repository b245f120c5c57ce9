# SPDX-License-Identifier: MIT
"""ccmon-feed as its users meet it: what goes in comes out, whole and in order,
and it ends when it is told to."""
import collections
import json
import pathlib
import signal
import subprocess

import pytest
import zmq

from conftest import build

WAIT = 20_000   # ms; a limit for a slow machine, never waited for in full


@pytest.fixture
def feed():
    """Starts ccmon-feed with these arguments; ends what still runs."""
    program = build() / "ccmon-feed"
    if not program.exists():
        pytest.fail(f"{program} is not built")
    running = []

    def start(*arguments):
        running.append(subprocess.Popen([program, *map(str, arguments)], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        return running[-1]

    yield start
    for p in running:
        p.kill()
        p.communicate()


@pytest.fixture
def listen(tmp_path):
    context = zmq.Context()

    def connect(kind, name="feed", **options):
        s = context.socket(kind)
        s.setsockopt(zmq.RCVTIMEO, WAIT)
        for option, value in options.items():
            s.setsockopt(getattr(zmq, option), value)
        endpoint = f"ipc://{tmp_path}/{name}"
        s.connect(endpoint)
        return s, endpoint

    yield connect
    context.destroy(linger=0)


@pytest.fixture
def day(feed, tmp_path):
    """Four busy hours in a file."""
    path = tmp_path / "day.jsonl"
    p = feed("sim", "--seed", 9, "--hours", 4, "--start", "2026-03-02T08:00:00Z", "--out", path)
    assert p.communicate()[1].startswith("ccmon-feed: ")
    assert p.returncode == 0
    return path


def end(p):
    _, said = p.communicate(timeout=WAIT / 1000)
    return p.returncode, said


def lines(path):
    return pathlib.Path(path).read_bytes().splitlines()


@pytest.mark.parametrize("kind, option", [(zmq.SUB, ()), (zmq.PULL, ("--push",))])
def test_native_lines_go_out_as_they_are(feed, listen, day, kind, option):
    s, endpoint = listen(kind, **({"SUBSCRIBE": b""} if kind == zmq.SUB else {}))
    p = feed("replay", day, "--speed", "max", "--bind", endpoint, *option)
    for line in lines(day):
        assert s.recv_multipart() == [line]
    code, said = end(p)
    assert (code, said.split()[1]) == (0, str(len(lines(day))))


def test_a_subscriber_takes_one_queue(feed, listen):
    s, endpoint = listen(zmq.SUB, SUBSCRIBE=b"call.sales")
    p = feed("sim", "--hours", 2, "--flat", "--speed", "max", "--bind", endpoint)
    got = collections.Counter()
    while p.poll() is None or s.poll(0):
        if s.poll(50):
            topic, body = s.recv_multipart()
            assert topic == b"call.sales"
            got[json.loads(body)["event"]] += 1
    assert got["queued"] > 100 and got["ended"] > 100


def test_simulation_live_is_on_time(feed, listen):
    s, endpoint = listen(zmq.SUB, SUBSCRIBE=b"source.")
    p = feed("sim", "--hours", "endless", "--bind", endpoint)
    beats = [json.loads(s.recv_multipart()[1]) for _ in range(3)]
    assert {b["source"] for b in beats} == {"pbx1", "chat1", "mail1"}
    assert all(b["time"] == b["boot"] and b["seq"] == 1 for b in beats)
    p.send_signal(signal.SIGTERM)
    code, said = end(p)
    assert code == 0 and "last seq pbx1" in said


def test_ends_while_nobody_listens(feed, tmp_path):
    p = feed("sim", "--bind", f"ipc://{tmp_path}/feed")
    while not (tmp_path / "feed").exists():
        assert p.poll() is None
    p.send_signal(signal.SIGINT)
    assert end(p)[0] == 0


def test_ends_while_its_peer_is_full(feed, listen):
    s, endpoint = listen(zmq.PULL, RCVHWM=1)
    p = feed("sim", "--hours", "endless", "--speed", "max", "--push", "--bind", endpoint)
    s.recv_multipart()              # the rest is left to pile up
    p.send_signal(signal.SIGTERM)
    assert end(p)[0] == 0
    while s.poll(100):              # libzmq 4.3.4 may never end with a full pipe of a dead peer
        s.recv_multipart()


QUEUE_LOG = """\
1500000000|NONE|NONE|NONE|CONFIGRELOAD|
1500000001|17.1|sales|NONE|ENTERQUEUE||5550100|1
not a line
1500000009|17.1|sales|SIP/ann|CONNECT|8|17.2|7
1500000069|17.1|sales|SIP/ann|COMPLETECALLER|8|60|1
"""


def test_queue_log_becomes_numbered_events(feed, tmp_path):
    log = tmp_path / "queue_log"
    log.write_text(QUEUE_LOG)
    p = feed("replay", log, "--dialect", "queue_log", "--source", "pbx7", "--out", "-")
    out, said = p.communicate()
    events = [json.loads(line) for line in out.splitlines()]
    assert [(e["event"], e["seq"]) for e in events] == [("queued", 1), ("answered", 2), ("ended", 3)]
    assert {(e["source"], e["boot"]) for e in events} == {("pbx7", 1500000001000)}
    assert events[1]["wait_ms"] == 8000 and events[2]["talk_ms"] == 60000
    assert "5550100" not in out
    assert "1 lines are no events" in said and "last seq pbx7 3" in said


def test_shift_keeps_distances(feed, day):
    out, _ = feed("replay", day, "--shift", "now", "--boot", 7, "--out", "-").communicate()
    was, now = [json.loads(x) for x in lines(day)], [json.loads(x) for x in out.splitlines()]
    shift = now[0]["time"] - was[0]["time"]
    assert shift > 0 and len(was) == len(now)
    for a, b in zip(was, now):
        a["time"] += shift
        if "due" in a:
            a["due"] += shift
        a["boot"] = 7
        assert a == b


@pytest.mark.parametrize("code, arguments", [
    (2, []), (2, ["fly"]), (2, ["replay"]), (2, ["sim", "file"]), (2, ["sim", "--rate", "0"]),
    (2, ["sim", "--rate"]), (2, ["sim", "--flat=1"]), (2, ["sim", "--shift", "now"]),
    (2, ["sim", "--start", "yesterday"]), (2, ["replay", "-", "--dialect", "klingon"]),
    (2, ["sim", "--bind", "ipc://a", "--out", "b"]), (0, ["--help"]), (0, ["--version"]),
    (1, ["sim", "--out", "/nonexistent/file"]), (1, ["replay", "/nonexistent", "--out", "-"]),
    (1, ["sim", "--bind", "ether://1"]), (1, ["sim", "--out", "/dev/full"]),
])
def test_exit_codes(feed, code, arguments):
    p = feed(*arguments)
    out, said = p.communicate()
    assert p.returncode == code, said
    assert out or said
