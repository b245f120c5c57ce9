# SPDX-License-Identifier: MIT
"""A real Asterisk of the test's own: its binary is somebody else's (the
installation below CCMON_ASTERISK), everything it reads and writes is in one
directory, and it listens on one port of the loopback.  Callers and agents are
Local channels: what they do is written in the dialplan, how long they do it in
the call's variables.

Needs of the installation: app_queue, app_senddtmf, app_exec, bridge_simple,
bridge_builtin_features, codec_ulaw, format_pcm, func_logic, func_rand, pbx_config,
res_timing_timerfd and res_musiconhold; no phones, sounds or databases."""
import os
import pathlib
import re
import socket
import threading

from loopback import own_host, own_port
from system import Process, wait_until

SECRET = "told-to-nobody"
AGENTS = [f"agent{i}" for i in range(1, 7)]

# Who answers where, agent3 in two of them; each has its own wait for an answer.
QUEUES = {
    "sales": {"members": AGENTS[:3], "strategy": "rrmemory", "timeout": 1, "wrapuptime": 0},
    "support": {"members": AGENTS[2:5], "strategy": "leastrecent", "timeout": 2, "wrapuptime": 1},
    "night": {"members": AGENTS[5:], "strategy": "ringall", "timeout": 2, "wrapuptime": 0},
}

# A caller (the ;2 half of a Local channel) and what happens to her in the
# queue (the ;1 half).  Q_WAIT is the queue's own limit.  An agent looks at
# what the caller of this call wants her to do; DOES travels by inheritance.
# Who is to transfer by digits must speak (a dial tone): Asterisk takes digits
# one by one as it reads sound.
EXTENSIONS = """
[general]
[callers]
exten => patient,1,Answer()
 same => n,Wait(120)
 same => n,Hangup()
exten => leaves,1,Answer()
 same => n,Wait(${LEAVES})
 same => n,Hangup()
exten => presses,1,Answer()
 same => n,Wait(${LEAVES})
 same => n,SendDTMF(1)
 same => n,Wait(120)
 same => n,Hangup()

[queues]
exten => _[a-z].,1,Answer()
 same => n,Queue(${EXTEN},tT,,,${Q_WAIT})
 same => n,ExecIf($["${OVERFLOW}" != ""]?Queue(${OVERFLOW},tT,,,${Q_WAIT}))
 same => n,Hangup()

[keys]
exten => 1,1,Wait(0.5)
 same => n,Hangup()

[agents]
exten => _age[n]tX,1,GotoIf($["${DOES}" = "ignores"]?ignore)
 same => n,GotoIf($[${RAND(0,99)} < ${MISSES}]?ignore)
 same => n,Wait(0.${RAND(1,6)})
 same => n,Answer()
 same => n,GotoIf($["${DOES}" = "speaks"]?speak)
 same => n,Wait(${TALKS})
 same => n,Hangup()
 same => n(speak),WaitExten(${TALKS},d)
 same => n,Hangup()
 same => n(ignore),Ringing()
 same => n,Wait(30)
 same => n,Hangup()
exten => t,1,Hangup()

[elsewhere]
exten => 600,1,Answer()
 same => n,Wait(3)
 same => n,Hangup()
"""

# Without them an attended transfer gives up before it begins: 20 ms of silence.
SOUNDS = ("pbx-transfer", "pbx-invalid", "beep", "beeperr")

MODULES = """[modules]
autoload=yes
"""

MANAGER = """[general]
enabled = yes
port = {port}
bindaddr = {host}
timestampevents = yes
displayconnects = no
allowmultiplelogin = yes
[driver]
secret = {secret}
read = all
write = all
[ccmon]
secret = {secret}
read = agent,call,system,dialplan
write = reporting,system
"""


def prefix():
    """Where Asterisk is installed, or None."""
    named = os.environ.get("CCMON_ASTERISK")
    if not named:
        return None
    return pathlib.Path(named) if (pathlib.Path(named) / "sbin" / "asterisk").exists() else None


def queues_text():
    lines = ["[general]", "autofill = yes", "shared_lastcall = no", "log_membername_as_agent = yes"]
    for name, q in QUEUES.items():
        lines += [f"[{name}]", f"strategy = {q['strategy']}", f"timeout = {q['timeout']}",
                  "retry = 1", f"wrapuptime = {q['wrapuptime']}", "ringinuse = no",
                  "context = keys", "timeoutrestart = no", "announce-frequency = 0"]
        lines += [f"member => Local/{a}@agents/n,0,{a}" for a in q["members"]]
    return "\n".join(lines) + "\n"


class Asterisk(Process):
    def __init__(self, directory):
        self.home = pathlib.Path(directory) / "asterisk"
        self.address = own_host(), own_port()
        self.queue_log = self.home / "log" / "queue_log"
        self.configure()
        super().__init__("asterisk", [prefix() / "sbin" / "asterisk", "-f", "-n", "-C",
                                      self.home / "etc" / "asterisk.conf"], directory)

    def configure(self):
        for name in ("etc", "log", "lib", "run", "spool", "data/sounds/en", "keys"):
            (self.home / name).mkdir(parents=True)
        for name in SOUNDS:
            (self.home / "data" / "sounds" / "en" / f"{name}.ulaw").write_bytes(b"\xff" * 160)
        places = {
            "astetcdir": self.home / "etc", "astvarlibdir": self.home / "lib",
            "astmoddir": prefix() / "lib" / "asterisk" / "modules", "astdbdir": self.home / "lib",
            "astkeydir": self.home / "keys", "astdatadir": self.home / "data",
            "astagidir": self.home / "data", "astspooldir": self.home / "spool",
            "astrundir": self.home / "run", "astlogdir": self.home / "log"}
        self.write("asterisk", "[directories]\n" + "".join(
            f"{k} => {v}\n" for k, v in places.items()) + "[options]\nverbose = 0\n")
        self.write("modules", MODULES)
        self.write("manager", MANAGER.format(host=self.address[0], port=self.address[1], secret=SECRET))
        self.write("queues", queues_text())
        self.write("extensions", EXTENSIONS)
        self.write("logger", "[general]\nqueue_log = yes\n[logfiles]\nmessages => warning,error\n")
        self.write("musiconhold", "[general]\n")
        self.write("features", "[general]\natxferdropcall = no\n[featuremap]\natxfer => *2\n")
        for name in ("cdr", "indications", "stasis", "ccss", "udptl", "cel"):
            self.write(name, "[general]\n")

    def write(self, name, text):
        (self.home / "etc" / f"{name}.conf").write_text(text)

    def start(self):
        super().start()
        self.ready()
        return self

    def ready(self):
        wait_until(self.answers, 30, "asterisk to answer")

    def answers(self):
        try:
            with Manager(self.address) as m:
                return m.ask("Ping").get("Ping") == "Pong"
        except (OSError, EOFError):
            return False

    def manager(self):
        return Manager(self.address)


class Manager:
    """A session of the driver's own with the switch; keeps what it reads."""

    def __init__(self, address, username="driver"):
        self.socket = socket.create_connection(address, 5)
        self.socket.settimeout(None)
        self.lock, self.number = threading.Lock(), 0
        self.answers, self.seen, self.closed = {}, [], False
        self.arrived = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()
        answer = self.ask("Login", Username=username, Secret=SECRET)
        if answer.get("Response") != "Success":
            raise OSError(f"asterisk refuses the login: {answer}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()

    def read(self):
        held = b""
        while True:
            try:
                piece = self.socket.recv(65536)
            except OSError:
                piece = b""
            if not piece:
                break
            held += piece
            *blocks, held = re.split(b"\r\n\r\n", held)
            for block in blocks:
                self.take(dict(line.split(": ", 1) if ": " in line else (line.rstrip(":"), "")
                               for line in block.decode(errors="replace").split("\r\n")))
        with self.arrived:
            self.closed = True
            self.arrived.notify_all()

    def take(self, block):
        with self.arrived:
            if "Response" in block:
                self.answers[block.get("ActionID")] = block
            else:
                self.seen.append(block)
            self.arrived.notify_all()

    def send(self, action, **fields):
        """Sends an order and returns its number; a list is a field repeated."""
        with self.lock:
            self.number += 1
            number = f"driver-{self.number}"
            lines = [f"Action: {action}", f"ActionID: {number}"]
            for key, value in fields.items():
                lines += [f"{key}: {v}" for v in (value if isinstance(value, list) else [value])]
            self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return number

    def ask(self, action, **fields):
        number = self.send(action, **fields)
        with self.arrived:
            if not self.arrived.wait_for(lambda: number in self.answers or self.closed, 10):
                raise EOFError(f"asterisk does not answer {action}")
            if number not in self.answers:
                raise EOFError("asterisk hung up")
            return self.answers.pop(number)

    def call(self, caller, queue, plan, **variables):
        """A caller enters a queue; returns at once.  The plan is her name."""
        self.send("Originate", Channel=f"Local/{caller}@callers/n", Context="queues", Exten=queue,
                  Priority="1", Async="true", Timeout="5000", CallerID=f"{plan} <5550199>",
                  Variable=[f"{k}={v}" for k, v in variables.items()])
