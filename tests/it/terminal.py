# SPDX-License-Identifier: MIT
"""A terminal of a fixed size, in which a program runs as if somebody sat
there: tmux with a server of its own, that ends with the test."""
import os
import pathlib
import re
import shlex
import subprocess

from system import wait_until

GOLDEN = pathlib.Path(__file__).resolve().parent / "data" / "top"
CLOCK = re.compile(r"\b\d\d:\d\d:\d\d\b")


class Terminal:
    """Runs the command, says how it ended, and stays."""

    def __init__(self, directory, command, size=(80, 24), env=None):
        self.at = pathlib.Path(directory)
        self.socket = self.at / "tmux"
        words = " ".join(shlex.quote(str(w)) for w in command)
        # A hangup ends the helper of the leak checker, which then waits for ever.
        settings = dict({"LC_ALL": "C.UTF-8", "TERM": "screen", "ASAN_OPTIONS": "detect_leaks=0"},
                        **(env or {}))
        shown = " ".join(f"{k}={shlex.quote(v)}" for k, v in settings.items())
        script = self.at / "session"
        script.write_text(
            f"cd {self.at}; stty -g >before\n"
            f"env -u NO_COLOR {shown} sh -c 'echo $$ >pid; exec \"$@\"' sh {words}\n"
            "echo \"ended $?\"; stty -g >after.new; mv after.new after; exec cat\n")
        self.tmux("-f", "/dev/null", "new-session", "-d", "-s", "top", "-x", size[0], "-y", size[1],
                  f"sh {script}")

    def tmux(self, *words):
        env = {k: v for k, v in os.environ.items() if k not in ("TMUX", "NO_COLOR")}
        env["LC_ALL"] = "C.UTF-8"
        done = subprocess.run(["tmux", "-u", "-S", str(self.socket), *map(str, words)], env=env,
                              text=True, capture_output=True, timeout=20)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout

    def end(self):
        self.tmux("kill-server")
        if (self.at / "pid").exists():
            wait_until(lambda: not self.lives(), 20, "the program to end with its terminal")

    def lives(self):
        stat = pathlib.Path(f"/proc/{self.pid()}/stat")
        try:
            return stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"
        except OSError:
            return False

    def screen(self, *how):
        return self.tmux("capture-pane", "-p", "-t", "top", *how)

    def flag(self, name):
        return self.tmux("display", "-p", "-t", "top", "#{%s}" % name).strip()

    def type(self, *keys):
        """Keys by tmux's names, or letters."""
        self.tmux("send-keys", "-t", "top", *keys)
        return self

    def size(self, w, h):
        self.tmux("resize-window", "-t", "top", "-x", w, "-y", h)
        return self

    def pid(self):
        return int(wait_until((self.at / "pid").read_text, what="its pid"))

    def shows(self, *words, timeout=10):
        """Waits until all these are on the screen."""
        def there():
            screen = self.screen()
            return screen if all(w in screen for w in words) else None
        try:
            return wait_until(there, timeout)
        except AssertionError:
            raise AssertionError(f"{words} never came up; there is\n{self.screen()}") from None

    def shows_not(self, word):
        wait_until(lambda: word not in self.screen(), what=f"{word} to go")

    def ended(self):
        """What it said at the end, and that the terminal is as it was."""
        wait_until((self.at / "after").exists, what="the program to end")
        assert (self.at / "after").read_text() == (self.at / "before").read_text()
        assert self.flag("alternate_on") == "0" and self.flag("cursor_flag") == "1"
        assert self.flag("wrap_flag") == "1"
        return self.shows("ended")

    def golden(self, name, *words):
        """The screen, once it has these words, is that in the file.  The time
        of day is left out.  UPDATE=1 writes the file anew."""
        path = GOLDEN / f"{name}.txt"
        self.shows(*words)
        if os.environ.get("UPDATE"):
            path.write_text(self.still())
        wanted = path.read_text()
        try:
            wait_until(lambda: self.masked() == wanted)
        except AssertionError:
            raise AssertionError(f"{path.name} has\n{wanted}\nthe screen\n{self.masked()}") from None

    def masked(self):
        return CLOCK.sub("hh:mm:ss", self.screen(), count=1)

    def still(self):
        seen = [self.masked()]

        def is_still():
            seen.append(self.masked())
            return seen[-1] == seen[-2]
        wait_until(is_still)
        return seen[-1]
