# SPDX-License-Identifier: MIT
"""scripts/need.sh, on a machine made of a few small programs."""
import os
import subprocess

import pytest
from conftest import ROOT

pytestmark = pytest.mark.scripts  # no program of ours runs in it

DPKG_QUERY = """
for package; do :; done
case " $HAVE " in *" $package "*) echo "install ok installed" ;; *) exit 1 ;; esac
"""
APT_GET = """
echo "apt-get $*" >>"$CALLS"
case "$*" in
*--assume-no*) echo "0 upgraded, 7 newly installed, 0 to remove."; echo "Need to get 80.6 MB/81 MB of archives." ;;
update*) : >"$CALLS.updated" ;;
install*) [ -e "$CALLS.updated" ] || [ -z "$STALE" ] ;;
esac
"""


@pytest.fixture
def machine(tmp_path):
    """Runs `need PACKAGES` with only these programs about; gives the exit
    status, what was said and how apt-get was called."""
    def run(packages, have="", uid="0", stale="", without=(), sudo=False, **settings):
        bin = tmp_path / "bin"
        bin.mkdir()
        programs = {"dpkg-query": DPKG_QUERY, "apt-get": APT_GET, "id": "echo " + uid}
        if sudo:
            programs["sudo"] = 'echo sudo >>"$CALLS"; exec "$@"'
        for name, text in programs.items():
            if name not in without:
                (bin / name).write_text("#!/bin/sh\n" + text)
                (bin / name).chmod(0o755)
        for name in ("env", "awk", "find", "grep"):
            (bin / name).symlink_to("/usr/bin/" + name)
        calls = tmp_path / "calls"
        calls.write_text("")
        env = dict(PATH=str(bin), HAVE=have, CALLS=str(calls), STALE=stale, **settings)
        done = subprocess.run(["/bin/sh", "-euc", '. "%s/scripts/need.sh"; need %s; echo ready' % (ROOT, packages)],
                              env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout, [c for c in calls.read_text().splitlines() if "--assume-no" not in c]
    return run


def test_nothing_missing(machine):
    assert machine("gcc make", have="gcc make") == (0, "ready\n", [])


def test_installs_what_is_missing(machine):
    status, said, calls = machine("gcc make", have="make")
    assert status == 0
    assert "Installing 7 Debian packages (80.6 MB/81 MB to fetch): gcc\n" in said
    assert calls[-1] == "apt-get install -y --no-install-recommends gcc"


def test_old_lists_are_renewed_once(machine):
    status, _, calls = machine("gcc", stale="yes")
    assert status == 0
    assert calls[-1] == "apt-get install -y --no-install-recommends gcc"
    assert "apt-get update -q" in calls


def test_sudo(machine):
    status, _, calls = machine("gcc", uid="1000", sudo=True)
    assert status == 0
    assert calls[-2:] == ["sudo", "apt-get install -y --no-install-recommends gcc"]


def test_neither_root_nor_sudo(machine):
    status, said, calls = machine("gcc", uid="1000")
    assert status == 69 and calls == []
    assert "su -c 'apt-get update && apt-get install -y --no-install-recommends gcc'" in said


def test_told_not_to(machine):
    status, said, calls = machine("gcc make", have="make", CCMON_NO_INSTALL="1")
    assert status == 69 and calls == []
    assert said == "Missing Debian packages: gcc\n"


def test_not_debian(machine):
    status, said, calls = machine("gcc make", without=("apt-get",))
    assert status == 69 and calls == []
    assert "gcc make" in said


def borrow(tmp_path, package, **settings):
    """Runs `borrow`, then the program if it is there."""
    calls = tmp_path / "calls"
    calls.write_text("")
    (tmp_path / "bin").mkdir()
    for name, text in (("apt-get", 'echo "apt-get $*" >>"$CALLS"; [ "$3" = lamp ] && : >lamp_1.deb'),
                       ("dpkg", 'mkdir -p "$3/usr/bin"; cp "$LAMP" "$3/usr/bin/lamp"'), ("on", "echo light")):
        (tmp_path / "bin" / name).write_text("#!/bin/sh\n" + text + "\n")
        (tmp_path / "bin" / name).chmod(0o755)
    env = dict(PATH=f"{tmp_path}/bin:/usr/bin:/bin", CALLS=str(calls), LAMP=f"{tmp_path}/bin/on", **settings)
    done = subprocess.run(["/bin/sh", "-euc", f'. "{ROOT}/scripts/need.sh"; borrow lamp {package} {tmp_path}/lent; '
                           'borrow lamp lamp "$PWD/none"; command -v lamp >/dev/null && lamp || echo dark'],
                          env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path)
    assert done.returncode == 0
    return done.stdout, calls.read_text().splitlines()


def test_borrowed_once(tmp_path):
    assert borrow(tmp_path, "lamp") == ("light\n", ["apt-get download -q lamp"])
    assert [p.name for p in (tmp_path / "lent").iterdir()] == ["usr"]


def test_what_cannot_be_borrowed(tmp_path):
    said, _ = borrow(tmp_path, "moon")
    assert said.startswith("moon cannot be had; what needs it is skipped\n")


def test_not_borrowed_when_told(tmp_path):
    assert borrow(tmp_path, "lamp", CCMON_NO_INSTALL="1") == ("dark\n", [])
