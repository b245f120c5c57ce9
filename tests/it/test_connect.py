# SPDX-License-Identifier: MIT
"""doc/connect.md: what it tells people to write is taken by who is to read it:
ccmon's lines by ccmond -t, XML by a parser; rsyslog's are the very file of its
test, and what has no reader here is what doctor asks for."""
import configparser
import re
import subprocess
import xml.etree.ElementTree as ET

import pytest

from conftest import ROOT, build

PAGE = (ROOT / "doc" / "connect.md").read_text()


def snippets(language=""):
    """The fenced blocks of that language, without the indentation of their list."""
    found = re.findall(r"^( *)```(\w*)\n(.*?)^\1```$", PAGE, re.M | re.S)
    return [re.sub("^" + indent, "", text, flags=re.M)
            for indent, of, text in found if of == language]


def of_ccmon():
    return [s for s in snippets() if s.startswith("collectors: {")]


def loads(tmp_path, text):
    config = tmp_path / "ccmon.cfg"
    config.write_text('site = "main"; timezone = "UTC";\n'
                      'redis: { unix = "/run/redis/redis-server.sock"; };\n' + text)
    return subprocess.run([build() / "ccmond", "-t", "-c", config], text=True, capture_output=True)


def test_there_is_one_for_each_input():
    text = "".join(of_ccmon())
    assert len(of_ccmon()) == 5
    for kind in ("file", "ami", "esl", "zmq-pull"):
        assert f'type = "{kind}"' in text


@pytest.mark.parametrize("n", range(5))
def test_ccmons_lines_load(tmp_path, n):
    done = loads(tmp_path, of_ccmon()[n])
    assert done.returncode == 0, done.stderr


def test_that_a_wrong_line_is_refused(tmp_path):
    done = loads(tmp_path, of_ccmon()[0].replace("dialect", "dialekt"))
    assert done.returncode != 0 and "dialekt" in done.stderr


def ini(name):
    """Asterisk's files are like these, but for what may come twice (member =>)."""
    text, = [s for s in snippets("ini") if s.startswith(f"; {name}\n")]
    parser = configparser.ConfigParser(strict=False)
    parser.read_string(text.replace("=>", "="))
    return parser


def test_asterisks_lines():
    """As doctor asks for them."""
    assert ini("logger.conf")["general"].getboolean("queue_log")
    assert ini("queues.conf")["general"].getboolean("log_membername_as_agent")
    manager = ini("manager.conf")
    assert manager["general"].getboolean("timestampevents")
    assert manager["ccmon"]["read"] == "agent,call,dialplan,system"
    assert manager["ccmon"]["write"] == "reporting,system"
    assert manager["general"]["port"] == "5038"


def test_logrotates_lines():
    """Doctor has nothing to say of them (tests/unit/test_logrotate.c)."""
    text, = [s for s in snippets() if s.startswith("/var/log/asterisk/queue_log {")]
    for word in ("create 640", "delaycompress", "postrotate", "endscript"):
        assert word in text
    assert "copytruncate" not in text


def test_freeswitchs_lines():
    socket, callcenter = map(ET.fromstring, snippets("xml"))
    assert {p.get("name"): p.get("value") for p in socket.iter("param")}["listen-port"] == "8021"
    queues = {q.get("name") for q in callcenter.iter("queue")}
    agents = {a.get("name") for a in callcenter.iter("agent")}
    for tier in callcenter.iter("tier"):
        assert tier.get("queue") in queues and tier.get("agent") in agents
    assert 'match = ["%s"]' % queues.pop() in PAGE


def test_rsyslogs_lines_are_those_that_are_tested():
    assert (ROOT / "tests" / "it" / "publishers" / "rsyslog.conf").read_text() in snippets()


def test_nodes_lines(tmp_path):
    text, = snippets("js")
    (tmp_path / "publish.mjs").write_text(text)
    try:
        done = subprocess.run(["node", "--check", tmp_path / "publish.mjs"], capture_output=True)
    except FileNotFoundError:
        pytest.skip("no node")
    assert done.returncode == 0, done.stderr


def test_the_table_is_explains():
    """What it says each source cannot tell is what ccmonctl explain says."""
    given = {(d, p): how.lower() for d, p, how in re.findall(
        r'^GIVEN\("(\w+)", (\w+), (\w+),', (ROOT / "ctl" / "given.def").read_text(), re.M)}
    names = {"wait": "WAIT", "talk": "TALK", "hold": "HOLD", "after-contact work": "ACW",
             "agents": "STATES", "ringing": "RINGING", "who ended": "ENDED_BY",
             "where a transfer went": "TARGET", "whether the matter is solved": "RESOLUTION"}
    rows = re.findall(r"^\| ([\w -]+) \| (\w+)[^|]* \| (\w+)[^|]* \| (\w+)[^|]* \|$", PAGE, re.M)
    told = {name: how for name, *how in rows if name in names}
    assert told.keys() == names.keys()
    for name, how in told.items():
        assert how == [given[d, names[name]] for d in ("queue_log", "ami", "freeswitch")], name


def test_commands_of_ours_exist():
    for verb in set(re.findall(r"ccmonctl ([a-z-]+)", PAGE)):
        assert re.search(r"^\.It Cm %s\b" % verb, (ROOT / "doc" / "ccmonctl.1").read_text(), re.M), verb
