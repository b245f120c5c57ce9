# SPDX-License-Identifier: MIT
"""What the README tells a newcomer to type is there, and does what it says."""
import os
import re
import subprocess

import pytest
from conftest import ROOT


def section(title):
    text = (ROOT / "README.md").read_text()
    return re.search(r"^## %s\n(.*?)(?=^## )" % title, text, re.M | re.S).group(1)


@pytest.mark.parametrize("title, command", [("Try it", "sh demo.sh"), ("Test it", "sh test.sh")])
def test_one_command(title, command):
    blocks = re.findall(r"^```\n(.*?)^```", section(title), re.M | re.S)
    assert blocks == [command + "\n"]
    assert (ROOT / command.split()[1]).is_file()


def test_links_lead_somewhere():
    for page in ("README.md", "HACKING.md"):
        for link in re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text()):
            assert (ROOT / link).exists(), "%s names %s" % (page, link)


def test_fields_exist():
    """Every figure the README names is a row of metrics.def."""
    table = '#define METRIC(fn, name, ...) ROW name\n#define TEXT(fn, name, ...) ROW name\n#include "include/ccmon/metrics.def"\n'
    read = subprocess.run(["cc", "-E", "-P", "-x", "c", "-"], input=table, cwd=str(ROOT), check=True, stdout=subprocess.PIPE, text=True)
    rows = ["".join(re.findall(r"\w+", name)) for name in re.findall(r'ROW ((?:"\w+"\s*)+)', read.stdout)]
    told = re.findall(r"`(\w+_(?:count|ratio|seconds|per_hour|n)(?:_15m|_60m|_today)?)`", section("What it tells you"))
    assert len(told) > 10
    for field in told:
        assert re.sub(r"_(15m|60m|today)$", "", field) in rows, field


def test_demo(tmp_path):
    """It ends by itself, its figures add up, and nothing stays behind."""
    env = dict(os.environ, XDG_RUNTIME_DIR=str(tmp_path), CCMON_NO_INSTALL="1")
    env.pop("MAKEFLAGS", None)
    if env.get("CCMON_BUILD") == "build":
        del env["CCMON_BUILD"]                  # as a newcomer would
    done = subprocess.run(["sh", str(ROOT / "demo.sh"), "--for", "8s"], cwd="/", env=env, timeout=300,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    assert "queue sales: " in done.stdout
    assert list(tmp_path.iterdir()) == []
