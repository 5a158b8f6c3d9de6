"""A playground of its own and a browser to look at its page: for tests, measures and screenshots."""

import contextlib
import os
import shutil
from asyncio import timeout
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from bench.processes import READY_SECONDS, Failed, begin

DEBIANS_CHROMIUM = "/usr/bin/chromium"
BUILT = Path(__file__).parents[1] / "bot" / "playground" / "page" / "built" / "index.html"
ADDRESS = "  http://"  # begins the line with the page's address


def chromium() -> str | None:
    """The Chromium of this machine: $CHROMIUM, or Debian's; None where there is none."""
    return shutil.which(os.environ.get("CHROMIUM") or DEBIANS_CHROMIUM)


def why_not() -> str | None:
    """What is missing for a look at the page, as a sentence."""
    if chromium() is None:
        return f"There is no Chromium at {DEBIANS_CHROMIUM}, and $CHROMIUM names none."
    return None if BUILT.is_file() else "The page is not built; make page does it."


@asynccontextmanager
async def playground(state: Path, *options: str) -> AsyncIterator[str]:
    """Starts a playground on free ports and gives its page's address."""
    async with contextlib.AsyncExitStack() as stack:
        process = await begin(stack, "bot", "playground", "--port", "0", "--state", str(state), *options)
        yield await _address(process)


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """The machine's Chromium without a window."""
    async with async_playwright() as driver:
        launched = await driver.chromium.launch(executable_path=chromium())
        try:
            yield launched
        finally:
            await launched.close()


async def _address(process: Process) -> str:
    assert process.stdout is not None
    async with timeout(READY_SECONDS):
        while line := (await process.stdout.readline()).decode():
            if line.startswith(ADDRESS):
                return line.strip()
    raise Failed("the playground ended before it named its page's address")
