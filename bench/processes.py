"""Processes of a measure: started in an environment made from nothing, ended by their id."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import aiohttp

LOCAL = "127.0.0.1"
READY_SECONDS = 30.0
STOP_SECONDS = 30.0
RUN_SECONDS = 120.0
LINE_BYTES = 1024 * 1024
ROOT = Path(__file__).resolve().parent.parent


class Failed(Exception):
    """A process of the measure did not do its part."""


async def begin(
    stack: contextlib.AsyncExitStack,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> asyncio.subprocess.Process:
    """Starts `python -m …`; the stack ends it. What it logs goes to the file, or is seen without one."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, cwd=ROOT, env=_bare() | dict(environment or {}),
        stdout=asyncio.subprocess.PIPE, stderr=stack.enter_context(log.open("ab")) if log else None, limit=LINE_BYTES,
    )  # fmt: skip
    stack.push_async_callback(_end, process)
    return process


async def begin_server(stack: contextlib.AsyncExitStack, *arguments: str) -> str:
    """Starts a server that prints where it listens, at the end of its first line."""
    process = await begin(stack, *arguments)
    assert process.stdout is not None
    async with asyncio.timeout(READY_SECONDS):
        line = (await process.stdout.readline()).decode().split()
    if not line:
        raise Failed(f"{' '.join(arguments)} ended at once")
    return line[-1]


async def output_of(*arguments: str, seconds: float = RUN_SECONDS) -> bytes:
    """What `python -m …` prints until it ends."""
    async with contextlib.AsyncExitStack() as stack:
        process = await begin(stack, *arguments)
        async with asyncio.timeout(seconds):
            printed, _ = await process.communicate()
        if process.returncode != 0:
            raise Failed(f"{' '.join(arguments)} ended with {process.returncode}")
        return printed


async def ready(url: str, process: asyncio.subprocess.Process, *, log: Path | None = None) -> None:
    """Waits until the address answers 200. Raises Failed with what was logged when the process ends before."""
    async with aiohttp.ClientSession() as session, asyncio.timeout(READY_SECONDS):
        while process.returncode is None:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.05)
    said = log.read_text(encoding="utf-8") if log else ""
    raise Failed(f"the process behind {url} ended by itself\n{said}")


def _bare() -> dict[str, str]:
    return {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.communicate(), STOP_SECONDS)  # to the end of its output, so that the pipe closes
    except TimeoutError:
        process.kill()
        await process.communicate()
