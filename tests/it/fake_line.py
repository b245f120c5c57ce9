# SPDX-License-Identifier: MIT
"""A switch's door: a server on a port that the system chose, in a thread of the
test's own, for fake_ami.py and fake_esl.py.  It can do to a line what happens to
lines: cut it, with half a word said; fall silent; say what makes no sense; not
be there for a while.

The story goes on under the same lock under which questions are answered, so an
answer is true at one moment of the story, and what is told after it happened
after it.
"""
import socket
import threading

from loopback import own_host
from system import wait_until


class Session:
    """One who called."""

    def __init__(self, line):
        self.line, self.rest = line, b""
        self.is_in = False              # logged in
        self.asked = []                 # what it was asked for, in order
        self.filters, self.mask = [], ""
        self.is_open = True
        self.has_ended = False          # on both sides

    def send(self, data):
        """Nobody there is no error here: the other side may have gone."""
        try:
            self.line.sendall(data.encode() if isinstance(data, str) else data)
        except OSError:
            self.is_open = False

    def cut(self):
        """All that was sent arrives, nothing else does: what the other side
        still says is read and dropped, or the system would call back the rest."""
        self.is_open = False
        try:
            self.line.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class FakeLine:
    secret = "sesame"

    def __init__(self):
        self.lock = threading.RLock()
        self.sessions, self.tries = [], 0       # tries: how often somebody logged in or tried
        self.is_silent = False                  # hears, and says nothing
        self.is_closing = False
        self.listener, self.port = None, 0
        self.open()

    @property
    def address(self):
        return f"{own_host()}:{self.port}"

    def open(self):
        """The same port again, once it has one."""
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((own_host(), self.port))
        self.port = self.listener.getsockname()[1]
        self.listener.listen()
        threading.Thread(target=self.answer, args=(self.listener,), daemon=True).start()

    def shut(self):
        """Nobody can call."""
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        self.cut()

    def close(self):
        self.is_closing = True
        self.shut()

    def answer(self, listener):
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line.settimeout(30)
            with self.lock:
                session = Session(line)
                self.sessions.append(session)
                if not self.is_silent:
                    self.greet(session)
            threading.Thread(target=self.hear, args=(session,), daemon=True).start()

    def hear(self, session):
        while True:
            try:
                data = session.line.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                data = b""
            if not data:
                break
            session.rest += data
            with self.lock:
                while session.is_open and (word := self.take_word(session)) is not None:
                    if not self.is_silent:
                        self.take(session, word)
        session.line.close()
        session.is_open, session.has_ended = False, True

    def take_word(self, session):
        """Both talk in lines, and an empty line ends what they say."""
        for end in (b"\r\n\r\n", b"\n\n"):
            if end in session.rest:
                word, session.rest = session.rest.split(end, 1)
                return word.decode().replace("\r\n", "\n").strip("\n")
        return None

    # ---- what a kind of switch does itself

    def greet(self, session):
        raise NotImplementedError

    def take(self, session, word):
        raise NotImplementedError

    # ---- what a test does

    def heard(self):
        """Those who hear what is told."""
        return [s for s in self.sessions if s.is_open and s.is_in]

    def say(self, data):
        for session in self.heard():
            session.send(data)

    def cut(self, half=b""):
        """Everybody's line, perhaps with half a word on it."""
        with self.lock:
            for session in [s for s in self.sessions if s.is_open]:
                session.send(half)
                session.cut()

    def wait_ended(self):
        """Until they read all that was sent, and hung up as well."""
        wait_until(lambda: all(s.has_ended for s in self.sessions), 20, "them to hang up")

    def synced(self, after=0):
        """Has somebody who came after so many others asked for all there is?"""
        return any(s.is_open and self.knows_all(s) for s in self.sessions[after:])

    def wait_synced(self, after=0, timeout=30):
        wait_until(lambda: self.synced(after), timeout, "somebody to ask for all there is")
