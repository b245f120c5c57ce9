#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""torture.py: what happens to a site when everything dies, row by row.

    torture.py [--short] [--rounds N] [--seed N] [--jobs N] [ROW...]
    torture.py --list

Each row is a fault, done again and again to the real programs under load; the
figures are compared with the oracle's after each chapter of the story, and the
pages at the end.  ROW may end in `=N`: so many rounds of this one.  The same
seed gives the same story and the same faults; when they strike is up to the
machine.  CCMON_BUILD: where the programs are.

Ends with a line `N passed, M failed`, and status 1 when a row failed.
"""
import argparse
import concurrent.futures
import contextlib
import importlib
import math
import multiprocessing
import os
import pathlib
import random
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "it")]

from conftest import build, is_removed  # noqa: E402 (after its path)
from load import ALARMS  # noqa: E402
from place import Site  # noqa: E402
from rows import ROWS, Skip, Tally, Wrong  # noqa: E402
from system import wait_until  # noqa: E402

FAMILIES = sorted(p.stem for p in HERE.glob("*.py")
                  if p.stem not in ("torture", "load", "place", "rows"))
LIFE = 30                           # rounds in the life of one site
CHAPTER = 10                        # rounds in a chapter of its story
HEAD = ("row", "rounds", "events", "lost", "doubled", "wrong", "alarms", "missed", "2nd id",
        "p50 s", "p99 s", "seed")


# ---- one life

def moment(rng):
    """5 to 500 ms, as often short as long: the fault's own."""
    return math.exp(rng.uniform(math.log(0.005), math.log(0.5)))


def one_round(row, site, rng, tally, rounds_left):
    """A share of the chapter is told, and in the midst of it the fault comes."""
    share = site.load.left() // rounds_left
    site.load.send_for(moment(rng), rng.randrange(share // 2, max(share, 2)))
    took = row.fault(site, rng)
    if took is not None:
        tally.took.append(took)
    tally.rounds += 1


def one_chapter(row, site, rng, tally, rounds):
    site.load.turn_the_page()
    for n in range(rounds):
        one_round(row, site, rng, tally, rounds - n + 1)
    site.load.send(site.load.left())
    site.compare(tally)


def endure(row, site, rng, tally, rounds):
    site.start()
    for begun in range(0, rounds, CHAPTER):
        one_chapter(row, site, rng, tally, min(CHAPTER, rounds - begun))
    site.judge_pages(tally)


def words_of(why):
    """What must be so and is not, says it; anything else is the harness's."""
    if isinstance(why, (Wrong, AssertionError)):
        return str(why)
    return "".join(traceback.format_exception(why)[-3:])


@contextlib.contextmanager
def scratch():
    directory = tempfile.mkdtemp(prefix="ccmon-")
    try:
        yield directory
    finally:
        wait_until(lambda: is_removed(directory), what="the last hook to end")


def live(name, rounds, seed):
    """A site from its begin to its end: as much of a row as one bears."""
    row, tally, site = ROWS[name], Tally(), None
    with scratch() as directory:
        try:
            site = Site(directory, build(), f"{seed} {name}", -(-rounds // CHAPTER), **row.site)
            endure(row, site, random.Random(f"{seed} {name}"), tally, rounds)
        except Skip as why:
            tally.skip(why)
        except Exception as why:    # one life; the others go on
            tally.blame(f"{words_of(why)} (logs: {site.keep(f'{name}-{seed}') if site else '-'})")
        finally:
            if site:
                tally.events = site.load.events
                tally.said += site.notes.values()
                site.end()
    return tally


def tell(name, rounds, seed):
    """A row that is a story of its own."""
    row, tally = ROWS[name], Tally()
    with scratch() as directory:
        try:
            row.fault(pathlib.Path(directory), random.Random(f"{seed} {name}"), rounds, tally)
        except Skip as why:
            tally.skip(why)
        except Exception as why:
            tally.blame(words_of(why))
    return tally


# ---- all of them

def lives(name, rounds, seed):
    """(function, arguments) of a row's lives; each has a seed of its own."""
    if ROWS[name].alone:
        return [(tell, name, rounds, seed)]
    return [(live, name, min(LIFE, rounds - begun), f"{seed}.{begun // LIFE}")
            for begun in range(0, rounds, LIFE)]


def percentile(took, percent):
    if not took:
        return "-"
    return f"{sorted(took)[min(len(took) - 1, math.ceil(len(took) * percent / 100) - 1)]:.2f}"


def cells(name, tally, seed):
    return (name, tally.rounds, f"{tally.events:,}", tally.lost, tally.doubled, tally.wrong,
            tally.pages, tally.pages_missed, tally.pages_doubled, percentile(tally.took, 50),
            percentile(tally.took, 99), seed)


def line(values):
    return "| " + " | ".join(str(v).ljust(14 if i == 0 else 7) for i, v in enumerate(values)) + " |"


def show(name, tally, seed):
    print(line(cells(name, tally, seed)), flush=True)
    for words in tally.said:
        print(f"    {'skipped: ' if tally.skipped else ''}{words}", flush=True)


def wanted(given, arguments):
    """(row, rounds) of what was asked for."""
    for word in given or sorted(ROWS, key=lambda name: ROWS[name].number):
        name, _, rounds = word.partition("=")
        if name not in ROWS:
            sys.exit(f"torture.py: no row {name}; --list shows them")
        row = ROWS[name]
        usual = row.short if arguments.short else row.rounds
        yield name, int(rounds or arguments.rounds or usual)


def run(plan, seed, jobs):
    """Rows in their order; the lives of all of them as far as there are jobs."""
    context = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(jobs, mp_context=context) as pool:
        under_way = [(name, [pool.submit(*one) for one in lives(name, rounds, seed)])
                     for name, rounds in plan]
        for name, futures in under_way:
            tally = Tally()
            for future in futures:
                tally.add(future.result())
            show(name, tally, seed)
            yield tally


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW")
    parser.add_argument("--short", action="store_true", help="a few rounds of each")
    parser.add_argument("--rounds", type=int, help="of each row")
    parser.add_argument("--seed", default=os.environ.get("SEED") or "1")
    parser.add_argument("--jobs", type=int, default=1, help="lives at a time")
    parser.add_argument("--list", action="store_true")
    return parser.parse_args()


def verdict(tallies, began):
    skipped = sum(t.skipped for t in tallies)
    failed = sum(not t.is_good() for t in tallies)
    all_of_it = Tally()
    for tally in tallies:
        all_of_it.add(tally)
    print(line(cells("all", all_of_it, "")))
    seconds = time.monotonic() - began
    print(f"{seconds:.0f} s, {all_of_it.rounds / seconds * 60:.0f} rounds a minute, "
          f"{ALARMS} alarms a chapter")
    print(f"{len(tallies) - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return failed > 0


def main():
    for family in FAMILIES:
        importlib.import_module(family)
    given = arguments()
    if given.list:
        for row in ROWS.values():
            print(f"{row.name:16} {row.number:3}  {row.what}")
        return 0
    began = time.monotonic()
    print(line(HEAD))
    print(line("---" for _ in HEAD), flush=True)
    return verdict(list(run(list(wanted(given.rows, given)), given.seed, given.jobs)), began)


if __name__ == "__main__":
    sys.exit(main())
