# SPDX-License-Identifier: MIT
"""ccmonctl report: the engine over recorded logs, against figures computed by
others, by hand and by the oracle."""
import json
import pathlib
import subprocess
import sys

import pytest

from compare import must_equal
from oracle import Oracle
from stream import stream

DATA = pathlib.Path(__file__).parent / "data"
# what a report lives by without a configuration: contract section 7
MINUTE = 60_000
DAY = 24 * 60 * MINUTE
DEFAULTS = {
    "call": {"threshold": 20_000, "max_wait": 120 * MINUTE, "max_handle": 480 * MINUTE,
             "max_open": 7 * DAY},
    "chat": {"threshold": 30_000, "max_wait": 120 * MINUTE, "max_handle": 720 * MINUTE,
             "max_open": DAY, "first_response": MINUTE, "next_response": 2 * MINUTE},
    "email": {"threshold": 0, "max_open": 90 * DAY, "first_response": 240 * MINUTE,
              "resolution": 2 * DAY},
}
FCR_DAYS = 7


@pytest.fixture
def report(ctl):
    def run(*arguments):
        done = subprocess.run([ctl, "--json", "report", *map(str, arguments)],
                              text=True, capture_output=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
    return run


def check(figures, **expected):
    assert {k: figures[k] for k in expected} == expected


def recorded(shared, name):
    """Figures of a recorded log, from its own program."""
    return json.loads((shared / "data" / "expected_calls.json").read_text())[name]


def agrees(site, log):
    """The figures of expected_calls.json that are ours too."""
    check(site, offered_count=log["offered"], answered_count=log["answered"],
          abandoned_count=log["abandoned"], asa_seconds=round(log["ASA"], 3),
          sl_good_count=log["answered_within_20"])


def test_queue_log_2018(shared, report):
    path = shared / "data" / "queue_log_2018_pbxware" / "queue_log"
    site = report("--dialect", "queue_log", path)["site"]
    check(site, offered_count=108, answered_count=93, abandoned_count=12,
          flowed_out_count=1, missed_count=360, asa_seconds=38.699,
          talk_avg_seconds=262.780, sl_good_count=39)
    agrees(site, recorded(shared, "queue_log_2018_pbxware"))


def test_queue_log_2023(shared, report):
    path = shared / "data" / "queue_log_2023_realtime_mysql" / "queue_log"
    site = report("--dialect", "queue_log", path)["site"]
    check(site, offered_count=8, answered_count=2, abandoned_count=5, missed_count=2,
          asa_seconds=6.5, talk_avg_seconds=54.5, sl_good_count=2)
    agrees(site, recorded(shared, "queue_log_2023_realtime_mysql"))


def bank_events(shared, directory):
    """The bank's month of calls as native events."""
    path = directory / "bank.jsonl"
    with open(path, "w") as out:
        subprocess.run([sys.executable, shared / "tools" / "bank_to_events.py",
                        shared / "data" / "calls_anonymousbank_feb1999"
                        / "data_anonymous_bank_february.txt"], stdout=out, check=True)
    return path


def test_a_month_of_a_bank(shared, report, tmp_path):
    site = report(bank_events(shared, tmp_path))["site"]
    check(site, offered_count=31094, answered_count=27162, abandoned_count=3932,
          asa_seconds=40.774, talk_avg_seconds=179.035, sl_good_count=16209)
    agrees(site, recorded(shared, "calls_anonymousbank_feb1999"))


def test_a_small_help_desk(report):
    """Waits 12, 30, 5 answered; 3 (short) and 40 abandoned; 15 timed out.
    Talks 60, 100, 20."""
    board = report("--dialect", "queue_log", DATA / "help.queue_log")
    check(board["queues"]["help"], offered_count=6, answered_count=3, abandoned_count=2,
          short_abandoned_count=1, flowed_out_count=1, flowed_out_timeout_count=1,
          handled_count=3, transferred_count=1, missed_count=1, asa_seconds=15.667,
          talk_avg_seconds=60.0, aht_seconds=60.0, wait_max_seconds=40.0,
          sl_good_count=2, sl_short_count=1, sl_late_count=2, sl_flowed_count=1,
          sl_ratio=0.5, sl_ratio_answered_only=0.6667, abandon_ratio=0.25,
          transfer_ratio=0.3333)
    assert board["site"]["offered_count"] == board["channels"]["call"]["offered_count"] == 6


def test_a_small_chat(report):
    """Ann: ringing 12..20, talk 20..50 and 70..110, hold 50..70, wrap-up
    110..130; talk 240..300; paused from 500; the log ends at 600.  T is 30 s."""
    board = report(DATA / "web.jsonl")
    check(board["queues"]["web"], offered_count=4, answered_count=2, abandoned_count=1,
          callback_count=1, handled_count=3, transferred_count=1, escalated_count=1,
          asa_seconds=25.0,                                 # 10, 40
          talk_avg_seconds=63.333, hold_avg_seconds=6.667,  # 70, 60, 60; 20
          acw_avg_seconds=6.667, aht_seconds=76.667, sl_good_count=1, sl_late_count=1,
          sl_short_count=1, sl_callback_count=1, sl_ratio=0.5)
    check(board["agents"]["ann"], state="paused", handled_count=2, ringing_seconds=8.0,
          on_contact_seconds=130.0, on_hold_seconds=20.0, acw_seconds=20.0,
          paused_seconds=100.0, available_seconds=322.0, login_seconds=600.0,
          occupancy_ratio=0.34, handled_per_login_hour=12.0)
    check(board["agents"]["bob"], handled_count=1, answered_count=0)


@pytest.mark.parametrize("seed", range(201, 207))
def test_report_equals_the_oracle(report, tmp_path, seed):
    oracle = Oracle({"clock": "events", "windows": ["all"], "defaults": DEFAULTS,
                     "fcr_days": FCR_DAYS})
    path = tmp_path / "stream.jsonl"
    with open(path, "w") as out:
        for now, event in stream(seed):
            oracle.arrive(event, now)
            out.write(json.dumps(event) + "\n")
    board = report(path)
    expected = oracle.figures(oracle.now)
    assert len(board["site"]) > 60
    for scope in ("queues", "channels", "agents"):
        assert set(board[scope]) == set(expected[scope])
        for name, seen in board[scope].items():
            equal(expected[scope][name], seen, f"SEED={seed} {scope} {name}")
    equal(expected["site"], board["site"], f"SEED={seed} site")


def equal(expected, seen, said):
    """A report's numbers are those of Redis, as JSON has them."""
    expected = {k: v for k, v in expected.items() if k in seen}
    text = {k: written(v, expected.get(k)) for k, v in seen.items() if k in expected}
    must_equal(expected, text, said)


def written(value, like):
    if value is None:
        return "NaN"
    if isinstance(value, float) and isinstance(like, str) and "." in like:
        return f"{value:.{len(like.split('.')[1])}f}"
    return str(value)
