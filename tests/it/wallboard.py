# SPDX-License-Identifier: MIT
"""A wall-board at an address of its own, a snapshot for it, and somebody who
reads its stream of events."""
import http.client
import json
import os
import socket
import time

from loopback import own_host
from stopwatch import ran
from system import PREFIX, Process, sandboxed, text, wait_until

PORT = 8787
CONFIG = {"windows": ["15m", "60m", "today"], "defaults": {}, "queues": {}}


def now_ms():
    return int(time.time() * 1000)


class Wallboard(Process):
    def __init__(self, system, *arguments):
        super().__init__("wallboard", sandboxed(system.build, "ccmon-wallboard", "-c", system.config,
                                                *arguments), system.directory)
        self.host = system.host

    def start(self):
        super().start()
        wait_until(lambda: self.log_contains("the board is at") or not self.runs(),
                   what="the wall-board")
        return self

    def ask(self, path, method="GET", **headers):
        """Status, headers and body of one request on a connection of its own."""
        connection = http.client.HTTPConnection(self.host, PORT, timeout=30)
        connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, answer.headers, body

    def json(self, path, **headers):
        return json.loads(self.ask(path, **headers)[2])

    def raw(self, request):
        """What is answered to these bytes until it closes, or a second is over."""
        with socket.create_connection((self.host, PORT), timeout=30) as s:
            s.sendall(request)
            s.shutdown(socket.SHUT_WR)
            answer = b""
            while block := s.recv(65536):
                answer += block
        return answer

    def rss(self):
        with open(f"/proc/{self.process.pid}/statm") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Events:
    """One who listens to /events."""

    def __init__(self, board, path="/events", **headers):
        self.connection = http.client.HTTPConnection(board.host, PORT, timeout=30)
        self.connection.request("GET", path, headers={k.replace("_", "-"): v
                                                      for k, v in headers.items()})
        self.answer = self.connection.getresponse()

    def block(self):
        """The lines up to the next empty one, as a dict; None at the end."""
        lines = {}
        while line := self.answer.readline().decode():
            if line == "\n":
                return lines
            key, _, value = line.rstrip("\n").partition(": ")
            lines[key] = value
        return None

    def next(self, kind, condition=lambda data, event: True, timeout=15):
        """The next event of that kind for which that holds; (data, event)."""
        end = ran() + timeout
        while ran() < end:
            event = self.block()
            assert event is not None, "the stream has ended"
            if event.get("event") == kind:
                data = json.loads(event["data"])
                if condition(data, event):
                    return data, event
        raise AssertionError(f"no such {kind} for {timeout} s")

    def close(self):
        self.answer.close()
        self.connection.close()


def configure(system, more="", redis_more=""):
    system.host = own_host()
    system.configure(CONFIG)
    config = system.config.read_text().replace("redis: { ", f"redis: {{ {redis_more} ")
    system.config.write_text(config + f"wallboard: {{ listen = {text(f'{system.host}:{PORT}')}; {more} }};\n")


def board(system, more="", *arguments):
    configure(system, more)
    return system.add(Wallboard(system, *arguments)).start()


def snapshot(version, queues=("sales",), alerts=None, **more):
    return {"schema_version": 1, "site": "test", "time": version, "version": version, "demo": False,
            "queues": {q: {"name": q, "waiting_count": 3, "sl_ratio_15m": None} for q in queues},
            "channels": {}, "totals": {"waiting_count": 3}, "alerts": alerts or {}, "feeds": {}, **more}


def publish(system, version=None, **more):
    """As the daemon does; returns the version."""
    version = version or now_ms()
    pipe = system.redis.client.pipeline()
    pipe.set(PREFIX + "snapshot", json.dumps(snapshot(version, **more), separators=(",", ":"),
                                             ensure_ascii=False))
    pipe.hset(PREFIX + "meta", mapping={"state": "running", "updated_epoch_ms": now_ms(),
                                        "started": 1, "version": version})
    pipe.execute()
    return version
