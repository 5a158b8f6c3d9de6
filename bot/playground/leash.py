"""Ends a process when its parent is gone: `python -m bot.playground.leash PARENT …` becomes `python …`.

A playground that is killed cannot stop its processes; the kernel does it. A mark made before `exec` outlives it, so the
program itself knows nothing of this. Linux only: elsewhere they go on until they are ended by hand.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1  # https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html


def main(arguments: Sequence[str]) -> None:
    """Becomes the program, to be asked to end when `parent` does."""
    parent, *program = arguments
    if sys.platform == "linux":
        _end_with_parent()
        if os.getppid() != int(parent):  # it was gone before we asked
            sys.exit(f"The process {parent} that began this has ended.")
    os.execv(sys.executable, [sys.executable, *program])  # noqa: S606 -- this very Python, with our own words


def _end_with_parent() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    main(sys.argv[1:])
