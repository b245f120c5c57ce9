# SPDX-License-Identifier: MIT
"""Posts of web systems to a collector, signed the way each of them signs: what
is right is in the journal once, whatever comes again, and after months; what is
wrong is not."""
import datetime
import hashlib
import hmac
import http.client
import json
import pathlib
import socket
import subprocess
import time

import pytest

from conftest import build
from loopback import own_host, own_port
from switch_house import StoryClock
from system import wait_until

POSTS = pathlib.Path(__file__).parent.parent / "data"
SECRET = "what we know"

CONFIG = """
site = "main"; timezone = "UTC";
daemon: {{ ingest = "ipc://{place}/ingest.ipc"; }};
collectors: {{ chat: {{ journal = "{place}/journal"; inputs = ( {inputs} ); }}; }};
"""
INPUT = ('{{ type = "http"; listen = "{listen}"; dialect = "{dialect}"; path = "/hook"; '
         'source = "web1"; secret_file = "{secret}"; }}')


def signature(key, text, hash):
    return hmac.new(key.encode(), text, hash).hexdigest()


def chatwoot(body, secret):
    at = str(int(time.time()))
    return {"X-Chatwoot-Timestamp": at, "X-Chatwoot-Delivery": "5b0f",
            "X-Chatwoot-Signature": "sha256=" + signature(secret, at.encode() + b"." + body,
                                                          hashlib.sha256)}


def rocketchat(body, secret):
    return {"X-RocketChat-Livechat-Token": secret}


def zammad(body, secret):
    return {"X-Zammad-Trigger": "all", "X-Zammad-Delivery": "77",
            "X-Hub-Signature": "sha1=" + signature(secret, body, hashlib.sha1)}


# The dialect, how it signs, a post of it, and its events.
WAYS = [(chatwoot, "message_incoming", 1), (rocketchat, "closed_many_messages", 22),
        (zammad, "closed", 4)]


class Collector:
    def __init__(self, place, dialect, clock=None):
        self.place, self.address = place, (own_host(), own_port())
        secret = place / "secret"
        secret.write_text(SECRET + "\n")
        secret.chmod(0o600)
        config = place / "ccmon.cfg"
        config.write_text(CONFIG.format(place=place, inputs=INPUT.format(
            listen="%s:%d" % self.address, dialect=dialect, secret=secret)))
        self.command = [build() / "ccmon-collector", "-c", config, "chat"]
        if clock is not None:
            self.command = clock.of(self.command)
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.command, stderr=subprocess.PIPE, text=True)
        wait_until(self.listens, what="the collector listens")

    def listens(self):
        assert self.process.poll() is None, self.process.stderr.read()
        with socket.socket() as s:
            return s.connect_ex(self.address) == 0

    def post(self, body, headers):
        connection = http.client.HTTPConnection(*self.address, timeout=10)
        connection.request("POST", "/hook", body, {"Content-Type": "application/json", **headers})
        status = connection.getresponse().status
        connection.close()
        return status

    def kill(self):
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        self.process = None


@pytest.fixture(params=WAYS, ids=lambda way: way[0].__name__)
def posted(request, tmp_path):
    """(collector, how to sign, the post's bytes, its events)"""
    sign, name, events = request.param
    collector = Collector(tmp_path, sign.__name__)
    body = (POSTS / sign.__name__ / f"{name}.json").read_bytes()
    try:
        collector.start()
        yield collector, sign, body, events
    finally:
        collector.kill()


def report(collector, ctl):
    done = subprocess.run([ctl, "--json", "report", collector.place / "journal"], text=True,
                          capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def events_in(collector, ctl):
    return report(collector, ctl)["feed"]["events_total"]


def test_once_whatever_comes_again(posted, ctl):
    """A lost 200 makes its sender try again, maybe after a crash of ours."""
    collector, sign, body, events = posted
    for _ in range(2):
        assert collector.post(body, sign(body, SECRET)) == 200
        assert collector.post(body, sign(body, SECRET)) == 200
        collector.kill()
        collector.start()
    assert collector.post(body, sign(body, SECRET)) == 200
    collector.kill()
    assert events_in(collector, ctl) == events


def test_only_who_knows_the_secret(posted, ctl):
    collector, sign, body, _ = posted
    assert collector.post(body, {}) in (401, 403)
    assert collector.post(body, sign(body, "what we do not know")) in (401, 403)
    if sign is not rocketchat:
        assert collector.post(body + b" ", sign(body, SECRET)) in (401, 403)
    assert collector.post(b"{}", sign(b"{}", SECRET)) in (200, 400, 422)
    collector.kill()
    assert events_in(collector, ctl) == 0


# ---- over days: each post of Zammad's tells all of a ticket again

DAY = 86_400_000
BEGIN = 1_699_000_000_000


def iso(day):
    at = datetime.datetime.fromtimestamp(BEGIN / 1000 + day * 86400, datetime.timezone.utc)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ticket(way, day, closed, is_closed, note):
    post = json.loads((POSTS / "zammad" / "closed_last_week_with_a_note.json").read_text())
    post["ticket"].update(
        state="closed" if is_closed else "open", create_article_type=way, created_at=iso(0),
        updated_at=iso(day), close_at=closed and iso(closed), last_close_at=closed and iso(closed))
    if note:
        post["article"].update(created_at=iso(day), id=int(day * 10))
    else:
        post["article"] = None
    return json.dumps(post).encode()


# Posts as (day, closed on day, is closed now, has a note), and the figures.
DAYS = {
    "a note on one that was closed last week": (
        "email", [(0.01, None, False, False), (3, 3, True, False), (8, 3, True, True)],
        dict(offered_count=1, answered_count=1, handled_count=1, resolved_count=1,
             in_progress_count=0, backlog_count=0)),
    "a note on one that came back last week": (
        "whatsapp message", [(0.01, None, False, False), (0.1, 0.1, True, False),
                             (1, 0.1, False, True), (9, 0.1, False, True)],
        dict(offered_count=2, answered_count=2, handled_count=1, resolved_count=1,
             reopened_count=1)),
    "notes on one that was closed months ago": (
        "email", [(0.01, None, False, False), (180, 180, True, False), (367, 180, True, True)],
        dict(offered_count=1, answered_count=1, handled_count=1, resolved_count=1,
             in_progress_count=0, backlog_count=0)),
}


def site_of_days(place, dialect, posts, ctl):
    """The figures of posts, each (day, bytes) to a collector just started."""
    clock = StoryClock(place, BEGIN)
    collector = Collector(place, dialect, clock)
    try:
        for day, body in posts:
            clock.set(BEGIN + int(day * DAY))
            collector.start()
            assert collector.post(body, {"Authorization": "Bearer " + SECRET}) == 200
            collector.kill()
    finally:
        collector.kill()
    return report(collector, ctl)["site"]


@pytest.mark.parametrize("way,posts,figures", DAYS.values(), ids=DAYS.keys())
def test_days_later(tmp_path, ctl, way, posts, figures):
    bodies = [(post[0], ticket(way, *post)) for post in posts]
    site = site_of_days(tmp_path, "zammad", bodies, ctl)
    assert {k: site[k] for k in figures} == figures


def test_a_survey_is_answered_again(tmp_path, ctl):
    """Chatwoot lets a customer change the answer for 14 days; the first one counts."""
    first = (POSTS / "chatwoot" / "survey_answered.json").read_bytes()
    other = first.replace(b'"rating": 4', b'"rating": 1').replace(
        b"1699001200.25", b"1700211200.25")
    assert other != first
    site = site_of_days(tmp_path, "chatwoot", [(0.1, first), (14, other)], ctl)
    assert (site["csat_n"], site["csat_ratio"]) == (1, 1)
