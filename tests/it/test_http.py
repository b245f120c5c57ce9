# SPDX-License-Identifier: MIT
"""The HTTP input of a real collector: what it answers to bad requests, what
they cost, and that nothing it said yes to is lost or counted twice."""
import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time

import pytest

from conftest import build
from loopback import own_host
from stopwatch import ran
from system import wait_until

PORT = 8790
SECRET = "s3cret"
CONFIG = {"clock": "wall", "windows": ["15m", "60m", "today"]}
MIB = 1 << 20


def event(contact, seq=None):
    """A customer who begins to wait now."""
    numbered = {} if seq is None else {"boot": 1, "seq": seq}
    return json.dumps({"source": "web", "time": int(time.time() * 1000), "event": "queued",
                       "channel": "chat", "queue": "web-chat", "contact": contact, **numbered})


@pytest.fixture
def site(system):
    """A collector with a ZeroMQ input and an HTTP one that asks for a secret,
    at an address of this test's own."""
    system.host = own_host()
    system.configure(CONFIG, collectors=("call",))
    secret = system.directory / "secret"
    secret.touch(mode=0o600)
    secret.write_text(SECRET + "\n")
    system.config.write_text(system.config.read_text().replace(
        "}); };", f'}}, {{ type = "http"; listen = "{system.host}:{PORT}"; '
        f'path = "/in"; secret_file = "{secret}"; }}); }};'))
    return system


def ready(site):
    collector = site.collector().start()
    wait_until(lambda: collector.log_contains("is ready"), what="the collector")
    return collector


class Poster:
    """A well-behaved client with one connection that it keeps."""

    def __init__(self, site):
        self.connection = http.client.HTTPConnection(site.host, PORT, timeout=30)

    def post(self, body, secret=SECRET):
        self.connection.request("POST", "/in", body, {"Authorization": "Bearer " + secret})
        answer = self.connection.getresponse()
        return answer.status, answer.read().decode().strip()


def call(site):
    s = socket.create_connection((site.host, PORT))
    s.settimeout(30)
    return s


def heard(s):
    """All that is said until the connection ends: the status, the last line."""
    said = b""
    try:
        while part := s.recv(65536):
            said += part
    except ConnectionResetError:
        pass
    s.close()
    return (int(said.split()[1]), said.decode().strip().split("\n")[-1]) if said else None


def ask(site, request):
    s = call(site)
    try:
        s.sendall(request)
    except (BrokenPipeError, ConnectionResetError):
        pass            # it was refused before it was all there
    return heard(s)


def resident(collector):
    """MiB of memory."""
    with open(f"/proc/{collector.process.pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MIB


def descriptors(collector):
    return len(os.listdir(f"/proc/{collector.process.pid}/fd"))


def counter(collector, name):
    before = collector.text().count("records=")
    collector.signal(signal.SIGUSR1)
    wait_until(lambda: collector.text().count("records=") > before, what="the counters")
    return collector.text().rsplit(name + "=")[-1].split()[0]


def journaled(collector):
    """Number of the last record."""
    return int(counter(collector, "records").split("..")[1])


HEAD = b"POST /in HTTP/1.1\r\nHost: localhost\r\n"
TRUSTED = HEAD + b"Authorization: Bearer s3cret\r\n"
NO_HTTP = (400, "this is not a request of HTTP/1.0 or 1.1")
TOO_LONG = (413, "the body is longer than is taken here, or not in proper chunks")
LONG_HEAD = (431, "the head of the request is longer than 8 KiB")

BAD = {
    "no secret": (HEAD + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}",
                  (401, "a secret is needed: Authorization: Bearer SECRET, or ?secret=SECRET")),
    "wrong secret": (HEAD + b"Authorization: Bearer no\r\nConnection: close\r\n"
                     b"Content-Length: 2\r\n\r\n{}", (403, "the secret is not ours")),
    "a long body": (TRUSTED + b"Content-Length: %d\r\n\r\n" % (4 * MIB) + b"x" * 4 * MIB,
                    TOO_LONG),
    "a long body in chunks": (TRUSTED + b"Transfer-Encoding: chunked\r\n\r\n"
                              + (b"8000\r\n" + b"x" * 0x8000 + b"\r\n") * 100, TOO_LONG),
    "garbage": (os.urandom(64).replace(b"\n", b"x") + b"\r\n" + os.urandom(200000), NO_HTTP),
    "HTTP/0.9": (b"GET /\r\n", NO_HTTP),
    "a long line": (b"A" * 100000, LONG_HEAD),
    "many headers": (HEAD + b"a:\r\n" * 100000, LONG_HEAD),
    "a long header": (HEAD + b"Cookie: " + b"c" * 100000, LONG_HEAD),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_request(site, name):
    collector = ready(site)
    request, answer = BAD[name]
    said = ask(site, request)
    if name != "garbage":
        assert said == answer
    else:               # a line of it may end anywhere, or never
        assert said in (NO_HTTP, LONG_HEAD)
    assert journaled(collector) == 0
    assert Poster(site).post(event("c1")) == (200, "taken")
    assert journaled(collector) == 1


def dribble(site, sockets, stop):
    """A byte each now and then, of a request that is never done."""
    text = TRUSTED + b"Content-Length: 1000\r\n\r\n"
    for i in range(400):
        for s in sockets:
            try:
                s.send(text[i:i + 1] or b"x")
            except OSError:
                pass
        if stop.wait(0.2):
            return


def test_slow_senders(site):
    """Those who send nothing, half a head, half a body or a byte now and then
    are told so after ten seconds, while another is served."""
    collector, began = ready(site), time.monotonic()
    stop, slow = threading.Event(), [call(site) for _ in range(8)]
    drip, ran_then = threading.Thread(target=dribble, args=(site, slow[4:], stop)), ran()
    slow[1].send(TRUSTED)
    slow[2].send(TRUSTED + b"Content-Length: 1000\r\n\r\n" + b"x" * 999)
    slow[3].send(b"P")
    drip.start()
    poster, quick = Poster(site), {}
    threads = [threading.Thread(target=lambda s=s: quick.setdefault(s, (heard(s), time.monotonic(), ran())))
               for s in slow]
    for t in threads:
        t.start()
    served = 0
    while any(t.is_alive() for t in threads):
        assert poster.post(event(f"c{served}")) == (200, "taken")
        served += 1
    stop.set()
    drip.join()
    for answer, when, ran_when in quick.values():
        assert answer == (408, "the request was not here after 10 seconds")
        assert when - began > 9 and ran_when - ran_then < 15
    assert journaled(collector) == served > 0
    assert collector.runs()


def hammer(site, requests):
    """Sends each on a connection of its own, all at once, and hears them."""
    sockets, said = [], []
    for request in requests:
        try:
            s = call(site)
            sockets.append(s)
            s.setblocking(False)
            s.send(request)
        except OSError:
            pass
    for s in sockets:
        s.settimeout(30)
        try:
            said.append(heard(s))
        except OSError:
            said.append(None)
    return said


def test_crowd_of_bad_ones(site):
    """500 at once, of each kind: the memory is bounded, as are the
    descriptors, and who behaves is served on either input."""
    site.daemon().start().ready()
    collector = ready(site)
    poster, publisher = Poster(site), site.publisher()
    assert poster.post(event("before")) == (200, "taken")
    # in Redis: so the line to the daemon is up and among the descriptors
    wait_until(lambda: offered(site) == 1, what="the first event")
    begin, fds = resident(collector), descriptors(collector)
    floods = {
        "secretless": HEAD + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}",
        "bodies": TRUSTED + b"Content-Length: %d\r\n\r\n" % MIB + b"x" * (MIB - 1),
        "heads": HEAD + b":\n" * 8000,
        "garbage": b"\0" * 8000,
    }
    stop, most = threading.Event(), [0, 0]

    def watch():
        while not stop.wait(0.02):
            most[0] = max(most[0], resident(collector))
            most[1] = max(most[1], descriptors(collector))
    watcher = threading.Thread(target=watch)
    watcher.start()
    sent = 1
    for name, request in floods.items():
        flood = threading.Thread(target=hammer, args=(site, [request] * 500))
        flood.start()
        while flood.is_alive():
            assert poster.post(event(f"{name}-{sent}")) == (200, "taken")
            publisher.send(json.dumps({
                "source": "pbx", "boot": 1, "seq": sent, "time": int(time.time() * 1000),
                "event": "heartbeat"}).encode())
            sent += 1
    stop.set()
    watcher.join()
    print(f"resident: {begin:.1f} MiB before, {most[0]:.1f} at most, "
          f"{resident(collector):.1f} after; descriptors: {fds}, {most[1]} at most")
    if "asan" not in build().parts:  # a sanitizer keeps what was freed
        assert most[0] < begin + 160
    assert most[1] < fds + 110
    wait_until(lambda: site.seq("pbx") == sent - 1, what="the other input's events")
    wait_until(lambda: descriptors(collector) <= fds + 1, what="the descriptors to be freed")
    wait_until(lambda: offered(site) == sent, what="the good client's events")


def offered(site):
    return int(site.hash("queue:web-chat").get("offered_total", 0))


def test_killed_after_200(site):
    """What was said yes to is there after the collector was killed, once; the
    daemon was away meanwhile."""
    collector, poster = ready(site), Poster(site)
    for i in range(20):
        assert poster.post(event(f"c{i}", i + 1)) == (200, "taken")
    collector.kill9()
    collector.start()
    site.daemon().start().ready()
    wait_until(lambda: offered(site) == 20, what="all of them")
    wait_until(lambda: collector.text().count("is ready") == 2, what="the collector")
    assert Poster(site).post(event("c20", 21)) == (200, "taken")
    wait_until(lambda: offered(site) == 21, what="one more, and no more")


def test_killed_before_200(site):
    """A client that heard nothing sends it again: it counts once, whether it
    had been on disk or not."""
    site.daemon().start().ready()
    collector = ready(site)
    rounds = 10
    for i in range(rounds):
        s = call(site)
        body = event(f"c{i}", i + 1).encode()
        s.sendall(TRUSTED + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        collector.kill9()
        collector.start()
        wait_until(lambda: collector.text().count("is ready") == i + 2, what="the collector")
        assert Poster(site).post(body) == (200, "taken")
    wait_until(lambda: site.seq("web") == rounds, what="the last one")
    wait_until(lambda: offered(site) == rounds, what="each once")
    assert site.hash("feed:web")["lost_total"] == "0"


def test_journal_full(site):
    """With no room left who posts hears so, in time; sent again when there is
    room it counts once, also that which had been taken and could not wait."""
    site.config.write_text(site.config.read_text().replace(
        "journal = ", 'max_size = "1M"; journal = '))
    collector, publisher, n = ready(site), site.publisher(), 0
    while not collector.log_contains("is full"):
        for n in range(n + 1, n + 101):      # far less than a block
            publisher.send(json.dumps({
                "source": "pbx", "boot": 1, "seq": n, "time": int(time.time() * 1000),
                "event": "feedback", "kind": "comment", "channel": "call", "queue": "sales",
                "contact": f"{n:0250}"}).encode())
        wait_until(lambda: int(counter(collector, "received")) == n, what="the events")
        assert n < 100000
    began, ran_then, body = time.monotonic(), ran(), event("c1", 1)
    assert Poster(site).post(body) == (
        503, "the disk did not take it within 10 seconds; please send it again")
    assert time.monotonic() - began > 9 and ran() - ran_then < 15
    site.daemon().start().ready()
    wait_until(lambda: Poster(site).post(body) == (200, "taken"), 60, "room in the journal")
    wait_until(lambda: site.seq("pbx") == n, what="the other input's events")
    wait_until(lambda: offered(site) == 1, what="the event, once")
    assert collector.runs()


def is_taken(collector, n):
    """The last of n events is in its hands; on a host that stops, the disk may
    have it as well."""
    wait_until(lambda: counter(collector, "received") == str(n), what="the event to be taken")
    said = collector.text().rsplit("received=")[-1]
    return said.startswith(f"{n} ") and f"..{n - 1} " in said


def test_stopped(site):
    """SIGTERM: who was taken is told so before the end."""
    site.config.write_text(site.config.read_text().replace(
        "journal = ", 'sync = "1s"; journal = '))
    collector, n, taken = ready(site), 0, False
    while not taken:
        n, s, body = n + 1, call(site), event(f"c{n}").encode()
        s.sendall(TRUSTED + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        taken = is_taken(collector, n)
        assert n < 10
    assert collector.terminate() == 0
    assert heard(s) == (200, "taken")
    again = site.collector("call").start()
    wait_until(lambda: again.log_contains(f"records=1..{n}"), what="the journal")


def test_secret_is_not_logged(site):
    collector = ready(site)
    assert ask(site, b"POST /in?secret=hunter2 HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}")[0] == 403
    assert ask(site, b"POST /in?secret=s3cret HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}")[0] == 400
    wait_until(lambda: collector.log_contains("403 the secret is not ours"))
    assert "hunter2" not in collector.text() and SECRET not in collector.text()


def test_secret_file_of_all(site):
    (site.directory / "secret").chmod(0o644)
    done = subprocess.run([site.build / "ccmon-collector", "-c", site.config, "call"],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 78
    assert "others can read it: chmod o= the file" in done.stderr
