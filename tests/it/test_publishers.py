# SPDX-License-Identifier: MIT
"""Publishers that know nothing of ccmon: Debian's rsyslog with its module for
ZeroMQ, and the zeromq package of the npm registry, each with a library of its
own (czmq, and a libzmq that comes with the package).  Each gives a collector a
thousand events, pushed and published; exactly those are counted.

test.sh puts both into build/; without them nothing is tested here."""
import os
import shutil
import subprocess

import pytest

from conftest import ROOT
from system import Process, wait_until

HERE = ROOT / "tests" / "it" / "publishers"
BORROWED = ROOT / "build" / "borrowed"
NODE = ROOT / "build" / "publishers"
N = 1000
KINDS = {"push": "zmq-pull", "pub": "zmq-sub"}


@pytest.fixture(params=KINDS)
def kind(request, system):
    """A house whose collector is bound as that kind of publisher wants it."""
    system.configure({"windows": ["60m"], "queues": {"sales": {"channel": "call"}}})
    text = system.config.read_text()
    assert "zmq-pull" in text
    system.config.write_text(text.replace("zmq-pull", KINDS[request.param]))
    system.daemon().start().ready()
    system.collector().start()
    wait_until(lambda: os.path.exists(system.endpoint("call").removeprefix("ipc://")),
               what="the collector to listen")
    return request.param


def offered(system):
    return int(system.hash("queue:sales").get("offered_count_60m", 0))


def must_have_counted(system, source):
    """All of them came, in order: what is after the last is after all."""
    wait_until(lambda: offered(system) >= N, 90, f"{N} events to be counted")
    sales, feed = system.hash("queue:sales"), system.hash(f"feed:{source}")
    assert (sales["offered_count_60m"], sales["waiting_count"]) == (str(N), str(N))
    assert [feed[f] for f in ("rejected_total", "lost_total", "duplicate_total",
                              "inconsistent_total")] == ["0"] * 4


# ---- rsyslog

def rsyslogd():
    """Its program and where its modules are; what is not there is None."""
    program = BORROWED / "usr" / "sbin" / "rsyslogd"
    module = next(BORROWED.glob("usr/lib/*/rsyslog/omczmq.so"), None)
    runs = program.exists() and subprocess.run([program, "-v"], capture_output=True).returncode == 0
    return (program if runs else None), module and module.parent


def configuration(system, kind):
    """As doc/connect.md shows it, but for its places, and the kind of socket."""
    text = (HERE / "rsyslog.conf").read_text()
    ways = {"/var/log/ivr.log": str(system.directory / "ivr.log"),
            "ipc:///run/ccmon/ivr.ipc": system.endpoint("call")}
    if kind == "pub":
        ways['socktype="PUSH"'] = 'socktype="PUB" topics="events" topicframe="on"'
    for old, new in ways.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    return f'global(workDirectory="{system.directory}")\n{text}'


@pytest.mark.skipif(None in rsyslogd(), reason="no rsyslog-czmq in build/borrowed (test.sh)")
def test_rsyslog(system, kind):
    program, modules = rsyslogd()
    conf, log = system.directory / "rsyslog.conf", system.directory / "ivr.log"
    conf.write_text(configuration(system, kind))
    log.write_text("")
    system.add(Process("rsyslogd", [program, "-n", "-f", conf, "-M", modules, "-i",
                                    system.directory / "rsyslog.pid"], system.directory)).start()
    with open(log, "a", buffering=1) as f:
        if kind == "pub":       # who does not listen yet hears nothing
            wait_until(lambda: f.write("heartbeat - -\n") and system.hash("feed:rsyslog"), 30,
                       "rsyslog to be heard")
        for n in range(N):
            f.write(f"queued call-{n} sales\n")
            if kind == "pub" and n % 250 == 249:    # nor does who is behind by its thousand
                wait_until(lambda: offered(system) > n, 90, "a few to be counted")
    must_have_counted(system, "rsyslog")


# ---- zeromq of npm

@pytest.mark.skipif(not (NODE / "node_modules" / "zeromq").exists() or not shutil.which("node"),
                    reason="no zeromq of npm in build/publishers (test.sh)")
def test_node(system, kind):
    """Numbers its events, so that a lost one would show, too."""
    node = subprocess.Popen(["node", HERE / "publish.mjs", kind, system.endpoint("call"), str(N)],
                            cwd=NODE, stdin=subprocess.PIPE)
    try:
        wait_until(lambda: system.hash(f"feed:node-{kind}"), 30, "zeromq of npm to be heard")
        node.stdin.write(b"go on\n")
        node.stdin.flush()
        must_have_counted(system, f"node-{kind}")
        node.stdin.close()
        assert node.wait(30) == 0
    finally:
        node.kill()
        node.wait()
