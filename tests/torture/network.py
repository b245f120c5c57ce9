# SPDX-License-Identifier: MIT
"""Between the programs: a line that stalls or breaks, a daemon that is slow,
a publisher that comes and goes, no file descriptors."""
import os
import subprocess
import sys

from redis_faults import until_it_complains
from rows import row
from system import Process

RELAY = """
import os, selectors, socket, sys
here, there = sys.argv[1:]
other, ear, watch = {}, socket.socket(socket.AF_UNIX), selectors.DefaultSelector()
if os.path.exists(here):
    os.unlink(here)
ear.bind(here)
ear.listen(16)
watch.register(ear, selectors.EVENT_READ)
while True:
    for key, _ in watch.select():
        one = key.fileobj
        if one is ear:
            peer, (near, _) = socket.socket(socket.AF_UNIX), ear.accept()
            try:
                peer.connect(there)
            except OSError:
                near.close()
                continue
            other[near], other[peer] = peer, near
            watch.register(near, selectors.EVENT_READ)
            watch.register(peer, selectors.EVENT_READ)
        elif one in other:
            try:
                data = one.recv(65536)
                other[one].sendall(data)
            except OSError:
                data = b""
            if not data:
                for end in (one, other.pop(one)):
                    other.pop(end, None)
                    watch.unregister(end)
                    end.close()
"""


class Line:
    """The collector reaches the daemon through a relay, which can be stopped
    and cut."""

    def __init__(self, site):
        ingest, here = f"{site.directory}/ingest", f"{site.directory}/relay"
        text = site.config.read_text()
        config = site.directory / "collectors.cfg"
        config.write_text(text.replace(f"ipc://{ingest}", f"ipc://{here}"))
        for collector in site.collectors:
            collector.command[collector.command.index("-c") + 1] = str(config)
        self.relay = Process("relay", [sys.executable, "-c", RELAY, here, ingest], site.directory)
        self.relay.start()

    def cut(self):
        self.relay.kill9()

    def end(self):
        self.relay.end()


@row("partition", 15, "the line from collector to daemon stalls 1 to 5 s, or is cut", rounds=20,
     short=2, site={"gear": Line})
def partition(site, rng):
    relay = site.gear.relay
    if rng.random() < 0.5:
        relay.stop()
        site.load.send_for(rng.choice((1, 1, 5)), 60)
        return site.back(relay.cont)
    relay.kill9()
    site.load.send_for(rng.uniform(0.1, 2), 60)
    return site.back(relay.start)


@row("daemon-slow", 17, "daemon stopped for 1 to 10 s", rounds=10, short=1)
def slow(site, rng):
    site.heart.stop()
    site.load.send_for(rng.choice((1, 3, 10)), 100)
    return site.back(site.heart.cont)


@row("collector-slow", 17, "collector stopped for 1 to 5 s", rounds=10, short=1)
def slow_collector(site, rng):
    site.ear.stop()
    site.load.send_for(rng.choice((1, 1, 5)), 100)
    return site.back(site.ear.cont)


def limit_files(program, limit):
    subprocess.run(["prlimit", "--pid", str(program.process.pid), f"--nofile={limit}"], check=True)


@row("no-files", 34, "no file descriptor is left, and Redis comes back", rounds=10, short=1)
def no_files(site, rng):
    seen = len(site.heart.text())
    limit_files(site.heart, f"{len(os.listdir(f'/proc/{site.heart.process.pid}/fd'))}:4096")
    site.redis.kill9()
    limit_files(site.heart, "3:4096")
    site.redis.start()
    until_it_complains(site, rng, ("Too many open files",), patience=20, seen=seen)
    before = site.heart.cpu_seconds()
    site.load.send_for(1, 20)
    spent = site.heart.cpu_seconds() - before
    assert spent < 0.5, f"it spins: {spent:.2f} s of CPU in a second"
    return site.back(lambda: limit_files(site.heart, "4096:4096"))


@row("hook-broken", 27, "hooks fail or hang while the daemon is killed", rounds=20, short=2)
def hook_broken(site, rng):
    """What was given up in the middle is told afterwards, under its own id."""
    sign = site.pager.out.with_name(site.pager.out.name + rng.choice((".broken", ".hangs")))
    sign.touch()
    site.load.send_for(rng.uniform(0, 0.5), 150)
    site.heart.kill9()
    site.goes_on(rng)
    took = site.back(site.heart.start)
    sign.unlink()
    return took
