# SPDX-License-Identifier: MIT
"""What web systems post, from the first post to the figures: a conversation of
each, its posts a line each, as ccmonctl report and ccmon-feed read them."""
import json
import pathlib
import subprocess

import pytest

POSTS = pathlib.Path(__file__).parent.parent / "data"

# A conversation as it goes, its dialect in front of its name, and the figures it
# must give.
STORIES = {
    "chatwoot": (
        "created_open message_incoming assigned_later message_of_agent status_open_snoozed"
        " status_snoozed_open status_open_resolved survey_sent survey_answered"
        " status_resolved_open_assigned typing",
        dict(offered_count=2, answered_count=2, handled_count=1, resolved_count=1,
             reopened_count=1, csat_n=1, csat_sent_count=1, csat_ratio=1, in_progress_count=1)),
    "rocketchat": (
        "start queued taken message_of_agent message_of_visitor forwarded_to_agent"
        " closed_by_agent settings_page_sample offline_message",
        dict(offered_count=1, answered_count=1, handled_count=2, transferred_count=1,
             resolved_count=1, first_response_met_count=1, first_response_avg_seconds=50.020,
             in_progress_count=0)),
    "zammad": (
        "new owner_set agent_replies pending customer_follows_up closed reopened"
        " closed_second_time",
        dict(offered_count=2, answered_count=2, handled_count=2, resolved_count=2,
             reopened_count=1, first_response_met_count=1, first_response_missed_count=1,
             in_progress_count=0, backlog_count=0)),
    "zammad, notes on a merged one": (
        "new owner_set merged merged_with_a_note",
        dict(offered_count=1, answered_count=1, handled_count=1, resolved_count=1,
             in_progress_count=0, backlog_count=0)),
    "zammad, a note on one without times": (
        "new owner_set closed_without_times closed_without_times_with_a_note",
        dict(offered_count=1, handled_count=1, resolved_count=1, in_progress_count=0)),
    "zammad, came back twice, in another group": (
        "new owner_set closed reopened closed_second_time reopened_second_time"
        " closed_third_time",
        dict(offered_count=3, answered_count=3, handled_count=3, resolved_count=3,
             reopened_count=2, in_progress_count=0, backlog_count=0)),
    "zammad, moved after it came back": (
        "new owner_set closed reopened reopened_then_moved closed_second_time_elsewhere",
        dict(offered_count=2, answered_count=2, handled_count=2, resolved_count=2,
             reopened_count=1, in_progress_count=0, backlog_count=0)),
}


@pytest.fixture(params=sorted(STORIES))
def story(request, tmp_path):
    """(dialect, file of posts, the figures wanted)"""
    names, figures = STORIES[request.param]
    dialect = request.param.split(",")[0]
    posts = [json.loads((POSTS / dialect / f"{name}.json").read_text())
             for name in names.split()]
    path = tmp_path / "posts"
    path.write_text("".join(json.dumps(post) + "\n" for post in posts))
    return dialect, path, figures


def report(ctl, dialect, path):
    done = subprocess.run([ctl, "--json", "report", "--dialect", dialect, path],
                          text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert not said["feed"]["refused"] and not said["feed"]["skipped"]
    assert said["feed"]["inconsistent_total"] == 0
    return {k: v for k, v in said["site"].items() if "epoch" not in k}


def test_figures(story, ctl):
    dialect, path, figures = story
    site = report(ctl, dialect, path)
    assert {k: site[k] for k in figures} == figures


def test_every_post_comes_again(story, ctl):
    """One after the other twice, and then all of them once more."""
    dialect, path, _ = story
    once = report(ctl, dialect, path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line * 2 for line in lines) + "".join(lines))
    assert report(ctl, dialect, path) == once


def test_replayed(story, ctl):
    """What ccmon-feed makes of them is numbered, and each event is there once."""
    dialect, path, figures = story
    path.write_text(path.read_text() * 2)
    done = subprocess.run([pathlib.Path(ctl).with_name("ccmon-feed"), "replay", path, "--dialect",
                           dialect, "--source", "web1", "--out", "-"],
                          text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    assert sum(e["event"] == "queued" for e in events) == figures["offered_count"]
    assert "SECRET" not in json.dumps(events)
