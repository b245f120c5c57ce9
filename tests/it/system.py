# SPDX-License-Identifier: MIT
"""A whole ccmon of its own for one test: a private redis-server on a socket,
the daemon, collectors and feeds, all in one directory, with no port and no
service of the machine's.  Nothing here sleeps but wait_until()."""
import os
import pathlib
import shutil
import signal
import subprocess
import time

import redis
import zmq

from oracle import SHARES
from stopwatch import ran

SITE = "test"
PREFIX = "ccmon:v1:{" + SITE + "}:"


def wait_until(condition, timeout=10, what=None):
    """Polls until condition() is true and returns that; fails when the machine
    ran for timeout seconds."""
    deadline = ran() + timeout
    while True:
        answer = condition()
        if answer:
            return answer
        assert ran() < deadline, f"waited {timeout} s for {what or condition.__name__}"
        time.sleep(0.01)


class Process:
    """One program, its log in a file; may be killed and started again."""

    def __init__(self, name, command, directory):
        self.name, self.command = name, [str(c) for c in command]
        self.log = pathlib.Path(directory) / f"{name}.log"
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log,
                                            cwd=self.log.parent)
        return self

    def cpu_seconds(self):
        """It has used so far."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")

    def signal(self, number):
        self.process.send_signal(number)

    def kill9(self):
        self.signal(signal.SIGKILL)
        self.process.wait()

    def terminate(self, timeout=15):
        """An orderly end; returns the exit code."""
        self.signal(signal.SIGTERM)
        return self.process.wait(timeout)

    def wait(self, timeout=60):
        return self.process.wait(timeout)

    def stop(self):
        self.signal(signal.SIGSTOP)

    def cont(self):
        self.signal(signal.SIGCONT)

    def runs(self):
        return self.process is not None and self.process.poll() is None

    def text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def log_contains(self, words):
        return words in self.text()

    def end(self):
        if self.runs():
            self.cont()
            self.kill9()


def sandboxed(build, program, *arguments):
    """The command; with CCMON_SANDBOX set, under its unit's system call filter."""
    command = [build / program, *arguments]
    if not os.environ.get("CCMON_SANDBOX"):
        return command
    return [build / "tests" / "loader", build / "systemd" / f"{program}@.service", "--", *command]


class Redis(Process):
    def __init__(self, directory):
        self.socket = pathlib.Path(directory) / "redis.sock"
        self.settings = f"unix = {text(self.socket)};"
        super().__init__("redis", [
            redis_server(directory), "--port", "0", "--unixsocket", self.socket,
            "--dir", directory, "--appendonly", "yes", "--appendfsync", "everysec",
            "--save", "", "--busy-reply-threshold", "60000", "--daemonize", "no"], directory)
        self.client = redis.Redis(unix_socket_path=str(self.socket), decode_responses=True,
                                  encoding_errors="replace")

    def start(self):
        super().start()
        wait_until(self.answers, what="redis-server")
        return self

    def answers(self):
        try:
            return self.client.ping()
        except (redis.exceptions.ConnectionError, redis.exceptions.BusyLoadingError):
            return False


def redis_server(directory):
    """Package redis-tools has the server under another name, and the program
    looks at the name it is called by."""
    found = shutil.which("redis-server")
    if found:
        return found
    link = pathlib.Path(directory) / "redis-server"
    if not link.exists():
        link.symlink_to(shutil.which("redis-check-rdb"))
    return str(link)


class Daemon(Process):
    def __init__(self, system):
        super().__init__("ccmond", sandboxed(system.build, "ccmond", "-c", system.config),
                         system.directory)
        self.system = system

    def start(self):
        super().start()
        return self

    def is_running(self):
        return self.runs() and self.system.hash("meta").get("pid") == str(self.process.pid) \
            and self.system.hash("meta").get("state") == "running"

    def ready(self, timeout=10):
        wait_until(lambda: self.is_running(), timeout, "ccmond to run")
        return self


class Collector(Process):
    def __init__(self, system, name):
        super().__init__(f"collector-{name}", sandboxed(system.build, "ccmon-collector",
                                                        "-c", system.config, name),
                         system.directory)
        self.socket = system.endpoint(name)


class Feed(Process):
    """ccmon-feed with the arguments given."""

    def __init__(self, system, *arguments):
        super().__init__("feed", [system.build / "ccmon-feed", *arguments],
                         system.directory)


class Publisher:
    """Sends events to a collector's zmq-pull and knows what it sent, so that
    after a collector died it can send again what did not get through."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.context = zmq.Context()
        self.sent = []              # (seq or None, body)
        self.open()

    def open(self):
        self.socket = self.context.socket(zmq.PUSH)
        self.socket.setsockopt(zmq.SNDHWM, 0)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RECONNECT_IVL, 20)
        self.socket.connect(self.endpoint)

    def send(self, body, seq=None):
        self.sent.append((seq, body))
        self.socket.send(body)

    def again_after(self, seq):
        """A new connection, and everything after seq once more."""
        self.socket.close()
        self.open()
        for number, body in self.sent:
            if number > seq:
                self.socket.send(body)

    def close(self):
        self.context.destroy(linger=0)


class System:
    def __init__(self, directory, build):
        self.directory, self.build = pathlib.Path(directory), build
        self.config = self.directory / "ccmon.cfg"
        self.processes, self.publishers = [], []
        self.redis = self.add(Redis(directory))

    def add(self, process):
        self.processes.append(process)
        return process

    def daemon(self):
        return self.add(Daemon(self))

    def collector(self, name="call"):
        return self.add(Collector(self, name))

    def feed(self, *arguments):
        return self.add(Feed(self, *arguments))

    def publisher(self, name="call"):
        self.publishers.append(Publisher(self.endpoint(name)))
        return self.publishers[-1]

    def endpoint(self, name):
        return f"ipc://{self.directory}/{name}.in"

    def configure(self, config, collectors=("call",), flush="50ms", dialect="native"):
        self.config.write_text(config_text(self, config, collectors, flush, dialect))

    def ctl(self, *arguments, timeout=60):
        return subprocess.run([str(self.build / "ccmonctl"), "-c", str(self.config),
                               *map(str, arguments)], text=True, capture_output=True,
                              timeout=timeout)

    # what Redis shows

    def hash(self, key):
        return self.redis.client.hgetall(PREFIX + key)

    def names(self, key):
        return self.redis.client.smembers(PREFIX + key)

    def figures(self):
        """The board, in the shape of the oracle's."""
        return {
            "queues": {n: self.hash(f"queue:{n}") for n in self.names("queues")},
            "channels": {n: self.hash(f"channel:{n}") for n in ("call", "chat", "email")},
            "site": self.hash("site"),
            "agents": {n: self.hash(f"agent:{n}") for n in self.names("agents")},
            "feeds": {n: self.hash(f"feed:{n}") for n in self.names("feeds")},
        }

    def seq(self, source):
        return int(self.hash(f"feed:{source}").get("seq", 0))

    def end(self):
        for p in self.publishers:
            p.close()
        for p in reversed(self.processes):
            p.end()

    def logs(self):
        return "\n".join(f"---- {p.log.name}\n{p.text()[-4000:]}" for p in self.processes)


def text(value):
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


LENGTHS = ("threshold", "short_abandon", "max_wait", "max_handle", "max_open", "wrapup",
           "first_response", "next_response", "resolution")


def texts(values):
    return f"[{', '.join(map(text, values))}]"


def policy_text(policy):
    out = []
    for key, value in policy.items():
        if key in SHARES:
            out.append(f"{key} = {float(value)};")
        elif key in LENGTHS:
            out.append(f'{key} = "{value}ms";')
        elif key == "match":
            out.append(f"match = {texts(value)};")
        elif key != "zone":
            out.append(f"{key} = {text(value)};")
    return " ".join(out)


def calendars_text(calendars):
    """Nothing where there are none: a test may have its own."""
    lines = [f"  {name}: {{ timezone = {text(c['zone'])}; open = {texts(c['open'])}; "
             f"exceptions = {texts(c.get('exceptions', ()))}; }};"
             for name, c in calendars.items()]
    return ["calendars: {", *lines, "};"] if lines else []


def config_text(system, config, collectors, flush, dialect):
    """A ccmon.cfg of the oracle's configuration."""
    lines = [
        f"site = {text(SITE)}; timezone = {text(config.get('zone', 'UTC'))};",
        f"windows = [{', '.join(map(text, config['windows']))}];",
        f"silent_after = \"{config.get('silent_after', 15000)}ms\";",
        f"fcr_days = {config.get('fcr_days', 7)};",
        f"redis: {{ {system.redis.settings} }};",
        f"daemon: {{ ingest = \"ipc://{system.directory}/ingest\"; flush = \"{flush}\";",
        f"  clock = {text(config.get('clock', 'wall'))};",
        f"  state_dir = {text(system.directory / 'state')}; }};",
        "collectors: {",
        *(f"  {n}: {{ journal = {text(system.directory / ('journal-' + n))}; inputs = ("
          f"{{ type = \"zmq-pull\"; bind = [{text(system.endpoint(n))}];"
          f" dialect = {text(dialect)}; }}); }};" for n in collectors),
        "};",
        "defaults: {",
        *(f"  {c}: {{ {policy_text(p)} }};" for c, p in config.get("defaults", {}).items()),
        "};",
        *calendars_text(config.get("calendars", {})),
        "queues: {",
        *(f"  {n}: {{ {policy_text(q)} }};" for n, q in config.get("queues", {}).items()),
        "};",
        "feeds: {",
        *(f"  {n}: {{ silent_after = \"{after}ms\"; }};"
          for n, after in config.get("feeds", {}).items()),
        "};",
    ]
    (system.directory / "state").mkdir(exist_ok=True)
    return "\n".join(lines) + "\n"
