"""Ports of this machine for tests, each for one of them alone."""

import contextlib
import random
import socket
from collections import deque

FIRST, LAST = 15_000, 30_000  # below those that systems give out by themselves
KEPT = 64  # more than one test uses, with all it starts

_kept: deque[socket.socket] = deque()


def free_port() -> int:
    """A port that nobody has, and nobody gets for a while but who is told of it.

    It stays bound here without listening: whoever asks for it to himself is refused, while a server, which asks to
    share it as servers do to start again at once, gets it as often as it likes.
    """
    while True:
        held = socket.socket()
        port = random.randrange(FIRST, LAST)
        with contextlib.suppress(OSError):
            held.bind(("127.0.0.1", port))
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            _keep(held)
            return port
        held.close()


def _keep(held: socket.socket) -> None:
    _kept.append(held)
    if len(_kept) > KEPT:
        _kept.popleft().close()
