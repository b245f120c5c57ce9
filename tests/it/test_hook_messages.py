# SPDX-License-Identifier: MIT
"""etc/hooks/email with a sendmail that keeps what it got, sms-smstools with an
outgoing directory, alertmanager with the real Alertmanager, and the example of
ccmon-hook(7)."""
import datetime
import email
import email.policy
import json
import re
import shutil
import subprocess
import urllib.request

import pytest
from conftest import ROOT
from loopback import own_host, own_port
from pages import (ENVIRONMENT, HOOKS, HOSTILE, OWNED, Page, Service, alert, escalate, fire, hook_test, now_ms,
                   resolve, run, storm)
from system import Process, wait_until

pytestmark = pytest.mark.scripts  # no program of ours runs in it

# ---- e-mail ----


class Sendmail:
    """A sendmail that writes down its arguments and its input, and ends as told."""

    def __init__(self, directory):
        self.program, self.mail = directory / "sendmail", directory / "mail"
        self.arguments = directory / "arguments"
        self.exits(0)

    def exits(self, status):
        self.program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{self.arguments}\n'
                                f"cat >{self.mail}\nexit {status}\n")
        self.program.chmod(0o755)

    def run(self, page, **env):
        return run("email", page, **{
            "SENDMAIL": str(self.program), "EMAIL_TO": "desk@example.org, lead@example.org",
            "EMAIL_FROM": "ccmon <ccmon@example.org>", **env})

    def send(self, page):
        """The mail, read by the letter of RFC 5322, and its text as lines."""
        done = self.run(page)
        assert (done.status, done.said) == (0, "")
        assert all(len(line) < 998 for line in self.mail.read_bytes().split(b"\n"))
        mail = email.message_from_bytes(self.mail.read_bytes(), policy=email.policy.default)
        assert mail.defects == [] and all(not v.defects for v in mail.values())
        return mail, mail.get_content().splitlines()


@pytest.fixture
def sendmail(tmp_path):
    return Sendmail(tmp_path)


def test_email(sendmail):
    page = fire()
    before = now_ms()
    mail, text = sendmail.send(page)
    assert sendmail.arguments.read_text() == "-t\n-i\n-f\nccmon@example.org\n"
    assert (mail["From"], mail["To"]) == ("ccmon <ccmon@example.org>", "desk@example.org, lead@example.org")
    assert mail["Subject"] == "[page] oldest_wait/queue:sales at main"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert before - 1000 <= mail["Date"].datetime.timestamp() * 1000 <= now_ms()
    assert mail.get_content_type() == "text/plain" and mail.get_content_charset() == "utf-8"
    assert text == [
        "FIRING: sales: oldest_wait_seconds is 73.3, limit 60", "",
        "Figure: oldest_wait_seconds", "Value:  73.3", "Limit:  60", "Since:  2026-11-22T00:00:00Z", "",
        "To stop further pages of this alert:", "  ccmonctl ack 'oldest_wait/queue:sales' --by NAME"]


def test_email_thread(sendmail):
    """One thread an episode; a page that comes twice has the id it had."""
    mails = [sendmail.send(page)[0] for page in (fire(), fire(), escalate(), resolve())]
    ids = [mail["Message-ID"] for mail in mails]
    assert ids[0] == ids[1] and len(set(ids)) == 3
    assert ids[0] == f"<{fire().id}@example.org>"
    assert {mail["References"] for mail in mails} == {f"<{fire().env['CCMON_EPISODE']}.episode@example.org>"}
    assert {mail["Subject"].removeprefix("Re: ") for mail in mails} == {
        "[page] oldest_wait/queue:sales at main"}
    assert mails[3]["Subject"].startswith("Re: ")


def test_email_end(sendmail):
    _, text = sendmail.send(resolve())
    assert text[0].startswith("RESOLVED: ")
    assert text[-2:] == ["Since:  2026-11-22T00:00:00Z", "Until:  2026-11-22T00:01:30Z"]


def test_email_test(sendmail):
    _, text = sendmail.send(hook_test())
    assert text == ["FIRING: A test: nothing is wrong", "", "Since:  2026-11-22T00:00:00Z"]


def test_email_storm(sendmail):
    page = storm()
    mail, text = sendmail.send(page)
    assert mail["Subject"] == "[page] storm/site at main"
    assert text == [f"FIRING: {page.env['CCMON_SUMMARY']}", ""] + [
        f"  q{i}: oldest_wait_seconds is 73.3, limit 60" for i in range(23)]


@pytest.mark.parametrize("name", HOSTILE)
def test_email_hostile_names(name, sendmail):
    """No header can be smuggled in, and the subject says the name."""
    mail, text = sendmail.send(fire(name))
    plain = "".join(" " if ord(c) < 32 else c for c in name)
    assert mail["Subject"].split() == f"[page] oldest_wait/queue:{plain} at main".split()
    assert not re.search(r"[\x00-\x1f]", mail["Subject"])
    assert len(mail.keys()) == 11 and "Bcc" not in mail
    assert "." not in text
    assert plain.strip() in text[0]
    assert not OWNED.exists()


def test_email_ack_line_can_be_pasted(sendmail):
    """What the mail says to type means that alert, whatever its name is."""
    for name in HOSTILE:
        _, text = sendmail.send(fire(name))
        line = text[-1].replace("ccmonctl ack", "printf '%s\\n'")
        typed = subprocess.run(["/bin/sh", "-c", line], stdout=subprocess.PIPE, text=True, check=True)
        plain = "".join(" " if ord(c) < 32 else c for c in name)
        assert typed.stdout.splitlines()[0] == f"oldest_wait/queue:{plain}"
    assert not OWNED.exists()


def test_email_long_lines(sendmail):
    sendmail.send(Page("fire", [alert("é" * 32)], "1.0.0", CCMON_SUMMARY="\U0001f4de" * 2000))


@pytest.mark.parametrize("said, status", [
    (0, 0), (75, 75), (1, 75), (71, 75), (74, 75), (68, 75), (64, 64), (65, 65), (67, 67), (69, 69), (77, 77),
    (78, 78), (127, 64)])
def test_email_status(said, status, sendmail):
    sendmail.exits(said)
    assert sendmail.run(fire()).status == status


def test_email_no_program(sendmail, tmp_path):
    done = sendmail.run(fire(), SENDMAIL=str(tmp_path / "none"))
    assert done.status == 64 and "not found" in done.said


@pytest.mark.parametrize("body", [b"", b'{"version":"4","al'])
def test_email_body_that_is_none(body, sendmail):
    done = subprocess.run([HOOKS / "email"], input=body, capture_output=True, timeout=30,
                          env={**ENVIRONMENT, **fire().env, "SENDMAIL": str(sendmail.program),
                               "EMAIL_TO": "a@example.org", "EMAIL_FROM": "b@example.org"})
    assert done.returncode not in (0, 1, 75)
    assert not sendmail.mail.exists()


# ---- short messages ----


@pytest.fixture
def spool(tmp_path):
    (tmp_path / "outgoing").mkdir()
    return tmp_path / "outgoing"


def message(spool, page, number="4712345678"):
    done = run("sms-smstools", page, SMS_TO="4712345678 4787654321", SMS_DIR=str(spool))
    assert (done.status, done.said) == (0, "")
    assert not [p for p in spool.parent.iterdir() if p.is_file()], "something was left behind"
    files = sorted(spool.iterdir())
    assert [f.name for f in files] == [f"ccmon-{page.id}-{n}" for n in ("4712345678", "4787654321")]
    assert {f.stat().st_mode & 0o777 for f in files} == {0o640}, "smsd's group must read them"
    head, _, text = (spool / f"ccmon-{page.id}-{number}").read_bytes().partition(b"\n\n")
    return head.decode().splitlines(), text


def test_sms(spool):
    for number in ("4712345678", "4787654321"):
        head, text = message(spool, fire(), number)
        assert head == [f"To: {number}", "Alphabet: ISO"]
        assert text == b"main sales: oldest_wait_seconds is 73.3, limit 60\n"


def test_sms_kinds(spool):
    for page, words in ((escalate(), b"NOT ACKED main "), (resolve(), b"RESOLVED main ")):
        assert message(spool, page)[1].startswith(words)
        for path in spool.iterdir():
            path.unlink()


def test_sms_same_page_same_file(spool):
    message(spool, fire())
    message(spool, fire())


@pytest.mark.parametrize("summary, alphabet, text", [
    ("x" * 500, "ISO", "main " + "x" * 155),
    ("a[b]{c}|d~e^f`g\\h\ni", "ISO", "main a(b)(c)/d-e'f'g/h i"),
    ("æ" * 500, "UCS2", "main " + "æ" * 65),
    ("Größe ☎ \U0001f4de", "UCS2", "main Größe ☎ ?")])
def test_sms_text(summary, alphabet, text, spool):
    page = Page("fire", [alert()], "1.0.0", CCMON_SUMMARY=summary)
    head, sent = message(spool, page)
    assert head[1] == f"Alphabet: {alphabet}"
    assert sent.decode("ascii").rstrip("\n") == text if alphabet == "ISO" else sent.decode("utf-16-be") == text


@pytest.mark.parametrize("name", HOSTILE)
def test_sms_hostile_names(name, spool):
    head, _ = message(spool, fire(name))
    assert len(head) == 2 and not OWNED.exists()


@pytest.mark.parametrize("numbers", ["", "47;rm", "../x", "+4712345678", "47\n48"])
def test_sms_numbers(numbers, spool):
    done = run("sms-smstools", fire(), SMS_TO=numbers, SMS_DIR=str(spool))
    assert done.status == 64 and list(spool.iterdir()) == []


def test_sms_no_directory(tmp_path):
    done = run("sms-smstools", fire(), SMS_TO="47", SMS_DIR=str(tmp_path / "none" / "outgoing"))
    assert done.status == 75 and "none" in done.said


def test_every_hook_is_a_program_of_sh():
    for path in HOOKS.iterdir():
        assert path.stat().st_mode & 0o777 == 0o755, path.name
        head = path.read_text().splitlines()[:4]
        assert head[:2] == ["#!/bin/sh", "# SPDX-License-Identifier: MIT"]
        assert head[3].startswith(f"# {path.name}: ") and "\nset -eu\n" in path.read_text()


# ---- the manual ----


def manual():
    return (ROOT / "doc" / "ccmon-hook.7").read_text()


def test_manual_names_every_hook():
    named = re.findall(r"^\.It Pa (\S+)$", manual(), re.M)
    assert sorted(named) == sorted(path.name for path in HOOKS.iterdir())


def test_manual_names_every_variable():
    named = {v for line in re.findall(r"^\.It Ev (.*)$", manual(), re.M) for v in line.split(" , ")}
    assert named == set(fire().env) | {"CCMON_HOOK"}


@pytest.mark.parametrize("page, duty, send, status, told", [
    (fire(), 0, 0, 0, "4711|main sales: oldest_wait_seconds is 73.3, limit 60\n"),
    (resolve(), 0, 0, 0, ""), (fire(), 1, 0, 64, ""),
    (fire(), 0, 3, 75, "4711|main sales: oldest_wait_seconds is 73.3, limit 60\n")])
def test_manual_example(page, duty, send, status, told, tmp_path):
    """The hook shown there does what is said of it."""
    (text,) = re.findall(r"^#!/bin/sh\n.*?(?=^\.Ed)", manual(), re.M | re.S)
    for name, script in (("hook", text), ("pager-number", f"#!/bin/sh\necho 4711\nexit {duty}\n"),
                         ("send-text", f'#!/bin/sh\necho "$1|$2" >>{tmp_path}/told\nexit {send}\n')):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "told").write_text("")
    done = subprocess.run([tmp_path / "hook"], stderr=subprocess.DEVNULL, timeout=30,
                          env={**ENVIRONMENT, **page.env, "PATH": f"{tmp_path}:{ENVIRONMENT['PATH']}"})
    assert done.returncode == status and (tmp_path / "told").read_text() == told


# ---- the real Alertmanager ----


class Alertmanager(Process):
    """One that tells a fake of a webhook at once."""

    def __init__(self, directory, receiver):
        address = f"{own_host()}:{own_port()}"
        self.url = f"http://{address}"
        config = directory / "alertmanager.yml"
        config.write_text(json.dumps({
            "route": {"receiver": "fake", "group_by": ["..."], "group_wait": "0s", "group_interval": "1s"},
            "receivers": [{"name": "fake", "webhook_configs": [{"url": receiver}]}]}))
        super().__init__("alertmanager", [
            "prometheus-alertmanager", f"--config.file={config}", f"--storage.path={directory / 'data'}",
            f"--web.listen-address={address}", "--cluster.listen-address="], directory)

    def start(self):
        super().start()
        wait_until(self.answers, 30, "Alertmanager to run")
        return self

    def answers(self):
        assert self.runs(), self.text()
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def tell(self, page):
        done = run("alertmanager", page, ALERTMANAGER_URL=self.url)
        assert (done.status, done.said) == (0, ""), self.text()

    def firing(self):
        """What amtool shows."""
        shown = subprocess.run(["amtool", "alert", "query", "-o", "json", f"--alertmanager.url={self.url}"],
                               stdout=subprocess.PIPE, check=True, timeout=30)
        return json.loads(shown.stdout)


@pytest.fixture
def receiver():
    one = Service()
    yield one
    one.end()


@pytest.fixture
def alertmanager(tmp_path, receiver):
    if not shutil.which("prometheus-alertmanager") or not shutil.which("amtool"):
        pytest.skip("prometheus-alertmanager is not installed")
    one = Alertmanager(tmp_path, receiver.url).start()
    yield one
    one.end()


def ms(text):
    return round(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def test_alertmanager_takes_it(alertmanager, receiver):
    began, ended = now_ms() - 120000, now_ms() - 1000
    alertmanager.tell(fire(began=began))
    (one,) = alertmanager.firing()
    assert one["labels"] == {"alertname": "oldest_wait", "scope": "queue:sales", "queue": "sales",
                             "severity": "critical", "site": "main"}
    assert one["annotations"] == {"summary": "sales: oldest_wait_seconds is 73.3, limit 60",
                                  "description": "oldest_wait_seconds > 60"}
    assert one["status"]["state"] in ("active", "unprocessed") and ms(one["startsAt"]) == began
    assert 86000000 < ms(one["endsAt"]) - now_ms() <= 86400000
    wait_until(lambda: receiver.requests, 30, "Alertmanager to tell")

    alertmanager.tell(resolve(began=began, ended=ended))
    assert alertmanager.firing() == []
    wait_until(lambda: receiver.requests[-1].json()["status"] == "resolved", 30, "Alertmanager to tell")
    told = [request.json()["alerts"][0] for request in receiver.requests]
    assert [one["status"] for one in told] == ["firing", "resolved"]
    assert (ms(told[1]["startsAt"]), ms(told[1]["endsAt"])) == (began, ended)


def test_alertmanager_takes_odd_names_and_storms(alertmanager):
    many = [alert(name, began=now_ms() - 60000) for name in HOSTILE]
    alertmanager.tell(Page("fire", many, "s0.0.0"))
    assert sorted(one["labels"]["queue"] for one in alertmanager.firing()) == sorted(HOSTILE)
    for one in many:
        one["ended_epoch_ms"] = now_ms() - 1000
    alertmanager.tell(Page("resolve", many, "s0.end"))
    assert alertmanager.firing() == []
