# SPDX-License-Identifier: MIT
"""The readers of examples/ say what is in Redis, a dash where there is no
sample, and that nothing came when nothing came.  Each runs where what it is
written in is installed."""
import os
import shlex
import shutil
import subprocess
import time

import pytest

from conftest import ROOT
from many_redis import Node
from system import wait_until

EXAMPLES = ROOT / "examples"
KEY = "ccmon:v1:{elsewhere}:queue:sales desk"
FIGURES = {"waiting_count": 4, "oldest_wait_seconds": "12.745", "sl_ratio_15m": "0.8334", "sl_n_15m": 12,
           "status": "warn", "schema_version": 1}
LINE = "sales desk: 4 waiting, longest 12 s, service level 83.3 % of 12, warn\n"
NOTHING = {"waiting_count": 0, "oldest_wait_seconds": "NaN", "sl_ratio_15m": "NaN", "sl_n_15m": 0,
           "status": "unknown"}
DASHES = "sales desk: 0 waiting, longest -, service level - of 0, unknown\n"
SILENCE = "sales desk: no news\n"
READERS = {
    "sh": ["sh", "{file}"], "py": ["/usr/bin/python3", "{file}"], "js": ["node", "{file}"],
    "php": ["php", "{file}"], "lua": ["lua5.4", "{file}"], "c": ["{built}"],
}
WANTS = {       # what must work before it can be tried
    "sh": "redis-cli --version", "py": "/usr/bin/python3 -c 'import redis'", "js": "node --version",
    "php": "php --version", "lua": "lua5.4 -e 'require(\"socket\")'", "c": "pkg-config --exists hiredis",
}


def works(command):
    words = shlex.split(command)
    return shutil.which(words[0]) and subprocess.run(words, capture_output=True).returncode == 0


def build(tmp_path):
    """With the flags of the project, but for its warnings being errors."""
    built = tmp_path / "one-queue"
    flags = shlex.split("-std=c11 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wstrict-prototypes -Werror")
    subprocess.run(["cc", *flags, "-o", built, EXAMPLES / "one-queue.c", "-lhiredis", "-lm"], check=True)
    return built


class Reader:
    def __init__(self, language, tmp_path, port):
        names = {"file": EXAMPLES / f"one-queue.{language}"}
        if language == "c":
            names["built"] = build(tmp_path)
        self.log = tmp_path / "said"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [word.format(**names) for word in READERS[language]] + ["sales desk"], stdout=log,
                stderr=subprocess.STDOUT, env=dict(os.environ, SITE="elsewhere", REDIS_PORT=str(port)))

    def text(self):
        return self.log.read_text()

    def says(self, line):
        wait_until(lambda: self.text().endswith(line) or self.ended(), 20, repr(line))
        assert self.text().endswith(line), self.text()

    def ended(self):
        return self.process.poll() is not None

    def end(self):
        if not self.ended():
            self.process.kill()
            self.process.wait()


@pytest.fixture
def node(tmp_path):
    one = Node(tmp_path, host="127.0.0.1").start()     # where the examples look
    yield one
    one.end()


@pytest.fixture(params=sorted(READERS))
def reader(request, tmp_path, node):
    if not works(WANTS[request.param]):
        pytest.skip(f"not here: {WANTS[request.param]}")
    write(node, FIGURES)
    one = Reader(request.param, tmp_path, node.port)
    yield one
    one.end()


def write(node, figures, age=0):
    updated = int((time.time() - age) * 1000)
    node.client.hset(KEY, mapping=dict(figures, updated_epoch_ms=updated))
    node.client.publish("ccmon:v1:{elsewhere}:tick", updated)


def test_what_it_says(node, reader):
    reader.says(LINE)
    write(node, NOTHING)
    reader.says(DASHES)
    write(node, FIGURES)
    reader.says(LINE)
    write(node, FIGURES, age=20)            # nobody writes any more
    reader.says(SILENCE)
    write(node, FIGURES)
    reader.says(LINE)
    node.client.delete(KEY)                 # expired
    reader.says(SILENCE)
    assert not reader.ended()
    assert set(reader.text().splitlines(True)) == {LINE, DASHES, SILENCE}


def test_without_redis(node, reader):
    """It ends and says so, or says that there is nothing new; it does not go on as before."""
    reader.says(LINE)
    node.kill9()
    wait_until(lambda: reader.ended() or reader.text().endswith(SILENCE), 20, "the end")
    assert not reader.ended() or (reader.process.returncode != 0 and not reader.text().endswith(LINE))


@pytest.mark.scripts
def test_all_are_told_of():
    told = (EXAMPLES / "README.md").read_text()
    files = {p.name for p in EXAMPLES.iterdir()} - {"README.md"}
    assert files == {f"one-queue.{language}" for language in READERS}
    for name in files:
        assert f"`{name}`" in told
        assert len((EXAMPLES / name).read_text().splitlines()) <= 50
