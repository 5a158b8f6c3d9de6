"""One process of the playground, in an environment made from nothing; ended by its id."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

STOP_SECONDS = 25.0  # the program lets calls under way end within twenty
LAST_BYTES = 4096
LEASH = "bot.playground.leash"
NOWHERE = Path(__file__).parent  # a folder without a .env


class Child:
    """A Python program of ours whose output goes to a log; it can be started again after it has ended."""

    def __init__(self, name: str, arguments: Sequence[str], environment: Mapping[str, str], *, log: Path) -> None:
        self.name = name
        self.log = log
        self._arguments = arguments
        self._environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1", **environment}
        self._process: asyncio.subprocess.Process | None = None

    @property
    def id(self) -> int | None:
        """The process id, once started."""
        return self._process.pid if self._process else None

    @property
    def has_ended(self) -> bool:
        return self._process is not None and self._process.returncode is not None

    async def start(self) -> None:
        """Begins; nothing of this process's environment comes along, and a Ctrl-C here does not reach it.

        On Linux it is asked to end when this process is gone, however that came.
        """
        leash = [LEASH, str(os.getpid()), "-m"]
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", *leash, *self._arguments, env=self._environment, cwd=NOWHERE,
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    async def end(self) -> str:
        """Waits until it has ended by itself; returns how."""
        code = await self._process.wait() if self._process else 0
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"

    async def stop(self) -> None:
        """Asks it to end, and insists after a while."""
        if self._process is None or self.has_ended:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except TimeoutError:
            self.kill()
            await self._process.wait()

    def kill(self) -> None:
        """Ends it at once."""
        if self._process is not None and not self.has_ended:
            self._process.kill()

    def last_words(self) -> str:
        """The last line of its log."""
        lines = self.log.read_bytes()[-LAST_BYTES:].decode(errors="replace").split("\n") if self.log.exists() else []
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
