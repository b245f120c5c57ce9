# SPDX-License-Identifier: MIT
"""A real FreeSWITCH of the test's own: its programs are somebody else's (the
installation below CCMON_FREESWITCH), everything else is in one directory, and
it listens on one port of the loopback.  Callers are loopback channels; agents
are "null" ones, for mod_callcenter looks behind a loopback for the phone.

Needs of the installation: mod_callcenter, mod_commands, mod_console,
mod_dialplan_xml, mod_dptools, mod_event_socket and mod_loopback."""
import json
import os
import pathlib
import socket
import threading

from loopback import own_host, own_port
from system import Process, wait_until

SECRET = "told-to-nobody"
MODULES = ("console", "event_socket", "commands", "dptools", "dialplan_xml", "loopback",
           "callcenter")

# Who answers where; the agent of night never does.
QUEUES = {"sales": ("agent1", "agent2", "agent3"), "support": ("agent3", "agent4", "agent5"),
          "night": ("agent6",)}
AGENTS = [f"agent{i}" for i in range(1, 7)]
ANSWERS = {"agent1": 200, "agent2": 400, "agent3": 300, "agent4": 600, "agent5": 100,
           "agent6": 30_000}                # ms
TALKS = {"agent1": 2, "agent2": 2, "agent3": 3, "agent4": 2, "agent5": 3, "agent6": 2}  # s
MAX_WAIT = {"sales": 5, "support": 0, "night": 4}           # s; 0: for ever

DIALPLAN = """
<context name="queues"><extension name="queue">
  <condition field="destination_number" expression="^(sales|support|night)$">
    <action application="answer"/><action application="set" data="cc_exit_keys=1"/>
    <action application="callcenter" data="$1@default"/></condition></extension></context>
<context name="elsewhere"><extension name="desk">
  <condition field="destination_number" expression="^600$">
    <action application="answer"/><action application="sleep" data="500"/></condition>
</extension></context>
<context name="callers">
  <extension name="patient"><condition field="destination_number" expression="^patient$">
    <action application="answer"/><action application="sleep" data="120000"/></condition>
  </extension>
  <extension name="leaves"><condition field="destination_number" expression="^leaves(\\d+)$">
    <action application="answer"/><action application="sleep" data="$1"/></condition>
  </extension>
  <extension name="presses"><condition field="destination_number" expression="^presses(\\d+)$">
    <action application="answer"/><action application="sleep" data="$1"/>
    <action application="send_dtmf" data="1"/>
    <action application="sleep" data="120000"/></condition></extension>
</context>"""


def prefix():
    """Where FreeSWITCH is installed, or None."""
    named = os.environ.get("CCMON_FREESWITCH")
    if not named:
        return None
    return pathlib.Path(named) if (pathlib.Path(named) / "bin" / "freeswitch").exists() else None


def modules():
    """Where its modules are, in either way of installing it."""
    packaged = prefix() / "lib" / "freeswitch" / "mod"
    return packaged if packaged.is_dir() else prefix() / "mod"


def params(**values):
    return "".join(f'<param name="{k.replace("_", "-")}" value="{v}"/>' for k, v in values.items())


def queue_xml(name):
    settings = params(strategy="longest-idle-agent", time_base_score="queue",
                      max_wait_time=MAX_WAIT[name], discard_abandoned_after=60,
                      abandoned_resume_allowed="false")
    return f'<queue name="{name}@default">{settings}</queue>'


def agent_xml(name):
    contact = (f"[leg_timeout=1,null_enable_auto_answer=true,null_auto_answer_delay={ANSWERS[name]}"
               f",execute_on_answer='sched_hangup +{TALKS[name]}']null/{name}")
    return (f'<agent name="{name}" type="callback" contact="{contact}" status="Available"'
            ' max-no-answer="0" wrap-up-time="0" reject-delay-time="1" busy-delay-time="1"'
            ' no-answer-delay-time="1"/>')


def configuration(host, port):
    load = "".join(f'<load module="mod_{m}"/>' for m in MODULES)
    tiers = "".join(f'<tier agent="{a}" queue="{q}@default" level="1" position="1"/>'
                    for q, agents in QUEUES.items() for a in agents)
    return f"""<?xml version="1.0"?>
<document type="freeswitch/xml"><section name="configuration">
<configuration name="modules.conf"><modules>{load}</modules></configuration>
<configuration name="switch.conf"><settings>{params(max_sessions=1000, sessions_per_second=200,
                                                    loglevel="err")}</settings></configuration>
<configuration name="console.conf"><mappings><map name="all" value="err,crit,alert"/></mappings>
</configuration>
<configuration name="event_socket.conf"><settings>{params(
        nat_map="false", listen_ip=host, listen_port=port, password=SECRET)}</settings>
</configuration>
<configuration name="callcenter.conf"><settings/>
<queues>{"".join(map(queue_xml, QUEUES))}</queues>
<agents>{"".join(map(agent_xml, AGENTS))}</agents><tiers>{tiers}</tiers></configuration>
</section><section name="dialplan">{DIALPLAN}</section></document>
"""


class FreeSwitch(Process):
    def __init__(self, directory):
        self.home = pathlib.Path(directory) / "freeswitch"
        self.address = own_host(), own_port()
        places = {name: self.home / name
                  for name in ("conf", "log", "db", "run", "scripts", "temp")}
        for path in places.values():
            path.mkdir(parents=True)
        (places["conf"] / "freeswitch.xml").write_text(configuration(*self.address))
        super().__init__("freeswitch", [
            prefix() / "bin" / "freeswitch", "-nf", "-nc", "-nonat", "-nort", "-mod", modules(),
            *(word for name, path in places.items() for word in (f"-{name}", path))], directory)

    def start(self):
        super().start()
        wait_until(self.answers, 60, "freeswitch to answer")
        return self

    def answers(self):
        try:
            line = Line(self.address)
        except (OSError, EOFError):
            return False
        listed = line.api("callcenter_config agent list")
        line.close()
        return AGENTS[-1] in listed

    def line(self):
        return Line(self.address)


class Line:
    """A session of the driver's own with the switch; keeps what it hears."""

    EVENTS = "CHANNEL_HANGUP_COMPLETE CUSTOM callcenter::info"

    def __init__(self, address):
        self.socket = socket.create_connection(address, 5)
        self.socket.settimeout(None)
        self.stream = self.socket.makefile("rb")
        self.read_one()
        self.socket.sendall(f"auth {SECRET}\n\n".encode())
        if "+OK" not in self.read_one()[0].get("Reply-Text", ""):
            raise OSError("freeswitch refuses the password")
        self.asking = threading.Lock()
        self.answers, self.seen, self.closed = [], [], False
        self.arrived = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()
        self.ask(f"event json {self.EVENTS}")

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()

    def read_one(self):
        head = {}
        while (line := self.stream.readline().decode().rstrip("\n")) or not head:
            if not line:
                raise EOFError("freeswitch hung up")
            key, _, head[key] = line.partition(": ")
        return head, self.stream.read(int(head.get("Content-Length", 0)))

    def read(self):
        try:
            while True:
                self.take(*self.read_one())
        except (EOFError, OSError, ValueError):
            with self.arrived:
                self.closed = True
                self.arrived.notify_all()

    def take(self, head, body):
        with self.arrived:
            if head["Content-Type"] == "text/event-json":
                self.seen.append(json.loads(body))
            else:
                self.answers.append(body.decode() or head.get("Reply-Text", ""))
            self.arrived.notify_all()

    def ask(self, command):
        """Answers come in the order of the questions."""
        with self.asking, self.arrived:
            self.socket.sendall(f"{command}\n\n".encode())
            if not self.arrived.wait_for(lambda: self.answers or self.closed, 10):
                raise EOFError(f"freeswitch does not answer {command}")
            if not self.answers:
                raise EOFError("freeswitch hung up")
            return self.answers.pop(0)

    def api(self, command):
        return self.ask(f"api {command}")

    def call(self, caller, queue, plan):
        """A caller enters a queue; the plan is her number."""
        return self.api(f"originate {{ignore_early_media=true,origination_caller_id_number={plan}}}"
                        f"loopback/{caller}/callers {queue} XML queues")
