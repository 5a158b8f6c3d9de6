"""The program in a process of its own that ends itself at a named point, with no goodbye.

Everything is imported once, in a server that forks itself for each process: a start costs a tenth of a second.
"""

import asyncio
import multiprocessing
import os
import re
import signal
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from bot.app import run
from bot.config import load_settings
from bot.log import configure_logging

TEMPO = 40.0
KILLED = -signal.SIGKILL
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.crash.nursery"])
IDS_IN_KEYS = re.compile(r":\S+(?= )")  # of `effect card:5f0c post` only `effect card post` is the same in each run
IDS_IN_PATHS = re.compile(r"/(?=[^/ :]*\d)[^/ :]{5,}")
ANY = ""


@dataclass(frozen=True)
class Death:
    """Where a process ends: when it passes the point for the n-th time, or, without a name, the n-th point."""

    point: str
    nth: int


class Trail:
    """Writes down every point that is passed, and ends the process at one of them."""

    def __init__(self, path: Path, death: Death | None) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._death = death
        self._passed: Counter[str] = Counter()

    def passing(self, point: str) -> None:
        name = name_of(point)
        os.write(self._file, f"{name}\n".encode())
        self._passed.update((name, ANY))
        if self._death is not None and self._passed[self._death.point] == self._death.nth:
            os.kill(os.getpid(), signal.SIGKILL)


def name_of(point: str) -> str:
    """The point without what differs from run to run; a call is named with the effect or look that makes it."""
    task = asyncio.current_task()
    maker = task.get_name() if task is not None else ""
    if point.startswith("call ") and maker.startswith(("effect ", "look ")):
        point = f"{maker.removesuffix(' ')} {point}" if maker.startswith("effect ") else f"look {point}"
    return plain(point)


def plain(name: str) -> str:
    """Without ids."""
    return IDS_IN_PATHS.sub("/*", IDS_IN_KEYS.sub("", name))


def begin(environment: Mapping[str, str], folder: Path, death: Death | None) -> ForkServerProcess:
    """Starts the program; the points it passes stand in `folder`/trail, what it logs in `folder`/log."""
    process = CONTEXT.Process(target=_live, args=(dict(environment), folder, death))
    process.start()
    return process


def _live(environment: dict[str, str], folder: Path, death: Death | None) -> None:
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    trail = Trail(folder / "trail", death)
    asyncio.run(_run(environment, trail))


async def _run(environment: dict[str, str], trail: Trail) -> None:
    settings = load_settings(None, environment)
    configure_logging(settings.log_level, settings.log_format, settings.secrets)
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await run(settings, stopping, tempo=TEMPO, passing=trail.passing)


def trail_of(folder: Path) -> list[str]:
    """The points passed so far, by all processes of this folder."""
    return (folder / "trail").read_text().splitlines()
