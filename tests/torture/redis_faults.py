# SPDX-License-Identifier: MIT
"""Redis is there and of no use: hung, emptied, full, read-only, loading, busy,
closed to us, damaged.  What it is to hold is known elsewhere (in the daemon
while it lives, in the collectors' journals when not), and is written again.
"""
import os
import pathlib
import random
import shutil
import subprocess

from rows import needs_mounts, row
from system import PREFIX, Process, wait_until


def until_it_complains(site, rng, words, patience=10, seen=None):
    """The fault has reached the daemon, under load; then a moment more.  seen:
    so much of its log was there before."""
    seen = len(site.heart.text()) if seen is None else seen

    def complains():
        site.load.send(1)
        return any(w in site.heart.text()[seen:] for w in words)
    wait_until(complains, patience, f"ccmond to say one of {words}")
    site.load.send_for(rng.uniform(0, 0.5), 20)


@row("redis-hung", 10, "Redis stopped for 1 to 5 s", rounds=20, short=2)
def hang(site, rng):
    site.redis.stop()
    site.load.send_for(rng.choice((1, 1, 5)), 60)
    return site.back(site.redis.cont)


# ---- emptied and spoilt


def ours(site):
    return sorted(site.redis.client.scan_iter(PREFIX + "*", count=1000))


@row("redis-emptied", 7, "FLUSHALL, or keys of ours gone", rounds=20, short=3)
def empty(site, rng):
    client = site.redis.client
    if rng.random() < 0.4:
        client.flushall()
    else:
        keys = ours(site)
        client.delete(*rng.sample(keys, rng.randrange(1, len(keys) + 1)))
    site.goes_on(rng)
    return site.back()


@row("redis-data", 7, "the daemon's own keys gone under it, then it is killed", rounds=20, short=2)
def forget_under_it(site, rng):
    """What it writes next must not be taken for the whole."""
    site.redis.client.delete(PREFIX + rng.choice(("state:meta", "state:data")))
    site.goes_on(rng)
    site.until_right()
    site.heart.kill9()
    site.goes_on(rng)
    return site.back(site.heart.start)


@row("redis-state", 7, "the daemon's own keys gone, and it killed", rounds=20, short=2)
def forget(site, rng):
    """Only the journals know it now."""
    site.heart.kill9()
    client = site.redis.client
    rng.choice((client.flushall, lambda: client.delete(PREFIX + "state:meta"),
                lambda: client.delete(PREFIX + "state:data")))()
    site.goes_on(rng)
    return site.back(site.heart.start)


@row("redis-wrongtype", 7, "somebody writes one of our keys as another type", rounds=10, short=2)
def spoil(site, rng):
    """Until somebody takes that away again, or the daemon does it itself."""
    client, key = site.redis.client, rng.choice(ours(site))
    wrong = client.rpush if client.type(key) != "list" else client.set
    client.delete(key)
    wrong(key, "x")
    site.load.send_for(rng.uniform(0.1, 0.5), 40)
    client.delete(key)
    site.goes_on(rng)
    return site.back()


# ---- no room


@row("redis-memory", 8, "out of memory (maxmemory)", rounds=20, short=2)
def no_memory(site, rng):
    client = site.redis.client
    client.config_set("maxmemory", 1)
    until_it_complains(site, rng, ("OOM",))
    return site.back(lambda: client.config_set("maxmemory", 0))


class SmallDisk:
    """Redis's directory on a disk of its own, in a namespace of its own."""

    def __init__(self, site):
        needs_mounts()
        self.site = site
        self.path = site.directory / "disk"
        self.path.mkdir()
        command = site.redis.command
        command[command.index("--dir") + 1] = str(self.path)
        site.redis.command = ["unshare", "-m", "sh", "-c",
                              f'mount -t tmpfs -o size=64m tmpfs {self.path} && exec "$@"', "sh",
                              *command]

    def filler(self):
        return pathlib.Path(f"/proc/{self.site.redis.process.pid}/root{self.path}/filler")

    def fill(self):
        with open(self.filler(), "wb", buffering=0) as f:
            for size in (1 << 20, 4096, 1):
                try:
                    while f.write(b"x" * size):
                        pass
                except OSError:
                    pass    # full to that step

    def clear(self):
        self.filler().unlink()


@row("redis-disk", 9, "Redis's disk full", rounds=10, short=1, site={"gear": SmallDisk})
def no_disk(site, rng):
    site.gear.fill()
    until_it_complains(site, rng, ("MISCONF",), patience=20)
    return site.back(site.gear.clear)


# ---- not for us


@row("redis-readonly", 9, "made a replica: it refuses to be written", rounds=10, short=2)
def read_only(site, rng):
    client = site.redis.client
    client.slaveof("127.0.0.1", 1)
    until_it_complains(site, rng, ("READONLY", "read only"))
    return site.back(lambda: client.slaveof("NO", "ONE"))


@row("redis-loading", 12, "killed, and slow to load", rounds=10, short=1)
def loading(site, rng):
    """So that it answers LOADING for a second."""
    command = list(site.redis.command)
    site.redis.kill9()
    site.redis.command = command + ["--key-load-delay", "300",
                                    "--loading-process-events-interval-bytes", "1024"]
    site.goes_on(rng)
    took = site.back(site.redis.start)
    site.redis.command = command
    return took


BUSY = "while true do end"


@row("redis-busy", 12, "a script of somebody's keeps Redis busy", rounds=10, short=2)
def busy(site, rng):
    client = site.redis.client
    client.config_set("busy-reply-threshold", 50)
    script = subprocess.Popen(["redis-cli", "-s", str(site.redis.socket), "EVAL", BUSY, "0"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: refuses(client), 10, "the script to run")
        site.load.send_for(rng.uniform(0.2, 2), 60)
        took = site.back(client.script_kill)
    finally:
        script.kill()
        script.wait()
    return took


def refuses(client):
    try:
        client.get("x")
    except Exception as why:    # redis-py has no name for it
        return "BUSY" in str(why)
    return False


def others_out(client):
    client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


@row("redis-maxclients", 12, "no connection is left for the daemon", rounds=10, short=1)
def no_connection(site, rng):
    client = site.redis.client
    client.config_set("maxclients", 1)
    others_out(client)
    until_it_complains(site, rng, ("max number of clients",))
    return site.back(lambda: client.config_set("maxclients", 1000))


@row("redis-noauth", 12, "Redis wants a password the daemon has not", rounds=10, short=1)
def no_password(site, rng):
    client = site.redis.client
    client.config_set("requirepass", "x")
    others_out(client)
    until_it_complains(site, rng, ("NOAUTH",))
    return site.back(lambda: client.config_set("requirepass", ""))


# ---- its file damaged


def damage(path, rng):
    """A part of its end is missing, or some bits of it are wrong."""
    size = path.stat().st_size
    if size == 0:
        return
    if rng.random() < 0.5:
        os.truncate(path, rng.randrange(size))
        return
    with open(path, "r+b") as f:
        for _ in range(rng.randrange(1, 4)):
            at = rng.randrange(size)
            f.seek(at)
            byte = f.read(1)[0] ^ 1 << rng.randrange(8)
            f.seek(at)
            f.write(bytes([byte]))


def start_what_is_left(site):
    """What a Redis that refuses its file gets: the file mended, or none."""
    redis = site.redis
    Process.start(redis)
    wait_until(lambda: redis.answers() or not redis.runs(), 20, "redis-server, or its end")
    if not redis.runs():
        shutil.rmtree(site.directory / "appendonlydir")
        redis.start()


def spoil_file(site, rng):
    site.redis.kill9()
    path = max(site.directory.glob("appendonlydir/*.incr.aof"), key=lambda p: p.stat().st_mtime)
    damage(path, random.Random(rng.random()))


@row("redis-file", 13, "killed, its file cut or bits of it flipped", rounds=20, short=2)
def damaged_file(site, rng):
    spoil_file(site, rng)
    site.goes_on(rng)
    return site.back(lambda: start_what_is_left(site))


@row("redis-file-cold", 13, "the same, and the daemon killed", rounds=20, short=2)
def damaged_file_cold(site, rng):
    site.heart.kill9()
    spoil_file(site, rng)
    site.goes_on(rng)
    return site.back(lambda: start_what_is_left(site), site.heart.start)


