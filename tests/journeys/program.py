"""`heygen-slack run` at the tests' tempo, or the one it is told, as a process that can be killed."""

import asyncio
import os
import signal

from bot.app import run
from bot.config import load_settings
from bot.log import configure_logging
from tests.journeys.world import TEMPO


async def main() -> None:
    """Runs until SIGTERM."""
    settings = load_settings(None)
    configure_logging(settings.log_level, settings.log_format, settings.secrets)
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await run(settings, stopping, tempo=float(os.environ.get("TEMPO", TEMPO)))


if __name__ == "__main__":
    asyncio.run(main())
