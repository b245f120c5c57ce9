# SPDX-License-Identifier: MIT
"""A publisher with a replay socket: the one of ccmon-events(7), word for
word, and around it what makes it misbehave."""
import json
import pathlib
import re
import threading
import time

import zmq

MANUAL = pathlib.Path(__file__).resolve().parents[2] / "doc" / "ccmon-events.7"


def example():
    """The program in the manual, as a namespace."""
    text = re.search(r'EXAMPLE\n\.Bd .*?\n(.*?)\.Ed', MANUAL.read_text(), re.S)[1]
    names = {}
    exec(text.replace("\\e", "\\"), names)
    return names


class Numbered:
    """An XPUB, so that it can be asked who listens, and a ROUTER in a thread
    of its own.  Nothing of a source is sent but heartbeats: they have a number,
    and this is about numbers."""

    def __init__(self, directory, source="pbx1", boot=7):
        self.source, self.boot, self.seq = source, boot, 0
        self.endpoint = f"ipc://{directory}/pub"
        self.replay = f"ipc://{directory}/again"
        self.program = example()
        self.kept = self.program["kept"]
        self.requests = []              # (monotonic time, what was asked)
        self.misbehave = []             # each answers one request instead
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.XPUB)
        self.socket.setsockopt(zmq.XPUB_VERBOSER, 1)
        self.socket.setsockopt(zmq.SNDHWM, 0)
        self.socket.bind(self.endpoint)
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        self.listeners = 0

    # ---- publishing

    def heard_by(self, n):
        while self.socket.poll(0):
            self.listeners += 1 if self.socket.recv()[:1] == b"\1" else -1
        return self.listeners == n

    def event(self, **more):
        self.seq += 1
        return dict(more, source=self.source, boot=self.boot, seq=self.seq,
                    time=int(time.time() * 1000), event="heartbeat")

    def publish(self, n=1):
        for _ in range(n):
            self.program["publish"](self.socket, self.event())

    def restart(self, boot):
        self.boot, self.seq = boot, 0

    # ---- replay

    def run(self):
        router = self.context.socket(zmq.ROUTER)
        router.setsockopt(zmq.SNDHWM, 0)
        router.setsockopt(zmq.LINGER, 0)
        router.bind(self.replay)
        while not self.ending.is_set():
            if router.poll(20):
                self.answer(Peeked(router))
        router.close()

    def answer(self, router):
        peer, frame = router.message
        self.requests.append((time.monotonic(), json.loads(frame)["replay"]))
        if self.misbehave:
            self.misbehave.pop(0)(router.router, peer, json.loads(frame)["replay"])
        else:
            self.program["answer"](router)

    def close(self):
        self.ending.set()
        self.thread.join()
        self.context.destroy(linger=0)


class Peeked:
    """A ROUTER whose next message was looked at."""

    def __init__(self, router):
        self.router, self.message = router, router.recv_multipart()

    def recv_multipart(self):
        return self.message

    def send_multipart(self, frames):
        self.router.send_multipart(frames)
