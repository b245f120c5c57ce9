# SPDX-License-Identifier: MIT
"""The hooks in etc/hooks run by the real daemon: a caller waits and leaves, and
every service hears of both; check_ccmon sees what fires."""
import email
import shutil
import subprocess

import pytest
from pages import ENVIRONMENT, HOOKS, Service, now_ms
from system import SITE, wait_until
from test_live import body

RULE = ('alerts: { waits: { scope = "queue:*"; when = "waiting_count > 0"; clear_for = "0s"; '
        'severity = "page"; hooks = [%s]; }; };\n')


@pytest.fixture
def service():
    one = Service()
    yield one
    one.end()


def settings(directory, url):
    """What each hook needs; secrets in files, a sendmail that keeps what it got."""
    (directory / "secret").write_text(f"{url}/secret\n")
    (directory / "outgoing").mkdir()
    (directory / "mails").mkdir()
    sendmail = directory / "sendmail"
    sendmail.write_text(f'#!/bin/sh\nat={directory}/mails/$(date +%s%N)\ncat >"$at.new"\nmv "$at.new" "$at"\n')
    sendmail.chmod(0o755)
    return {
        "webhook": [f"WEBHOOK_URL={url}/webhook"], "ntfy": [f"NTFY_URL={url}/desk"],
        "slack": [f"SLACK_URL_FILE={directory}/secret"], "teams": [f"TEAMS_URL_FILE={directory}/secret"],
        "pagerduty": [f"PAGERDUTY_KEY_FILE={directory}/secret", f"PAGERDUTY_URL={url}/enqueue"],
        "alertmanager": [f"ALERTMANAGER_URL={url}"],
        "email": ["EMAIL_TO=desk@example.org", "EMAIL_FROM=ccmon@example.org", f"SENDMAIL={sendmail}"],
        "sms-smstools": ["SMS_TO=47", f"SMS_DIR={directory}/outgoing"]}


def configure(system, url):
    """Copies of the hooks: a checkout may be writable by a group, and is then refused."""
    hooks = settings(system.directory, url)
    shutil.copytree(HOOKS, system.directory / "hooks")
    (system.directory / "hooks").chmod(0o755)
    system.configure({"windows": ["15m"]})
    with open(system.config, "a", encoding="utf-8") as config:
        config.write(RULE % ", ".join(f'"{name}"' for name in hooks) + "hooks: {\n")
        for name, env in hooks.items():
            quoted = ", ".join(f'"{variable}"' for variable in env)
            config.write(f'{name}: {{ command = ["{system.directory}/hooks/{name}"]; env = [{quoted}]; }};\n')
        config.write("};\n")
    return hooks


def about(event, seq):
    return body(dict(source="pbx", boot=1, seq=seq, time=now_ms(), event=event, channel="call",
                     queue="sales", contact="c1"))


def check(system):
    done = subprocess.run([HOOKS / "check_ccmon", "-s", system.redis.socket, "-S", SITE], env=ENVIRONMENT,
                          stdout=subprocess.PIPE, text=True, timeout=30)
    return done.returncode, done.stdout


def delivered(system, kind, hooks):
    entries = [fields for _, fields in system.redis.client.xrange("ccmon:v1:{%s}:alerts:log" % SITE)]
    runs = [e for e in entries if e["kind"] == "hook" and e.get("page_kind") == kind]
    assert all(e["outcome"] == "delivered" for e in runs), runs
    return sorted(e["hook"] for e in runs) == sorted(hooks)


def test_everybody_hears_of_it(system, service):
    hooks = configure(system, service.url)
    system.daemon().start().ready()
    system.collector().start()
    publisher = system.publisher()
    publisher.send(about("queued", 1))
    wait_until(lambda: delivered(system, "fire", hooks), 30, "all to be told of the begin")
    wait_until(lambda: check(system)[0] == 2, 10, "check_ccmon to be critical")
    assert check(system)[1].startswith("CCMON CRITICAL - sales: waiting_count is 1, limit 0 | firing=1;")

    publisher.send(about("abandoned", 2))
    wait_until(lambda: delivered(system, "resolve", hooks), 30, "all to be told of the end")
    wait_until(lambda: check(system)[0] == 0, 10, "check_ccmon to be content")

    told = [(r.path, r.json()) for r in service.requests]
    one = {path: [body for at, body in told if at == path] for path, _ in told}
    page, end = one["/webhook"]
    (fired,), (ended,) = page["alerts"], end["alerts"]
    assert (fired["status"], ended["status"]) == ("firing", "resolved")
    assert fired["labels"] == ended["labels"] == {
        "alertname": "waits", "scope": "queue:sales", "queue": "sales", "severity": "critical", "site": SITE}
    assert [body["event_action"] for body in one["/enqueue"]] == ["trigger", "resolve"]
    assert one["/enqueue"][0]["dedup_key"] == one["/enqueue"][1]["dedup_key"]
    assert one["/enqueue"][0]["payload"]["custom_details"]["alerts"][0]["figures"]["waiting_count"] == 1
    assert [body["title"].split()[0] for body in one["/"]] == ["FIRING", "RESOLVED"]
    assert [len(body) for body in one["/api/v2/alerts"]] == [1, 1]
    assert len(one["/secret"]) == 4
    mails = [email.message_from_bytes(p.read_bytes()) for p in sorted((system.directory / "mails").iterdir())]
    assert len(mails) == 2 and mails[0]["References"] == mails[1]["References"]
    assert len(list((system.directory / "outgoing").iterdir())) == 2
