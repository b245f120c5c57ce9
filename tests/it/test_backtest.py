# SPDX-License-Identifier: MIT
"""ccmonctl backtest: logs in which the second of each page is known, and the
recorded ones, of which only the same answer twice is wanted."""
import json
import subprocess
import time

import pytest

from test_report import bank_events

T0 = 1_700_000_040_000      # 2023-11-14 22:14:00 UTC, a whole minute
OLDEST = """
    oldest_wait: { scope = "queue:*"; when = "oldest_wait_seconds > 60"; for = "30s"; %s };
"""


def config(path, alerts, more=""):
    path.write_text('site = "test"; timezone = "Europe/Oslo";\n'
                    'collectors: { call: { journal = "/nowhere"; inputs = '
                    '({ type = "zmq-sub"; connect = ["ipc:///nowhere"]; }); }; };\n'
                    f"{more}\nalerts: {{ {alerts} }};\n")
    return path


def event(kind, second, **members):
    return {"source": "pbx", "event": kind, "time": T0 + second * 1000, **members}


def call(kind, second, contact="1", **members):
    return event(kind, second, channel="call", queue="sales", contact=contact, **members)


@pytest.fixture
def backtest(ctl, tmp_path):
    """Rules and events in; exit code and answer out."""
    def run(alerts, events, *arguments, more=""):
        log = tmp_path / "log.jsonl"
        log.write_text("".join(json.dumps(e) + "\n" for e in events))
        done = subprocess.run(
            [ctl, "backtest", log, "--rules", config(tmp_path / "ccmon.cfg", alerts, more),
             "--json", *arguments], text=True, capture_output=True, timeout=120)
        assert done.stderr == ""
        return done.returncode, json.loads(done.stdout)
    return run


ONE_WAITS = [call("queued", 0), call("answered", 120, agent="anna"), event("heartbeat", 300)]


def test_a_page_at_its_second(backtest):
    """Over 60 s first at second 61, for 30 s at second 91; nobody waits from
    120 on, and for 30 s at 150.  Only time passes in between."""
    code, said = backtest(OLDEST % 'severity = "page";', ONE_WAITS)
    episode, = said["episodes"]
    assert code == 1
    assert episode["alert"] == "oldest_wait/queue:sales"
    assert (episode["rule"], episode["scope"]) == ("oldest_wait", "queue:sales")
    assert episode["began_epoch_ms"] == T0 + 91_000
    assert episode["paged_epoch_ms"] == T0 + 91_000
    assert episode["ended_epoch_ms"] == T0 + 150_000
    assert (episode["lasted_seconds"], episode["worst"]) == (59, 119)
    assert (said["pages_count"], said["ends_count"], said["pages_per_day"]) == (1, 1, 1)
    rule = next(r for r in said["rules"] if r["rule"] == "oldest_wait")
    assert (rule["episodes_count"], rule["paged_count"], rule["firing_seconds"]) == (1, 1, 59)


def test_what_does_not_page(backtest):
    code, said = backtest(OLDEST % 'severity = "warn";', ONE_WAITS)
    assert code == 0
    assert [e["paged_epoch_ms"] for e in said["episodes"]] == [None]
    assert said["pages_count"] == 0


def test_nothing_fires_a_second_too_early(backtest):
    code, said = backtest(OLDEST % 'severity = "page";',
                          [call("queued", 0), call("answered", 90, agent="anna"),
                           event("heartbeat", 300)])
    assert (code, said["episodes"]) == (0, [])


def test_what_lasts_to_the_end(backtest):
    code, said = backtest(OLDEST % 'severity = "page";', [call("queued", 0), event("heartbeat", 200)])
    episode, = said["episodes"]
    assert code == 1
    assert (episode["ended_epoch_ms"], episode["lasted_seconds"]) == (None, 109)
    assert (said["pages_count"], said["ends_count"]) == (1, 0)


def test_a_ladder(backtest):
    """Told at 91, 151 and 211, and every 20 s from then on: 231, 251; over
    from 260 on."""
    hooks = 'hooks: { a: { command = ["/bin/false"]; }; b: { command = ["/bin/false"]; }; };'
    code, said = backtest(
        OLDEST % '''severity = "page"; hooks = ["a"]; clear_for = "0s"; repeat = "20s";
                    ladder = ({ after = "60s"; hooks = ["b"]; }, { after = "2m"; hooks = ["a"]; });''',
        [call("queued", 0), call("answered", 260, agent="anna"), event("heartbeat", 300)], more=hooks)
    episode, = said["episodes"]
    assert episode["ended_epoch_ms"] == T0 + 260_000
    assert episode["pages_count"] == said["pages_count"] == 5


def test_an_inhibited_episode_pages_nobody(backtest):
    code, said = backtest(
        OLDEST % 'severity = "page"; inhibited_by = ["anybody_waits"];' +
        'anybody_waits: { scope = "queue:*"; when = "waiting_count > 0"; severity = "warn"; };', ONE_WAITS)
    paged = {e["rule"]: e["pages_count"] for e in said["episodes"]}
    assert (code, paged) == (0, {"anybody_waits": 0, "oldest_wait": 0})


def test_hooks_are_not_run(backtest, tmp_path):
    witness = tmp_path / "witness"
    code, _ = backtest(OLDEST % 'severity = "page"; hooks = ["a"];', ONE_WAITS,
                       more=f'hooks: {{ a: {{ command = ["/bin/sh", "-c", "touch {witness}"]; }}; }};')
    assert code == 1
    assert not witness.exists()


def test_the_table(ctl, tmp_path):
    """In the site's zone, an hour ahead of UTC that day."""
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps(e) + "\n" for e in ONE_WAITS))
    rules = config(tmp_path / "ccmon.cfg", OLDEST % 'severity = "page";')
    done = subprocess.run([ctl, "backtest", log, "--rules", rules], text=True, capture_output=True,
                          timeout=60)
    words = [line.split() for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert words[1] == ["2023-11-14", "23:15", "59s", "page", "1", "oldest_wait/queue:sales",
                        "oldest_wait_seconds", "119.000"]
    assert ["oldest_wait", "page", "1", "1", "1", "1.00", "59s"] in words
    assert "pages: 1, 1.00 a day; ends told: 1" in done.stdout


@pytest.mark.parametrize("log, alerts, word", [
    (None, OLDEST % "", "cannot open"),
    ("", OLDEST % "", "no event"),
    ("nonsense\n", OLDEST % "", "no event"),
    (json.dumps(ONE_WAITS[0]), 'x: { scope = "queue:*"; when = "oldest_weight_seconds > 60"; };',
     "oldest_wait_seconds"),
])
def test_wrong_input(ctl, tmp_path, log, alerts, word):
    path = tmp_path / "log.jsonl"
    if log is not None:
        path.write_text(log)
    done = subprocess.run([ctl, "backtest", path, "--rules", config(tmp_path / "ccmon.cfg", alerts)],
                          text=True, capture_output=True, timeout=60)
    assert done.returncode == 2
    assert word in done.stderr
    assert done.stdout == ""


# the recorded logs


def twice(ctl, log, *arguments):
    """The answer, which is the same again; and how long it took."""
    command = [ctl, "--json", "backtest", log, "--rules", "etc/ccmon.cfg", *arguments]
    began = time.monotonic()
    one, two = (subprocess.run(command, text=True, capture_output=True, timeout=600) for _ in "12")
    assert one.returncode in (0, 1)
    assert (one.returncode, one.stdout) == (two.returncode, two.stdout)
    return json.loads(one.stdout), (time.monotonic() - began) / 2


def tell(name, said, took):
    print(f"{name}: {said['events_total']} events, {said['pages_count']} pages, "
          f"{said['pages_per_day']} a day; {took:.1f} s")


@pytest.mark.long
@pytest.mark.parametrize("name", ["queue_log_2018_pbxware", "queue_log_2023_realtime_mysql"])
def test_a_recorded_queue_log(shared, ctl, name):
    said, took = twice(ctl, shared / "data" / name / "queue_log", "--dialect", "queue_log")
    tell(name, said, took)
    assert said["events_total"] > 0


@pytest.mark.long
def test_days_of_a_bank(shared, ctl, tmp_path):
    """The first days of the month; the second take as long as the first."""
    lines = bank_events(shared, tmp_path).read_text().splitlines(keepends=True)[:8000]
    log = tmp_path / "days.jsonl"
    log.write_text("".join(lines))
    said, took = twice(ctl, log)
    tell("bank", said, took)
    assert said["events_total"] == 8000
    assert sum(r["pages_count"] for r in said["rules"]) >= said["pages_count"]
