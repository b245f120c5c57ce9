# SPDX-License-Identifier: MIT
"""What the tests have in common: where the programs and the recorded logs
are, and a running system of their own for each test (system.py)."""
import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))


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
