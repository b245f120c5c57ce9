# SPDX-License-Identifier: MIT
"""ccmonctl doctor looks at the inputs of switches: each thing that can be wrong
between a switch and its collector is said in one line, with what mends it, and
the secret in none.  Against the fake switches, on a board filled by hand."""
import os
import time

import pytest

from fake_ami import FakeAmi
from fake_esl import FakeEsl
from loopback import own_host, own_port
from stopwatch import ran
from switch import Switch
from test_doctor import board, findings  # noqa: F401 (a fixture)

def switch():
    """One whose agents have come to work."""
    one = Switch(1, calls_an_hour=200)
    for _ in one.run(one.now + 30 * 60_000):
        pass
    return one


CONFIG = {
    "general": ["enabled=yes", "timestampevents=yes"],
    "ccmon": ["secret=sesame", "read=agent,call,dialplan,system", "write=reporting,system"],
}
COMMANDS = {"GetConfig": "config,system", "CoreShowChannels": "system,reporting",
            "Filter": "system", "QueueStatus": "<none>", "Ping": "<none>"}


class Ami(FakeAmi):
    """With what only doctor asks for."""

    def __init__(self, switch, commands=COMMANDS, config=CONFIG):
        self.commands, self.config = commands, config
        super().__init__(switch)

    def on_listcommands(self, session, asked):
        self.reply(session, asked, **{c: f"what it does  (Priv: {p})"
                                      for c, p in self.commands.items()})

    def on_getconfig(self, session, asked):
        section = self.config.get(asked.get("Category"))
        if "GetConfig" not in self.commands or asked["Filename"] != "manager.conf":
            self.reply(session, asked, "Error", Message="Permission denied")
        elif section is None:
            self.reply(session, asked, "Error", Message="Config file not found")
        else:
            self.reply(session, asked, **{"Category-000000": asked["Category"]}, **{
                f"Line-000000-{n:06}": line for n, line in enumerate(section)})


class TurnedAway(FakeEsl):
    def greet(self, session):
        session.send("Content-Type: text/rude-rejection\nContent-Length: 24\n\n"
                     "Access Denied, go away.\n")
        session.cut()


class WithoutCallcenter(FakeEsl):
    def api(self, words):
        return f"-ERR {words[0]} Command not found!\n"


class Empty(FakeEsl):
    """Lists of which only the heads are left, in the number given."""
    lists = ("agent", "tier", "queue")

    def api(self, words):
        body = super().api(words)
        return body.split("\n")[0] + "\n+OK\n" if words[1] in self.lists else body


class WithoutTiers(Empty):
    lists = ("tier",)


@pytest.fixture
def servers():
    started = []
    yield started
    for server in started:
        server.close()


@pytest.fixture
def look(board, servers):  # noqa: F811
    """What doctor says of one input's kind, given that input's settings."""
    def run(kind, *inputs, codes=(0, 1)):
        text = board.system.config.read_text()
        section = ", ".join("{ %s }" % " ".join(f"{k} = {v};" for k, v in i.items())
                            for i in inputs)
        board.system.config.write_text(text.replace(
            "collectors: {", "collectors: { pbx: { journal = \"%s\"; inputs = (%s); };"
            % (board.system.directory / "journal-pbx", section), 1))
        (board.system.directory / "journal-pbx").mkdir(mode=0o700, exist_ok=True)
        found = findings(board, *codes)
        assert "sesame" not in str(found)
        return found.get(kind, [])

    def line(server, **more):
        servers.append(server)
        return settings(board, server.kind, server.address, **more)
    run.line, run.board = line, board
    return run


def quoted(text):
    return '"%s"' % text


def settings(board, kind, address, secret="sesame", **more):  # noqa: F811
    path = board.system.directory / "switch.secret"
    path.write_text(secret + "\n")
    path.chmod(0o600)
    of = {"type": quoted(kind), "source": quoted("pbx"), "address": quoted(address),
          "secret_file": quoted(path), **more}
    return {**of, "username": quoted("ccmon")} if kind == "ami" else of


def closed_port():
    return f"{own_host()}:{own_port()}"


def one(found, result, *words):
    (is_result, text), = found
    assert is_result == result and all(w in text for w in words), found
    return text


# ---- ami

def test_ami_is_well(look):
    found = look("ami", look.line(Ami(switch())))
    text = one(found, "ok", "user ccmon sees")
    assert " 0 queues" not in text and " 0 members" not in text


def test_ami_logs_off(look):
    server = Ami(switch())
    look("ami", look.line(server))
    assert server.sessions[-1].asked[-1] == "Logoff"


@pytest.mark.parametrize("kind, line", [
    ("ami", "enabled = yes"), ("esl", "event_socket.conf.xml")])
def test_nobody_there(look, kind, line):
    address = closed_port()
    one(look(kind, settings(look.board, kind, address)), "fail", address, "Connection refused", line)


@pytest.mark.parametrize("server, line", [
    (Ami, "secret = as in"), (FakeEsl, 'name="password"')])
def test_a_wrong_secret(look, server, line):
    server = server(switch())
    text = one(look(server.kind, look.line(server, secret="opensesamum")), "fail", line)
    assert "opensesamum" not in text


@pytest.mark.parametrize("server, said", [
    (FakeEsl, "is no Asterisk manager"), (Ami, "speaks another language")])
def test_the_port_of_another(look, servers, server, said):
    other = server(switch())
    servers.append(other)
    kind = "ami" if other.kind == "esl" else "esl"
    text = one(look(kind, settings(look.board, kind, other.address)), "fail")
    assert said in text or "no answer" in text


@pytest.mark.parametrize("server", [Ami, FakeEsl])
def test_a_line_that_says_nothing(look, server):
    server = server(switch())
    server.is_silent = True
    since = ran()
    one(look(server.kind, look.line(server)), "fail", "no answer within 3 s")
    assert ran() - since < 30


@pytest.mark.parametrize("lacks, result, words", [
    ("CoreShowChannels", "fail", "may not ask for the channels"),
    ("Filter", "hint", "may not filter"),
    ("GetConfig", "hint", "cannot look into manager.conf"),
    ("QueueStatus", "fail", "load app_queue.so")])
def test_what_the_user_may_not_ask(look, lacks, result, words):
    commands = {c: p for c, p in COMMANDS.items() if c != lacks}
    found = look("ami", look.line(Ami(switch(), commands)))
    assert found[0][0] == result and words in found[0][1]
    assert (lacks == "QueueStatus") == (found[-1][0] != "ok")


@pytest.mark.parametrize("read, said", [
    ("call,dialplan,system", {("fail", "agent")}), ("agent, dialplan", {
        ("fail", "call"), ("hint", "system")}), ("all", set()), ("AGENT,call,system", {
            ("fail", "dialplan")})])
def test_what_the_user_may_not_read(look, read, said):
    config = {**CONFIG, "ccmon": ["secret=sesame", f"read={read}"]}
    found = look("ami", look.line(Ami(switch(), config=config)))
    assert {(r, text.split("may not read ")[1].split(":")[0]) for r, text in found[:-1]} == said
    assert found[-1][0] == "ok"


@pytest.mark.parametrize("general", [[], ["timestampevents=no"], ["timestampevents=yes",
                                                                  "timestampevents=no"]])
def test_events_without_a_time(look, general):
    found = look("ami", look.line(Ami(switch(), config={**CONFIG, "general": general})))
    assert found[0][0] == "warn" and "timestampevents = yes" in found[0][1]
    assert [r for r, _ in found] == ["warn", "ok"]


@pytest.mark.parametrize("server", [Ami, FakeEsl])
def test_queues_that_are_not_there(look, server):
    found = look(server.kind, look.line(server(switch()), queues='["elsewhere"]'))
    one(found, "warn", "no queue of those in queues")


# ---- esl

def test_esl_is_well(look):
    server = FakeEsl(switch())
    text = one(look("esl", look.line(server)), "ok", "queues", "agents", "tiers")
    assert " 0 " not in text and server.sessions[-1].asked[-1] == "exit"


@pytest.mark.parametrize("server, result, words", [
    (TurnedAway, "fail", "apply-inbound-acl"), (WithoutCallcenter, "fail", "load mod_callcenter"),
    (Empty, "warn", "no queue"), (WithoutTiers, "warn", "no agent is in a queue")])
def test_esl_is_not_well(look, server, result, words):
    one(look("esl", look.line(server(switch()))), result, words)


# ---- secrets

@pytest.mark.parametrize("mode, words", [(0o644, "chmod o="), (None, "No such file")])
def test_a_secret_that_cannot_be_used(look, mode, words):
    of = settings(look.board, "esl", closed_port())
    path = look.board.system.directory / "switch.secret"
    path.chmod(mode or 0o600)
    if mode is None:
        path.unlink()
    one(look("esl", of), "fail", str(path), words)


# ---- file

def log_of(look, text, mode=0o640, dialect="queue_log", **more):
    path = look.board.system.directory / "queue_log"
    if text is not None:
        path.write_bytes(text)
        path.chmod(mode)
    return {"type": quoted("file"), "path": quoted(path), "dialect": quoted(dialect),
            "source": quoted("pbx"), **more}


def line_of(age=0, verb=b"ENTERQUEUE||1|1"):
    return b"%d|1.2|sales|NONE|%s\n" % (time.time() - age, verb)


@pytest.mark.parametrize("make, result, words", [
    (lambda: line_of(3600) * 2000, "ok", "its last line is 1h00m old"),
    (lambda: line_of(3600) + b"1700", "ok", "its last line is 1h00m old"),  # its end is on its way
    (lambda: line_of(200_000), "warn", "is 2d07h old"),
    (lambda: b"", "hint", "empty"),
    (lambda: None, "warn", "queue_log = yes in logger.conf"),
    (lambda: b"Nov 22 kernel: something\n" * 3, "fail",
     "is no log in queue_log: its last 3 lines"),
], ids=["well", "unfinished", "old", "empty", "none", "another"])
def test_a_log(look, make, result, words):
    one(look("file", log_of(look, make())), result, words)


def test_a_log_with_some_nonsense(look):
    found = look("file", log_of(look, line_of() + b"#\xff\n" + line_of()))
    assert [r for r, _ in found] == ["warn", "ok"]
    assert "of its last 3 lines 1 are refused" in found[0][1] and "#" not in found[0][1]


def test_what_is_no_log(look):
    of = log_of(look, None)
    (look.board.system.directory / "queue_log").mkdir()
    one(look("file", of), "fail", "not a regular file")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
@pytest.mark.parametrize("mode, group, directory, words", [
    (0o640, 12346, 0o755, "group 12346 may: usermod -aG 12346 12345, and restart"),
    (0o600, 12346, 0o755, "nor may its group"),
    (0o644, 12346, 0o700, "nor may its group"),
    (0o644, 12346, 0o710, "group 12347 may: usermod -aG 12347"),
    (0o640, 12345, 0o755, None)])
def test_whether_the_collector_may_read_it(look, mode, group, directory, words):
    """Looked at with its eyes: its journal belongs to user 12345."""
    home = look.board.system.directory
    (home / "log").mkdir()
    path = home / "log" / "queue_log"
    path.write_bytes(line_of())
    path.chmod(mode)
    os.chown(path, 12345 if words is None else 0, group)
    os.chown(home / "log", 0, 12347)
    (home / "log").chmod(directory)
    (home / "journal-pbx").mkdir(mode=0o700)
    os.chown(home / "journal-pbx", 12345, 12345)
    home.chmod(0o711)
    of = {**log_of(look, None), "path": quoted(path)}
    if words:
        one(look("file", of), "fail", words)
    else:
        one(look("file", of), "ok")


# ---- two inputs of one source

def test_two_inputs_of_one_switch(look):
    log = log_of(look, line_of(), gives=quoted("calls"))
    ami = look.line(Ami(switch()), gives=quoted("agents"))
    one(look("input", log, ami), "ok", "gives its calls", "its agents; nothing counts twice")


@pytest.mark.parametrize("gives", ["calls", "agents"])
def test_half_a_switch(look, gives):
    one(look("input", log_of(look, line_of(), gives=quoted(gives))), "warn",
        f"gives only its {gives}")


def test_a_whole_switch(look):
    assert look("input", log_of(look, line_of())) == []
