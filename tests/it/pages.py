# SPDX-License-Identifier: MIT
"""Pages as a hook gets them (ccmon-hook(7)), a way to run a hook as the runner
does, and an HTTP service that writes down what reaches it."""
import datetime
import http.server
import json
import os
import pathlib
import subprocess
import threading
import time
import zlib

from conftest import ROOT
from loopback import own_host, own_port

HOOKS = ROOT / "etc" / "hooks"
BEGAN = 1795305600000                 # 2026-11-22T00:00:00Z
NEVER = "0001-01-01T00:00:00Z"
ELSEWHERE = {"page": "critical", "warn": "warning", "info": "info"}
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/"}
LIMITS = ["prlimit", "--as=536870912", "--nofile=256", "--fsize=16777216", "--core=0", "--cpu=30"]
OWNED = pathlib.Path("/tmp/ccmon-owned")
SECRET = "s3cr3t-only-in-a-file"

# What somebody might call a queue to see what happens; 64 bytes at most.
HOSTILE = [
    "a'b\"c\\d", f"$(touch {OWNED})", "`id`;|&<!channel>", "two\nlines\rand\ttab",
    "%s%n{}[]~^", "-rf --help @/etc/passwd", "Größe ☎ \U0001f4de", "q" * 64,
    "é" * 32, "x\nBcc: everybody@example.org\n\n.\n",
]


def iso(ms):
    at = datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def alert(queue="sales", rule="oldest_wait", began=BEGAN, ended=None, severity="page"):
    """An alert as it stands in `P alerts`, with the figures of its object."""
    scope = f"queue:{queue}"
    return {
        "id": f"{rule}/{scope}", "rule": rule, "scope": scope,
        "state": "resolved" if ended else "firing", "severity": severity, "flapping": False,
        "metric": "oldest_wait_seconds", "condition": "oldest_wait_seconds > 60",
        "value": 73.3, "threshold": 60, "since_epoch_ms": ended or began,
        "began_epoch_ms": began, "ended_epoch_ms": ended,
        "episode": f"{zlib.crc32(scope.encode()):08x}{zlib.crc32(rule.encode()):08x}",
        "round": 0, "step": 1, "steps": 2, "next_step_epoch_ms": began + 300000,
        "by": None, "note": None, "until_epoch_ms": None, "silence": None, "inhibitor": None,
        "summary": f"{queue}: oldest_wait_seconds is 73.3, limit 60",
        "figures": {"oldest_wait_seconds": 73.3, "waiting_count": 4, "sl_ratio_15m": None},
    }


def labels(one):
    kind, _, name = one["scope"].partition(":")
    return {"alertname": one["rule"], "scope": one["scope"], **({kind: name} if name else {}),
            "severity": ELSEWHERE[one["severity"]], "site": "main"}


class Page:
    """Environment and standard input of one run."""

    def __init__(self, kind, alerts, page_id, **env):
        first, ended = alerts[0], kind == "resolve"
        many = len(alerts) > 1
        names = [a["id"] for a in alerts]
        self.kind, self.alerts, self.id = kind, alerts, page_id
        self.env = {
            "CCMON_PAGE_ID": page_id, "CCMON_KIND": kind,
            "CCMON_ALERT": "storm/site" if many else first["id"],
            "CCMON_RULE": "storm" if many else first["rule"],
            "CCMON_SCOPE": "site" if many else first["scope"],
            "CCMON_SEVERITY": first["severity"],
            "CCMON_METRIC": "" if many else first["metric"],
            "CCMON_VALUE": "" if many else str(first["value"]),
            "CCMON_THRESHOLD": "" if many else str(first["threshold"]),
            "CCMON_SINCE_EPOCH_MS": str(first["began_epoch_ms"]),
            "CCMON_UNTIL_EPOCH_MS": str(max(a["ended_epoch_ms"] for a in alerts)) if ended else "",
            "CCMON_STEP": "0", "CCMON_ATTEMPT": "1", "CCMON_SITE": "main",
            "CCMON_SUMMARY": f"{len(alerts)} new alerts: {names[0]}, {names[1]} and "
                             f"{len(alerts) - 2} more" if many else first["summary"],
            "CCMON_EPISODE": page_id if many else first["episode"],
            "CCMON_COUNT": str(len(alerts)), **env}
        status = "resolved" if ended else "firing"
        self.body = {
            "version": "4", "groupKey": "{}:{alertname=\"%s\"}" % first["rule"],
            "truncatedAlerts": 0, "status": status, "receiver": "ccmon",
            "groupLabels": {"alertname": first["rule"]}, "commonLabels": {"site": "main"},
            "commonAnnotations": {}, "externalURL": "",
            "alerts": [{
                "status": status,
                "labels": labels(a),
                "annotations": {"summary": a["summary"], "description": a["condition"]},
                "startsAt": iso(a["began_epoch_ms"]),
                "endsAt": iso(a["ended_epoch_ms"]) if ended else NEVER,
                "generatorURL": "", "fingerprint": f"{zlib.crc32(a['id'].encode()):016x}",
            } for a in alerts],
            "ccmon": {"schema_version": 1, "page_id": page_id, "kind": kind, "site": "main",
                      "time_epoch_ms": first["since_epoch_ms"], "alerts": alerts}}


def fire(queue="sales", kind="fire", **more):
    one = alert(queue, **more)
    return Page(kind, [one], f"{one['episode']}.0.0")


def escalate(queue="sales"):
    one = alert(queue)
    return Page("escalate", [one], f"{one['episode']}.0.1", CCMON_STEP="1")


def resolve(queue="sales", began=BEGAN, ended=BEGAN + 90000, **more):
    one = alert(queue, began=began, ended=ended, **more)
    return Page("resolve", [one], f"{one['episode']}.end")


def storm(count=23, kind="fire"):
    ended = BEGAN + 90000 if kind == "resolve" else None
    many = [alert(f"q{i}", began=BEGAN + i, ended=ended) for i in range(count)]
    if count > 20:
        for one in many:
            del one["figures"]
    return Page(kind, many, f"s{many[0]['episode']}.{'end' if ended else '0.0'}")


def hook_test():
    """What `ccmonctl hook-test` sends: like a page, but about no alert."""
    page_id = "test.1795305600000-0"
    one = {**alert(rule="hook_test", severity="info"), "id": "hook_test/site", "scope": "site",
           "summary": "A test: nothing is wrong"}
    page = Page("fire", [one], page_id, CCMON_METRIC="", CCMON_VALUE="", CCMON_THRESHOLD="",
                CCMON_EPISODE=page_id)
    page.body["ccmon"]["alerts"] = []
    return page


class Run:
    """A run that has ended."""

    def __init__(self, status, said):
        self.status, self.said = status, said


def run(hook, page, seconds=30, **env):
    """Runs etc/hooks/HOOK as the runner does: nothing in the environment but
    the page and the hook's own `env`, the body in a memory file, and limits."""
    with open(os.memfd_create("page"), "wb+") as body:
        body.write(json.dumps(page.body, ensure_ascii=False).encode())
        body.seek(0)
        done = subprocess.run(
            [*LIMITS, str(HOOKS / hook)], stdin=body, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            cwd="/", env={**ENVIRONMENT, **page.env, **env},
            umask=0o077, start_new_session=True, timeout=seconds)
    return Run(done.returncode, done.stdout.decode(errors="replace"))


def shown_to_others(secret):
    """Arguments and environments of processes that have the secret in them."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            try:
                text = (process / name).read_bytes()
            except OSError:
                continue
            if secret.encode() in text:
                found.append(text)
    return found


class Request:
    def __init__(self, handler, body):
        self.method, self.path = handler.command, handler.path
        self.headers, self.body = handler.headers, body
        self.leaks = shown_to_others(SECRET)

    def json(self):
        return json.loads(self.body.decode("utf-8"))


class Service:
    """Answers with `statuses` in turn, the last one for ever; or not at all
    while `mute` is set."""

    def __init__(self):
        self.requests, self.statuses = [], [200]
        self.mute = threading.Event()
        self.ended = threading.Event()
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.requests.append(Request(self, body))
                if service.mute.is_set():
                    self.close_connection = True
                    service.ended.wait()
                    return
                statuses = service.statuses
                answer = b'{"error":"said the fake"}'
                self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
                self.send_header("Location", service.url + "/elsewhere")   # nobody should follow
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def only(self):
        assert len(self.requests) == 1, [r.path for r in self.requests]
        return self.requests[0]

    def end(self):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def refusing_url():
    """Where nobody listens."""
    return f"http://{own_host()}:{own_port()}"


def now_ms():
    return int(time.time() * 1000)
