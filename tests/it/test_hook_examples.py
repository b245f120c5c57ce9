# SPDX-License-Identifier: MIT
"""The hooks in etc/hooks that speak HTTP, each run as the runner would, against
a fake of its service: what it is sent, to the letter, and what comes of each
answer.  Mail and short messages: test_hook_messages.py."""
import datetime
import json
import subprocess

import pytest
from pages import (ENVIRONMENT, HOOKS, HOSTILE, OWNED, SECRET, Page, Service, alert, escalate, fire, hook_test,
                   now_ms, refusing_url, resolve, run, storm)

pytestmark = pytest.mark.scripts  # no program of ours runs in it


@pytest.fixture
def service():
    one = Service()
    yield one
    one.end()


@pytest.fixture
def secret(tmp_path):
    """Writes a secret to a file only we may read; gives its name."""
    def write(text=SECRET):
        path = tmp_path / f"secret{len(list(tmp_path.iterdir()))}"
        path.write_text(text + "\n")
        path.chmod(0o600)
        return str(path)
    return write


@pytest.fixture
def settings(service, secret):
    """What each of the hooks over HTTP needs to reach the fake."""
    return {
        "webhook": lambda u=service.url: {"WEBHOOK_URL_FILE": secret(f"{u}/in/{SECRET}?a=[1]")},
        "ntfy": lambda u=service.url: {"NTFY_URL_FILE": secret(f"{u}/{TOPIC}"),
                                       "NTFY_TOKEN_FILE": secret()},
        "slack": lambda u=service.url: {"SLACK_URL_FILE": secret(f"{u}/services/{SECRET}")},
        "teams": lambda u=service.url: {"TEAMS_URL_FILE": secret(f"{u}/flow/{SECRET}?sig=x%2Fy")},
        "pagerduty": lambda u=service.url: {"PAGERDUTY_KEY_FILE": secret(),
                                            "PAGERDUTY_URL": f"{u}/v2/enqueue"},
        "alertmanager": lambda u=service.url: {"ALERTMANAGER_URL": u + "/",
                                               "ALERTMANAGER_TOKEN_FILE": secret()},
    }


TOPIC = f"desk-{SECRET}"
OVER_HTTP = ["webhook", "ntfy", "slack", "teams", "pagerduty", "alertmanager"]
PATHS = {"webhook": f"/in/{SECRET}?a=[1]", "ntfy": "/", "slack": f"/services/{SECRET}",
         "teams": f"/flow/{SECRET}?sig=x%2Fy", "pagerduty": "/v2/enqueue",
         "alertmanager": "/api/v2/alerts"}
WITH_TOKEN = {"ntfy", "alertmanager"}


def texts(value):
    """All strings in a JSON value."""
    if isinstance(value, dict):
        value = value.values()
    elif isinstance(value, str):
        return [value]
    elif not isinstance(value, list):
        return []
    return [t for one in value for t in texts(one)]


# ---- what all of them owe ----

@pytest.mark.parametrize("hook", OVER_HTTP)
def test_request(hook, service, settings):
    page = fire()
    done = run(hook, page, **settings[hook]())
    assert (done.status, done.said) == (0, "")
    request = service.only()
    assert (request.method, request.path) == ("POST", PATHS[hook])
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Idempotency-Key"] == page.id
    assert request.headers["Authorization"] == (f"Bearer {SECRET}" if hook in WITH_TOKEN else None)
    assert "Expect" not in request.headers
    request.json()
    assert request.leaks == [], "a secret in the process list"


@pytest.mark.parametrize("hook", OVER_HTTP)
@pytest.mark.parametrize("answer, status", [
    (200, 0), (202, 0), (500, 75), (503, 75), (429, 75), (408, 75), (404, 69), (400, 69), (302, 69)])
def test_answers(hook, answer, status, service, settings):
    service.statuses = [answer]
    done = run(hook, fire(), **settings[hook]())
    assert done.status == status
    service.only()
    assert done.said == ("" if status == 0 else
                         f'webhook: the answer was {answer}: {{"error":"said the fake"}}\n')


@pytest.mark.parametrize("hook", OVER_HTTP)
def test_nobody_there(hook, settings):
    done = run(hook, fire(), **settings[hook](refusing_url()))
    assert done.status == 75
    assert "Failed to connect" in done.said and SECRET not in done.said


@pytest.mark.parametrize("hook", OVER_HTTP)
def test_slow(hook, service, settings):
    service.mute.set()
    done = run(hook, fire(), WEBHOOK_TIMEOUT="0.3", **settings[hook]())
    assert done.status == 75
    assert "timed out" in done.said
    service.only()


@pytest.mark.parametrize("hook, name", [
    ("webhook", "WEBHOOK_URL"), ("ntfy", "NTFY_URL"), ("slack", "SLACK_URL_FILE"),
    ("teams", "TEAMS_URL_FILE"), ("pagerduty", "PAGERDUTY_KEY_FILE"),
    ("alertmanager", "ALERTMANAGER_URL"), ("email", "EMAIL_TO"), ("sms-smstools", "SMS_TO")])
def test_setting_missing(hook, name):
    done = run(hook, fire())
    assert done.status == 64
    assert done.said.startswith(f"{hook}: ") and name in done.said and done.said.count("\n") == 1


@pytest.mark.parametrize("hook", OVER_HTTP)
def test_secret_cannot_be_read(hook, service, settings, tmp_path):
    env = {k: str(tmp_path / "no such file") if k.endswith("_FILE") else v
           for k, v in settings[hook]().items()}
    done = run(hook, fire(), **env)
    assert done.status == 64
    assert "no such file" in done.said or "readable NTFY_URL_FILE" in done.said
    assert service.requests == []


@pytest.mark.parametrize("url", ["", "ftp://127.0.0.1/", "file:///etc/passwd", "127.0.0.1", 'http://a"b',
                                 "http://a\\b"])
def test_webhook_refuses_urls(url):
    assert run("webhook", fire(), WEBHOOK_URL=url).status == 64


@pytest.mark.parametrize("hook", OVER_HTTP)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(hook, name, service, settings):
    """They arrive as the texts they are, and nothing else happens."""
    OWNED.unlink(missing_ok=True)
    page = fire(name)
    done = run(hook, page, **settings[hook]())
    assert (done.status, done.said) == (0, "")
    wanted = name
    if hook == "slack":
        wanted = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert any(wanted in t for t in texts(service.only().json()))
    assert not OWNED.exists()


@pytest.mark.parametrize("hook", ["slack", "teams", "pagerduty", "alertmanager"])
@pytest.mark.parametrize("body", [b"", b'{"version":"4","al'])
def test_body_that_is_none(hook, body, service, settings):
    """A page cut short can never be delivered, and half of it is not posted."""
    done = subprocess.run([HOOKS / hook], input=body, capture_output=True, timeout=30,
                          env={**ENVIRONMENT, **fire().env, **settings[hook]()})
    assert done.returncode not in (0, 1, 75)
    assert service.requests == []


# ---- each of them ----

@pytest.mark.parametrize("hook", OVER_HTTP)
def test_hook_test(hook, service, settings):
    assert run(hook, hook_test(), **settings[hook]()).status == 0
    said = texts(service.only().json())
    assert any("A test: nothing is wrong" in t for t in said) and not any("ccmonctl ack" in t for t in said)


def test_webhook_hands_on_the_page(service, settings):
    page = storm()
    assert run("webhook", page, **settings["webhook"]()).status == 0
    assert service.only().json() == page.body


def sent(hook, page, service, settings):
    done = run(hook, page, **settings[hook]())
    assert (done.status, done.said) == (0, "")
    return service.only().json()


@pytest.mark.parametrize("page, words, priority, tag", [
    (fire(), "FIRING", 5, "rotating_light"), (fire(severity="warn"), "FIRING", 4, "warning"),
    (fire(severity="info"), "FIRING", 2, "information_source"),
    (escalate(), "NOT ACKED", 5, "rotating_light"), (fire(kind="repeat"), "STILL FIRING", 5, "rotating_light"),
    (resolve(), "RESOLVED", 3, "white_check_mark")])
def test_ntfy(page, words, priority, tag, service, settings):
    assert sent("ntfy", page, service, settings) == {
        "topic": TOPIC, "title": f"{words} oldest_wait/queue:sales at main",
        "message": "sales: oldest_wait_seconds is 73.3, limit 60", "priority": priority, "tags": [tag]}


def test_ntfy_open_topic(service):
    assert run("ntfy", fire(), NTFY_URL=service.url + "/open/").status == 0
    assert (service.only().path, service.only().json()["topic"]) == ("/", "open")
    assert service.only().headers["Authorization"] is None


@pytest.mark.parametrize("url", ["https://ntfy.sh", "https://ntfy.sh/", "ntfy.sh/topic", "ftp://ntfy.sh/topic"])
def test_ntfy_url_without_topic(url):
    assert run("ntfy", fire(), NTFY_URL=url).status == 64


@pytest.mark.parametrize("page, lines", [
    (fire(), [":rotating_light: *Firing* at main: sales: oldest_wait_seconds is 73.3, limit 60",
              "`ccmonctl ack 'oldest_wait/queue:sales'`"]),
    (resolve(), [":white_check_mark: *Resolved* at main: sales: oldest_wait_seconds is 73.3, limit 60"]),
    (storm(), [":rotating_light: *Firing* at main: 23 new alerts: oldest_wait/queue:q0, "
               "oldest_wait/queue:q1 and 21 more"]
     + [f"• q{i}: oldest_wait_seconds is 73.3, limit 60" for i in range(20)] + ["and 3 more"])])
def test_slack(page, lines, service, settings):
    assert sent("slack", page, service, settings) == {"text": "\n".join(lines)}


@pytest.mark.parametrize("page, title, color, last", [
    (fire(), "Firing at main: oldest_wait/queue:sales", "Attention", "ccmonctl ack 'oldest_wait/queue:sales'"),
    (fire(severity="warn"), "Firing at main: oldest_wait/queue:sales", "Warning",
     "ccmonctl ack 'oldest_wait/queue:sales'"),
    (resolve(), "Resolved at main: oldest_wait/queue:sales", "Good",
     "sales: oldest_wait_seconds is 73.3, limit 60"),
    (storm(), "Firing at main: storm/site", "Attention", "and 3 more")])
def test_teams(page, title, color, last, service, settings):
    body = sent("teams", page, service, settings)
    assert set(body) == {"type", "attachments"} and body["type"] == "message"
    (attachment,) = body["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    runs = [run for block in card["body"] for run in block["inlines"]]
    assert {run["type"] for run in runs} == {"TextRun"}
    assert (runs[0]["text"], runs[0]["color"], runs[-1]["text"]) == (title, color, last)
    assert len(json.dumps(body)) < 28000


def test_teams_is_small_enough(service, settings):
    many = [alert("é" * 32, rule=f"r{i}") for i in range(500)]
    page = Page("fire", many, "s0.0.0", CCMON_SUMMARY="é" * 5000)
    assert run("teams", page, **settings["teams"]()).status == 0
    assert len(service.only().body) < 28000


@pytest.mark.parametrize("page, severity", [
    (fire(), "critical"), (fire(severity="warn"), "warning"), (fire(severity="info"), "info"),
    (escalate(), "critical")])
def test_pagerduty_trigger(page, severity, service, settings):
    assert sent("pagerduty", page, service, settings) == {
        "routing_key": SECRET, "client": "ccmon", "event_action": "trigger",
        "dedup_key": page.alerts[0]["episode"],
        "payload": {
            "summary": "sales: oldest_wait_seconds is 73.3, limit 60", "source": "ccmon main",
            "severity": severity, "timestamp": "2026-11-22T00:00:00.000Z",
            "component": "queue:sales", "group": "main", "class": "oldest_wait",
            "custom_details": page.body["ccmon"]}}


def test_pagerduty_resolve(service, settings):
    page = resolve()
    assert sent("pagerduty", page, service, settings) == {
        "routing_key": SECRET, "client": "ccmon", "event_action": "resolve",
        "dedup_key": fire().env["CCMON_EPISODE"]}


def test_pagerduty_long_summary(service, settings):
    page = Page("fire", [alert()], "1.0.0", CCMON_SUMMARY="é" * 5000)
    assert sent("pagerduty", page, service, settings)["payload"]["summary"] == "é" * 1024


def test_pagerduty_storm(service, settings):
    """One incident, of a size that is accepted."""
    page = storm(2000)
    event = sent("pagerduty", page, service, settings)
    assert (event["event_action"], event["dedup_key"]) == ("trigger", page.id)
    assert event["payload"]["custom_details"] == {"alerts": [a["id"] for a in page.alerts[:500]]}
    assert len(service.only().body) < 512000


def test_pagerduty_many_ends(service, settings):
    page = storm(120, kind="resolve")
    episodes = [a["episode"] for a in page.alerts]
    page.body["ccmon"]["alerts"].reverse()
    assert run("pagerduty", page, seconds=120, **settings["pagerduty"]()).status == 0
    assert [r.json()["dedup_key"] for r in service.requests] == episodes[:100]
    assert {r.json()["event_action"] for r in service.requests} == {"resolve"}


def test_pagerduty_stops_at_what_fails(service, settings):
    service.statuses = [202, 429, 202]
    done = run("pagerduty", storm(3, kind="resolve"), **settings["pagerduty"]())
    assert done.status == 75 and len(service.requests) == 2


def ms(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000


def test_alertmanager_firing(service, settings):
    page = fire()
    before = now_ms()
    (given,) = sent("alertmanager", page, service, settings)
    wanted = page.body["alerts"][0]
    assert {k: given[k] for k in ("labels", "annotations", "startsAt", "generatorURL")} == {
        k: wanted[k] for k in ("labels", "annotations", "startsAt", "generatorURL")}
    assert set(given) == {"labels", "annotations", "startsAt", "generatorURL", "endsAt"}
    assert before - 1000 <= ms(given["endsAt"]) - 86400000 <= now_ms()


def test_alertmanager_hold(service, settings):
    before = now_ms()
    assert run("alertmanager", fire(), ALERTMANAGER_HOLD="240", **settings["alertmanager"]()).status == 0
    assert before - 1000 <= ms(service.only().json()[0]["endsAt"]) - 240000 <= now_ms()


def test_alertmanager_resolved_and_storm(service, settings):
    assert sent("alertmanager", resolve(), service, settings)[0]["endsAt"] == "2026-11-22T00:01:30.000Z"
    service.requests.clear()
    assert len(sent("alertmanager", storm(), service, settings)) == 23
