# SPDX-License-Identifier: MIT
"""ccmons that watch a real switch, each with inputs of its own, and whether
their figures are those of a plain count."""
import tempfile

from conftest import build, is_removed
from system import System, wait_until

SOURCE = "pbx"
WINDOW = "60m"
THRESHOLD, SHORT = 2, 1                     # seconds
CONFIG = {"windows": [WINDOW], "zone": "UTC", "defaults": {"call": {
    "threshold": THRESHOLD * 1000, "short_abandon": SHORT * 1000}}}


def an_input(**settings):
    return "{ " + " ".join(f'{k} = "{v}";' for k, v in settings.items()) + " }"


def secret_file(directory, secret):
    path = directory / "secret"
    path.write_text(secret + "\n")
    path.chmod(0o600)
    return path


class Watcher(System):
    """A ccmon of its own, with the inputs that inputs(directory) gives."""

    def __init__(self, name, inputs):
        super().__init__(tempfile.mkdtemp(prefix="ccmon-"), build())
        self.name = name
        self.redis.start()
        self.configure(CONFIG)
        text = self.config.read_text()
        begin = text.index("inputs = (")
        end = text.index("); };", begin)
        self.config.write_text(text[:begin] + f"inputs = ({', '.join(inputs(self.directory))}"
                               + text[end:])
        self.daemon().start().ready()
        self.call = self.collector().start()

    def end(self):
        super().end()
        wait_until(lambda: is_removed(self.directory))

    def wait_connected(self, times):
        """Its line to the switch came up so often, and each time all was listed."""
        wait_until(lambda: self.call.text().count("connected to") +
                   self.call.text().count("is there again") >= times, 60,
                   f"{self.name} to be connected {times} times")


def differences(name, figures, expected, seen):
    """A line for each figure that is not as it was counted."""
    return [f"{name} {f}: {expected[f]} counted, seen {seen.get(f'{f}_count_{WINDOW}')}"
            for f in figures if seen.get(f"{f}_count_{WINDOW}") != str(expected[f])]


def mean_differences(name, figure, total, n, seen, tolerance):
    mean = float(seen.get(f"{figure}_{WINDOW}", "nan"))
    if not n or abs(mean - total / n) <= tolerance:
        return []
    return [f"{name} {figure}: {total / n} counted, seen {mean}"]


def must_be_right(wrongs, timeout=30):
    try:
        wait_until(lambda: not wrongs(), timeout)
    except AssertionError:
        raise AssertionError("\n".join(wrongs())) from None
