# SPDX-License-Identifier: MIT
"""An address of the test's own, for what has no path to be reached by.  A port
of 127.0.0.1 that was looked up and let go is anybody's until it is bound; here
nobody else looks, and what the system gives to those who want any port is not
given."""
import itertools
import os
import socket

_ports = itertools.count(20000)     # below those the system gives


def own_host():
    """Of this process: of two tests at once, each is in one of its own."""
    return f"127.{os.getpid() >> 8 & 255}.{os.getpid() & 255}.2"


def own_port(host=None):
    """Another one each time; only who listens at every address may be there."""
    while True:
        port = next(_ports)
        try:
            socket.create_server((host or own_host(), port)).close()
            return port
        except OSError:
            pass
