# SPDX-License-Identifier: MIT
"""The power goes: Redis is killed, and what it had not brought to disk is
gone from its files.  powercut.c remembers how far each was synced.

Only Redis loses here.  A collector's journal and the outbox of the hooks are
LMDB: pages written in place, two roots, each commit synced; what a power cut
does to them is not the end of a file that is missing, and is looked at by
journal_faults.py.
"""
import pathlib
import subprocess

from conftest import build
from rows import Skip, row


class Mains:
    """The power of one Redis."""

    def __init__(self, site):
        shim = build() / "tests" / "powercut.so"
        if not shim.exists():
            raise Skip(f"{shim} is not built")
        self.site, self.lost = site, 0
        self.log = site.directory / "synced"
        site.redis.command = ["env", f"LD_PRELOAD={shim}", f"POWERCUT_LOG={self.log}",
                              *site.redis.command]

    def safe(self):
        """(device, inode) -> bytes that were safe."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return {(device, inode): int(size) for device, inode, size in map(str.split, lines)}

    def cut(self):
        """`env` is replaced by the server, so it is the server that is killed."""
        self.site.redis.kill9()
        safe = self.safe()
        for path in pathlib.Path(self.site.directory).glob("appendonlydir/*"):
            found = path.stat()
            keep = safe.get((str(found.st_dev), str(found.st_ino)), 0)
            if keep < found.st_size:
                self.lost += found.st_size - keep
                subprocess.run(["truncate", "-s", str(keep), path], check=True)
        self.log.unlink(missing_ok=True)
        self.log.write_text("".join(     # what is left is safe
            f"{s.st_dev} {s.st_ino} {s.st_size}\n" for s in
            (p.stat() for p in pathlib.Path(self.site.directory).glob("appendonlydir/*"))))


def power_cut(site, rng):
    site.gear.cut()
    site.goes_on(rng)
    return site.back(site.redis.start)


def everything(site, rng):
    """All at once, in any order, and back in any order."""
    kills = [site.heart.kill9, site.kill_collector, site.gear.cut]
    for kill in rng.sample(kills, 3):
        kill()
    site.goes_on(rng)
    return site.back(*rng.sample((site.heart.start, site.restart_collector, site.redis.start), 3))


row("power", 6, "power cut of Redis, appendfsync everysec", rounds=40, short=4,
    site={"gear": Mains})(power_cut)
row("power-always", 6, "power cut of Redis, appendfsync always", rounds=20, short=2,
    site={"gear": Mains, "fsync": "always"})(power_cut)
row("everything", 36, "daemon, collector killed and Redis without power, at once", rounds=40,
    short=4, site={"gear": Mains})(everything)
