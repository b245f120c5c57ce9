# SPDX-License-Identifier: MIT
"""What the tests have in common: where the programs and the recorded logs
are, and a running system of their own for each test (system.py)."""
import os
import pathlib
import shutil
import sys
import tempfile

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))

from system import System, wait_until  # noqa: E402 (after its path)


def build():
    return (ROOT / os.environ.get("CCMON_BUILD", "build")).resolve()


@pytest.fixture(scope="session")
def driver():
    program = build() / "tests" / "engine_driver"
    if not program.exists():
        pytest.fail(f"{program} is not built; make check-it builds it")
    return str(program)


@pytest.fixture(scope="session")
def shared():
    """Recorded logs, which are not part of the project."""
    path = pathlib.Path(os.environ.get("CCMON_SHARED", ROOT.parent / "shared"))
    if not (path / "data").is_dir():
        pytest.skip(f"no recorded logs in {path} (set CCMON_SHARED)")
    return path


def pytest_configure(config):
    config.addinivalue_line("markers", "scripts: runs none of the programs; once is enough")
    config.addinivalue_line("markers", "long: the same code for minutes; not under a sanitizer")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    report = (yield).get_result()
    if report.when == "call":
        item.failed = report.failed


@pytest.fixture
def system(request):
    """A redis-server of its own; what the test starts beside it ends with it,
    and is heard when the test fails."""
    for program in ("ccmond", "ccmon-collector"):
        if not (build() / program).exists():
            pytest.fail(f"{build() / program} is not built")
    # not pytest's own directory: a socket's path has at most 107 bytes
    directory = tempfile.mkdtemp(prefix="ccmon-")
    one = System(directory, build())
    one.redis.start()
    yield one
    one.end()
    if getattr(request.node, "failed", True):
        print(one.logs())
    wait_until(lambda: is_removed(directory), what="the last hook to end")


def is_removed(directory):
    """A hook whose daemon was killed may still write there."""
    shutil.rmtree(directory, ignore_errors=True)
    return not os.path.exists(directory)


@pytest.fixture
def ctl():
    program = build() / "ccmonctl"
    if not program.exists():
        pytest.fail(f"{program} is not built")
    return str(program)
