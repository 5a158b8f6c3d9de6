"""The program with a tempo of its own, as a process: `python -m bench.program --tempo 30`."""

import argparse
import asyncio
import signal

from bot.app import rest_collector, run
from bot.config import load_settings
from bot.log import configure_logging


async def main(tempo: float) -> None:
    """Runs until SIGTERM."""
    settings = load_settings(None)
    configure_logging(settings.log_level, settings.log_format, settings.secrets)
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await run(settings, stopping, tempo=tempo)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--tempo", type=float, default=1.0)
    rest_collector()
    asyncio.run(main(parser.parse_args().tempo))
