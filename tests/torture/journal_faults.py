# SPDX-License-Identifier: MIT
"""The collector's journal: no room, a disk that cannot be written, a file that
is damaged.  A journal may be lost, and what only it had with it; then a new one
begins and says so.  It never makes the collector come and go, and never makes
an event."""
import pathlib

from redis_faults import SmallDisk, damage
from rows import Wrong, needs_mounts, row
from system import Process, wait_until


class JournalDisk:
    """The collector's journal on a small disk, in a namespace of its own."""

    fill, clear = SmallDisk.fill, SmallDisk.clear

    def __init__(self, site):
        needs_mounts()
        self.site, self.path = site, site.directory / "journal-call"
        self.path.mkdir()
        site.ear.command = ["unshare", "-m", "sh", "-c",
                            f'mount -t tmpfs -o size=64m,mode=700 tmpfs {self.path} && '
                            'exec "$@"', "sh",
                            *site.ear.command]

    def filler(self):
        return pathlib.Path(f"/proc/{self.site.ear.process.pid}/root{self.path}/filler")


def until_ear_complains(site, patience=20):
    """Enough is sent to need a new page of the file."""
    seen = len(site.ear.text())

    def complains():
        site.load.send(20 if site.load.left() > 200 else 0)
        site.breathe()
        return "journal" in site.ear.text()[seen:]
    wait_until(complains, patience, "the collector to say that its journal is full")


@row("journal-disk", 18, "the journal's disk full", rounds=4, short=1, site={"gear": JournalDisk})
def no_disk(site, rng):
    site.until_right()
    site.gear.fill()
    until_ear_complains(site)
    site.goes_on(rng)
    return site.back(site.gear.clear)


def damaged_start(site):
    """It comes up with what is left, or with a new journal."""
    site.load.unsure = []
    site.load.on_disk = 0
    site.restart_collector()


@row("journal", 19, "killed, its journal cut or bits of it flipped", rounds=40, short=3)
def journal_damaged(site, rng):
    """All of it had been committed, so nothing may be missing, or come again."""
    site.until_right()
    site.kill_collector()
    damage(site.directory / "journal-call" / "journal.mdb", rng)
    took = site.back(lambda: damaged_start(site))
    site.goes_on(rng)
    site.until_right()
    return took


@row("journal-readonly", 18, "the journal's disk is read-only at the start", rounds=2, short=1)
def read_only(site, rng):
    """It ends with words, not with a signal; and starts when it can."""
    needs_mounts()
    site.until_right()
    site.kill_collector()
    journal, command = site.directory / "journal-call", site.ear.command
    again = Process("read-only", ["unshare", "-m", "sh", "-c",
                                  f"mount --bind {journal} {journal} && "
                                  f"mount -o remount,bind,ro {journal} && exec " + '"$@"', "sh",
                                  *command], site.directory)
    code = again.start().wait(20)
    if code <= 0 or "Read-only" not in again.text():
        raise Wrong(f"it ended with {code}: {again.text()[-200:]}")
    site.goes_on(rng)
    return site.back(site.restart_collector)
