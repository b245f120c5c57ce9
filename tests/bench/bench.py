#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The bench: one table of figures, each beside a yardstick of the same round.

    bench.py BUILD [PART...]

    saturated   CPU an event, collector and daemon, journal on, publisher as
                fast as it can, over a bare blocking ZeroMQ sink
    paced       the same at 10,000 events a second
    scripts     the same work by an obvious and a careful Python script
    latency     from an event's publication to its effect in Redis
    reader      a wall-board's read while 1,000 queues are flushed
    engine      the engine alone, with 10, 1,000 and 100,000 queues
    recovery    events a second out of a journal, into Redis
    streams     1,000 boards open at once, for SECONDS (60): the wall-board's CPU

The publisher runs on CPU 0, what receives on CPU 1.  The cases of one part
take turns, so that a noisy minute hits all of them; figures are medians of
ROUNDS, with the smallest and the largest in brackets.  CPU is that of all
threads, from the kernel's scheduler, not sampled.
"""
import gc
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import redis

HERE = os.path.dirname(os.path.abspath(__file__))
ROUNDS = 7
SATURATED = 1000000         # events a round
PACED_RATE = 10000
PACED = 30000
ENGINE_RATE = 200000        # contacts an hour
PATIENCE = 120              # s; for what should take a few
STREAMS = 1000
STREAMS_AT = ("127.0.0.1", 8797)

CONFIG = """
site = "bench"; timezone = "UTC"; windows = ["15m", "60m", "today"];
redis: {{ unix = "{dir}/redis.sock"; }};
wallboard: {{ listen = "{listen}"; }};
daemon: {{ ingest = "ipc://{dir}/ingest.ipc"; flush = "{flush}"; state_dir = "{dir}/state"; }};
collectors: {{
  call: {{ journal = "{dir}/journal";
          inputs = ( {{ type = "zmq-sub"; connect = ["ipc://{dir}/pub.ipc"]; dialect = "native"; }} ); }};
}};
"""


def pinned(cpu, *command):
    return ["taskset", "-c", str(cpu), *map(str, command)]


def cpu_us(*processes):
    """CPU time of all threads of these processes."""
    total = 0
    for p in processes:
        tasks = "/proc/%d/task" % p.pid
        for task in os.listdir(tasks):
            with open("%s/%s/schedstat" % (tasks, task)) as f:
                total += int(f.read().split()[0])
    return total / 1000


def wait_for(condition, what, every=0.02):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("bench: gave up waiting for " + what)
        time.sleep(every)


def spread(values, form="%.2f"):
    return "%s [%s - %s]" % tuple(form % v for v in (statistics.median(values), min(values), max(values)))


def percentile(values, p):
    values = sorted(values)
    return values[min(len(values) - 1, int(p * len(values)))]


def say(what, figure):
    print("| %s | %s |" % (what, figure), flush=True)


class House:
    """A private directory with a Redis, a daemon and a collector in it."""

    def __init__(self, build, flush="250ms"):
        self.build = build
        self.dir = tempfile.mkdtemp(prefix="ccmon-bench.")
        self.endpoint = "ipc://%s/pub.ipc" % self.dir
        self.socket = self.dir + "/redis.sock"
        self.config = self.dir + "/ccmon.cfg"
        self.log = open(self.dir + "/log", "ab")
        self.running = []
        self.sent = 0                   # events to ccmon so far: their numbering goes on
        os.mkdir(self.dir + "/state")
        os.mkdir(self.dir + "/journal")
        with open(self.config, "w") as f:
            f.write(CONFIG.format(dir=self.dir, flush=flush, listen="%s:%d" % STREAMS_AT))
        server = self.dir + "/redis-server"
        os.symlink(shutil.which("redis-check-rdb"), server)     # it looks at its name
        self.start(1, server, "--port", 0, "--unixsocket", self.socket, "--save", "", "--appendonly", "no")
        self.redis = redis.Redis(unix_socket_path=self.socket)
        wait_for(self.redis_answers, "Redis")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        for p in reversed(self.running):
            self.stop(p)
        if kind:
            with open(self.dir + "/log") as f:
                sys.stderr.writelines(f.readlines()[-20:])
        self.log.close()
        shutil.rmtree(self.dir)

    def redis_answers(self):
        try:
            return self.redis.ping()
        except redis.ConnectionError:
            return False

    def start(self, cpu, *command):
        p = subprocess.Popen(pinned(cpu, *command), stdout=self.log, stderr=self.log)
        self.running.append(p)
        return p

    def stop(self, p):
        if p in self.running:
            self.running.remove(p)
            p.send_signal(signal.SIGCONT)
            p.terminate()
            p.wait(PATIENCE)

    def daemon(self):
        return self.start(1, self.build + "/ccmond", "-c", self.config)

    def collector(self):
        return self.start(1, self.build + "/ccmon-collector", "-c", self.config, "call")

    def feed(self, field):
        return int(self.redis.hget("ccmon:v1:{bench}:feed:bench", field) or 0)

    def blast(self, count, rate=0, queues=100, burst=1):
        return subprocess.Popen(pinned(0, self.build + "/bench/blast", self.endpoint, count, rate, queues, burst, self.sent),
                                stdout=subprocess.PIPE, text=True)

    def is_running(self):
        """It has loaded what the round before left, too."""
        return self.redis.hget("ccmon:v1:{bench}:meta", "state") in (b"running", "running")

    def measure(self, processes, count, rate=0):
        """CPU us an event, from the first event until the last is in Redis."""
        before, taken = cpu_us(*processes), self.feed("events_total")
        blast = self.blast(count, rate)
        self.sent += count
        stalls = int(blast.communicate(timeout=PATIENCE)[0].split()[-2])
        wait_for(lambda: self.feed("events_total") == taken + count, "%d events" % count)
        if self.feed("lost_total") or self.feed("duplicate_total"):
            raise SystemExit("bench: events were lost or doubled")
        return (cpu_us(*processes) - before) / count, stalls

    def sink(self, count, rate=0):
        sink = subprocess.Popen(pinned(1, self.build + "/bench/sink", self.endpoint, count),
                                stdout=subprocess.PIPE, text=True)
        blast = self.blast(count, rate)
        stalls = int(blast.communicate(timeout=PATIENCE)[0].split()[-2])
        return float(sink.communicate(timeout=PATIENCE)[0].split()[0]), stalls


def against_sink(build, what, count, rate):
    """Rounds of sink and ccmon in turns.  The collector would take the sink's
    messages too, so that each ccmon round has processes of its own."""
    bare, ours, ratios, starved = [], [], [], 0
    with House(build) as house:
        for _ in range(ROUNDS):
            sink, stalls = house.sink(count, rate)
            starved += not stalls
            processes = [house.daemon(), house.collector()]
            wait_for(house.is_running, "the daemon")
            mine, stalls = house.measure(processes, count, rate)
            rss = rss_mib(processes[0])
            for p in reversed(processes):
                house.stop(p)
            bare.append(sink)
            ours.append(mine)
            ratios.append(mine / sink)
    say(what + ", bare sink, us an event", spread(bare, "%.3f"))
    say(what + ", collector + daemon, us an event", spread(ours, "%.3f"))
    say(what + ", ratio", spread(ratios))
    if not rate:
        say("daemon's resident memory after it, MiB", "%.0f" % rss)
        if starved:
            say("rounds in which the publisher was the slower one", starved)


def rss_mib(process):
    with open("/proc/%d/statm" % process.pid) as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1048576


def saturated(build):
    against_sink(build, "saturated", SATURATED, 0)


def paced(build):
    against_sink(build, "10,000 events/s", PACED, PACED_RATE)


def scripts(build):
    figures = {"obvious": [], "careful": [], "ccmon": []}
    counts = {"obvious": 30000, "careful": 200000}
    with House(build) as house:
        for _ in range(3):
            for name, count in counts.items():
                script = subprocess.Popen(
                    pinned(1, "/usr/bin/python3", HERE + "/script_%s.py" % name, house.endpoint, house.socket, count),
                    stdout=subprocess.PIPE, text=True)
                house.blast(count).communicate(timeout=PATIENCE)
                own, server = map(float, script.communicate(timeout=PATIENCE)[0].split())
                figures[name].append((own, server))
            processes = [house.daemon(), house.collector()]
            wait_for(house.is_running, "the daemon")
            before = redis_cpu_us(house.redis)
            own, _ = house.measure(processes, SATURATED // 2)
            figures["ccmon"].append((own, (redis_cpu_us(house.redis) - before) / (SATURATED // 2)))
            for p in reversed(processes):
                house.stop(p)
    ours = statistics.median(own for own, _ in figures["ccmon"])
    for name in ("obvious", "careful"):
        own = [f[0] for f in figures[name]]
        say("%s Python script, us an event; Redis's" % name,
            "%s; %.2f" % (spread(own), statistics.median(f[1] for f in figures[name])))
        say("%s Python script / ccmon" % name, "%.1f" % (statistics.median(own) / ours))
    say("ccmon in the same rounds, us an event; Redis's",
        "%s; %.3f" % (spread([f[0] for f in figures["ccmon"]]), statistics.median(f[1] for f in figures["ccmon"])))


def redis_cpu_us(r):
    info = r.info("cpu")
    return (info["used_cpu_user"] + info["used_cpu_sys"]) * 1e6


def latency(build):
    """Publishes single events at random moments and asks Redis until it
    knows; only the publisher's clock is used."""
    import json
    import zmq
    for flush, probes in (("250ms", 120), ("50ms", 300), ("10ms", 500)):
        with House(build, flush) as house:
            pub = zmq.Context.instance().socket(zmq.XPUB)
            pub.bind(house.endpoint)
            house.daemon()
            house.collector()
            if not pub.poll(PATIENCE * 1000):
                raise SystemExit("bench: the collector does not subscribe")
            took = []
            for seq in range(1, probes + 11):
                event = {"source": "bench", "boot": 1, "seq": seq, "time": int(time.time() * 1000),
                         "event": "queued", "channel": "call", "queue": "q%d" % (seq % 10), "contact": "c%d" % seq}
                sent = time.perf_counter()
                pub.send_multipart([b"call", json.dumps(event).encode()])
                wait_for(lambda: house.feed("seq") == seq, "event %d" % seq, every=0)
                took.append((time.perf_counter() - sent) * 1000)
                time.sleep(random.random() * float(flush[:-2]) / 1000)      # no step with the flush
            pub.close(0)
            took = took[10:]                    # the first ones find nothing warm
            say("event to Redis, flush %s, p50 / p99, ms" % flush,
                "%.1f / %.1f" % (percentile(took, .5), percentile(took, .99)))


def read_times(house, queues, seconds):
    """One HGETALL every ms, microseconds each."""
    took, end = [], time.monotonic() + seconds
    gc.disable()
    while time.monotonic() < end:
        key = "ccmon:v1:{bench}:queue:q%d" % random.randrange(queues)
        begin = time.perf_counter()
        house.redis.hgetall(key)
        took.append((time.perf_counter() - begin) * 1e6)
        time.sleep(0.001)
    gc.enable()
    return took


def reader(build):
    """Idle and busy take turns: the daemon is stopped and goes on."""
    queues, rate, seconds = 1000, 8000, 4
    idle, busy = [], []
    os.sched_setaffinity(0, {0})
    with House(build) as house:
        daemon = house.daemon()
        collector = house.collector()
        for _ in range(3):
            taken = house.feed("events_total")
            blast = house.blast((seconds + 2) * rate, rate, queues, rate // 100)
            house.sent += (seconds + 2) * rate
            wait_for(lambda: house.feed("events_total") > taken + rate, "the first second")
            busy += read_times(house, queues, seconds)
            blast.communicate(timeout=PATIENCE)
            wait_for(lambda: house.feed("events_total") == taken + (seconds + 2) * rate, "the rest")
            for p in (collector, daemon):
                p.send_signal(signal.SIGSTOP)
            idle += read_times(house, queues, seconds)
            for p in (daemon, collector):
                p.send_signal(signal.SIGCONT)
    os.sched_setaffinity(0, range(os.cpu_count()))
    say("wall-board's read, nothing else going on, p50 / p99, us",
        "%.0f / %.0f" % (percentile(idle, .5), percentile(idle, .99)))
    say("wall-board's read while 1,000 queues are flushed every 250 ms",
        "%.0f / %.0f" % (percentile(busy, .5), percentile(busy, .99)))
    say("p99, busy / idle", "%.2f" % (percentile(busy, .99) / percentile(idle, .99)))


def engine(build):
    rows = subprocess.run(pinned(1, build + "/bench/bench_engine", ENGINE_RATE), check=True, stdout=subprocess.PIPE,
                          text=True).stdout.split("\n")[1:-1]
    rows = [row.split() for row in rows]
    for queues, ns, flush, empty, full in rows:
        say("engine, %s queues, 1,000,000 contacts/h: ns an event; ms to read all that changed in 10 s" % queues,
            "%s; %s" % (ns, flush))
        say("engine, %s queues: MiB empty / full" % queues, "%s / %s" % (empty, full))
    say("engine, 100,000 queues / 10 queues", "%.2f" % (float(rows[-1][1]) / float(rows[0][1])))


def recovery(build):
    count, rates = SATURATED, []
    for _ in range(3):
        with House(build) as house:
            house.collector()
            house.blast(count).communicate(timeout=PATIENCE)
            begin = time.monotonic()
            house.daemon()
            wait_for(lambda: house.feed("events_total") == count, "the journal", every=0.005)
            rates.append(count / (time.monotonic() - begin) / 1e6)
    say("daemon with nothing, %d events in the journal: million events/s until in Redis" % count, spread(rates))


def streams(build):
    """The daemon's CPU is left out: it works the same with nobody looking."""
    seconds, queues, rate = int(os.environ.get("SECONDS", 60)), 10, 100
    with House(build) as house:
        house.daemon()
        house.collector()
        board = house.start(1, build + "/ccmon-wallboard", "-c", house.config)
        blast = house.blast((seconds + 10) * rate, rate, queues)
        wait_for(lambda: house.feed("events_total") > rate, "the first second")
        empty = rss_mib(board)
        readers = subprocess.Popen(pinned(0, build + "/bench/streams", *STREAMS_AT, STREAMS, seconds),
                                   stdout=subprocess.PIPE, text=True)
        readers.stdout.readline()
        before = cpu_us(board)
        snapshots, sent, least, most, ended = map(int, readers.stdout.readline().split())
        cpu, full = (cpu_us(board) - before) / 1e6, rss_mib(board)
        blast.kill()
        blast.communicate()
    if ended or least < 0.9 * seconds:
        raise SystemExit("bench: %d streams ended, one got %d snapshots" % (ended, least))
    what = "%s streams of %d queues for %d s" % (format(STREAMS, ","), queues, seconds)
    say(what + ": wall-board's CPU, s; share of one", "%.2f; %.1f %%" % (cpu, 100 * cpu / seconds))
    say(what + ": snapshots a stream, fewest and most; KiB each",
        "%d, %d; %.1f" % (least, most, sent / snapshots / 1024))
    say(what + ": resident memory before and after, MiB", "%.1f, %.1f" % (empty, full))


PARTS = (saturated, paced, scripts, latency, reader, engine, recovery, streams)


def main(build, *parts):
    known = {f.__name__: f for f in PARTS}
    if set(parts) - set(known):
        raise SystemExit("bench: the parts are " + " ".join(known))
    if os.cpu_count() < 2:
        raise SystemExit("bench: it needs two CPUs, one to publish and one to receive")
    print("| what | figure |\n|---|---|", flush=True)
    for name in parts or known:
        known[name](os.path.abspath(build))


main(*sys.argv[1:])
