# SPDX-License-Identifier: MIT
"""A site under torture: the real programs (tests/it/system.py), the load, the
oracle beside, and somebody who is paged.

A commit is right when every number of every source up to the last one
published has been counted, and none twice; at the end of each chapter every
figure of every object must be the oracle's, and every alarm told.
"""
import json
import pathlib
import re
import signal
import tempfile
import time

import redis

from compare import differences
from load import ALARMS, CONFIG, CONTACTS, Load, Reader, counts_off
from rows import Wrong
from stopwatch import ran
from system import PREFIX, System, wait_until

PATIENCE = 30                       # s until what should come is missed
AWAY = (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError,
        redis.exceptions.ResponseError)

ALARM = """
alerts: { alarm: { scope = "queue:alarm*"; when = "waiting_count > 0"; for = "0s";
  clear_for = "0s"; severity = "page"; hooks = ["pager"]; }; };
hooks: { pager: { command = ["%s"]; env = ["OUT=%s"]; timeout = "500ms"; }; };
paging: { storm = 1000000; };
"""
# One line a run, short enough to be written in one piece.
HOOK = """#!/bin/sh
[ ! -e "$OUT.broken" ] || exit 1
[ ! -e "$OUT.hangs" ] || exec sleep 60
exec printf '%s %s %s %s\\n' "$CCMON_ALERT" "$CCMON_EPISODE" "$CCMON_KIND" "$CCMON_PAGE_ID" >>"$OUT"
"""


class Pager:
    """A hook that writes down each page."""

    def __init__(self, directory):
        self.out = directory / "pages"
        self.out.touch()
        self.path = directory / "hook-pager"
        self.path.write_text(HOOK)
        self.path.chmod(0o755)

    def config(self):
        return ALARM % (self.path, self.out)

    def episodes(self):
        """alert -> episode -> kind -> ids"""
        found = {}
        for line in self.out.read_text().splitlines():
            alert, episode, kind, page = line.split(" ")
            kinds = found.setdefault(alert, {}).setdefault(episode, {})
            kinds.setdefault(kind, set()).add(page)
        return found

    def judge(self, each):
        """(missed, doubled) when each alarm went off so often.  One whose
        begin could not be told before its end is told with its end."""
        found, missed, doubled = self.episodes(), 0, 0
        for n in range(ALARMS):
            stories = found.get(f"alarm/queue:alarm{n}", {}).values()
            missed += max(0, each - sum("resolve" in story for story in stories))
            doubled += max(0, len(stories) - each)
            doubled += sum(len(ids) - 1 for story in stories for ids in story.values())
        return missed, doubled


class Site(System):
    """One life of it: begun, tortured, compared, ended."""

    def __init__(self, directory, build, seed, limit, config=None, more="", contacts=CONTACTS,
                 fsync="everysec", collectors=("call",), flush="50ms", gear=None):
        super().__init__(directory, build)
        self.fsync = fsync
        self.prepare_redis()
        self.pager = Pager(self.directory)
        self.strangers = set()      # sources the oracle is not told of
        self.notes = {}             # program -> what is to be said of its memory
        self.configure(config or CONFIG, collectors=collectors, flush=flush)
        with open(self.config, "a", encoding="utf-8") as f:
            f.write(self.pager.config() + more)
        self.reader = Reader(seed, limit, config, contacts)
        self.load = Load(self.endpoint(collectors[0]), seed, contacts)
        self.heart = self.daemon()
        self.collectors = [self.collector(name) for name in collectors]
        self.ear = self.collectors[0]
        try:
            self.gear = gear(self) if gear else None    # what the faults of a row need
        except BaseException:       # it cannot be had here: nobody will end what was begun
            self.reader.close()
            self.load.close()
            raise

    def prepare_redis(self):
        """A file that is rewritten early: a start is to be short."""
        command = self.redis.command
        command[command.index("everysec")] = self.fsync
        command += ["--auto-aof-rewrite-min-size", "4mb", "--enable-debug-command", "local"]

    def start(self):
        self.redis.start()
        if hasattr(self.gear, "start"):
            self.gear.start()
        else:
            self.heart.start().ready()
        for collector in self.collectors:
            collector.start()
        return self

    # ---- commits

    def committed(self):
        """source -> its last number, the events counted, those missing."""
        sources = list(self.load.published)
        try:
            pipe = self.redis.client.pipeline(transaction=False)
            for source in sources:
                pipe.hmget(f"{PREFIX}feed:{source}", "seq", "events_total", "lost_total")
            return dict(zip(sources, ([int(n or 0) for n in row] for row in pipe.execute())))
        except AWAY:
            return {}

    def is_right(self):
        seen = self.committed()
        return bool(seen) and all(seen[source] == [last, last, 0]
                                  for source, last in self.load.published.items())

    def is_right_from(self, marks):
        """Up to there at least; more is coming."""
        seen = self.committed()
        return bool(seen) and all(seen[source][0] >= last and seen[source][2] == 0
                                  and seen[source][0] == seen[source][1]
                                  for source, last in marks.items())

    def until_right(self, patience=PATIENCE):
        deadline = ran() + patience
        while not self.is_right():
            if ran() > deadline:
                raise Wrong(f"no right commit within {patience} s: published "
                            f"{self.load.published}, seen (seq, events, lost) {self.committed()}")
            self.breathe()
            time.sleep(0.004)

    def breathe(self):
        """A program that ended by itself is a finding; killed ones are not."""
        for program in (self.heart, *self.collectors):
            if program.process and program.process.poll() not in (None, -signal.SIGKILL):
                raise Wrong(f"{program.name} ended with {program.process.returncode}: "
                            + program.text()[-300:])

    def back(self, *starts):
        """Starts what was killed, while the load goes on; seconds to the first
        right commit."""
        begun, marks = ran(), dict(self.load.published)
        for start in starts:
            start()
        deadline = ran() + PATIENCE
        while not self.is_right_from(marks) and ran() < deadline:
            self.breathe()
            self.load.send(self.load.left() > 60)
            time.sleep(0.01)
        took = ran() - begun
        self.until_right()
        return took

    def goes_on(self, rng, most=60):
        """Somebody always says something."""
        self.load.send(1 + rng.randrange(most))

    def kill_collector(self):
        self.ear.kill9()
        self.load.hang_up()

    def restart_collector(self):
        """What it had on disk it must not lose; the rest is sent again."""
        seen = len(self.ear.text())
        self.ear.start()

        def said():
            self.breathe()
            return re.search(r"records=\d+\.\.(\d+)", self.ear.text()[seen:])
        self.load.again(int(wait_until(said, PATIENCE, "the collector's journal").group(1)))

    # ---- the end of a chapter

    def compare(self, tally):
        """Every figure against the oracle's, and the pages."""
        if not self.reader.pipe.poll(120):
            raise Wrong("the oracle says nothing")
        now, expected = self.reader.expected()
        self.until_right()
        seen, lines = self.differing(now, expected)
        lost, doubled = counts_off(expected, seen)
        tally.lost, tally.doubled, tally.wrong = (
            tally.lost + lost, tally.doubled + doubled, tally.wrong + len(lines))
        tally.said += lines[:8]
        if lines:
            raise Wrong("the figures are not the oracle's")

    def differing(self, now, expected):
        """Polled: what only time moved is written once a second, and what
        somebody took away when its turn comes."""
        deadline = ran() + 20
        while True:
            seen = self.figures()
            self.excuse(expected, seen)
            is_now = self.hash("site").get("updated_epoch_ms") == str(now)
            lines = list(differences(expected, seen)) or ([] if is_now else ["site: not of now"])
            if not lines or ran() > deadline:
                return seen, lines
            time.sleep(0.02)

    def excuse(self, expected, seen):
        """Repeats are no fault, nor are strangers; and an alert of the monitor itself, Redis down
        a moment ago, shows in the site's status, of which the oracle knows
        nothing."""
        for name, feed in seen["feeds"].items():
            if name in expected["feeds"]:
                expected["feeds"][name]["duplicate_total"] = feed.get("duplicate_total", "")
        for name in self.strangers - set(expected["feeds"]):
            seen["feeds"].pop(name, None)
        alerts = map(json.loads, self.hash("alerts").values())
        if any(a["scope"] == "site" and a["state"] not in ("pending", "resolved") for a in alerts):
            expected["site"]["status"] = seen["site"].get("status", "")

    def judge_pages(self, tally, patience=10):
        """Told in the end, whatever happened."""
        each = self.load.chapters_done
        deadline = ran() + patience
        while self.pager.judge(each)[0] and ran() < deadline:
            time.sleep(0.05)
        missed, doubled = self.pager.judge(each)
        tally.pages += ALARMS * each
        tally.pages_missed += missed
        tally.pages_doubled += doubled

    def end(self):
        self.load.close()
        self.reader.close()
        super().end()
        if hasattr(self.gear, "end"):
            self.gear.end()

    def keep(self, name):
        """The logs of a life that went wrong."""
        path = pathlib.Path(tempfile.gettempdir()) / f"torture-{name}.log"
        path.write_text(self.logs())
        return path
