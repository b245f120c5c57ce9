# SPDX-License-Identifier: MIT
"""The loader the tests run programs under (make check-it SANDBOX=1): does it
forbid what the units say, and only that?  Each attempt is made by a program of
its own, which says what the kernel said."""
import errno
import shutil
import subprocess
import sys

import pytest

from conftest import ROOT, build

TRY = """
import ctypes, mmap, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)

def call(name, *arguments):
    return 0 if getattr(libc, name)(*arguments) >= 0 else ctypes.get_errno()

def family(number):
    try:
        socket.socket(number, socket.SOCK_RAW if number == 17 else socket.SOCK_DGRAM).close()
        return 0
    except OSError as e:
        return e.errno

def writable_code():
    try:
        mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC)
        return 0
    except OSError as e:
        return e.errno

def scheduler(policy):
    try:
        os.sched_setscheduler(0, policy, os.sched_param(1 if policy in (1, 2) else 0))
        return 0
    except OSError as e:
        return e.errno

print(int(%s))
"""
OK, NO, NO_FAMILY = 0, errno.EPERM, errno.EAFNOSUPPORT
ATTEMPTS = [
    # what is needed
    ("family(socket.AF_UNIX)", OK, OK, OK),
    ("scheduler(os.SCHED_OTHER)", OK, OK, OK),          # libzmq, each thread
    ("family(socket.AF_INET)", OK, OK, NO_FAMILY),
    ("family(16)", OK, OK, NO_FAMILY),                  # netlink: libzmq, each bind
    ("call('setpriority', 0, 0, 5)", OK, NO, OK),       # the hooks
    # what is not
    ("family(17)", NO_FAMILY, NO_FAMILY, NO_FAMILY),    # packets
    ("writable_code()", NO, NO, NO),
    ("scheduler(os.SCHED_FIFO)", NO, NO, NO),
    ("call('unshare', 0x10000000)", NO, NO, NO),        # a user namespace
    ("call('personality', 0x0040000)", NO, NO, NO),
    ("call('mount', b'x', b'/', b'tmpfs', 0, None)", NO, NO, NO),
    ("call('ptrace', 16, 1, 0, 0)", NO, NO, NO),
    ("call('swapoff', b'/')", NO, NO, NO),
    ("call('chmod', b'/proc/self/comm', 0o4755)", NO, NO, NO),
    ("open('/proc/self/status').read().split('CapBnd:')[1].split()[0].strip('0') == ''", 1, 1, 1),
    ("open('/proc/self/status').read().split('NoNewPrivs:')[1].split()[0] == '1'", 1, 1, 1),
]


def under(units, attempt):
    loader = build() / "tests" / "loader"
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not here: nobody knows the groups of system calls")
    done = subprocess.run([loader, *units, "--", sys.executable, "-c", TRY % attempt],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done
    return int(done.stdout)


def unit(program):
    return build() / "systemd" / f"{program}@.service"


@pytest.mark.parametrize("attempt,daemon,collector,ipc", ATTEMPTS, ids=[a[0] for a in ATTEMPTS])
def test_what_is_forbidden(attempt, daemon, collector, ipc):
    assert under([unit("ccmond")], attempt) == daemon
    assert under([unit("ccmon-collector")], attempt) == collector
    assert under([unit("ccmond"), ROOT / "systemd" / "ipc-only.conf"], attempt) == ipc


# It has no ZeroMQ, and no programs to run: so it may do less than the others.
WALLBOARD = [("family(socket.AF_UNIX)", OK), ("family(socket.AF_INET)", OK), ("family(socket.AF_INET6)", OK),
             ("family(16)", NO_FAMILY), ("family(17)", NO_FAMILY), ("scheduler(os.SCHED_OTHER)", NO),
             ("call('setpriority', 0, 0, 5)", NO), ("writable_code()", NO), ("call('ptrace', 16, 1, 0, 0)", NO)]


@pytest.mark.parametrize("attempt,wallboard", WALLBOARD, ids=[a[0] for a in WALLBOARD])
def test_what_the_wallboard_may(attempt, wallboard):
    assert under([unit("ccmon-wallboard")], attempt) == wallboard


def test_a_value_it_does_not_know_is_an_error(tmp_path):
    """It must not pass by leaving out what it was to try."""
    for line in ("SystemCallFilter=@no-such-group", "RestrictAddressFamilies=AF_BLUETOOTH",
                 "RestrictNamespaces=net", "CapabilityBoundingSet=CAP_CHOWN"):
        odd = tmp_path / "odd.service"
        odd.write_text(f"[Service]\n{line}\n")
        done = subprocess.run([build() / "tests" / "loader", odd, "--", "true"],
                              capture_output=True, text=True, timeout=30)
        assert done.returncode == 125, line
