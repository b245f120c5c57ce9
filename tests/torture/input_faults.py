# SPDX-License-Identifier: MIT
"""What comes in is not what it should be: malformed, cut, too long, too deep,
hostile.  All of it is refused and counted, and nobody else notices; and what a
publisher never sent, or lost on its way, is missing by number, exactly."""
import os

from conftest import build
from load import body
from rows import Wrong, row
from stopwatch import ran
from system import System, wait_until
from test_live import CALL, LIVE, REFUSED
from test_replay import House

VILLAIN = dict(CALL, source="villain")
GROWTH = 16 << 20                   # bytes a program may grow by


def cut(rng):
    whole = body(VILLAIN)
    return whole[:rng.randrange(len(whole))]


def noise(rng):
    return b"\xff" + os.urandom(rng.randrange(2000))


def deep(rng):
    return b'{"source":"villain","a":' + b"[" * rng.randrange(10, 30000)


def number(rng):
    wrong = rng.choice((b"1e400", b"-1", b"0x10", b"NaN"))
    return body(VILLAIN)[:-1] + b',"wait_ms":' + wrong + b"}"


def controls(rng):
    return body(dict(VILLAIN, queue=rng.choice(("a\x00b", "\x1b[2J", "a\u202eb\x7f", "\x9b"))))


def known(rng):
    return rng.choice(REFUSED[rng.choice(list(REFUSED))]).replace(b"pbx1", b"villain")


KINDS = (cut, noise, deep, number, controls, known)


def memory(program, what="VmRSS"):
    for line in open(f"/proc/{program.process.pid}/status", encoding="ascii"):
        if line.startswith(what + ":"):
            return int(line.split()[1]) << 10
    raise Wrong(f"{program.name} has no {what}")


def refused(site):
    return int(site.hash("collector:call").get("refused_total", 0))


@row("input", 22, "malformed, cut, deep, oversized, hostile messages", rounds=20, short=3)
def hostile(site, rng):
    site.strangers |= {"villain", "call", "?", ""}
    site.until_right()
    before, sizes = refused(site), {p: memory(p) for p in (site.heart, site.ear)}
    villain = site.load.line(site.load.endpoint)
    for _ in range(500):
        villain.send(rng.choice(KINDS)(rng))
    giant = site.load.line(site.load.endpoint)  # beyond the limit of the link
    giant.send(b"{" + b" " * (20 << 20))
    site.goes_on(rng)
    wait_until(lambda: refused(site) >= before + 500, 20, "all of it to be refused")
    for socket in (villain, giant):
        socket.close()
    if refused(site) != before + 500:
        raise Wrong(f"500 were sent, {refused(site) - before} refused")
    for program, size in sizes.items():
        if memory(program) > size + GROWTH:
            raise Wrong(f"{program.name} grew by {(memory(program) - size) >> 20} MiB; limit 16")
    site.until_right()


# ---- missing by number


def say(publisher, seq):
    publisher.send(body({"source": "pbx", "boot": 1, "seq": seq, "time": 1782820800000 + seq,
                         "event": "heartbeat"}))


def leave_out(publisher, rng, last, missing):
    """Some never come, some come later."""
    late = []
    for seq in range(last + 1, last + 400):
        chance = rng.random()
        if chance < 0.02:
            missing.add(seq)
        elif chance < 0.04:
            late.append(seq)
        else:
            say(publisher, seq)
    say(publisher, last + 400)
    for seq in late:
        say(publisher, seq)
    return last + 400


def die_in_a_burst(publisher, last):
    """What it still had to send is gone with it; nobody knows how much."""
    for seq in range(last + 1, last + 400):
        say(publisher, seq)
    publisher.socket.close()
    publisher.open()
    say(publisher, last + 400)
    return last + 400


def totals(system):
    feed = system.hash("feed:pbx")
    return [int(feed.get(f, 0)) for f in ("seq", "events_total", "lost_total")]


@row("publisher", 16, "numbers left out; a publisher that dies in a burst", rounds=20, short=3,
     alone=True)
def gaps(directory, rng, rounds, tally):
    system = System(directory, build())
    try:
        system.redis.start()
        system.configure(LIVE)
        system.daemon().start().ready()
        system.collector().start()
        publisher, last, missing, lost = system.publisher(), 1, set(), 0
        say(publisher, 1)
        for n in range(rounds):
            if n % 2:
                last = die_in_a_burst(publisher, last)
            else:
                last = leave_out(publisher, rng, last, missing)
            wait_until(lambda: totals(system)[0] == last and sum(totals(system)[1:]) == last, 20,
                       f"each of {last} to be counted or missing, not {totals(system)}")
            if n % 2 == 0 and totals(system)[2] - lost != len(missing):
                raise Wrong(f"{len(missing)} were left out, {totals(system)[2] - lost} are missing")
            missing.clear()
            lost = totals(system)[2]
            tally.rounds += 1
        tally.events = last - lost
        tally.said.append(f"{lost:,} numbers never came, and are reported as missing")
    finally:
        system.end()


@row("replay", 16, "collector killed; its publisher goes on, and has it all again", rounds=20,
     short=3, alone=True)
def asked_again(directory, rng, rounds, tally):
    system = System(directory, build())
    house = None
    try:
        system.redis.start()
        house = House(system)
        house.publisher.publish(100)
        house.has(seq=100, events_total=100)
        for _ in range(rounds):
            house.away(rng.randrange(100, 2000))
            begun, all_of_it = ran(), house.publisher.seq
            house.has(seq=all_of_it, events_total=all_of_it, lost_total=0)
            tally.took.append(ran() - begun)
            tally.rounds += 1
        tally.events = house.publisher.seq
    finally:
        if house:
            house.publisher.close()
        system.end()
