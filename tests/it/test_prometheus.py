# SPDX-License-Identifier: MIT
"""/metrics of the wall-board, with everything real behind it: both formats by
their rules, figures equal to Redis', and counters that never fall, whatever
dies."""
import json
import math
import random
import re
import shutil
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request

import pytest

from loopback import own_host, own_port
from prometheus_text import Text
from system import Process, wait_until
from test_crash import Load, one_source
from test_grafana import dashboard, filled, panel_queries
from test_live import LIVE, body

SEED, ROUNDS = 601, 4
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
# The threshold of one has a fraction, which is to be an edge all the same.
HOUSE = dict(LIVE, queues=dict(LIVE["queues"], sales=dict(LIVE["queues"]["sales"], threshold=7500)))
ODD = 'we "are" \\back'

# Written by the daemon or a collector since it started: a new start is a new zero.
OF_A_PROCESS = ("ccmon_publish_", "ccmon_collector_", "ccmon_hook_")


class Board(Process):
    def __init__(self, system):
        self.address = f"{own_host()}:{own_port()}"
        with open(system.config, "a", encoding="utf-8") as f:
            f.write(f'wallboard: {{ listen = "{self.address}"; }};\n')
        super().__init__("wallboard", [system.build / "ccmon-wallboard", "-c", system.config],
                         system.directory)

    def get(self, path="/metrics", accept="text/plain"):
        """(body, content type); None: it does not answer."""
        request = urllib.request.Request(f"http://{self.address}{path}",
                                         headers={"Accept": accept})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.read().decode(), answer.headers["Content-Type"]
        except (urllib.error.URLError, ConnectionError):
            return None

    def metrics(self, accept="text/plain"):
        body, kind = self.get(accept=accept)
        openmetrics = accept == OPENMETRICS
        assert kind.startswith("application/openmetrics-text; version=1.0.0" if openmetrics
                               else "text/plain; version=0.0.4"), kind
        return Text(body, openmetrics)

    def ready(self):
        wait_until(lambda: self.get("/healthz"), what="the wall-board")
        return self


def start(system, config=HOUSE):
    system.configure(config)
    board = system.add(Board(system)).start().ready()
    return board, {"daemon": system.daemon().start().ready(), "collector": system.collector().start()}


def sent(system, contacts=150):
    """All of a stream, taken."""
    load = Load(system, one_source(SEED, contacts))
    load.send(len(load.told))
    wait_until(lambda: system.seq("pbx") == load.at, 20, "all of it")
    return load


def numbers(system, key):
    return {k: float(v) for k, v in system.hash(key).items() if re.fullmatch(r"-?[\d.]+|NaN", v)}


@pytest.fixture
def house(system):
    if not (system.build / "ccmon-wallboard").exists():
        pytest.fail(f"{system.build / 'ccmon-wallboard'} is not built")
    board, parts = start(system)
    load = sent(system)
    odd = {"source": "pbx", "boot": 1, "seq": load.at + 1, "time": load.told[-1]["time"],
           "event": "queued", "channel": "call", "queue": ODD, "contact": "odd"}
    load.publisher.send(body(odd), odd["seq"])
    wait_until(lambda: ODD in system.names("queues"), what="a queue with an odd name")
    return system, board


def same(a, b):
    return a == b or math.isnan(a) and math.isnan(b)


# ---- the text

def test_two_formats_one_text(house):
    _, board = house

    def unlike():
        """What a collector says of itself may be written between the two."""
        old, new = board.metrics().samples(), board.metrics(OPENMETRICS).samples()
        moving = {k for k in old if k[0].startswith(("ccmon_publish_", "ccmon_figures_"))}
        return set(old) ^ set(new) | {k for k in (set(old) & set(new)) - moving if not same(old[k], new[k])}
    wait_until(lambda: not unlike(), 15, f"the same in both; it was not in {unlike()}")


def test_promtool_finds_nothing(house):
    if shutil.which("promtool") is None:
        pytest.skip("no promtool (Debian package prometheus)")
    text, _ = house[1].get()
    done = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                          capture_output=True, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_names_come_through(house):
    system, board = house
    queues = {dict(labels)["queue"] for labels in board.metrics().family["ccmon_contacts_waiting"].values()}
    assert queues == system.names("queues") and ODD in queues


def test_no_agent_and_no_caller(house):
    system, board = house
    text, _ = board.get()
    contacts = system.redis.client.xrange("ccmon:v1:{test}:breaches")
    people = system.names("agents") | {entry["contact"] for _, entry in contacts}
    assert len(people) > 10
    assert {p for p in people if f'"{p}"' in text} == set()


# ---- Prometheus itself, which asks for OpenMetrics

class Prometheus(Process):
    def __init__(self, system, board):
        config = system.directory / "prometheus.yml"
        self.address, self.board = f"{own_host()}:{own_port()}", board.address
        config.write_text(json.dumps({"scrape_configs": [{
            "job_name": "ccmon", "scrape_interval": "1s", "scrape_timeout": "1s",
            "static_configs": [{"targets": [self.board]}]}]}))
        super().__init__("prometheus", [
            shutil.which("prometheus"), f"--config.file={config}",
            f"--storage.tsdb.path={system.directory}/tsdb",
            f"--web.listen-address={self.address}"], system.directory)

    def ask(self, query):
        """The answer; nothing while it starts."""
        question = urllib.parse.urlencode({"query": query})
        try:
            with urllib.request.urlopen(f"http://{self.address}/api/v1/query?{question}") as answer:
                return json.load(answer)["data"]["result"]
        except urllib.error.HTTPError as e:
            return [] if e.code == 503 else pytest.fail(f"{query}: {e.read()}")
        except (urllib.error.URLError, ConnectionError):
            return []


# What this house has none of: there are no hooks, and no alert.
EMPTY = ("ccmon_hook_", "ccmon_alert_firing")


def test_a_dashboard_has_something_to_show(house):
    system, board = house
    if shutil.which("prometheus") is None:
        pytest.skip("no prometheus (Debian package prometheus)")
    prometheus = system.add(Prometheus(system, board)).start()
    wait_until(lambda: [v["value"][1] for v in prometheus.ask("up")] == ["1"], 30, "a scrape")
    queues = prometheus.ask("ccmon_contacts_waiting")
    assert {q["metric"]["queue"] for q in queues} == system.names("queues")
    for query in panel_queries(dashboard("ccmon.json")):
        if not any(name in query for name in EMPTY):
            asked = filled(query, instance=prometheus.board)
            wait_until(lambda: prometheus.ask(asked), 30, asked)


# ---- its figures

# Field of queue:NAME, and the sample that is the same.
PLAIN = {
    "offered_total": "ccmon_contacts_offered_total",
    "answered_total": "ccmon_contacts_answered_total",
    "handled_total": "ccmon_contacts_handled_total",
    "abandoned_total": "ccmon_contacts_abandoned_total",
    "short_abandoned_total": "ccmon_contacts_short_abandoned_total",
    "flowed_out_total": "ccmon_contacts_flowed_out_total",
    "callback_total": "ccmon_contacts_callback_total",
    "stuck_total": "ccmon_contacts_stuck_total",
    "in_target_total": "ccmon_contacts_in_target_total",
    "decided_total": "ccmon_contacts_decided_total",
    "missed_total": "ccmon_offers_missed_total",
    "wait_seconds_total": "ccmon_wait_seconds_sum",
    "handle_seconds_total": "ccmon_handle_seconds_sum",
    "waiting_count": "ccmon_contacts_waiting",
    "in_progress_count": "ccmon_contacts_in_progress",
    "backlog_count": "ccmon_contacts_backlog",
    "open": "ccmon_queue_open",
    "sl_target_ratio": "ccmon_sla_target_ratio",
    "sl_threshold_seconds": "ccmon_sla_threshold_seconds",
    "agents_staffed_count": "ccmon_agents_staffed",
    "agents_required_count": "ccmon_agents_required",
}


def expected(figures):
    """Of one queue's hash: (sample, labels beside the queue's), its value."""
    for field, name in PLAIN.items():
        yield (name, {}), figures[field]
    for window in LIVE["windows"]:
        yield ("ccmon_sla_window_ratio", {"window": window}), figures[f"sl_ratio_{window}"]
        yield ("ccmon_sla_window_contacts", {"window": window}), figures[f"sl_n_{window}"]
    since = figures["updated_epoch_ms"] / 1000 - figures["oldest_wait_seconds"]
    yield ("ccmon_oldest_waiting_timestamp_seconds", {}), since if figures["waiting_count"] else 0


def differing(system, board):
    found, wrong = board.metrics().samples(), []
    for queue in system.names("queues"):
        figures = numbers(system, f"queue:{queue}")
        labels = {"queue": queue, "channel": system.hash(f"queue:{queue}")["channel"]}
        for (name, more), value in expected(figures):
            told = found.get((name, frozenset({**labels, **more}.items())))
            if told is None or not same(told, round(value, 3)) and not same(told, value):
                wrong.append((queue, name, more, told, value))
    return wrong


def test_figures_equal_redis(house):
    system, board = house
    wait_until(lambda: not differing(system, board), 15, "the same figures as in Redis")
    text = board.metrics()
    assert sum(text.family["ccmon_contacts_offered_total"].values().values()) > 100
    assert text.value("ccmon_events_total", feed="pbx") == numbers(system, "feed:pbx")["events_total"]
    assert text.value("ccmon_site_info", site="test") == 1
    assert text.value("ccmon_daemon_state", state="running") == 1
    assert text.family["ccmon_publish_duration_seconds"].type == "summary"
    assert text.value("ccmon_publish_failures_total") == 0
    assert text.value("ccmon_state_began_timestamp_seconds") > 0


def test_buckets(house):
    """Each queue's threshold is an edge, and counts what the service level does."""
    system, board = house
    text = board.metrics()
    edges = {}
    for (name, labels), value in text.family["ccmon_wait_seconds"].samples.items():
        if name.endswith("_bucket"):
            edges.setdefault(dict(labels)["queue"], {})[float(dict(labels)["le"])] = value
    assert set(edges) == system.names("queues")
    for queue, found in edges.items():
        figures = numbers(system, f"queue:{queue}")
        if figures["sl_threshold_seconds"] > 0:
            assert found[figures["sl_threshold_seconds"]] >= figures["in_target_total"], queue
        assert found[math.inf] >= figures["answered_total"], queue
    assert 7.5 in edges["sales"]
    handled = text.family["ccmon_handle_seconds"].samples
    assert sum(v for (name, _), v in handled.items() if name.endswith("_count")) > 50


# ---- counters

class Watcher(threading.Thread):
    """Reads the counters again and again."""

    def __init__(self, board):
        super().__init__(daemon=True)
        self.board, self.ended, self.n = board, threading.Event(), 0
        self.highest, self.fell, self.broken = {}, [], None
        self.start()

    def run(self):
        try:
            while not self.ended.is_set():
                self.look(self.board.metrics())
                self.n += 1
        except BaseException as e:      # told by end()
            self.broken = e

    def look(self, text):
        for family in text.family.values():
            if family.type not in ("counter", "histogram") or family.name.startswith(OF_A_PROCESS):
                continue
            for key, value in family.samples.items():
                if value < self.highest.get(key, 0):
                    self.fell.append((key, self.highest[key], value))
                self.highest[key] = value

    def end(self):
        self.ended.set()
        self.join()
        assert self.broken is None, repr(self.broken)


@pytest.mark.parametrize("victim", ["daemon", "redis"])
def test_counters_never_fall(system, victim):
    rng = random.Random(SEED)
    board, parts = start(system)
    load = Load(system, one_source(SEED, 250))
    load.send(200)
    wait_until(lambda: system.seq("pbx") == load.at, 20, "the first of it")
    watcher = Watcher(board)
    for _ in range(ROUNDS):
        load.send(rng.randrange(200, 400))
        seen = watcher.n
        wait_until(lambda: watcher.n > seen + 1, 20, "readings under load")
        if victim == "daemon":
            parts["daemon"].kill9()
            parts["daemon"].start().ready(20)
        else:
            system.redis.kill9()
            system.redis.start()
        wait_until(lambda: system.seq("pbx") == load.at, 30, "all of it")
        seen = watcher.n
        wait_until(lambda: watcher.n > seen + 1, 20, "readings afterwards")
    watcher.end()
    assert watcher.fell == []
    assert len(watcher.highest) > 200
    wait_until(lambda: not differing(system, board), 15, "the same figures as in Redis")


def test_redis_away_and_back(house):
    system, board = house
    before = board.metrics()
    system.redis.kill9()
    wait_until(lambda: board.metrics().value("ccmon_up_redis") == 0, 15, "it to notice")
    assert set(board.metrics().family) == {"ccmon_build_info", "ccmon_site_info",
                                           "ccmon_start_time_seconds", "ccmon_up_redis"}
    system.redis.start()
    wait_until(lambda: set(board.metrics().family) >= set(before.family), 15, "all figures")


def test_a_state_that_began_anew(house):
    """Everything forgotten, on purpose: that is a reset, and is shown as one."""
    system, board = house
    labels = {"queue": "sales", "channel": "call"}
    assert board.metrics().value("ccmon_contacts_offered_total", **labels) > 0
    daemon = next(p for p in system.processes if p.name == "ccmond")
    collector = next(p for p in system.processes if p.name.startswith("collector"))
    daemon.kill9()
    collector.kill9()
    system.redis.client.flushall()
    shutil.rmtree(system.directory / "journal-call")
    daemon.start().ready(20)

    def began_anew():
        family = board.metrics().family.get("ccmon_contacts_offered_total")
        return family is not None and family.values(**labels) == {frozenset(): 0}
    wait_until(began_anew, 20, "zeros")
