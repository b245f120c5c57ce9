# SPDX-License-Identifier: MIT
"""A hook that writes down what it gets, and what stands there afterwards."""
import json
import pathlib

SCRIPT = """#!/bin/sh
# What came, in a file of its own that is whole when it is there.
at=$(date +%s%N)
{ env | grep '^CCMON_'; echo "AT=$at"; echo; cat; } >"$OUT/.$at.$$"
mv "$OUT/.$at.$$" "$OUT/$at.$$"
exit "${CODE:-0}"
"""


class Recorder:
    """A hook of one's own; config is what ccmon.cfg says of it."""

    def __init__(self, system, name="pager", code=0, more=""):
        self.name = name
        self.out = pathlib.Path(system.directory) / f"told-{name}"
        self.out.mkdir()
        self.path = pathlib.Path(system.directory) / f"hook-{name}"
        self.path.write_text(SCRIPT)
        self.path.chmod(0o755)
        self.config = (f'{name}: {{ command = ["{self.path}"]; '
                       f'env = ["OUT={self.out}", "CODE={code}"]; {more} }};')

    def told(self):
        """Every run, oldest first: the environment, AT in epoch ms, `body`."""
        return [read(p) for p in sorted(self.out.glob("[0-9]*"), key=lambda p: p.name)]

    def kinds(self, alert=None):
        return [t["CCMON_KIND"] for t in self.told() if alert in (None, t["CCMON_ALERT"])]


def read(path):
    head, body = path.read_text().split("\n\n", 1)
    told = dict(line.split("=", 1) for line in head.splitlines())
    told["AT"] = int(told["AT"]) // 1000000
    told["body"] = json.loads(body)
    return told


def rules(text, hooks, more=""):
    """The sections a test adds to its ccmon.cfg."""
    return (f"alerts: {{ {text} }};\nhooks: {{ {' '.join(h.config for h in hooks)} }};\n"
            f"{more}\n")
