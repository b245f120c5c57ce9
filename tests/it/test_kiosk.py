# SPDX-License-Identifier: MIT
"""The screen nobody sits at: the script waits for the board, then starts the
browser with it; systemd understands the unit."""
import http.server
import os
import shutil
import subprocess
import threading

import pytest

from conftest import ROOT
from system import wait_until

KIOSK = ROOT / "etc" / "kiosk"
pytestmark = pytest.mark.scripts


class Board(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        self.send_response(200 if self.server.is_up and self.path == "/healthz" else 503)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def board():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Board)
    server.asked, server.is_up = [], False
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("display, platform", [({"WAYLAND_DISPLAY": "wayland-0"}, "wayland"), ({}, "x11")])
def test_the_browser_comes_after_the_board(board, tmp_path, display, platform):
    if not shutil.which("curl"):
        pytest.skip("not here: curl")
    for name in ("chromium", "xset"):
        (tmp_path / name).write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >"{tmp_path}/{name}.told"\n')
        (tmp_path / name).chmod(0o755)
    url = f"http://127.0.0.1:{board.server_port}/?theme=dark&rotate=20"
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "URL": url, "XDG_RUNTIME_DIR": str(tmp_path), **display}
    run = subprocess.Popen(["sh", KIOSK / "ccmon-kiosk"], env=env)
    try:
        wait_until(lambda: len(board.asked) >= 2, 20, "two questions")
        assert not (tmp_path / "chromium.told").exists()
        board.is_up = True
        assert run.wait(20) == 0
    finally:
        run.kill()
        run.wait()
    told = (tmp_path / "chromium.told").read_text().splitlines()
    assert set(board.asked) == {"/healthz"}
    assert {"--kiosk", f"--app={url}", f"--ozone-platform={platform}",
            "--autoplay-policy=no-user-gesture-required"} <= set(told)
    assert (tmp_path / "xset.told").exists() == (platform == "x11")


def test_systemd_understands_the_unit(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("not here: systemd-analyze")
    unit = tmp_path / "ccmon-kiosk.service"
    text = (KIOSK / unit.name).read_text()
    assert "ExecStart=/usr/bin/cage -- " in text
    unit.write_text(text.replace("/usr/bin/cage", "/bin/true"))     # verify wants it to be there
    said = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
    assert (said.returncode, [line for line in said.stderr.splitlines() if unit.name in line]) == (0, []), said.stderr


def test_the_readme_installs_what_is_there():
    readme, unit = (KIOSK / "README.md").read_text(), (KIOSK / "ccmon-kiosk.service").read_text()
    for line in readme.splitlines():
        if line.startswith("install "):
            assert (KIOSK / line.split()[-2]).is_file(), line
    assert "EnvironmentFile=/etc/default/ccmon-kiosk" in unit and ">/etc/default/ccmon-kiosk" in readme
