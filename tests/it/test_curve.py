# SPDX-License-Identifier: MIT
"""Who gets in over tcp, and who does not; and that those who do lose nothing by
those who do not.  Keys are made as an operator makes them."""
import os
import signal
import socket
import stat
import subprocess

import pytest
import zmq

from loopback import own_host, own_port
from oracle import Oracle
from stream import stream
from system import Publisher, wait_until
from test_live import LIVE, board_equals, body, sent_by

HELLO = b'{"v":1,"event":"heartbeat","source":"%s","time":%d}'


class House:
    """A daemon that is reached over tcp, and keys for everybody."""

    def __init__(self, system, collectors=("call",)):
        self.system, self.directory = system, system.directory
        self.address = own_host(), own_port()
        self.ingest = "tcp://%s:%d" % self.address
        self.peers = self.directory / "peers"
        self.peers.mkdir()
        system.configure(LIVE, collectors)
        self.replace(f'ingest = "ipc://{self.directory}/ingest";',
                     f'ingest = "{self.ingest}"; '
                     f'key_file = "{self.directory}/daemon.key_secret"; '
                     f'peers_dir = "{self.peers}";')
        self.keygen("daemon")
        for name in collectors:
            self.keygen(name)
            self.use_key(name, name)
            self.let_in(name)

    def replace(self, old, new):
        text = self.system.config.read_text()
        assert old in text
        self.system.config.write_text(text.replace(old, new))

    def keygen(self, name):
        made = self.system.ctl("keygen", name, "--dir", self.directory)
        assert made.returncode == 0, made.stderr
        return self.secret(name)

    def use_key(self, collector, key):
        self.replace(f"  {collector}: {{ journal",
                     f'  {collector}: {{ key_file = "{self.secret(key)}"; '
                     f'daemon_key_file = "{self.public("daemon")}"; journal')

    def secret(self, name):
        return self.directory / f"{name}.key_secret"

    def public(self, name):
        return self.directory / f"{name}.key"

    def let_in(self, name, called=None, peers=None):
        key = self.public(name).read_text()
        ((peers or self.peers) / f"{called or name}.key").write_text(key)

    def bind_input(self, name):
        """The collector's publishers come over tcp, too."""
        peers = self.directory / "publishers"
        peers.mkdir()
        endpoint = f"tcp://{own_host()}:{own_port()}"
        self.replace(f'bind = ["{self.system.endpoint(name)}"];',
                     f'bind = ["{endpoint}"]; peers_dir = "{peers}";')
        return endpoint, peers

    def state(self, collector):
        return self.system.hash(f"collector:{collector}").get("state")


class KeyedPublisher(Publisher):
    """A publisher with a key; server: the name of whom it takes it for."""

    def __init__(self, house, endpoint, key, server):
        self.house, self.key, self.server = house, key, server
        super().__init__(endpoint)

    def open(self):
        self.socket = self.context.socket(zmq.PUSH)
        self.socket.setsockopt(zmq.SNDHWM, 0)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RECONNECT_IVL, 20)
        if self.key:
            secret = self.house.secret(self.key).read_bytes().strip()
            self.socket.curve_secretkey = secret
            self.socket.curve_publickey = zmq.curve_public(secret)
            self.socket.curve_serverkey = self.house.public(self.server).read_bytes().strip()
        self.socket.connect(self.endpoint)

    def send(self, body, seq=None):
        """Who was refused for good has nobody to send to."""
        try:
            self.socket.send(body, zmq.NOBLOCK)
        except zmq.Again:
            pass


def events(seed, contacts=200):
    """What a publisher sends, and what must come of it."""
    oracle = Oracle(LIVE)
    told = []
    for now, event in stream(seed, contacts=contacts):
        oracle.arrive(event, now)
        told.append(body(event))
    return oracle, told


def send_all(publisher, told):
    for message in told:
        publisher.send(message)


def heartbeat(source, number):
    return HELLO % (source.encode(), 1780000000000 + number)


def total(system, source):
    return int(system.hash(f"feed:{source}").get("events_total") or 0)


# ---- keys

def test_keygen(system, tmp_path):
    system.configure(LIVE)
    before = os.umask(0)
    try:
        made = system.ctl("keygen", "pbx", "--dir", tmp_path)
    finally:
        os.umask(before)
    assert made.returncode == 0
    secret, public = tmp_path / "pbx.key_secret", tmp_path / "pbx.key"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE(public.stat().st_mode) == 0o644
    assert zmq.curve_public(secret.read_bytes().strip()) == public.read_bytes().strip()
    for words in (str(secret), str(public), "peers_dir", "key_file"):
        assert words in made.stdout
    assert secret.read_text().strip() not in made.stdout


@pytest.mark.parametrize("there", ["pbx.key_secret", "pbx.key"])
def test_keygen_overwrites_nothing(system, tmp_path, there):
    system.configure(LIVE)
    (tmp_path / there).write_text("mine")
    made = system.ctl("keygen", "pbx", "--dir", tmp_path)
    assert made.returncode == 1
    assert there in made.stderr
    assert (tmp_path / there).read_text() == "mine"
    assert [f.name for f in tmp_path.iterdir()] == [there]


@pytest.mark.parametrize("name", ["", "../pbx", ".pbx", "a" * 65])
def test_keygen_names(system, tmp_path, name):
    system.configure(LIVE)
    assert system.ctl("keygen", "--dir", tmp_path, name).returncode == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("who", ["daemon", "call"])
def test_a_secret_others_can_read(system, who):
    house = House(system)
    house.secret(who).chmod(0o644)
    process = system.daemon() if who == "daemon" else system.collector()
    assert process.start().wait(10) != 0
    assert process.log_contains(str(house.secret(who)))
    assert process.log_contains("others can read it")
    doctor = system.ctl("doctor")
    assert [line for line in doctor.stdout.splitlines()
            if line.startswith("fail") and str(house.secret(who)) in line and "0644" in line]


def test_a_directory_everybody_can_write(system):
    house = House(system)
    house.peers.chmod(0o777)
    daemon = system.daemon().start()
    assert daemon.wait(10) != 0
    assert daemon.log_contains("everybody can write there")


# ---- collectors

def test_counts_are_exact(system):
    House(system)
    system.daemon().start().ready()
    system.collector().start()
    oracle, told = events(501, 400)
    send_all(system.publisher(), told)
    board_equals(system, oracle)


def test_an_unknown_collector_waits_outside(system):
    """His events are in his journal; he comes in when his key does."""
    house = House(system)
    (house.peers / "call.key").unlink()
    daemon = system.daemon().start().ready()
    collector = system.collector().start()
    oracle, told = events(502)
    send_all(system.publisher(), told)
    wait_until(lambda: daemon.log_contains("refused at tcp://"), 10, "him to be refused")
    wait_until(lambda: collector.log_contains("no answer from the daemon"), 15, "no answer")
    assert house.state("call") is None
    assert house.public("call").read_text().strip() in daemon.text()
    house.let_in("call")
    daemon.signal(signal.SIGHUP)
    board_equals(system, oracle)


def test_who_loses_his_key_is_cut_off(system):
    house = House(system, ("call", "chat"))
    daemon = system.daemon().start().ready()
    system.collector("call").start()
    system.collector("chat").start()
    bad = system.publisher("chat")
    bad.send(heartbeat("pbx9", 1))
    wait_until(lambda: total(system, "pbx9") == 1, 10, "chat to be heard")
    oracle, told = events(503)
    good = system.publisher("call")
    send_all(good, told[:len(told) // 2])
    (house.peers / "chat.key").unlink()
    daemon.signal(signal.SIGHUP)
    wait_until(lambda: daemon.log_contains('"chat" is not let in any more'), 5)
    wait_until(lambda: house.state("chat") == "silent", 5, "chat to be cut off")
    bad.send(heartbeat("pbx9", 2))
    send_all(good, told[len(told) // 2:])
    wait_until(lambda: daemon.log_contains("refused at tcp://"), 10, "chat to be refused")
    for name in sent_by(oracle):
        feed = oracle.figures(oracle.now)["feeds"][name]
        wait_until(lambda: str(total(system, name)) == feed["events_total"], 20)
    assert total(system, "pbx9") == 1
    # nothing was lost: it waited in his journal
    house.let_in("chat")
    daemon.signal(signal.SIGHUP)
    wait_until(lambda: total(system, "pbx9") == 2, 15, "chat to come back")


def test_the_good_one_loses_nothing(system):
    """The same, and the board is exact."""
    house = House(system, ("call", "chat"))
    daemon = system.daemon().start().ready()
    system.collector("call").start()
    system.collector("chat").start()
    wait_until(lambda: house.state("chat") == "live", 10)
    oracle, told = events(504)
    good = system.publisher("call")
    for i, message in enumerate(told):
        if i in (len(told) // 3, len(told) * 2 // 3):
            chat = house.peers / "chat.key"
            house.let_in("chat") if not chat.exists() else chat.unlink()
            daemon.signal(signal.SIGHUP)
        good.send(message)
    board_equals(system, oracle)


def test_a_changed_key_is_another(system):
    house = House(system)
    daemon = system.daemon().start().ready()
    system.collector().start()
    wait_until(lambda: house.state("call") == "live", 10)
    house.keygen("other")
    house.let_in("other", called="call")
    daemon.signal(signal.SIGHUP)
    wait_until(lambda: daemon.log_contains("refused at tcp://"), 10, "the old key to be refused")
    wait_until(lambda: house.state("call") == "silent", 10)


def test_nobody_speaks_for_another(system):
    """chat has a good key, which is not that of call."""
    house = House(system, ("call", "chat"))
    house.replace(f'key_file = "{house.secret("call")}"', f'key_file = "{house.secret("chat")}"')
    daemon = system.daemon().start().ready()
    system.collector("call").start()
    system.publisher("call").send(heartbeat("pbx9", 1))
    wait_until(lambda: daemon.log_contains(
        'one with the key of "chat" calls itself "call"'), 10)
    collector = system.collector("chat").start()
    wait_until(lambda: house.state("chat") == "live", 10)
    assert house.state("call") is None
    assert total(system, "pbx9") == 0
    assert collector.runs()


# ---- strangers

def test_strangers_do_no_harm(system):
    """Garbage, half a handshake, silence, plaintext and unknown keys, while a
    good collector works."""
    house = House(system)
    daemon = system.daemon().start().ready()
    system.collector().start()
    wait_until(lambda: house.state("call") == "live", 10)
    oracle, told = events(505, 400)
    good, plain = system.publisher(), zmq.Context()
    strangers = [socket.create_connection(house.address) for _ in range(100)]
    dealers = [plain.socket(zmq.DEALER) for _ in range(5)]
    greeting = b"\xff" + b"\0" * 8 + b"\x7f\x03\x00CURVE" + b"\0" * 15 + b"\0" + b"\0" * 31
    for i, message in enumerate(told):
        good.send(message)
        stranger = strangers[i % len(strangers)]
        try:
            if i % 3 == 0:
                stranger.send(greeting)
            elif i % 3 == 1:
                stranger.send(os.urandom(i % 999))
        except OSError:
            pass                    # we were shown the door
    for dealer in dealers:
        dealer.linger = 0
        dealer.connect(house.ingest)
        dealer.send(b"hello")
    board_equals(system, oracle)
    assert daemon.runs()
    wait_until(lambda: house.state("call") == "live", 10)
    for stranger in strangers:
        stranger.close()
    plain.destroy(linger=0)


# ---- publishers

def test_publishers(system):
    """At a bound input: the known one, the unknown, the plain, and the revoked."""
    house = House(system)
    endpoint, peers = house.bind_input("call")
    for name in ("good", "bad", "unknown"):
        house.keygen(name)
    for name in ("good", "bad"):
        house.let_in(name, peers=peers)
    system.daemon().start().ready()
    collector = system.collector().start()
    publishers = {name: KeyedPublisher(house, endpoint, name, "call")
                  for name in ("good", "bad", "unknown")}
    publishers["plain"] = KeyedPublisher(house, endpoint, None, None)
    system.publishers.extend(publishers.values())
    number = 0

    def everybody_says():
        nonlocal number
        number += 1
        for name, publisher in publishers.items():
            publisher.send(heartbeat(name, number))

    def heard(*names):
        def looks():
            everybody_says()
            return all(total(system, name) > 0 for name in names)
        wait_until(looks, 15, f"{names} to be heard")
    heard("good", "bad")
    (peers / "bad.key").unlink()
    collector.signal(signal.SIGHUP)
    wait_until(lambda: collector.log_contains('"bad" is not let in any more'), 5)
    # what was in the daemon's or the collector's hands is still counted
    publishers["good"].send(heartbeat("after", 1))
    wait_until(lambda: publishers["good"].send(heartbeat("after", 1)) or
               total(system, "after") > 0, 15, "the good one to come back")
    bad = total(system, "bad")
    before = total(system, "good")
    wait_until(lambda: everybody_says() or total(system, "good") > before + 50, 15)
    assert total(system, "bad") == bad
    assert total(system, "unknown") == total(system, "plain") == 0
    assert collector.log_contains("refused at tcp://")


def listening(system, *publishers):
    """A collector that knows the key of the first of these feeds, and lets each
    of them know its own; returns the house, and what a feed is started with."""
    house = House(system)
    listeners = house.directory / "listeners"
    listeners.mkdir()
    for name in publishers:
        house.keygen(name)
    house.let_in("call", peers=listeners)
    endpoint = f"tcp://{own_host()}:{own_port()}"
    house.replace(f'type = "zmq-pull"; bind = ["{system.endpoint("call")}"];',
                  f'type = "zmq-sub"; connect = ["{endpoint}"]; '
                  f'server_key_file = "{house.public(publishers[0])}";')
    system.daemon().start().ready()
    system.collector().start()
    return house, ["--bind", endpoint, "--peers", listeners]


def log_of(system, events):
    log = system.directory / "log.jsonl"
    log.write_bytes(b"".join(heartbeat("pbx1", i) + b"\n" for i in range(events)))
    return log


def test_a_feed_with_keys(system):
    """ccmon-feed binds; the collector knows its key, and it the collector's."""
    house, place = listening(system, "pbx1")
    feed = system.feed("replay", log_of(system, 1000), *place, "--speed", "max",
                       "--key", house.secret("pbx1")).start()
    assert feed.wait(30) == 0, feed.text()
    wait_until(lambda: total(system, "pbx1") == 1000, 10, "all of it")


def test_a_feed_that_is_another(system):
    """Its key is not the one the collector was told: it is not listened to."""
    house, place = listening(system, "pbx1", "evil")
    log = log_of(system, 1)
    evil = system.feed("replay", log, *place, "--key", house.secret("evil")).start()
    with pytest.raises(subprocess.TimeoutExpired):
        evil.wait(2)                # nobody comes to listen
    evil.terminate()
    right = system.feed("replay", log, *place, "--key", house.secret("pbx1")).start()
    assert right.wait(30) == 0, right.text()
    wait_until(lambda: total(system, "pbx1") == 1, 10)


# ---- the configuration

def test_plaintext_is_said_aloud(system):
    house = House(system)
    house.replace(f'type = "zmq-pull"; bind = ["{system.endpoint("call")}"];',
                  'type = "zmq-sub"; connect = ["tcp://192.0.2.1:5556"]; plaintext = true;')
    collector = system.collector().start()
    wait_until(lambda: collector.log_contains("neither encrypted nor proven"), 5)
    assert "tcp://192.0.2.1:5556" in system.ctl("doctor").stdout
